use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use altinn_core::{Error, ErrorKind};
use futures::future::{Either, select};
use http::StatusCode;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::lock::{InstanceLock, seconds};
use super::{EXTEND_LOCK, RELEASE_LOCK};

impl InstanceLock {
    /// Runs `work` under the lock: extends the lock before the work begins and whenever half of `ttl` has passed, and
    /// releases it when the work has ended, whatever its outcome, which is what this gives.
    ///
    /// * `ttl`: for how long the lock is extended each time, from one second to 2 147 483 647 seconds; fractions are
    ///   rounded up. Should the program die, or this be dropped, the lock stays that long: take a short one, such as half
    ///   a minute.
    /// * `work`: must not block its thread, since the lock is extended on the same task.
    ///
    /// Work without a lock is what a lock is there to prevent. So when the lock can't be extended, because it is gone or
    /// the service can't be reached until its time has run out, the work is stopped: it is dropped where it stands, and
    /// the error tells why. What it has sent by then may take effect.
    ///
    /// Dropped itself, this stops the work and leaves the lock as it is; [`release`](Self::release) then ends it.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use altinn_core::{DataElementId, Error, InstanceId, ReadWrite};
    /// # async fn example(
    /// #     client: altinn_storage::Client<ReadWrite>, instance: InstanceId, element: DataElementId,
    /// # ) -> Result<(), Error> {
    /// let ttl = Duration::from_secs(30);
    /// let lock = client.instances().lock(instance, ttl).await?;
    /// // The first `?` is about the lock, the second about the work.
    /// lock.hold(ttl, async {
    ///     let content = client.data(instance).download(element).bytes().await?;
    ///     client.data(instance).replace(element, content).await
    /// })
    /// .await??;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Rejected`](ErrorKind::Rejected) when the lock has run out: others may have worked on the instance since.
    /// [`Timeout`](ErrorKind::Timeout) when it could not be extended in time, [`InvalidInput`](ErrorKind::InvalidInput)
    /// for another `ttl`, and what any call may meet. A release that fails while the lock still holds is no error: the
    /// lock ends when its time runs out.
    pub async fn hold<F: Future>(&self, ttl: Duration, work: F) -> Result<F::Output, Error> {
        let seconds = seconds(EXTEND_LOCK, ttl)?;
        let mut until = self.extended(seconds).await?;
        let mut work = pin!(work);
        let output = loop {
            match select(work.as_mut(), pin!(self.kept(seconds, until))).await {
                Either::Left((output, _)) => break output,
                Either::Right((kept, _)) => until = kept?,
            }
        };
        let in_time = Instant::now() < until;
        match self.end().await {
            Err(error) if !in_time || error.status() == Some(StatusCode::UNPROCESSABLE_ENTITY) => Err(error),
            Err(error) => {
                tracing::warn!(op = RELEASE_LOCK.name(), %error, "the lock stays until its time runs out");
                Ok(output)
            }
            Ok(()) => Ok(output),
        }
    }

    /// Extends the lock, and gives the time up to which it holds at least.
    async fn extended(&self, seconds: i32) -> Result<Instant, Error> {
        // The service counts from when it gets the call, which is later.
        let sent = Instant::now();
        self.extend_by(seconds).await?;
        Ok(sent + Duration::from_secs(u64::from(seconds.unsigned_abs())))
    }

    /// Extends the lock once half of its time is over; after a passing fault anew, at half of what is left.
    async fn kept(&self, seconds: i32, until: Instant) -> Result<Instant, Error> {
        loop {
            let now = Instant::now();
            sleep_until(now + until.saturating_duration_since(now) / 2).await;
            match timeout_at(until, self.extended(seconds)).await {
                Ok(Err(error)) if error.is_transient() && Instant::now() < until => {}
                Ok(outcome) => return outcome,
                Err(_) => {
                    return Err(Error::new(ErrorKind::Timeout, EXTEND_LOCK).with_detail(
                        "the lock ran out before it could be extended, so the work under it was stopped",
                    ));
                }
            }
        }
    }
}
