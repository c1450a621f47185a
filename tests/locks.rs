//! Work under the lock of an instance: extended in time, released afterwards, and stopped when the lock is lost.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper of a test fails as loudly as a test"
)]

use altinn_watch as _;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use altinn_auth::Credentials;
use altinn_core::{Environment, ErrorKind, ReadWrite, RetryPolicy};
use altinn_storage::reqwest_middleware::{Middleware, Next, Result as LayerResult};
use altinn_storage::{Client, InstanceLock};
use altinn_tests::owner::{OPEN, Owner};
use altinn_tests::sample::id;
use tokio::time::{Instant, sleep};

const TTL: Duration = Duration::from_secs(30);

/// What happens to a call that extends or releases.
#[derive(Clone, Copy)]
enum Fate {
    Status(u16),
    Silence,
}

/// The service's lock, which the first call takes. Extensions and releases meet their fates in turn, and succeed once
/// these are used up.
#[derive(Clone)]
struct Locks {
    begun: Instant,
    fates: Arc<Mutex<VecDeque<Fate>>>,
    /// When each such call came, in seconds, and its time to live.
    calls: Arc<Mutex<Vec<(u64, u64)>>>,
}

impl Locks {
    async fn taken(fates: impl IntoIterator<Item = Fate>) -> (Self, InstanceLock) {
        let fates = Arc::new(Mutex::new(fates.into_iter().collect()));
        let locks = Self { begun: Instant::now(), fates, calls: Arc::default() };
        let credentials = Credentials::<ReadWrite>::with_token(Environment::tt02(), "a-token-that-nobody-checks");
        let client = Client::builder(credentials).layer(locks.clone()).retry(RetryPolicy::none()).build().unwrap();
        let lock = client.instances().lock(id(), TTL).await.unwrap();
        (locks, lock)
    }

    fn calls(&self) -> Vec<(u64, u64)> {
        self.calls.lock().unwrap().clone()
    }
}

