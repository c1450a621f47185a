//! The next page is on its way while the current one is worked on, and never more than one.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper of a test fails as loudly as a test"
)]

use altinn_watch as _;

use altinn_storage::InstanceQuery;
use altinn_tests::clients::client;
use altinn_tests::fault::{Answer, FaultServer};
use serde_json::json;

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
