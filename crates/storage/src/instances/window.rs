use altinn_core::transport::RequestSpec;
use altinn_core::{Error, ErrorKind, Timestamp};

use super::LIST;

/// A stretch of time, open at an end where nothing is said.
///
/// Times of creation and change can be asked for with any window. Those that apps have set themselves (the end of the
/// process, `due_before`, `visible_after`) the service compares letter by letter with what is stored, and a fraction
/// of a second sorts wrongly then. For these a window must begin with [`from`](Self::from), end with
/// [`before`](Self::before), and lie on whole seconds; anything else is refused.
///
/// ```
/// use altinn_storage::Window;
///
/// let may = Window::from("2024-05-01T00:00:00Z".parse()?).before("2024-06-01T00:00:00Z".parse()?);
/// # Ok::<(), altinn_core::InvalidTimestamp>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[must_use]
pub struct Window {
    lower: Option<(&'static str, Timestamp)>,
    upper: Option<(&'static str, Timestamp)>,
}

impl Window {
    /// At `time` or later.
    pub fn from(time: Timestamp) -> Self {
        Self { lower: Some(("gte", time)), upper: None }
    }

    /// Later than `time`.
    pub fn after(time: Timestamp) -> Self {
        Self { lower: Some(("gt", time)), upper: None }
    }

    /// And earlier than `time`.
    pub fn before(mut self, time: Timestamp) -> Self {
        self.upper = Some(("lt", time));
        self
    }

    /// And at `time` or earlier.
    pub fn through(mut self, time: Timestamp) -> Self {
        self.upper = Some(("lte", time));
        self
    }

    pub(super) fn lower(self) -> Option<Timestamp> {
        self.lower.map(|(_, time)| time)
    }

    pub(super) fn upper(self) -> Option<Timestamp> {
        self.upper.map(|(_, time)| time)
    }

    /// The first microsecond that may lie in it, since 1970; the service keeps times no finer.
    pub(super) fn first(self) -> Option<i64> {
        self.lower().map(|time| time.as_jiff().as_microsecond())
    }

    /// The last microsecond that lies in it.
    pub(super) fn last(self) -> Option<i64> {
        self.upper.map(|(operator, time)| {
            let excluded = i128::from(operator == "lt");
            let micros = (time.as_jiff().as_nanosecond() - excluded).div_euclid(1_000);
            i64::try_from(micros).unwrap_or(i64::MAX)
        })
    }

    /// The two ends, if each is one of whole seconds that is included.
    pub(crate) fn inclusive_seconds(self) -> Option<(Option<Timestamp>, Option<Timestamp>)> {
        let fits = |(operator, time): (&str, Timestamp)| time.is_whole_second() && matches!(operator, "gte" | "lte");
        let all = [self.lower, self.upper].into_iter().flatten().all(fits);
        all.then(|| (self.lower(), self.upper()))
    }

    /// The operators must be in lower case, and the operator must be there: the service ignores anything else
    /// silently. It reckons in seven digits of fraction.
    pub(super) fn add_to(self, mut spec: RequestSpec, name: &'static str) -> RequestSpec {
        for (operator, time) in [self.lower, self.upper].into_iter().flatten() {
            spec = spec.query(name, format!("{operator}:{time:.7}"));
        }
        spec
    }

    /// For what the service compares as text. A whole second without the letter behind it sorts before all times that
    /// begin so, with fractions or without.
    pub(super) fn add_as_text_to(self, mut spec: RequestSpec, name: &'static str) -> Result<RequestSpec, Error> {
        for (operator, time) in [self.lower, self.upper].into_iter().flatten() {
            if !time.is_whole_second() || !matches!(operator, "gte" | "lt") {
                return Err(Error::new(ErrorKind::InvalidInput, LIST)
                    .with_detail(format!("{name} can only be asked for from a whole second, before a whole second")));
            }
            spec = spec.query(name, format!("{operator}:{}", time.to_string().trim_end_matches('Z')));
        }
        Ok(spec)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_ends_are_known_to_the_microsecond() {
        let time = |text: &str| text.parse::<Timestamp>().unwrap();
        let (whole, finer) = (time("1970-01-01T00:00:00.000005Z"), time("1970-01-01T00:00:00.0000055Z"));
        assert_eq!((Window::from(whole).first(), Window::after(whole).first()), (Some(5), Some(5)));
        assert_eq!(Window::default().through(whole).last(), Some(5));
        assert_eq!(Window::default().before(whole).last(), Some(4));
        assert_eq!(Window::default().through(finer).last(), Some(5));
        assert_eq!(Window::default().before(finer).last(), Some(5));
        assert_eq!((Window::default().first(), Window::default().last()), (None, None));
    }
}
