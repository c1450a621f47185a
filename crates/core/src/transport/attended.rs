use std::future::Future;
use std::mem;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Wake, Waker};
use std::time::Duration;

use tokio::time::Instant;

/// Runs `work`, and tells for how long nobody looked at it although it was ready to go on.
///
/// A future does nothing of itself: while a caller is busy with one page, the request for the next one stands still as
/// soon as it has to act. Such time is neither the service's nor the network's.
pub(super) async fn attended<F: Future>(work: F) -> (F::Output, Duration) {
    let bell = Arc::new(Bell::default());
    let waker = Waker::from(Arc::clone(&bell));
    let mut absent = Duration::ZERO;
    let mut work = pin!(work);
    let output = std::future::poll_fn(|context| {
        absent += bell.answered(context.waker());
        work.as_mut().poll(&mut std::task::Context::from_waker(&waker))
    })
    .await;
    (output, absent)
}

/// Passes a call on, and notes when it came.
#[derive(Debug)]
struct Bell(Mutex<State>);

#[derive(Debug)]
struct State {
    rung: Option<Instant>,
    caller: Waker,
}

impl Bell {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long ago it was rung. From here on it calls `caller`.
    fn answered(&self, caller: &Waker) -> Duration {
        let mut state = self.state();
        state.caller.clone_from(caller);
        mem::take(&mut state.rung).map(|rung| rung.elapsed()).unwrap_or_default()
    }
}

impl Default for Bell {
    fn default() -> Self {
        Self(Mutex::new(State { rung: None, caller: Waker::noop().clone() }))
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let caller = {
            let mut state = self.state();
            state.rung.get_or_insert_with(Instant::now);
            state.caller.clone()
        };
        caller.wake();
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use tokio::time::sleep;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn waiting_is_no_absence_and_being_left_alone_is() {
        let work = || async {
            sleep(SECOND).await;
            sleep(SECOND).await;
            7
        };
        let (output, absent) = attended(work()).await;
        assert_eq!((output, absent.as_secs()), (7, 0));

        let mut left_alone = pin!(attended(work()));
        assert!(left_alone.as_mut().now_or_never().is_none());
        sleep(10 * SECOND).await;
        assert!(left_alone.as_mut().now_or_never().is_none());
        sleep(20 * SECOND).await;
        let (output, absent) = left_alone.await;
        assert_eq!((output, absent.as_secs()), (7, 9 + 19));
    }

    #[tokio::test]
    async fn whoever_polled_last_is_called() {
        let (send, receive) = tokio::sync::oneshot::channel();
        let mut work = Box::pin(attended(receive));
        assert!(work.as_mut().now_or_never().is_none());
        let elsewhere = tokio::spawn(work);
        tokio::task::yield_now().await;
        send.send(7).unwrap();
        assert_eq!(elsewhere.await.unwrap().0, Ok(7));
    }
}
