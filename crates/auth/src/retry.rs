use std::future::Future;
use std::time::Duration;

use http::StatusCode;
use tokio::time::Instant;
use url::Url;

use crate::cool_down::Host;
use crate::error::{Error, Retry};
use crate::random;

/// How often one step is sent at most.
const TRIES: u32 = 3;
/// The same where the answer is a 500: as often as not it stands for a refusal, such as of a token that the exchange
/// can't read.
const TRIES_AFTER_500: u32 = 2;
/// No new try starts later than this after the first; one that is under way may end by its own timeout. It leaves room
/// for a second try after the longest answer, which is the exchange's.
pub(crate) const BUDGET: Duration = Duration::from_secs(30);
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// The time that the steps of one fetch share.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    started: Instant,
}

impl Budget {
    pub(crate) fn start() -> Self {
        Self { started: Instant::now() }
    }

    pub(crate) fn left(&self) -> Duration {
        BUDGET.saturating_sub(self.started.elapsed())
    }

    /// Waits `pause`. `false`, at once, when a try after it would be too late.
    pub(crate) async fn wait(&self, pause: Duration) -> bool {
        if pause > self.left() {
            return false;
        }
        tokio::time::sleep(pause).await;
        true
    }
}

/// Sends one step until it succeeds, or fails in a way that trying again won't mend, or time is up.
///
/// * `address`: where it is sent to. A host that failed others a moment ago is first given its rest.
/// * `step`: called anew for every try: a grant must never be sent twice, because the lost answer may mean that it was
///   used.
pub(crate) async fn run<T, F: Future<Output = Result<T, Error>>>(
    budget: &Budget,
    address: &Url,
    step: impl FnMut() -> F,
) -> Result<T, Error> {
    let host = Host::of(address);
    let _pass = host.pass(budget).await?;
    let begun = Instant::now();
    let result = tries(budget, step).await;
    host.note(begun, &result);
    result
}

async fn tries<T, F: Future<Output = Result<T, Error>>>(
    budget: &Budget,
    mut step: impl FnMut() -> F,
) -> Result<T, Error> {
    let mut failures = 0;
    let mut grant_renewed = false;
    loop {
        let error = match step().await {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        match error.retry() {
            Retry::WithNewGrant if !grant_renewed => grant_renewed = true,
            Retry::AfterPause => {
                failures += 1;
                let most = match error.status() {
                    Some(StatusCode::INTERNAL_SERVER_ERROR) => TRIES_AFTER_500,
                    _ => TRIES,
                };
                if failures >= most || !budget.wait(pause(failures, error.retry_after())).await {
                    return Err(error);
                }
            }
            _ => return Err(error),
        }
        tracing::debug!(%error, "trying again");
    }
}

/// A growing, random pause, but not shorter than the server asks for.
fn pause(failures: u32, retry_after: Option<Duration>) -> Duration {
    let most = (FIRST_PAUSE * 2_u32.saturating_pow(failures)).min(LONGEST_PAUSE);
    let backoff = most / 4 + random::below(most * 3 / 4);
    backoff.max(retry_after.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::error::ErrorKind;

    fn failing(retry: Retry, retry_after: Option<u64>) -> Error {
        let wait = retry_after.map(Duration::from_secs);
        Error::of(ErrorKind::Transport, "down").retry(retry).retry_after(wait).build()
    }

    /// How often a step is tried and how long that takes, when it always fails like this.
    async fn tries(retry: Retry, retry_after: Option<u64>) -> (u32, Duration) {
        let count = Cell::new(0);
        let started = Instant::now();
        let budget = Budget::start();
        let result: Result<(), _> = super::tries(&budget, || {
            count.set(count.get() + 1);
            async { Err(failing(retry, retry_after)) }
        })
        .await;
        assert!(result.is_err());
        (count.get(), started.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn each_kind_of_failure_has_its_number_of_tries() {
        assert_eq!(tries(Retry::Never, None).await, (1, Duration::ZERO));
        assert_eq!(tries(Retry::WithNewToken, None).await, (1, Duration::ZERO));
        assert_eq!(tries(Retry::WithNewGrant, None).await, (2, Duration::ZERO));
        let (count, time) = tries(Retry::AfterPause, None).await;
        assert_eq!(count, 3);
        assert!(time >= Duration::from_millis(300) && time < Duration::from_secs(2), "{time:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn the_server_s_wish_to_wait_is_met_within_the_budget() {
        let (count, time) = tries(Retry::AfterPause, Some(4)).await;
        assert_eq!(count, 3);
        assert!(time >= Duration::from_secs(8), "{time:?}");
        assert_eq!(tries(Retry::AfterPause, Some(60)).await, (1, Duration::ZERO));
        assert_eq!(tries(Retry::AfterPause, Some(u64::MAX)).await, (1, Duration::ZERO));
    }

    #[tokio::test(start_paused = true)]
    async fn a_later_success_counts() {
        let count = Cell::new(0);
        let budget = Budget::start();
        let value = super::tries(&budget, || {
            count.set(count.get() + 1);
            let done = count.get() == 3;
            async move { if done { Ok(7) } else { Err(failing(Retry::AfterPause, None)) } }
        })
        .await;
        assert_eq!(value.unwrap(), 7);
    }
}
