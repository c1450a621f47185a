//! `DateTime`: a count of 100 ns ticks since the year 1, and how its zone was given.

use std::fmt;

use jiff::civil;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use serde::{Serialize, Serializer};

use super::number;

/// Ticks in one second.
pub(crate) const TICKS_PER_SECOND: i64 = 10_000_000;
/// Ticks of 1970-01-01.
const UNIX_EPOCH: i64 = 621_355_968_000_000_000;
/// The last tick of the year 9999.
pub(crate) const MAX_TICKS: i64 = 3_155_378_975_999_999_999;

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

    /// A text as `DateTime.Parse` takes it in the invariant culture: a date in ISO order (`2026-05`, `2026-05-01`) or
    /// American order (`05/01/2026`), a time (`12:00`, `12:00:30.5`) or both, and a zone. `today` fills in for a
    /// missing date.
    pub(crate) fn parse(text: &str, today: Timestamp) -> Option<Self> {
        Parser { rest: text.trim() }.date_time(today)
    }

    fn civil(self) -> civil::DateTime {
        let since = i128::from(self.ticks - UNIX_EPOCH) * 100;
        let timestamp = Timestamp::from_nanosecond(since).unwrap_or(Timestamp::UNIX_EPOCH);
        Offset::UTC.to_datetime(timestamp)
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

struct Parser<'t> {
    rest: &'t str,
}

impl Parser<'_> {
    fn date_time(mut self, today: Timestamp) -> Option<DateTime> {
        let date = self.date();
        let time = match date {
            Some(_) if self.rest.is_empty() => None,
            Some(_) => {
                if !self.take(['T', 't']) && !self.rest.starts_with(' ') {
                    return self.finish(date?, None);
                }
                self.rest = self.rest.trim_start();
                Some(self.time()?)
            }
            None => Some(self.time()?),
        };
        let date = date.unwrap_or_else(|| Offset::UTC.to_datetime(today).date());
        self.finish(date, time)
    }

    fn finish(mut self, date: civil::Date, time: Option<(civil::Time, i64)>) -> Option<DateTime> {
        self.rest = self.rest.trim_start();
        let offset = self.zone()?;
        if !self.rest.trim().is_empty() {
            return None;
        }
        let (time, extra_ticks) = time.unwrap_or((civil::Time::midnight(), 0));
        let at = date.to_datetime(time);
        let (shift, zone) = match offset {
            None => (SignedDuration::ZERO, Zone::Unspecified),
            Some(None) => (SignedDuration::ZERO, Zone::Utc),
            Some(Some(minutes)) => (SignedDuration::from_mins(minutes), Zone::Local),
        };
        let timestamp = Offset::UTC.to_timestamp(at).ok()?.checked_sub(shift).ok()?;
        let ticks = DateTime::utc(timestamp).ticks.checked_add(extra_ticks)?;
        Some(DateTime { ticks: ticks.min(MAX_TICKS), zone })
    }

    fn date(&mut self) -> Option<civil::Date> {
        let start = self.rest;
        let found = self.iso_date().or_else(|| {
            self.rest = start;
            self.american_date()
        });
        if found.is_none() {
            self.rest = start;
        }
        found
    }

    fn iso_date(&mut self) -> Option<civil::Date> {
        let year = self.number(4, 4)?;
        self.expect('-')?;
        let month = self.number(1, 2)?;
        let day = if self.take(['-']) { self.number(1, 2)? } else { 1 };
        self.civil_date(year, month, day)
    }

    fn american_date(&mut self) -> Option<civil::Date> {
        let month = self.number(1, 2)?;
        self.expect('/')?;
        let day = self.number(1, 2)?;
        self.expect('/')?;
        let year = self.number(4, 4)?;
        self.civil_date(year, month, day)
    }

    fn civil_date(&self, year: i64, month: i64, day: i64) -> Option<civil::Date> {
        let year = i16::try_from(year).ok().filter(|year| *year > 0)?;
        civil::Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
    }

    /// The time to the second, and the ticks beyond it.
    fn time(&mut self) -> Option<(civil::Time, i64)> {
        let hour = self.number(1, 2)?;
        self.expect(':')?;
        let minute = self.number(1, 2)?;
        let second = if self.take([':']) { self.number(1, 2)? } else { 0 };
        let ticks = if self.take(['.', ',']) { self.fraction()? } else { 0 };
        let part = |value| i8::try_from(value).ok();
        Some((civil::Time::new(part(hour)?, part(minute)?, part(second)?, 0).ok()?, ticks))
    }

    fn fraction(&mut self) -> Option<i64> {
        let digits = self.digits(1, usize::MAX)?;
        let mut ticks = 0;
        for place in 0..7 {
            ticks = ticks * 10 + digits.as_bytes().get(place).map_or(0, |byte| i64::from(byte - b'0'));
        }
        let round_up = digits.as_bytes().get(7).is_some_and(|byte| *byte >= b'5');
        Some(ticks + i64::from(round_up))
    }

    /// `None` inside: no zone; `Some(None)`: UTC; `Some(Some(n))`: so many minutes east.
    #[expect(clippy::option_option, reason = "a failure, no zone, UTC and an offset are four outcomes")]
    fn zone(&mut self) -> Option<Option<Option<i64>>> {
        if self.take(['Z', 'z']) {
            return Some(Some(None));
        }
        let sign = match self.rest.chars().next() {
            Some('+') => 1,
            Some('-') => -1,
            _ => return Some(None),
        };
        self.rest = &self.rest[1..];
        let hours = self.number(1, 2)?;
        let minutes = if self.take([':']) || self.rest.starts_with(|c: char| c.is_ascii_digit()) {
            self.number(2, 2)?
        } else {
            0
        };
        (hours <= 14 && minutes < 60).then_some(Some(Some(sign * (hours * 60 + minutes))))
    }

    fn take<const N: usize>(&mut self, any: [char; N]) -> bool {
        match self.rest.strip_prefix(any) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, one: char) -> Option<()> {
        self.take([one]).then_some(())
    }

    fn digits(&mut self, least: usize, most: usize) -> Option<&str> {
        let length = self.rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
        let (digits, rest) = self.rest.split_at(length);
        self.rest = rest;
        (length >= least).then_some(digits)
    }

    fn number(&mut self, least: usize, most: usize) -> Option<i64> {
        self.digits(least, most).and_then(|digits| number::int64(digits).ok())
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
        ] {
            assert_eq!(read(sent).as_deref(), Some(back), "{sent}");
        }
    }

    #[test]
    fn what_is_no_date() {
        for text in
            ["", "tomorrow", "i går", "2023", "2023-13-01", "2023-10-19T25:00", "2026-01-06T10:11:12 02:00", "T1"]
        {
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
