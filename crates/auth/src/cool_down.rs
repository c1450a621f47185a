use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::error::Error;
use crate::retry::Budget;

const FIRST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(10);

/// Spaces out the fetches of one client while a service is down: many tokens that are due would otherwise each go
/// through all their tries at once, again and again.
#[derive(Debug, Default)]
pub(crate) struct CoolDown(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    pause: Duration,
    until: Option<Instant>,
}

impl CoolDown {
    /// Waits until the service may be asked again.
    pub(crate) async fn pass(&self, budget: &Budget) {
        let until = self.0.lock().unwrap_or_else(PoisonError::into_inner).until;
        if let Some(until) = until {
            budget.wait(until.saturating_duration_since(Instant::now())).await;
        }
    }

    /// Takes note of how a fetch ended.
    pub(crate) fn note<T>(&self, result: &Result<T, Error>) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match result {
            Err(error) if error.is_transient() => {
                state.pause = (state.pause * 2).clamp(FIRST, LONGEST);
                state.until = Some(Instant::now() + state.pause);
            }
            // A refusal is an answer, too: the service works.
            _ => *state = State::default(),
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
            cool_down.note(&failure(true));
            let waited = waited(&cool_down).await;
            // The timer counts in whole milliseconds.
            assert!(waited.abs_diff(Duration::from_millis(millis)) <= Duration::from_millis(1), "{waited:?}");
        }
        cool_down.note(&failure(false));
        assert_eq!(waited(&cool_down).await, Duration::ZERO);
        cool_down.note(&failure(true));
        cool_down.note(&Ok(()));
        assert_eq!(waited(&cool_down).await, Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn time_that_has_passed_counts() {
        let cool_down = CoolDown::default();
        cool_down.note(&failure(true));
        tokio::time::advance(FIRST).await;
        assert_eq!(waited(&cool_down).await, Duration::ZERO);
    }
}
