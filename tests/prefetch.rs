//! The next page is on its way while the current one is worked on, and never more than one.

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

use altinn_core::{ErrorKind, Read};
use altinn_storage::reqwest_middleware::{Middleware, Next, Result};
use altinn_storage::{InstanceQuery, ListInstances};
use altinn_tests::clients::{builder, client};
use altinn_tests::fault::{Answer, FaultServer};
use serde_json::json;
use tokio::runtime::Builder;

fn page(n: u32, last: bool) -> Answer {
    let id = format!("501337/00000000-0000-4000-8000-{n:012}");
    let next = (!last).then(|| format!("/instances?continuationToken=1%253b{n}"));
    Answer::json(200, &json!({"count": 1, "self": null, "next": next, "instances": [{"id": id}]}))
}

#[tokio::test]
async fn one_page_ahead_and_no_more() {
    let server = FaultServer::start([page(1, false), page(2, false), page(3, false), page(4, true)]).await.unwrap();
    let client = client(server.url().as_str());
    let mut items = client.instances().list(InstanceQuery::org("ttd")).items();
    for n in 1..=4 {
        assert!(items.try_next().await.unwrap().is_some());
        // The page that is worked on, and the one that is on its way.
        let expected = (n + 1).min(4);
        assert_eq!(server.wait_for(expected).await.len(), expected);
    }
    assert!(items.try_next().await.unwrap().is_none());
    assert_eq!(server.requests().len(), 4);
}

#[test]
fn a_page_that_keeps_the_only_thread_busy_does_not_hold_up_the_next_request() {
    let elsewhere = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let pages = [page(1, false), page(2, false), page(3, false), page(4, true)];
    let server = elsewhere.block_on(FaultServer::start(pages)).unwrap();
    let client = client(server.url().as_str());
    let mut pages = client.instances().list(InstanceQuery::org("ttd")).pages();
    let here = Builder::new_current_thread().enable_all().build().unwrap();
    for n in 1..=4 {
        assert!(here.block_on(pages.try_next()).unwrap().is_some());
        // Nothing of the client runs any more until the next page is asked for.
        let sent = async { tokio::time::timeout(Duration::from_secs(20), server.wait_for((n + 1).min(4))).await };
        assert!(elsewhere.block_on(sent).is_ok(), "page {n}");
    }
}

#[tokio::test]
async fn nothing_ahead_when_it_is_not_wanted() {
    let server = FaultServer::start([page(1, false), page(2, true)]).await.unwrap();
    let client = client(server.url().as_str());
    let mut items = client.instances().list(InstanceQuery::org("ttd")).prefetch(false).items();
    assert!(items.try_next().await.unwrap().is_some());
    assert_eq!(server.requests().len(), 1);
    assert!(items.try_next().await.unwrap().is_some());
    assert!(items.try_next().await.unwrap().is_none());
}

/// Answers in the network's place, in the end with 403, and notes for what token it was asked, be the answer taken or
/// not.
#[derive(Clone)]
struct Script {
    bodies: Arc<Mutex<VecDeque<String>>>,
    asked: Arc<Mutex<Vec<Option<String>>>>,
}

impl Script {
    fn new(bodies: impl IntoIterator<Item = String>) -> Self {
        Self { bodies: Arc::new(Mutex::new(bodies.into_iter().collect())), asked: Arc::default() }
    }

    fn list(&self) -> ListInstances {
        let client = builder::<Read>("http://127.0.0.1:9/").layer(self.clone()).build().unwrap();
        client.instances().list(InstanceQuery::org("ttd"))
    }

    fn asked(&self) -> Vec<Option<String>> {
        self.asked.lock().unwrap().clone()
    }
}

#[async_trait::async_trait]
impl Middleware for Script {
    async fn handle(
        &self,
        asked: reqwest::Request,
        _: &mut http::Extensions,
        _: Next<'_>,
    ) -> Result<reqwest::Response> {
        let token = asked.url().query_pairs().find(|(name, _)| name == "continuationToken");
        self.asked.lock().unwrap().push(token.map(|(_, token)| token.into_owned()));
        let body = self.bodies.lock().unwrap().pop_front();
        tokio::task::yield_now().await;
        let status = if body.is_some() { 200 } else { 403 };
        let answer = http::Response::builder().status(status);
        Ok(answer.body(reqwest::Body::from(body.unwrap_or_default())).unwrap().into())
    }
}

const FIRST: &str = r#""next":"/instances?continuationToken=1%253b1""#;
const ONE: &str = r#"{"id":"501337/00000000-0000-4000-8000-000000000001"}"#;

fn token() -> Option<String> {
    Some("1%3b1".to_owned())
}

/// What was asked for until a page that can't be decoded was given up; at last that is a smaller one in its place.
async fn asked_before_decoding(page: &str, set: impl FnOnce(ListInstances) -> ListInstances) -> Vec<Option<String>> {
    let script = Script::new([page.to_owned()]);
    let error = set(script.list()).pages().try_next().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    let mut asked = script.asked();
    assert_eq!(asked.pop().as_ref(), asked.first());
    asked
}

