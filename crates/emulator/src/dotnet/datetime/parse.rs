//! Reading dates as `DateTime.Parse` does in the invariant culture.

use jiff::civil;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

use super::{DateTime, MAX_TICKS, TICKS_PER_SECOND, UNIX_EPOCH, Zone};
use crate::dotnet::number;

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const WEEKDAYS: [&str; 7] = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
/// Years of two digits up to this one are of the new century.
const LAST_OF_NEW_CENTURY: i64 = 49;

/// Date, time or both. `today` fills in for a missing date or year.
pub(super) fn date_time(text: &str, today: Timestamp) -> Option<DateTime> {
    Parser { rest: text.trim(), today: Offset::UTC.to_datetime(today).date() }.date_time()
}

/// `/Date(1700000000000+0200)/`.
pub(super) fn milliseconds(text: &str) -> Option<DateTime> {
    let inner = text.strip_prefix("/Date(")?.strip_suffix(")/")?;
    let sign = inner.get(1..)?.find(['+', '-']).map(|at| at + 1);
    let (count, zone) = match sign {
        Some(at) => (&inner[..at], Zone::Local),
        None => (inner, Zone::Utc),
    };
    let ticks = number::int64(count).ok()?.checked_mul(TICKS_PER_SECOND / 1000)?.checked_add(UNIX_EPOCH)?;
    (0..=MAX_TICKS).contains(&ticks).then_some(DateTime { ticks, zone })
}

struct Parser<'t> {
    rest: &'t str,
    today: civil::Date,
}

impl<'t> Parser<'t> {
    fn date_time(mut self) -> Option<DateTime> {
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
        let date = date.unwrap_or(self.today);
        self.finish(date, time)
    }

    fn finish(mut self, date: civil::Date, time: Option<(civil::Time, i64)>) -> Option<DateTime> {
        self.rest = self.rest.trim_start();
        let offset = self.zone()?;
        if !self.rest.trim().is_empty() {
            return None;
        }
        let (time, extra_ticks) = time.unwrap_or((civil::Time::midnight(), 0));
        let (minutes, zone) = match offset {
            None => (0, Zone::Unspecified),
            Some(None) => (0, Zone::Utc),
            Some(Some(minutes)) => (minutes, Zone::Local),
        };
        let at = date.to_datetime(time).checked_sub(SignedDuration::from_mins(minutes)).ok()?;
        let found = DateTime::of_civil(at, zone)?;
        Some(DateTime { ticks: found.ticks.saturating_add(extra_ticks).min(MAX_TICKS), zone })
    }

    fn date(&mut self) -> Option<civil::Date> {
        let start = self.rest;
        let weekday = self.name(&WEEKDAYS);
        if weekday.is_some() {
            self.take([',']);
            self.rest = self.rest.trim_start();
        }
        let from = self.rest;
        let readings: [fn(&mut Self) -> Option<civil::Date>; 4] =
            [Self::year_first, Self::month_first, Self::named_month_first, Self::named_month_second];
        for reading in readings {
            let found = reading(self);
            // A day of the week that is not the date's own makes the text no date.
            let fits = |date: &civil::Date| {
                weekday.is_none_or(|weekday| weekday == i64::from(date.weekday().to_sunday_one_offset()))
            };
            if let Some(date) = found.filter(fits) {
                return Some(date);
            }
            self.rest = from;
        }
        self.rest = start;
        None
    }

    /// `2023-10-19`, `2023/10`.
    fn year_first(&mut self) -> Option<civil::Date> {
        let year = self.number(4, 4)?;
        let separator = self.separator()?;
        let month = self.number(1, 2)?;
        let day = if self.take([separator]) { self.number(1, 2)? } else { 1 };
        civil_date(year, month, day)
    }

    /// `10/19/2023`, `10/19`.
    fn month_first(&mut self) -> Option<civil::Date> {
        let month = self.number(1, 2)?;
        let separator = self.separator()?;
        let day = self.number(1, 2)?;
        let year = if self.take([separator]) { self.year()? } else { self.today.year().into() };
        civil_date(year, month, day)
    }

