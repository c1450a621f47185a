//! `DateTime`: a count of 100 ns ticks since the year 1, and how its zone was given.

use std::fmt;

use jiff::civil;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use serde::{Serialize, Serializer};

mod parse;

/// Ticks in one second.
pub(crate) const TICKS_PER_SECOND: i64 = 10_000_000;
const SECONDS_PER_DAY: i64 = 86_400;
/// Ticks of 1970-01-01.
const UNIX_EPOCH: i64 = 621_355_968_000_000_000;
/// The last tick of the year 9999.
pub(crate) const MAX_TICKS: i64 = 3_155_378_975_999_999_999;

/// The first tick.
const START: civil::DateTime = civil::date(1, 1, 1).at(0, 0, 0, 0);

/// How the zone of a [`DateTime`] was given. The services run in UTC, so all kinds count the same hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Zone {
    /// `Z`.
    Utc,
    /// An offset; it is converted to the service's own zone and comes back as `+00:00`.
    Local,
    /// None; it comes back without one.
    Unspecified,
}

/// A point in time as the services keep it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct DateTime {
    ticks: i64,
    zone: Zone,
}

impl DateTime {
    /// `timestamp` in UTC, cut to whole ticks.
    pub(crate) fn utc(timestamp: Timestamp) -> Self {
        let ticks = timestamp.as_nanosecond().div_euclid(100) + i128::from(UNIX_EPOCH);
        let ticks = i64::try_from(ticks).unwrap_or(MAX_TICKS).clamp(0, MAX_TICKS);
        Self { ticks, zone: Zone::Utc }
    }

    /// So many ticks, in UTC. Counts outside the calendar are moved to its ends.
    pub(crate) fn from_ticks(ticks: i64) -> Self {
        Self { ticks: ticks.clamp(0, MAX_TICKS), zone: Zone::Utc }
    }

    /// Ticks since the year 1.
    pub(crate) fn ticks(self) -> i64 {
        self.ticks
    }

    /// How the zone was given.
    pub(crate) fn zone(self) -> Zone {
        self.zone
    }

    /// The same hours, taken as UTC.
    pub(crate) fn as_utc(self) -> Self {
        Self { zone: Zone::Utc, ..self }
    }

    /// The same hours with the service's own offset.
    pub(crate) fn as_offset(self) -> Self {
        Self { zone: Zone::Local, ..self }
    }

    /// Whether it is the first or the last tick there is, which PostgreSQL's driver takes for infinity.
    pub(crate) fn is_infinite(self) -> bool {
        matches!(self.ticks, 0 | MAX_TICKS)
    }

    /// Cut to whole microseconds.
    pub(crate) fn to_micros(self) -> Self {
        Self { ticks: self.ticks - self.ticks % 10, ..self }
    }

    /// Rounded to the nearest microsecond, as PostgreSQL does.
    pub(crate) fn round_to_micros(self) -> Self {
        let ticks = (self.ticks + 5) / 10 * 10;
        Self { ticks: ticks.min(MAX_TICKS - 9), ..self }
    }

    /// Cut to whole seconds.
    pub(crate) fn to_seconds(self) -> Self {
        Self { ticks: self.ticks - self.ticks % TICKS_PER_SECOND, ..self }
    }

    /// Earlier by `days`; the start of the calendar when that is before it.
    pub(crate) fn minus_days(self, days: i64) -> Self {
        let ticks = days.saturating_mul(86_400 * TICKS_PER_SECOND);
        Self { ticks: self.ticks.saturating_sub(ticks).clamp(0, MAX_TICKS), ..self }
    }

    /// A text as `DateTime.Parse` takes it in the invariant culture: a date in ISO order (`2026-05`, `2026-05-01`),
    /// American order (`05/01/2026`) or with the month's name (`1 May 2026`), a time (`12:00`, `12:00:30.5`, `1:00 PM`)
    /// or both, and a zone. `today` fills in for a missing date or year.
    pub(crate) fn parse(text: &str, today: Timestamp) -> Option<Self> {
        parse::date_time(text, today)
    }

    /// The form of Microsoft's older JSON, `/Date(1700000000000)/`: milliseconds since 1970, and perhaps an offset,
    /// which changes nothing but how the date comes back.
    pub(crate) fn parse_milliseconds(text: &str) -> Option<Self> {
        parse::milliseconds(text)
    }

    /// Timestamps end a day before the calendar does, so that dates are counted without them.
    fn of_civil(at: civil::DateTime, zone: Zone) -> Option<Self> {
        let ticks = i64::try_from(at.duration_since(START).as_nanos() / 100).ok()?;
        (0..=MAX_TICKS).contains(&ticks).then_some(Self { ticks, zone })
    }