#[tokio::test]
async fn the_next_page_is_asked_for_before_this_one_is_decoded() {
    let broken = format!(r#"{{"count":2,"self":null,{FIRST},"instances":[{ONE},{{"id":"#);
    assert_eq!(asked_before_decoding(&broken, |list| list).await, [None, token()]);
    assert_eq!(asked_before_decoding(&broken, |list| list.prefetch(false)).await, [None]);
    // Only what the page does not fill is asked for.
    assert_eq!(asked_before_decoding(&broken, |list| list.limit(3)).await, [None, token()]);
    assert_eq!(asked_before_decoding(&broken, |list| list.limit(2)).await, [None]);
    let uncounted = broken.replace(r#""count":2,"#, "");
    assert_eq!(asked_before_decoding(&uncounted, |list| list).await, [None, token()]);
    assert_eq!(asked_before_decoding(&uncounted, |list| list.limit(3)).await, [None]);
    // Nor is what leads back to this page.
    let resumed = |list: ListInstances| list.resume("1%3b1".parse().unwrap());
    assert_eq!(asked_before_decoding(&broken, resumed).await, [token()]);
    // And where the page says it last, it has to be read first.
    let last = format!(r#"{{"count":2,"instances":[{{}},7],{FIRST},"#);
    assert_eq!(asked_before_decoding(&last, |list| list).await, [None]);
}

#[tokio::test]
async fn in_place_of_a_page_that_can_t_be_decoded_a_smaller_one_is_given() {
    let page = |instances: &str| format!(r#"{{"count":1,{FIRST},"instances":[{instances}]}}"#);
    let last = format!(r#"{{"count":1,"next":null,"instances":[{ONE}]}}"#);
    // The second answer is to the request for the page after the broken one, and dropped.
    let script = Script::new([page("{"), last.clone(), page(ONE), last]);
    let mut pages = script.list().pages();
    assert_eq!(pages.try_next().await.unwrap().unwrap().instances.len(), 1);
    assert_eq!(pages.continuation().map(ToString::to_string), token());
    assert_eq!(script.asked(), [None, token(), None, token()]);
    assert_eq!(pages.try_next().await.unwrap().unwrap().instances.len(), 1);
    assert!(pages.try_next().await.unwrap().is_none());
    assert_eq!(script.asked().len(), 4);
}

#[tokio::test]
async fn where_no_smaller_page_is_to_be_had_either_the_list_ends_where_it_was() {
    let page = |instances: &str| format!(r#"{{"count":1,{FIRST},"instances":[{instances}]}}"#);
    let second = page("{").replace("1%253b1", "1%253b2");
    let script = Script::new([page(ONE), second]);
    let mut pages = script.list().pages();
    assert_eq!(pages.try_next().await.unwrap().unwrap().instances.len(), 1);
    assert_eq!(pages.try_next().await.unwrap_err().kind(), ErrorKind::Forbidden);
    assert!(pages.try_next().await.unwrap().is_none());
    assert_eq!(pages.continuation().map(ToString::to_string), token());
}

#[tokio::test]
async fn a_page_that_says_last_where_the_next_begins_is_followed_all_the_same() {
    let first = format!(r#"{{"instances":[{ONE}],{FIRST}}}"#);
    let script = Script::new([first, format!(r#"{{"instances":[{ONE}],"next":null}}"#)]);
    let mut pages = script.list().pages();
    pages.try_next().await.unwrap().unwrap();
    assert_eq!(script.asked(), [None, token()]);
    pages.try_next().await.unwrap().unwrap();
    assert!(pages.try_next().await.unwrap().is_none());
}

/// Serves pages; each second request is answered after a second, and with 503.
#[derive(Clone, Default)]
struct EachPageTwice(Arc<Mutex<usize>>);

#[async_trait::async_trait]
impl Middleware for EachPageTwice {
    async fn handle(&self, _: reqwest::Request, _: &mut http::Extensions, _: Next<'_>) -> Result<reqwest::Response> {
        let number = {
            let mut asked = self.0.lock().unwrap();
            *asked += 1;
            *asked
        };
        if number.is_multiple_of(2) {
            tokio::time::sleep(Duration::from_secs(1)).await;
            return Ok(http::Response::builder().status(503).body("").unwrap().into());
        }
        let next = format!("\"/instances?continuationToken=1%253b{number}\"");
        let next = if number < 9 { next } else { "null".to_owned() };
        Ok(http::Response::new(format!(r#"{{"next":{next},"instances":[{ONE}]}}"#)).into())
    }
}

#[tokio::test(start_paused = true)]
async fn however_long_a_page_is_worked_on_the_next_one_is_not_given_up() {
    let service = EachPageTwice::default();
    let client = builder::<Read>("http://127.0.0.1:9/").layer(service.clone()).build().unwrap();
    let mut pages = client.instances().list(InstanceQuery::org("ttd")).pages();
    let mut came = 0;
    while pages.try_next().await.unwrap().is_some() {
        came += 1;
        // Longer than all tries of a call may take together.
        tokio::time::sleep(Duration::from_secs(600)).await;
    }
    assert_eq!((came, *service.0.lock().unwrap()), (5, 9));
}