    /// `Oct 19, 2023`.
    fn named_month_first(&mut self) -> Option<civil::Date> {
        let month = self.name(&MONTHS)?;
        self.rest = self.rest.trim_start();
        let day = self.number(1, 2)?;
        let comma = self.take([',']);
        let year = self.year_after_blank(comma)?;
        civil_date(year, month, day)
    }

    /// `19 Oct 2023`, `19-Oct-2023`.
    fn named_month_second(&mut self) -> Option<civil::Date> {
        let day = self.number(1, 2)?;
        let hyphen = self.take(['-']);
        self.rest = self.rest.trim_start();
        let month = self.name(&MONTHS)?;
        let follows = if hyphen { self.take(['-']) } else { self.take([',']) };
        let year = self.year_after_blank(follows)?;
        civil_date(year, month, day)
    }

    /// The year behind a day; without one it is this year.
    fn year_after_blank(&mut self, has_to_be: bool) -> Option<i64> {
        let here = self.rest;
        self.rest = self.rest.trim_start();
        let is_time = |rest: &str| rest.trim_start_matches(|c: char| c.is_ascii_digit()).starts_with(':');
        if self.rest.starts_with(|c: char| c.is_ascii_digit()) && !is_time(self.rest) {
            return self.year();
        }
        self.rest = here;
        (!has_to_be).then_some(self.today.year().into())
    }

    fn year(&mut self) -> Option<i64> {
        let digits = self.digits(1, 4)?;
        let year = number::int64(digits).ok()?;
        Some(match digits.len() {
            1 | 2 if year <= LAST_OF_NEW_CENTURY => 2000 + year,
            1 | 2 => 1900 + year,
            _ => year,
        })
    }

    /// Which of `names`, or of their first three letters, comes next, counted from 1.
    fn name(&mut self, names: &[&str]) -> Option<i64> {
        let length = self.rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (word, rest) = self.rest.split_at(length);
        let is_it = |name: &&str| word.eq_ignore_ascii_case(name) || word.eq_ignore_ascii_case(&name[..3]);
        let at = names.iter().position(is_it)?;
        self.rest = rest;
        i64::try_from(at + 1).ok()
    }

    /// The time to the second, and the ticks beyond it.
    fn time(&mut self) -> Option<(civil::Time, i64)> {
        let hour = self.number(1, 2)?;
        self.expect(':')?;
        let minute = self.number(1, 2)?;
        let second = if self.take([':']) { self.number(1, 2)? } else { 0 };
        let ticks = if self.take(['.', ',']) { self.fraction()? } else { 0 };
        let hour = self.of_half_day(hour)?;
        let part = |value| i8::try_from(value).ok();
        Some((civil::Time::new(part(hour)?, part(minute)?, part(second)?, 0).ok()?, ticks))
    }

    /// The hour of the day, with `AM` or `PM` behind the time or without.
    fn of_half_day(&mut self, hour: i64) -> Option<i64> {
        let rest = self.rest.trim_start();
        let half = rest.get(..2).unwrap_or_default();
        let afternoon = half.eq_ignore_ascii_case("pm");
        if !afternoon && !half.eq_ignore_ascii_case("am") {
            return Some(hour);
        }
        self.rest = &rest[2..];
        (0..=12).contains(&hour).then_some(hour % 12 + if afternoon { 12 } else { 0 })
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
        if let Some(rest) = self.rest.strip_prefix("GMT") {
            self.rest = rest;
            return Some(Some(None));
        }
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

    fn separator(&mut self) -> Option<char> {
        ['-', '/'].into_iter().find(|separator| self.take([*separator]))
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

    fn digits(&mut self, least: usize, most: usize) -> Option<&'t str> {
        let length = self.rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
        let (digits, rest) = self.rest.split_at(length);
        self.rest = rest;
        (length >= least).then_some(digits)
    }

    fn number(&mut self, least: usize, most: usize) -> Option<i64> {
        self.digits(least, most).and_then(|digits| number::int64(digits).ok())
    }
}

fn civil_date(year: i64, month: i64, day: i64) -> Option<civil::Date> {
    let year = i16::try_from(year).ok().filter(|year| *year > 0)?;
    civil::Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}
