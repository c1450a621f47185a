//! The emulator's clock: real time plus an offset that tests move.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};

/// The time that every emulated service goes by. Clones share one offset.
///
/// ```
/// use altinn_emulator::Clock;
/// use jiff::SignedDuration;
///
/// let clock = Clock::new();
/// let before = clock.now();
/// clock.advance(SignedDuration::from_mins(31));
/// assert!(clock.now().duration_since(before) >= SignedDuration::from_mins(31));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Clock {
    offset_micros: Arc<AtomicI64>,
}

impl Clock {
    /// A clock that shows the real time until it is moved.
    pub fn new() -> Self {
        Self::default()
    }

    /// The emulated time. A result beyond what a timestamp can hold is replaced by the nearest one it can.
    pub fn now(&self) -> Timestamp {
        let offset = SignedDuration::from_micros(self.offset_micros.load(Ordering::Relaxed));
        Timestamp::now().saturating_add(offset).unwrap_or(Timestamp::MAX)
    }

    /// Moves the clock by `by`: forwards when positive, backwards when negative. Calls add up.
    pub fn advance(&self, by: SignedDuration) {
        let micros = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
        self.offset_micros.fetch_add(micros, Ordering::Relaxed);
    }

    /// How far the clock is from the real time: positive when it is ahead.
    pub fn offset(&self) -> SignedDuration {
        SignedDuration::from_micros(self.offset_micros.load(Ordering::Relaxed))
    }
}
