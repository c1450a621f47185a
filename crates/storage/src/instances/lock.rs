use std::fmt;
use std::time::Duration;

use altinn_core::transport::{Operation, RequestSpec, Transport};
use altinn_core::{Error, ErrorKind, InstanceId, Secret};
use http::{HeaderName, HeaderValue, Method, StatusCode};
use serde::Deserialize;
use serde_json::json;

use super::{EXTEND_LOCK, LOCK, RELEASE_LOCK, advice, of};

/// Carries the proof that the lock is ours.
const TOKEN_HEADER: HeaderName = HeaderName::from_static("altinn-storage-lock-token");

/// A lock on an instance that is held. From [`Instances::lock`](crate::Instances::lock).
///
/// The lock is an agreement among those who ask for it: the service lets everybody change the instance all the same.
///
/// [`hold`](Self::hold) runs some work under it, extends it meanwhile and releases it afterwards. Dropping this does not
/// release the lock, since that takes a call that can fail: it ends when its time runs out. [`release`](Self::release)
/// ends it at once. `Debug` does not show the lock's token.
#[must_use = "the lock is held until its time runs out or it is released"]
pub struct InstanceLock {
    transport: Transport,
    instance: InstanceId,
    token: Secret,
}

impl InstanceLock {
    /// The instance that it locks.
    pub fn instance(&self) -> InstanceId {
        self.instance
    }

    /// Lets the lock end `ttl` from now, earlier or later than before.
    ///
    /// * `ttl`: from one second to 2 147 483 647 seconds; fractions are rounded up.
    ///
    /// # Errors
    /// [`Rejected`](ErrorKind::Rejected) when the lock has run out: others may have worked on the instance since.
    /// [`InvalidInput`](ErrorKind::InvalidInput) for another `ttl`, and what any call may meet.
    pub async fn extend(&self, ttl: Duration) -> Result<(), Error> {
        self.extend_by(seconds(EXTEND_LOCK, ttl)?).await
    }

    pub(super) async fn extend_by(&self, seconds: i32) -> Result<(), Error> {
        self.transport.answer(&self.update(EXTEND_LOCK, seconds)?).await.map(drop)
    }

    /// Ends the lock.
    ///
    /// # Errors
    /// [`Rejected`](ErrorKind::Rejected) when it had run out before: others may have worked on the instance meanwhile.
    /// And what any call may meet; the lock then ends when its time runs out.
    pub async fn release(self) -> Result<(), Error> {
        self.end().await
    }

    pub(super) async fn end(&self) -> Result<(), Error> {
        match self.transport.answer(&self.update(RELEASE_LOCK, 0)?).await {
            // An earlier attempt, whose answer was lost, has released it.
            Err(error)
                if error.status() == Some(StatusCode::UNPROCESSABLE_ENTITY) && error.may_have_reached_server() =>
            {
                Ok(())
            }
            answer => answer.map(drop),
        }
    }

    /// A PATCH, but it sets a time, so repeating is harmless.
    fn update(&self, operation: Operation, seconds: i32) -> Result<RequestSpec, Error> {
        let mut token = HeaderValue::try_from(self.token.expose()).map_err(|_| {
            Error::new(ErrorKind::Protocol, operation).with_detail("the service gave a lock token that can't be sent")
        })?;
        token.set_sensitive(true);
        of(RequestSpec::new(operation, Method::PATCH), self.instance)
            .path(["lock"])
            .header(TOKEN_HEADER, token)
            .repeatable(true)
            .judge(advice::held_lock)
            .json(&json!({ "ttlSeconds": seconds }))
    }
}

impl fmt::Debug for InstanceLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InstanceLock").field("instance", &self.instance).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Held {
    lock_token: String,
}

pub(super) async fn acquire(transport: &Transport, id: InstanceId, ttl: Duration) -> Result<InstanceLock, Error> {
    let held: Held = transport.json(&lock(id, ttl)?).await?;
    Ok(InstanceLock { transport: transport.clone(), instance: id, token: Secret::from(held.lock_token) })
}

/// Not repeated once it may have arrived: the second attempt would find the first one's lock, whose token is lost.
fn lock(id: InstanceId, ttl: Duration) -> Result<RequestSpec, Error> {
    let seconds = seconds(LOCK, ttl)?;
    of(RequestSpec::new(LOCK, Method::POST), id)
        .path(["lock"])
        .judge(advice::lock)
        .json(&json!({ "ttlSeconds": seconds }))
}

/// The service grants a lock of no time as well, which has run out before its token arrives.
pub(super) fn seconds(operation: Operation, ttl: Duration) -> Result<i32, Error> {
    let seconds = ttl.as_secs().saturating_add(u64::from(ttl.subsec_nanos() > 0));
    match i32::try_from(seconds) {
        Ok(seconds) if seconds > 0 => Ok(seconds),
        _ => Err(Error::new(ErrorKind::InvalidInput, operation)
            .with_detail("a lock lasts from one second to 2147483647 seconds")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{instance, target, transport};

    #[test]
    fn a_lock_lasts_whole_seconds() {
        for (ttl, expected) in [(1_000, Some(1)), (1, Some(1)), (1_001, Some(2)), (300_000, Some(300)), (0, None)] {
            assert_eq!(seconds(LOCK, Duration::from_millis(ttl)).ok(), expected);
        }
        assert_eq!(seconds(LOCK, Duration::from_secs(2_147_483_647)).ok(), Some(i32::MAX));
        assert!(seconds(LOCK, Duration::from_secs(2_147_483_648)).is_err());
        assert!(seconds(LOCK, Duration::MAX).is_err());
    }

    #[test]
    fn the_token_does_not_print() {
        let token = Secret::new("eyJpZCI6MX0");
        let lock = InstanceLock { transport: transport(), instance: instance(), token };
        let spec = lock.update(RELEASE_LOCK, 0).unwrap();
        assert!(!format!("{lock:?} {spec:?}").contains("eyJpZCI6MX0"));
        assert_eq!(target(&spec), "instances/{i}/lock");
    }
}
