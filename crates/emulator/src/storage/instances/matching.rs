//! Conditions on dates, as the service's query function has them.

use jiff::Timestamp;

use super::query::QueryFault;
use crate::dotnet::datetime::DateTime;
use crate::dotnet::query::{Comparison, query_date};
use crate::storage::faults::{Fault, Faults};

/// Splits date expressions such as `gt:2023-10-19`. Unknown operators, among them upper-case ones and whatever stands
/// before the first colon of a bare time, are passed over if the rest is fine.
fn split<'v, T>(
    name: &str,
    expressions: &'v [String],
    faults: Faults,
    read: impl Fn(&'v str) -> Option<T>,
) -> Result<Vec<(Comparison, T)>, QueryFault> {
    let mut seen: Vec<&str> = Vec::new();
    let mut bounds = Vec::new();
    for expression in expressions {
        let fault = || QueryFault(format!("Invalid date expression: {expression} for query key: {name}"));
        let (operator, value) = expression.split_once(':').ok_or_else(fault)?;
        let value = read(value).ok_or_else(fault)?;
        if seen.contains(&operator) {
            return Err(fault());
        }
        seen.push(operator);
        match Comparison::named(operator) {
            Some(comparison) => bounds.push((comparison, value)),
            None if faults.shows(Fault::OddDateFilterIsIgnored) => {}
            None => return Err(fault()),
        }
    }
    Ok(bounds)
}

/// Whether the service gives one of the bounds on `lastChanged` the name of the border where a page begins: an operator
/// that nobody knows becomes part of a parameter's name all the same.
pub(super) fn is_named_like_the_border(last_changed: &[String]) -> bool {
    last_changed.iter().any(|expression| expression.starts_with("idx:"))
}

/// Bounds of a time column, which has microseconds.
#[derive(Clone, Debug, Default)]
pub(super) struct DateBounds(Vec<(Comparison, i64)>);

impl DateBounds {
    pub(super) fn parse(
        name: &str,
        expressions: &[String],
        faults: Faults,
        now: Timestamp,
    ) -> Result<Self, QueryFault> {
        split(name, expressions, faults, |value| query_date(value, now).map(|date| date.to_micros().ticks())).map(Self)
    }

    pub(super) fn hold(&self, ticks: i64) -> bool {
        self.0.iter().all(|(comparison, bound)| comparison.holds(&ticks, bound))
    }

    /// Whether any value is outside.
    pub(super) fn is_bounded(&self) -> bool {
        !self.0.is_empty()
    }

    /// The lowest and the highest value that can hold.
    pub(super) fn ends(&self) -> (Option<i64>, Option<i64>) {
        let (mut from, mut to) = (None, None);
        for (comparison, bound) in &self.0 {
            if matches!(comparison, Comparison::Greater | Comparison::GreaterOrEqual | Comparison::Equal) {
                from = from.max(Some(*bound));
            }
            if matches!(comparison, Comparison::Less | Comparison::LessOrEqual | Comparison::Equal) {
                to = Some(to.map_or(*bound, |to: i64| to.min(*bound)));
            }
        }
        (from, to)
    }
}

/// Bounds of a date that an app has set, and that only the document holds.
#[derive(Clone, Debug)]
pub(super) enum SetBounds {
    /// Compared as text, whatever the text is.
    Text(Vec<(Comparison, String)>),
    Time(DateBounds),
}

impl SetBounds {
    pub(super) fn parse(
        name: &str,
        expressions: &[String],
        faults: Faults,
        now: Timestamp,
    ) -> Result<Self, QueryFault> {
        match faults.shows(Fault::SetTimesAreComparedAsText) {
            true => split(name, expressions, faults, |value| Some(value.to_owned())).map(Self::Text),
            false => DateBounds::parse(name, expressions, faults, now).map(Self::Time),
        }
    }

    pub(super) fn hold(&self, date: Option<DateTime>) -> bool {
        match (self, date) {
            (Self::Text(bounds), None) => bounds.is_empty(),
            // Writing a date costs more than all else that a row is asked.
            (Self::Text(bounds), Some(_)) if bounds.is_empty() => true,
            (Self::Text(bounds), Some(date)) => {
                let text = date.to_string();
                bounds.iter().all(|(comparison, bound)| comparison.holds(text.as_str(), bound.as_str()))
            }
            (Self::Time(bounds), None) => bounds.0.is_empty(),
            (Self::Time(bounds), Some(date)) => bounds.hold(date.as_utc().to_micros().ticks()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(expressions: &[&str]) -> Result<DateBounds, QueryFault> {
        let expressions: Vec<String> = expressions.iter().map(|text| (*text).to_owned()).collect();
        DateBounds::parse("created", &expressions, Faults::default(), Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn operators_nobody_knows_are_passed_over() {
        for expression in ["GT:2999-01-01", "foo:2999-01-01", "2999-01-01T10:00:00"] {
            assert!(bounds(&[expression]).expect("no fault").hold(0), "{expression}");
        }
    }

    #[test]
    fn faults_name_value_and_key() {
        for expressions in [&["2020-01-01"][..], &["gt:notadate"], &["gt:"], &["gt:2020-01-01", "gt:2020-01-01"]] {
            let fault = bounds(expressions).expect_err("a fault");
            let last = expressions.last().expect("an expression");
            assert_eq!(fault.0, format!("Invalid date expression: {last} for query key: created"));
        }
    }

    #[test]
    fn the_window_is_what_all_bounds_leave() {
        let bounds = bounds(&["gte:2020-01-02", "lt:2020-01-04", "lte:2020-01-03"]).expect("no fault");
        let (from, to) = bounds.ends();
        let day = |text| query_date(text, Timestamp::UNIX_EPOCH).map(DateTime::ticks);
        assert_eq!((from, to), (day("2020-01-02"), day("2020-01-03")));
    }

    #[test]
    fn texts_are_compared_as_texts() {
        let asked = ["gt:2030-01-01T00:00:00Z".to_owned()];
        let (as_text, epoch) = (Faults::default(), Timestamp::UNIX_EPOCH);
        let bounds = SetBounds::parse("dueBefore", &asked, as_text, epoch).expect("no fault");
        let as_time = as_text.without(Fault::SetTimesAreComparedAsText);
        let times = SetBounds::parse("dueBefore", &asked, as_time, epoch).expect("no fault");
        let date = |text| DateTime::parse(text, epoch);
        assert!(!bounds.hold(date("2030-01-01T00:00:00.5Z")));
        assert!(times.hold(date("2030-01-01T00:00:00.5Z")));
        assert!(!times.hold(date("2030-01-01T00:00:00Z")) && !times.hold(None));
        assert!(bounds.hold(date("2030-01-01T00:00:01Z")));
        assert!(!bounds.hold(None));
    }
}
