use std::time::{Duration, SystemTime};

use tokio::time::Instant;

/// A moment by both clocks. The steady one can't be set, but stands still while a computer sleeps; the wall clock
/// goes on, but can be set. So age is the larger of the two: a token never seems younger than it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    pub(crate) steady: Instant,
    pub(crate) wall: SystemTime,
}

impl Moment {
    pub(crate) fn now() -> Self {
        Self { steady: Instant::now(), wall: SystemTime::now() }
    }

    /// A moment in the past that only the wall clock knows of.
    pub(crate) fn before(wall: SystemTime) -> Self {
        let now = Self::now();
        let age = now.wall.duration_since(wall).unwrap_or_default();
        // The steady clock may have begun later; then the wall clock goes on to tell the age alone.
        Self { steady: now.steady.checked_sub(age).unwrap_or(now.steady), wall }
    }

    /// How long before `later` this was.
    pub(crate) fn age_at(&self, later: &Self) -> Duration {
        let steady = later.steady.saturating_duration_since(self.steady);
        let wall = later.wall.duration_since(self.wall).unwrap_or_default();
        steady.max(wall)
    }

    pub(crate) fn age(&self) -> Duration {
        self.age_at(&Self::now())
    }
}

/// Seconds since 1970, as JWTs count. 0 for a clock set before that.
pub(crate) fn unix_seconds(wall: SystemTime) -> i64 {
    let seconds = wall.duration_since(SystemTime::UNIX_EPOCH).map(|since| since.as_secs()).unwrap_or_default();
    i64::try_from(seconds).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_clock_that_went_further_counts() {
        let start = Moment::now();
        let hour = Duration::from_secs(3600);

        let after_sleep = Moment { steady: start.steady, wall: start.wall + hour };
        assert_eq!(start.age_at(&after_sleep), hour);

        let earlier = Moment::before(start.wall - hour);
        assert!(earlier.age() >= hour && earlier.age() < hour + Duration::from_secs(60));
        assert!(Moment::before(start.wall + hour).age() < hour);

        let set_back = Moment { steady: start.steady + hour, wall: start.wall - 24 * hour };
        assert_eq!(start.age_at(&set_back), hour);
    }
}
