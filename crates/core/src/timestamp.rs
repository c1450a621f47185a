use std::fmt;
use std::str::FromStr;
use std::time::SystemTime;

use jiff::SignedDuration;
use jiff::civil::DateTime;
use jiff::fmt::temporal::Pieces;

/// A moment in time, as the service writes them.
///
/// Storage writes UTC with up to seven digits of fraction, but repeats what apps sent in process and archive times as
/// it came: with an offset, or with none at all. All of these are read; a missing offset is taken as UTC, which is how
/// the service itself reads it. Written back it is UTC with `Z`, the only form that Storage stores without error.
///
/// It spans what the service's own times span, from `0001-01-01T00:00:00Z`, which stands for a time that was never set,
/// to `9999-12-31T23:59:59.9999999Z`, which stands for no end. What lies outside is read as the nearer of the two.
///
/// ```
/// use altinn_core::Timestamp;
///
/// let from_app: Timestamp = "2024-05-01T12:00:00.1234567".parse()?;
/// assert_eq!(from_app, "2024-05-01T14:00:00.1234567+02:00".parse()?);
/// assert_eq!(from_app.to_string(), "2024-05-01T12:00:00.1234567Z");
/// # Ok::<(), altinn_core::InvalidTimestamp>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp {
    /// Whole ones since 1970, rounded down.
    seconds: i64,
    /// Behind them.
    nanoseconds: i32,
}

/// The first moment of the year 1, and so of .NET's calendar.
const FIRST: Timestamp = Timestamp { seconds: -62_135_596_800, nanoseconds: 0 };
/// The last tick of the year 9999, and so of .NET's calendar.
const LAST: Timestamp = Timestamp { seconds: 253_402_300_799, nanoseconds: 999_999_900 };
const UNIX_EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);
/// The last second that a [`jiff::Timestamp`] can be in.
const LAST_OF_JIFF: DateTime = DateTime::constant(9999, 12, 30, 22, 0, 0, 0);

impl Timestamp {
    /// The present, by this computer's clock.
    pub fn now() -> Self {
        jiff::Timestamp::now().into()
    }

    /// As a [`jiff::Timestamp`], to reckon with it. The last 26 hours of the year 9999 are too late for one, and give
    /// [`jiff::Timestamp::MAX`].
    pub fn as_jiff(self) -> jiff::Timestamp {
        self.in_jiff().unwrap_or(jiff::Timestamp::MAX)
    }

    /// Whether no part of a second follows the whole ones.
    pub const fn is_whole_second(self) -> bool {
        self.nanoseconds == 0
    }

    fn in_jiff(self) -> Option<jiff::Timestamp> {
        jiff::Timestamp::new(self.seconds, self.nanoseconds).ok()
    }

    /// `nanoseconds` may be below zero, and at most a second.
    #[inline]
    fn new(seconds: i64, nanoseconds: i32) -> Self {
        let at = match nanoseconds < 0 {
            true => Self { seconds: seconds - 1, nanoseconds: nanoseconds + 1_000_000_000 },
            false => Self { seconds, nanoseconds },
        };
        at.clamp(FIRST, LAST)
    }
}

impl From<jiff::Timestamp> for Timestamp {
    /// What lies before the year 1 becomes its beginning.
    fn from(at: jiff::Timestamp) -> Self {
        Self::new(at.as_second(), at.subsec_nanosecond())
    }
}

impl TryFrom<SystemTime> for Timestamp {
    type Error = InvalidTimestamp;

    fn try_from(at: SystemTime) -> Result<Self, InvalidTimestamp> {
        jiff::Timestamp::try_from(at).map(Self::from).map_err(|_| InvalidTimestamp)
    }
}

/// With as many digits of fraction as it has, or as a precision asks for.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(at) = self.in_jiff() {
            return at.fmt(f);
        }
        let beyond = SignedDuration::new(self.seconds - jiff::Timestamp::MAX.as_second(), self.nanoseconds);
        LAST_OF_JIFF.saturating_add(beyond).fmt(f)?;
        f.write_str("Z")
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Timestamp {
    type Err = InvalidTimestamp;

    fn from_str(text: &str) -> Result<Self, InvalidTimestamp> {
        match usual(text.as_bytes()) {
            Some(at) => Ok(at),
            None => general(text).ok_or(InvalidTimestamp),
        }
    }
}

