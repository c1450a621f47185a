use std::sync::atomic::{AtomicI64, Ordering};

use http::{HeaderMap, header};
use jiff::{SignedDuration, Timestamp};

use crate::retry::http_date;

/// The service's clock, as the `Date` headers of its answers show it.
#[derive(Debug, Default)]
pub(super) struct ServiceClock {
    /// What is to be added to this computer's time.
    correction_millis: AtomicI64,
}

impl ServiceClock {
    /// Looks at the headers of an answer that came just now.
    pub(super) fn observe(&self, headers: &HeaderMap) {
        let date = headers.get(header::DATE).and_then(|date| http_date(date.to_str().ok()?));
        if let Some(date) = date {
            let millis = i64::try_from(correction(date, Timestamp::now()).as_millis()).unwrap_or(0);
            self.correction_millis.store(millis, Ordering::Relaxed);
        }
    }

    /// The present by the service's clock, as far as it is known.
    pub(super) fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        let correction = SignedDuration::from_millis(self.correction_millis.load(Ordering::Relaxed));
        now.saturating_add(correction).unwrap_or(now)
    }
}

/// The header leaves out the fraction: it is written within the second that begins at `date`. A computer whose time lies
/// in that second may be right, and any other is brought to its nearer end.
fn correction(date: Timestamp, now: Timestamp) -> SignedDuration {
    let behind = date.duration_since(now);
    if behind.is_positive() { behind } else { (behind + SignedDuration::from_secs(1)).min(SignedDuration::ZERO) }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_clock_that_may_be_right_is_believed_and_another_corrected() {
        let now: Timestamp = "2024-05-01T12:00:00.400Z".parse().unwrap();
        for (date, millis) in
            [("12:00:00", 0), ("11:59:59", -400), ("12:00:01", 600), ("11:50:00", -599_400), ("12:10:00", 599_600)]
        {
            let date = format!("2024-05-01T{date}Z").parse().unwrap();
            assert_eq!(correction(date, now).as_millis(), millis, "{date}");
        }
    }

    #[test]
    fn an_answer_without_a_date_tells_nothing() {
        let clock = ServiceClock::default();
        let ahead = |clock: &ServiceClock| clock.now().duration_since(Timestamp::now()).as_hours();
        let mut headers = HeaderMap::new();
        clock.observe(&headers);
        headers.insert(header::DATE, HeaderValue::from_static("soon"));
        clock.observe(&headers);
        assert_eq!(ahead(&clock), 0);
        headers.insert(header::DATE, HeaderValue::from_static("Fri, 01 Jan 2100 00:00:00 GMT"));
        clock.observe(&headers);
        assert!(ahead(&clock) > 24 * 365);
    }
}
