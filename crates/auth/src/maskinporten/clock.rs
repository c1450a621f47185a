use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use crate::error::{Error, ErrorKind};

/// The time that grants are dated with: this computer's, or Maskinporten's as far as it is known.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    /// Whether to go by Maskinporten's clock once ours was found to be wrong.
    corrects: bool,
    /// How many seconds ours is ahead.
    ahead: AtomicI64,
}

impl Clock {
    pub(crate) fn new(corrects: bool) -> Self {
        Self { corrects, ahead: AtomicI64::new(0) }
    }

    /// Whether a wrong clock is made good.
    pub(crate) fn corrects(&self) -> bool {
        self.corrects
    }

    pub(super) fn now(&self) -> SystemTime {
        self.corrected(SystemTime::now())
    }

    fn corrected(&self, now: SystemTime) -> SystemTime {
        let ahead = self.ahead.load(Ordering::Relaxed);
        let shift = Duration::from_secs(ahead.unsigned_abs());
        let corrected = if ahead > 0 { now.checked_sub(shift) } else { now.checked_add(shift) };
        corrected.unwrap_or(now)
    }

    /// Learns from a refusal; whether another grant would be dated otherwise.
    pub(super) fn correct(&self, error: &Error) -> bool {
        let Some(ahead) = error.clock_skew().filter(|_| self.corrects && error.kind() == ErrorKind::ClockSkew) else {
            return false;
        };
        tracing::warn!(ahead_s = ahead, "this computer's clock is wrong; grants are dated by Maskinporten's");
        self.ahead.swap(ahead, Ordering::Relaxed) != ahead
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(kind: ErrorKind, skew: Option<i64>) -> Error {
        Error::of(kind, "refused").clock_skew(skew).build()
    }

    #[test]
    fn it_learns_from_refusals_of_the_clock_alone_and_only_if_it_may() {
        let clock = Clock::new(true);
        assert!(!clock.correct(&error(ErrorKind::KeyRejected, Some(60))));
        assert!(!clock.correct(&error(ErrorKind::ClockSkew, None)));
        assert!(clock.correct(&error(ErrorKind::ClockSkew, Some(60))));
        assert!(!clock.correct(&error(ErrorKind::ClockSkew, Some(60))));
        assert!(!Clock::new(false).correct(&error(ErrorKind::ClockSkew, Some(60))));
    }

    #[test]
    fn the_correction_goes_both_ways_and_never_overflows() {
        let clock = Clock::new(true);
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1000);
        for (ahead, second) in [(60, 940), (-60, 1060), (0, 1000)] {
            clock.correct(&error(ErrorKind::ClockSkew, Some(ahead)));
            assert_eq!(clock.corrected(now), SystemTime::UNIX_EPOCH + Duration::from_secs(second));
        }
        for extreme in [i64::MAX, i64::MIN] {
            clock.correct(&error(ErrorKind::ClockSkew, Some(extreme)));
            clock.corrected(now);
        }
    }
}