/// Reads every form. By the calendar, since a [`jiff::Timestamp`] ends before the service's times do.
fn general(text: &str) -> Option<Timestamp> {
    let pieces = Pieces::parse(text).ok()?;
    let since_1970 = pieces.date().to_datetime(pieces.time().unwrap_or_default()).duration_since(UNIX_EPOCH);
    let offset = pieces.to_numeric_offset().map_or(0, |offset| i64::from(offset.seconds()));
    Some(Timestamp::new(since_1970.as_secs() - offset, since_1970.subsec_nanos()))
}

/// Reads `2024-05-01T12:00:00Z`, with or without a fraction: what the service itself writes. A page of a hundred
/// instances holds a thousand of these, and reading them in the general way takes a fifth of the time for the page.
#[inline]
fn usual(text: &[u8]) -> Option<Timestamp> {
    let (seconds, fraction) = text.split_first_chunk::<19>()?;
    let [century, _, years, _, _, month, _, _] = pairs(seconds.first_chunk()?, b"0000-00-")?;
    let [.., day, _, _] = pairs(seconds[3..].first_chunk()?, b"0-00-00T")?;
    let [hour, _, _, minute, _, _, second, _] = pairs(seconds.last_chunk()?, b"00:00:00")?;
    let (year, month, day) = (i32::from(century) * 100 + i32::from(years), i32::from(month), i32::from(day));
    let month_is_whole = day <= 28 || day <= days_in(month, year);
    if !(1..=12).contains(&month) || day == 0 || !month_is_whole || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let seconds = i64::from(hour) * 3_600 + i64::from(minute) * 60 + i64::from(second);
    let days = i64::from(days_since_1970(year, month, day));
    Some(Timestamp::new(days * 86_400 + seconds, nanoseconds(fraction)?))
}

/// The two-digit numbers that begin at each of eight places, if there is a digit wherever `form` has a zero and the same
/// byte wherever it has another, which counts as zero. All eight are looked at in one word.
#[inline]
fn pairs(text: &[u8; 8], form: &[u8; 8]) -> Option<[u8; 8]> {
    let above = u64::from_le_bytes(*text).wrapping_sub(u64::from_le_bytes(*form));
    // What is more than this reaches the topmost bit of its byte, and so does what borrowed.
    let room = u64::from_le_bytes(form.map(|byte| if byte == b'0' { 0x76 } else { 0x7f }));
    let wrong = (above | above.wrapping_add(room)) & u64::from_ne_bytes([0x80; 8]);
    (wrong == 0).then(|| above.wrapping_mul(10).wrapping_add(above >> 8).to_le_bytes())
}

#[inline]
fn nanoseconds(fraction: &[u8]) -> Option<i32> {
    const SCALES: [i32; 10] = [0, 100_000_000, 10_000_000, 1_000_000, 100_000, 10_000, 1_000, 100, 10, 1];
    match fraction {
        [b'Z'] => Some(0),
        // Nine of ten end with a tenth of a microsecond.
        [b'.', seven @ ..] if seven.len() == 8 => {
            let [first, _, second, _, third, _, last, _] = pairs(seven.first_chunk()?, b"0000000Z")?.map(i32::from);
            Some((((first * 100 + second) * 100 + third) * 100 + last) * 10)
        }
        [b'.', digits @ .., b'Z'] => {
            let scale = SCALES.get(digits.len()).filter(|scale| **scale > 0)?;
            let mut number = 0;
            for digit in digits {
                let digit = digit.wrapping_sub(b'0');
                if digit > 9 {
                    return None;
                }
                number = number * 10 + i32::from(digit);
            }
            Some(number * scale)
        }
        _ => None,
    }
}

fn days_in(month: i32, year: i32) -> i32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Counted in years that begin in March, so that the leap day is a year's last. For years from 0 to 9999.
fn days_since_1970(year: i32, month: i32, day: i32) -> i32 {
    // A whole era of 400 years is added, so that nothing is below zero and division rounds the way it should.
    let year = if month <= 2 { year + 399 } else { year + 400 };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - 719_468 - 146_097
}

super::ids::serde_as_text!(Timestamp);

