//! Reminds of a key that is about to end.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use super::DynSigner;
use crate::moment::unix_seconds;

const DAY: u64 = 24 * 3600;
/// From this time on before a key's end there are reminders.
const SOON: Duration = Duration::from_secs(30 * DAY);
/// Of which no day has the number.
const NEVER: i64 = i64::MIN;

/// Remembers the day of the last reminder, so that there is one a day at most.
#[derive(Debug)]
pub(super) struct Reminder(AtomicI64);

impl Reminder {
    pub(super) fn new() -> Self {
        Self(AtomicI64::new(NEVER))
    }

    /// Reminds of `key` again, though it is still the same day: it is another key.
    pub(super) fn reset(&self) {
        self.0.store(NEVER, Ordering::Relaxed);
    }

    /// Logs a warning when `key` has ended or ends soon, and none was logged on the day of `now`.
    pub(super) fn remind(&self, key: &dyn DynSigner, now: SystemTime) {
        let Some(left) = key.expires_at().and_then(|end| days_left(end, now)) else { return };
        let today = unix_seconds(now) / DAY.cast_signed();
        if self.0.swap(today, Ordering::Relaxed) == today {
            return;
        }
        match key.kid() {
            Some(kid) => tracing::warn!(
                kid,
                days_left = left,
                "the key ends soon, and Maskinporten refuses it then (MP-121): add it to the client again, or a new one"
            ),
            None => tracing::warn!(days_left = left, "the enterprise certificate ends soon: get a new one"),
        }
    }
}

/// How many whole days are left until `end`, 0 for one that has passed; `None` if there is time enough.
fn days_left(end: SystemTime, now: SystemTime) -> Option<u64> {
    let left = end.duration_since(now).unwrap_or(Duration::ZERO);
    (left <= SOON).then_some(left.as_secs() / DAY)
}

#[cfg(test)]
mod tests {
    use altinn_watch::Recording;

    use super::*;
    use crate::key::SigningKey;

    const JWK: &str = include_str!("../../tests/keys/rsa-2048.json");

    fn day(number: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(number * DAY)
    }

    #[test]
    fn thirty_days_are_soon_and_a_second_more_is_not() {
        let end = day(100);
        let second = Duration::from_secs(1);
        assert_eq!(days_left(end, day(70) - second), None);
        assert_eq!(days_left(end, day(70)), Some(30));
        assert_eq!(days_left(end, day(70) + second), Some(29));
        assert_eq!(days_left(end, end - second), Some(0));
        assert_eq!(days_left(end, day(200)), Some(0));
    }

    #[test]
    fn there_is_one_reminder_a_day_and_one_more_for_another_key() {
        let key = SigningKey::from_jwk(JWK).unwrap().with_expiry(day(100));
        let reminder = Reminder::new();
        let recording = Recording::of_this_thread();
        let count_at = |now| {
            reminder.remind(&key, now);
            recording.text().lines().count()
        };
        let hour = Duration::from_secs(3600);
        assert_eq!(count_at(day(60)), 0);
        assert_eq!([count_at(day(90)), count_at(day(90) + hour), count_at(day(90) + 23 * hour)], [1, 1, 1]);
        assert_eq!([count_at(day(91)), count_at(day(91) + hour)], [2, 2]);
        reminder.reset();
        assert_eq!(count_at(day(91) + hour), 3);
        assert_eq!(count_at(day(93)), 4);
        let text = recording.text();
        let last = text.lines().last().unwrap();
        for part in ["WARN", "days_left=7", "MP-121", key.kid().unwrap()] {
            assert!(last.contains(part), "{part}: {last}");
        }
    }

    #[test]
    fn a_key_whose_end_is_not_known_is_no_reason_to_remind() {
        let key = SigningKey::from_jwk(JWK).unwrap();
        let recording = Recording::of_this_thread();
        Reminder::new().remind(&key, SystemTime::now());
        assert_eq!(recording.text(), "");
    }
}
