use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use crate::call::is_measurable;
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

    /// By how many seconds ours is ahead, as far as it is known and made good.
    pub(super) fn ahead(&self) -> i64 {
        self.ahead.load(Ordering::Relaxed)
    }

    /// Whether another grant than the one that was refused, dated with our clock `ahead` by so much, would be dated
    /// otherwise. Another caller may have learned meanwhile, too.
    pub(super) fn dates_otherwise(&self, refusal: &Error, ahead: i64) -> bool {
        refusal.kind() == ErrorKind::ClockSkew && self.ahead() != ahead
    }

    /// Learns from a refusal.
    ///
    /// `offset`: how many seconds ours was ahead by the date of the answer; `None` if that had none.
    pub(super) fn learn(&self, refusal: &Error, offset: Option<i64>) {
        let Some(offset) = offset.filter(|_| self.corrects && refusal.kind() == ErrorKind::ClockSkew) else { return };
        // A clock that shows no error by now was set, and what was learned before would spoil every grant.
        let ahead = if is_measurable(offset) { offset } else { 0 };
        match (self.ahead.swap(ahead, Ordering::Relaxed), ahead) {
            (before, _) if before == ahead => {}
            (_, 0) => tracing::warn!("this computer's clock is right again; grants are dated by it"),
            _ => tracing::warn!(ahead_s = ahead, "this computer's clock is wrong; grants are dated by Maskinporten's"),
        }
    }
}

/// What the time is when a clock that is `ahead` by so many seconds shows `now`.
pub(super) fn corrected(now: SystemTime, ahead: i64) -> SystemTime {
    let shift = Duration::from_secs(ahead.unsigned_abs());
    let corrected = if ahead > 0 { now.checked_sub(shift) } else { now.checked_add(shift) };
    corrected.unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(kind: ErrorKind) -> Error {
        Error::of(kind, "refused").build()
    }

    /// What a clock takes its error for after these offsets were measured with refusals.
    fn learned(clock: &Clock, kind: ErrorKind, offsets: &[Option<i64>]) -> i64 {
        offsets.iter().for_each(|offset| clock.learn(&refusal(kind), *offset));
        clock.ahead()
    }

    #[test]
    fn it_learns_from_refusals_of_the_clock_alone_and_only_if_it_may() {
        let clock = Clock::new(true);
        assert_eq!(learned(&clock, ErrorKind::KeyRejected, &[Some(60)]), 0);
        assert_eq!(learned(&clock, ErrorKind::ClockSkew, &[None]), 0);
        assert_eq!(learned(&clock, ErrorKind::ClockSkew, &[Some(60)]), 60);
        assert_eq!(learned(&clock, ErrorKind::KeyRejected, &[Some(0)]), 60);
        assert_eq!(learned(&clock, ErrorKind::ClockSkew, &[None]), 60);
        assert_eq!(learned(&Clock::new(false), ErrorKind::ClockSkew, &[Some(60)]), 0);
    }

    #[test]
    fn a_clock_that_was_set_right_is_gone_by_again() {
        for offset in [0, 1, -1, 2, -2] {
            assert_eq!(learned(&Clock::new(true), ErrorKind::ClockSkew, &[Some(200), Some(offset)]), 0, "{offset}");
        }
        assert_eq!(learned(&Clock::new(true), ErrorKind::ClockSkew, &[Some(200), Some(-3)]), -3);
    }

    #[test]
    fn another_grant_is_worth_it_only_when_it_is_dated_otherwise_than_the_refused_one() {
        let clock = Clock::new(true);
        learned(&clock, ErrorKind::ClockSkew, &[Some(60)]);
        assert!(clock.dates_otherwise(&refusal(ErrorKind::ClockSkew), 0));
        assert!(!clock.dates_otherwise(&refusal(ErrorKind::ClockSkew), 60));
        assert!(!clock.dates_otherwise(&refusal(ErrorKind::KeyRejected), 0));
    }

    #[test]
    fn the_correction_goes_both_ways_and_never_overflows() {
        let at = |second| SystemTime::UNIX_EPOCH + Duration::from_secs(second);
        for (ahead, second) in [(60, 940), (-60, 1060), (0, 1000)] {
            assert_eq!(corrected(at(1000), ahead), at(second));
        }
        for extreme in [i64::MAX, i64::MIN] {
            corrected(at(1000), extreme);
        }
    }
}
