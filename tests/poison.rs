//! One instance that can't be served, or can't be read, does not keep the others back.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper of a test fails as loudly as a test"
)]

use altinn_watch as _;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use altinn_auth::Credentials;
use altinn_core::{Environment, ErrorKind, INSTANCES_READ, Read, Timestamp};
use altinn_emulator::{Emulator, Submission};
use altinn_storage::reqwest_middleware::{Middleware, Next, Result};
use altinn_storage::{Client, InstanceQuery, ListInstances};
use altinn_tests::clients::quick;
use futures::StreamExt;
use http::Extensions;
use reqwest::{Request, Response};

/// What stands between the client and the emulator.
#[derive(Clone)]
enum Trouble {
    /// Fails on every page that holds this instance, as a service does that can't read it from its database.
    Unservable(String),
    /// Sends this instance with a number for an id.
    Unreadable(String),
    /// Fails on pages of more than this many instances.
    TooLarge(usize),
    /// Fails on everything.
    Down,
}

#[derive(Clone)]
struct Between {
    trouble: Trouble,
    pages: Arc<AtomicUsize>,
}

fn gave_up() -> Response {
    let words = "\"Unable to perform query on instances due to: Exception while reading from stream\"";
    http::Response::builder().status(500).header("content-type", "application/json").body(words).unwrap().into()
}

#[async_trait::async_trait]
impl Middleware for Between {
    async fn handle(&self, request: Request, extensions: &mut Extensions, next: Next<'_>) -> Result<Response> {
        self.pages.fetch_add(1, Ordering::SeqCst);
        let answer = next.run(request, extensions).await?;
        let text = answer.text().await.unwrap();
        let answer = match &self.trouble {
            Trouble::Down => return Ok(gave_up()),
            Trouble::Unservable(id) if text.contains(id) => return Ok(gave_up()),
            Trouble::TooLarge(most) if text.matches("\"instanceOwner\"").count() > *most => return Ok(gave_up()),
            Trouble::Unreadable(id) => text.replacen(&format!("\"id\":\"{id}\""), "\"id\":7", 1),
            _ => text,
        };
        Ok(http::Response::builder().status(200).body(answer).unwrap().into())
    }
}

struct Setup {
    _emulator: Emulator,
    ids: Vec<String>,
    times: Vec<Timestamp>,
    between: Between,
    client: Client<Read>,
}

impl Setup {
    async fn new(trouble: impl Fn(&[String]) -> Trouble) -> Self {
        let emulator = Emulator::start().await.unwrap();
        let begun: jiff::Timestamp = "2024-05-01T12:00:00.000123Z".parse().unwrap();
        let mut times = Vec::new();
        let ids: Vec<String> = (0..130)
            .map(|n| {
                let at = begun + jiff::SignedDuration::from_secs(n);
                times.push(at.into());
                emulator.seed(Submission::new("ttd/mottak-demo", 510_001).created(at).last_changed(at))
            })
            .collect();
        let between = Between { trouble: trouble(&ids), pages: Arc::default() };
        let token = emulator.service_owner_token("ttd", INSTANCES_READ).unwrap();
        let credentials = Credentials::with_token(Environment::emulator(emulator.url()).unwrap(), token);
        let client = Client::builder(credentials).retry(quick()).layer(between.clone()).build().unwrap();
        Self { _emulator: emulator, ids, times, between, client }
    }

    fn list(&self) -> ListInstances {
        self.client.instances().list(InstanceQuery::org("ttd").complete(true))
    }
}

#[tokio::test]
async fn an_instance_that_can_t_be_read_is_reported_and_the_other_99_come() {
    let setup = Setup::new(|ids| Trouble::Unreadable(ids[42].clone())).await;
    let mut pages = setup.list().pages();
    let page = pages.try_next().await.unwrap().unwrap();
    assert_eq!((page.instances.len(), page.unreadable.len()), (99, 1));
    let unreadable = &page.unreadable[0];
    assert_eq!((unreadable.from, unreadable.through), (Some(setup.times[42]), Some(setup.times[42])));
    assert_eq!(unreadable.error.kind(), ErrorKind::Decode);
    assert_eq!(pages.try_next().await.unwrap().unwrap().instances.len(), 30);
    assert!(pages.try_next().await.unwrap().is_none());
}

#[tokio::test]
async fn an_instance_that_can_t_be_served_is_isolated_by_its_time() {
    for bad in [0, 57, 129] {
        let setup = Setup::new(|ids| Trouble::Unservable(ids[bad].clone())).await;
        let mut pages = setup.list().pages();
        let (mut found, mut unreadable) = (BTreeSet::new(), Vec::new());
        while let Some(page) = pages.try_next().await.unwrap() {
            found.extend(page.instances.iter().map(|instance| instance.id.to_string()));
            unreadable.extend(page.unreadable);
        }
        let expected: BTreeSet<String> =
            setup.ids.iter().enumerate().filter(|(n, _)| *n != bad).map(|(_, id)| id.clone()).collect();
        assert_eq!(found, expected, "all but {bad}");
        assert_eq!(unreadable.len(), 1);
        let (from, through) = (unreadable[0].from.unwrap(), unreadable[0].through.unwrap());
        assert!(from < setup.times[bad] && setup.times[bad] <= through, "{from} {through}");
        assert_eq!(through.as_jiff().duration_since(from.as_jiff()).as_micros(), 1);
        assert_eq!(unreadable[0].error.kind(), ErrorKind::Server);
    }
}

#[tokio::test]
async fn items_give_the_error_and_go_on() {
    let setup = Setup::new(|ids| Trouble::Unservable(ids[57].clone())).await;
    let items: Vec<_> = setup.list().items().collect().await;
    assert_eq!(items.iter().filter(|item| item.is_ok()).count(), 129);
    assert_eq!(items.iter().filter(|item| item.is_err()).count(), 1);
}

#[tokio::test]
async fn pages_shrink_where_the_service_can_t_keep_up() {
    let setup = Setup::new(|_| Trouble::TooLarge(30)).await;
    let mut pages = setup.list().pages();
    let mut sizes = Vec::new();
    while let Some(page) = pages.try_next().await.unwrap() {
        assert!(page.unreadable.is_empty());
        sizes.push(page.instances.len());
    }
    assert_eq!(sizes.iter().sum::<usize>(), 130, "{sizes:?}");
    assert!(sizes.iter().all(|size| *size <= 30) && sizes.contains(&25), "{sizes:?}");
}

#[tokio::test]
async fn a_service_that_is_down_is_not_taken_for_a_bad_instance() {
    let setup = Setup::new(|_| Trouble::Down).await;
    let error = setup.list().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server);
    assert!(error.is_transient());
    let sent = setup.between.pages.load(Ordering::SeqCst);
    assert!(sent < 40, "{sent} requests to a service that is down");
}