/// A text that is no point in time in ISO 8601.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a time: it should read like 2024-05-01T12:00:00.123Z")]
pub struct InvalidTimestamp;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_form_of_the_service_is_read() {
        let expected: Timestamp = "2024-05-01T12:00:00.12Z".parse().unwrap();
        for text in [
            "2024-05-01T12:00:00.1200000Z",
            "2024-05-01T12:00:00.120",
            "2024-05-01T14:00:00.12+02:00",
            "2024-05-01T12:00:00.12+00:00",
        ] {
            assert_eq!(text.parse::<Timestamp>().unwrap(), expected, "{text}");
        }
        assert!("2024-05-01T12:00:00Z".parse::<Timestamp>().unwrap() < expected);
        for bad in ["", "yesterday", "2024-13-01T00:00:00Z", "12:00:00", "10000-01-01T00:00:00Z"] {
            assert!(bad.parse::<Timestamp>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_ends_of_the_service_s_calendar_come_back_as_they_were() {
        for text in [
            "0001-01-01T00:00:00Z",
            "9999-12-30T22:00:00.9999999Z",
            "9999-12-30T22:00:01Z",
            "9999-12-31T00:00:00Z",
            "9999-12-31T23:59:59Z",
            "9999-12-31T23:59:59.9999999Z",
        ] {
            let at: Timestamp = text.parse().unwrap();
            assert_eq!((at.to_string(), format!("{at:?}")), (text.to_owned(), text.to_owned()));
            assert_eq!(text.trim_end_matches('Z').parse(), Ok(at), "without an offset");
            assert_eq!(serde_json::to_string(&at).unwrap(), format!("\"{text}\""));
        }
        let day: Timestamp = "9999-12-31T00:00:00Z".parse().unwrap();
        assert_eq!(format!("{day:.7} {LAST:.0}"), "9999-12-31T00:00:00.0000000Z 9999-12-31T23:59:59Z");
        assert_eq!("9999-12-31T02:00:00+02:00".parse(), Ok(day));
        assert!(FIRST < Timestamp::now() && Timestamp::now() < day && day < LAST);
    }

    #[test]
    fn what_lies_outside_the_calendar_is_read_as_its_end() {
        for text in ["9999-12-31T23:59:59.999999999Z", "9999-12-31T23:59:59-05:00"] {
            assert_eq!(text.parse(), Ok(LAST), "{text}");
        }
        for text in ["0001-01-01T00:00:00+02:00", "0000-12-31T23:59:59Z", "-000044-03-15T00:00:00Z"] {
            assert_eq!(text.parse(), Ok(FIRST), "{text}");
        }
        assert_eq!(LAST.as_jiff(), jiff::Timestamp::MAX);
        assert_eq!((FIRST.as_jiff().to_string(), Timestamp::from(jiff::Timestamp::MIN)), (FIRST.to_string(), FIRST));
    }

    #[test]
    fn it_goes_to_jiff_and_comes_back() {
        for text in ["1969-12-31T23:59:59.5Z", "1970-01-01T00:00:00Z", "2024-05-01T12:00:00.123456789Z"] {
            let at: Timestamp = text.parse().unwrap();
            assert_eq!((at.as_jiff().to_string(), Timestamp::from(at.as_jiff())), (text.to_owned(), at));
        }
        assert_eq!(Timestamp::try_from(SystemTime::UNIX_EPOCH).unwrap().to_string(), "1970-01-01T00:00:00Z");
    }

    proptest! {
        #[test]
        fn a_written_time_reads_back_the_same(seconds in FIRST.seconds..=LAST.seconds, nanos in 0..10_000_000_i32) {
            let at = Timestamp::new(seconds, nanos * 100);
            prop_assert_eq!(at.to_string().parse::<Timestamp>().unwrap(), at);
            if let Ok(known) = jiff::Timestamp::new(seconds, nanos * 100) {
                prop_assert_eq!((at.as_jiff(), at.to_string()), (known, known.to_string()));
            }
        }

        #[test]
        fn the_usual_form_is_read_as_any_other(text in "(00|1[89]|20|99)[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{1,10})?Z") {
            if let Some(at) = usual(text.as_bytes()) {
                prop_assert_eq!(Some(at), general(&text), "{}", text);
            }
        }

        #[test]
        fn reading_never_panics(text in any::<String>()) {
            let _ = text.parse::<Timestamp>();
        }

        #[test]
        fn reading_bytes_never_panics(text in "[0-9TZ:.-]{15,35}", bytes in any::<[u8; 24]>()) {
            let _ = usual(text.as_bytes());
            let _ = usual(&bytes);
        }
    }
}
