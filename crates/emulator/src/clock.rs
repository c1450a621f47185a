//! The emulator's clock: real time plus an offset that tests move.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};

/// The time that every emulated service goes by. Clones share one offset.
///
/// A client goes by the clock of its own computer, which this one takes no part in: it believes in a token that has
/// expired here, and dates its grants by its own time. Maskinporten takes no grant that has expired here, or that comes
/// from the future: once this clock is further ahead than a grant lives, which is two minutes at most, or more than some
/// ten seconds behind, a client gets no token any more. Steps add up. To let tokens expire:
///
/// * Have the client follow Maskinporten's clock, as the SDK's does with `CredentialsBuilder::correct_clock(true)`, or
///   move its own clock along. Then half an hour and more, after which Altinn's tokens have expired, is made good:
///   Storage answers 401, and the client gets a new token.
/// * For any other client stay within the life of its grants, and have the token refused: `advance` by 15 seconds, as the
///   SDK sends a token that is younger by the service's clock once more, and
///   [`fail_next`](crate::Emulator::fail_next)`("/storage/", Failure::status(401))`. That does for one renewal.
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
        let by = micros(by);
        let moved = |offset: i64| Some(offset.saturating_add(by));
        self.offset_micros.fetch_update(Ordering::Relaxed, Ordering::Relaxed, moved).ok();
    }

    /// Sets the clock to `to`, from which it goes on at the pace of real time.
    ///
    /// ```
    /// use altinn_emulator::Clock;
    /// use jiff::{SignedDuration, Timestamp};
    ///
    /// let clock = Clock::new();
    /// let birthday: Timestamp = "2030-05-17T08:00:00Z".parse()?;
    /// clock.set(birthday);
    /// assert!(clock.now().duration_since(birthday) < SignedDuration::from_mins(1));
    /// # Ok::<(), jiff::Error>(())
    /// ```
    pub fn set(&self, to: Timestamp) {
        let offset = micros(to.duration_since(Timestamp::now()));
        self.offset_micros.store(offset, Ordering::Relaxed);
    }

    /// How far the clock is from the real time: positive when it is ahead.
    pub fn offset(&self) -> SignedDuration {
        SignedDuration::from_micros(self.offset_micros.load(Ordering::Relaxed))
    }
}

fn micros(duration: SignedDuration) -> i64 {
    let limit = if duration.is_negative() { i64::MIN } else { i64::MAX };
    i64::try_from(duration.as_micros()).unwrap_or(limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_far_is_as_far_as_it_goes() {
        let clock = Clock::new();
        clock.advance(SignedDuration::MAX);
        clock.advance(SignedDuration::MAX);
        assert_eq!(clock.now(), Timestamp::MAX);
        clock.set(Timestamp::UNIX_EPOCH);
        assert!(clock.now().as_second() < 60);
        clock.advance(SignedDuration::MIN);
        assert!(clock.now() < Timestamp::UNIX_EPOCH);
    }
}