#[async_trait::async_trait]
impl Middleware for Locks {
    async fn handle(
        &self,
        request: reqwest::Request,
        _: &mut http::Extensions,
        _: Next<'_>,
    ) -> LayerResult<reqwest::Response> {
        if request.method() == http::Method::POST {
            return Ok(http::Response::new(r#"{"lockToken":"a-lock-token"}"#).into());
        }
        assert_eq!(request.headers()["altinn-storage-lock-token"], "a-lock-token");
        let body: serde_json::Value = serde_json::from_slice(request.body().unwrap().as_bytes().unwrap()).unwrap();
        self.calls.lock().unwrap().push((self.begun.elapsed().as_secs(), body["ttlSeconds"].as_u64().unwrap()));
        let fate = self.fates.lock().unwrap().pop_front().unwrap_or(Fate::Status(204));
        match fate {
            Fate::Status(status) => Ok(http::Response::builder().status(status).body("").unwrap().into()),
            Fate::Silence => std::future::pending().await,
        }
    }
}

/// Tells when it is dropped.
struct Stopped(Arc<Mutex<Option<Instant>>>);

impl Drop for Stopped {
    fn drop(&mut self) {
        *self.0.lock().unwrap() = Some(Instant::now());
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_extended_at_half_its_time_and_released_at_the_end() {
    let (locks, lock) = Locks::taken([]).await;
    let work = async {
        sleep(Duration::from_secs(50)).await;
        "ferdig"
    };
    assert_eq!(lock.hold(TTL, work).await.unwrap(), "ferdig");
    assert_eq!(locks.calls(), [(0, 30), (15, 30), (30, 30), (45, 30), (50, 0)]);
}

#[tokio::test(start_paused = true)]
async fn work_that_fails_releases_it_too() {
    let (locks, lock) = Locks::taken([]).await;
    let outcome: Result<(), &str> = lock.hold(TTL, async { Err("feil") }).await.unwrap();
    assert_eq!(outcome, Err("feil"));
    assert_eq!(locks.calls(), [(0, 30), (0, 0)]);
}

#[tokio::test(start_paused = true)]
async fn work_does_not_begin_without_the_lock() {
    let (locks, lock) = Locks::taken([Fate::Status(422)]).await;
    let error = lock.hold(TTL, async { panic!("it must not begin") }).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected);
    assert_eq!(lock.hold(Duration::ZERO, async {}).await.unwrap_err().kind(), ErrorKind::InvalidInput);
    assert_eq!(locks.calls().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_lock_that_is_lost_stops_the_work() {
    use Fate::{Silence, Status};

    // Gone for good at the first extension; no answer at all; an answer that passes, until its time is over.
    for (fates, kind, stopped_after) in [
        (vec![Status(204), Status(422)], ErrorKind::Rejected, 15),
        (vec![Status(204), Silence], ErrorKind::Timeout, 30),
        (std::iter::once(Status(204)).chain(vec![Status(503); 100]).collect(), ErrorKind::Server, 30),
    ] {
        let (locks, lock) = Locks::taken(fates).await;
        let stopped = Arc::new(Mutex::new(None));
        let guard = Stopped(Arc::clone(&stopped));
        let work = async move {
            let _guard = guard;
            std::future::pending::<()>().await;
        };
        let error = lock.hold(TTL, work).await.unwrap_err();
        let after = stopped.lock().unwrap().expect("it is stopped") - locks.begun;
        assert_eq!((error.kind(), after.as_secs_f64().round()), (kind, f64::from(stopped_after)), "{error}");
        assert!(locks.calls().iter().all(|(_, ttl)| *ttl == 30), "nothing is left to release: {:?}", locks.calls());
    }
}

#[tokio::test(start_paused = true)]
async fn an_extension_that_fails_in_passing_is_made_up_for() {
    let (locks, lock) = Locks::taken([Fate::Status(204), Fate::Status(503), Fate::Status(503)]).await;
    lock.hold(TTL, sleep(Duration::from_secs(40))).await.unwrap();
    // At half, at half of the rest, and at half of that; from there on anew.
    assert_eq!(locks.calls(), [(0, 30), (15, 30), (22, 30), (26, 30), (40, 0)]);
}

#[tokio::test(start_paused = true)]
async fn dropped_it_leaves_the_lock_to_be_released() {
    let (locks, lock) = Locks::taken([]).await;
    let limited = tokio::time::timeout(Duration::from_secs(20), lock.hold(TTL, std::future::pending::<()>()));
    assert!(limited.await.is_err());
    lock.release().await.unwrap();
    assert_eq!(locks.calls(), [(0, 30), (15, 30), (20, 0)]);
}

#[tokio::test(start_paused = true)]
async fn a_release_that_fails_costs_no_outcome_unless_the_lock_was_lost() {
    let (_, lock) = Locks::taken([Fate::Status(204), Fate::Status(503)]).await;
    assert_eq!(lock.hold(TTL, async { 7 }).await.unwrap(), 7);
    let (_, lock) = Locks::taken([Fate::Status(204), Fate::Status(422)]).await;
    assert_eq!(lock.hold(TTL, async { 7 }).await.unwrap_err().kind(), ErrorKind::Rejected);
}

#[tokio::test]
async fn at_the_service_it_keeps_others_out_for_as_long_as_the_work_takes() {
    let owner = Owner::start().await;
    let id = owner.instance(OPEN).await;
    let instances = owner.client.instances();
    let lock = instances.lock(id, TTL).await.unwrap();
    let refused = lock.hold(TTL, async { instances.lock(id, TTL).await.unwrap_err() }).await.unwrap();
    assert_eq!(refused.kind(), ErrorKind::Conflict);
    let lock = instances.lock(id, TTL).await.unwrap();

    owner.emulator.clock().advance(jiff::SignedDuration::from_secs(31));
    let other = instances.lock(id, TTL).await.unwrap();
    let lost = lock.hold(TTL, async { panic!("another holds it") }).await.unwrap_err();
    assert_eq!(lost.kind(), ErrorKind::Rejected, "{lost}");
    other.release().await.unwrap();
}