    fn civil(self) -> civil::DateTime {
        let (seconds, rest) = (self.ticks / TICKS_PER_SECOND, self.ticks % TICKS_PER_SECOND);
        let days = i32::try_from(seconds / SECONDS_PER_DAY).unwrap_or(i32::MAX);
        let nanos = i32::try_from(rest * 100).unwrap_or_default();
        // A duration of more than eight thousand years is too long for the calendar's own arithmetic.
        let day = START.saturating_add(days.days());
        day.saturating_add(SignedDuration::new(seconds % SECONDS_PER_DAY, nanos))
    }
}

impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.civil();
        let (year, month, day) = (at.year(), at.month(), at.day());
        write!(f, "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}", at.hour(), at.minute(), at.second())?;
        let fraction = self.ticks % TICKS_PER_SECOND;
        if fraction > 0 {
            let digits = format!("{fraction:07}");
            write!(f, ".{}", digits.trim_end_matches('0'))?;
        }
        f.write_str(match self.zone {
            Zone::Utc => "Z",
            Zone::Local => "+00:00",
            Zone::Unspecified => "",
        })
    }
}

impl Serialize for DateTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Option<String> {
        let today = "2026-03-04T05:06:07Z".parse().expect("a timestamp");
        DateTime::parse(text, today).map(|date| date.to_string())
    }

    #[test]
    fn what_is_sent_and_what_comes_back() {
        for (sent, back) in [
            ("2026-01-08T09:10:11Z", "2026-01-08T09:10:11Z"),
            ("2026-01-05T10:11:12", "2026-01-05T10:11:12"),
            ("2026-01-06T10:11:12+02:00", "2026-01-06T08:11:12+00:00"),
            ("2026-01-06T10:11:12+0200", "2026-01-06T08:11:12+00:00"),
            ("2026-01-07T10:11:12.1234567Z", "2026-01-07T10:11:12.1234567Z"),
            ("2026-01-07T10:11:12.50Z", "2026-01-07T10:11:12.5Z"),
            ("2023-10-19", "2023-10-19T00:00:00"),
            ("2023-10", "2023-10-01T00:00:00"),
            ("10/19/2023", "2023-10-19T00:00:00"),
            ("2023-10-19 08:00", "2023-10-19T08:00:00"),
            ("00:00Z", "2026-03-04T00:00:00Z"),
            ("0001-01-01", "0001-01-01T00:00:00"),
            ("9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59.9999999Z"),
            ("Thu, 19 Oct 2023 08:00:00 GMT", "2023-10-19T08:00:00Z"),
            ("19 October 2023", "2023-10-19T00:00:00"),
            ("Oct 19, 2023 8:05 PM", "2023-10-19T20:05:00"),
            ("2023/10/19", "2023-10-19T00:00:00"),
            ("10-19-2023", "2023-10-19T00:00:00"),
            ("1/2/24", "2024-01-02T00:00:00"),
            ("1/2", "2026-01-02T00:00:00"),
            ("12:30 am", "2026-03-04T00:30:00"),
        ] {
            assert_eq!(read(sent).as_deref(), Some(back), "{sent}");
        }
    }

    #[test]
    fn what_is_no_date() {
        for text in [
            "",
            "tomorrow",
            "i går",
            "2023",
            "2023-13-01",
            "2023-10-19T25:00",
            "2026-01-06T10:11:12 02:00",
            "T1",
            "0001-01-01T00:00:00+02:00",
            "19.10.2023",
            "20231019",
            "13:00 PM",
            "Thursday",
            "Fri, 19 Oct 2023 08:00:00 GMT",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn milliseconds_are_counted_from_1970() {
        let read = |text| DateTime::parse_milliseconds(text).map(|date| date.to_string());
        assert_eq!(read("/Date(1700000000000)/").as_deref(), Some("2023-11-14T22:13:20Z"));
        assert_eq!(read("/Date(-1+0200)/").as_deref(), Some("1969-12-31T23:59:59.999+00:00"));
        for text in ["/Date()/", "/Date(x)/", "/Date(1)", "1", "/Date(999999999999999999)/"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn precision_is_cut_or_rounded() {
        let date = DateTime::from_ticks(UNIX_EPOCH + 12_345_678);
        assert_eq!(date.to_micros().ticks() % 100, 70);
        assert_eq!(date.round_to_micros().ticks() % 100, 80);
        assert_eq!(date.to_seconds().to_string(), "1970-01-01T00:00:01Z");
    }

    proptest! {
        #[test]
        fn no_text_is_too_much(text in ".{0,40}") {
            let _ = DateTime::parse(&text, Timestamp::UNIX_EPOCH);
        }

        #[test]
        fn its_own_form_is_read_back(ticks in 0..=MAX_TICKS) {
            let date = DateTime::from_ticks(ticks);
            prop_assert_eq!(DateTime::parse(&date.to_string(), Timestamp::UNIX_EPOCH), Some(date));
        }
    }
}
