//! Rests after passing trouble. Without them each of many tokens that are due would go through all its tries at once,
//! again and again, while a service is down, and all together as soon as it is up.

mod host;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::error::Error;
use crate::retry::Budget;

pub(crate) use host::Host;

const FIRST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(10);

/// A rest that doubles with each failure in a row.
#[derive(Debug, Default, Clone, Copy)]
struct Rest {
    pause: Duration,
    /// When the last failure was noted.
    noted: Option<Instant>,
    until: Option<Instant>,
}

impl Rest {
    /// Makes the rest longer.
    ///
    /// * `begun`: when what failed was begun.
    /// * `asked`: how long the server asks to wait.
    fn after_failure(&mut self, begun: Instant, asked: Option<Duration>) {
        let now = Instant::now();
        // What was under way together fails together, and is one failure.
        if self.noted.is_none_or(|noted| begun >= noted) {
            self.pause = (self.pause * 2).clamp(FIRST, LONGEST);
        }
        self.noted = Some(now);
        self.until = Some(now + self.pause.max(asked.unwrap_or_default().min(LONGEST)));
    }

    fn left(&self) -> Duration {
        self.until.map(|until| until.saturating_duration_since(Instant::now())).unwrap_or_default()
    }
}

/// The rest of one client after trouble that is its own: its signer is out of order, or the exchange refuses its
/// tokens without a reason. That of a host is a [`Host`]'s.
#[derive(Debug, Default)]
pub(crate) struct CoolDown(Mutex<Rest>);

impl CoolDown {
    /// Waits until the rest is over.
    pub(crate) async fn pass(&self, budget: &Budget) {
        let left = self.0.lock().unwrap_or_else(PoisonError::into_inner).left();
        budget.wait(left).await;
    }

    /// Takes note of how a fetch ended.
    ///
    /// `begun`: when it was begun.
    pub(crate) fn note<T>(&self, begun: Instant, result: &Result<T, Error>) {
        let mut rest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match result {
            Err(error) if error.is_of_host() => {}
            Err(error) if error.is_transient() => rest.after_failure(begun, None),
            // A refusal is an answer, too.
            _ => *rest = Rest::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(transient: bool) -> Result<(), Error> {
        Err(Error::provider(std::io::Error::other("down"), transient))
    }

    async fn waited(cool_down: &CoolDown) -> Duration {
        let started = Instant::now();
        cool_down.pass(&Budget::start()).await;
        started.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn the_pause_doubles_up_to_ten_seconds_and_ends_with_an_answer() {
        let cool_down = CoolDown::default();
        assert_eq!(waited(&cool_down).await, Duration::ZERO);
        for millis in [200, 400, 800, 1600, 3200, 6400, 10_000, 10_000] {
            cool_down.note(Instant::now(), &failure(true));
            let waited = waited(&cool_down).await;
            // The timer counts in whole milliseconds.
            assert!(waited.abs_diff(Duration::from_millis(millis)) <= Duration::from_millis(1), "{waited:?}");
        }
        cool_down.note(Instant::now(), &failure(false));
        assert_eq!(waited(&cool_down).await, Duration::ZERO);
        cool_down.note(Instant::now(), &failure(true));
        cool_down.note(Instant::now(), &Ok(()));
        assert_eq!(waited(&cool_down).await, Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn time_that_has_passed_counts() {
        let cool_down = CoolDown::default();
        cool_down.note(Instant::now(), &failure(true));
        tokio::time::advance(FIRST).await;
        assert_eq!(waited(&cool_down).await, Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn what_fails_together_is_one_failure() {
        let cool_down = CoolDown::default();
        let begun = Instant::now();
        tokio::time::advance(Duration::from_secs(1)).await;
        for _ in 0..50 {
            cool_down.note(begun, &failure(true));
        }
        assert!(waited(&cool_down).await.abs_diff(FIRST) <= Duration::from_millis(1));
    }
}
