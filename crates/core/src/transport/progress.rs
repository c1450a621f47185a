use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// When bytes last moved. A transfer may take as long as it likes, so long as it moves.
#[derive(Debug, Clone)]
pub(crate) struct Progress(Arc<Mutex<Instant>>);

/// Within which a timer is looked at by a caller who waits for it.
const LATE: Duration = Duration::from_secs(5);

impl Progress {
    pub(crate) fn start() -> Self {
        Self(Arc::new(Mutex::new(Instant::now())))
    }

    pub(crate) fn moved(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn last(&self) -> Instant {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `work`, and gives up (`None`) once nothing has moved for `idle`. Where it was not even looked at when that
    /// time was over, it gets as much again: its next step may be one that only waited for its caller.
    pub(crate) async fn watch<F: Future>(&self, idle: Duration, work: F) -> Option<F::Output> {
        let mut work = pin!(work);
        loop {
            let deadline = self.last() + idle;
            match tokio::time::timeout_at(deadline, &mut work).await {
                Ok(output) => return Some(output),
                Err(_) if self.last() + idle > deadline => {}
                Err(_) if deadline.elapsed() > LATE => self.moved(),
                Err(_) => return None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn work_that_moves_may_take_for_ever_and_work_that_stalls_may_not() {
        let progress = Progress::start();
        let moving = async {
            for _ in 0..100 {
                tokio::time::sleep(Duration::from_secs(9)).await;
                progress.moved();
            }
        };
        assert!(progress.watch(Duration::from_secs(10), moving).await.is_some());

        let begun = Instant::now();
        let stalled = progress.watch(Duration::from_secs(10), std::future::pending::<()>()).await;
        assert!(stalled.is_none());
        assert_eq!(begun.elapsed().as_secs(), 10);
    }

    #[tokio::test(start_paused = true)]
    async fn work_that_its_caller_left_alone_gets_its_time_again() {
        let progress = Progress::start();
        let step = || tokio::time::sleep(Duration::from_secs(1));
        let steps = async {
            step().await;
            step().await;
        };
        let mut work = pin!(progress.watch(Duration::from_secs(10), steps));
        assert!(work.as_mut().now_or_never().is_none());
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert!(work.await.is_some());
    }
}
