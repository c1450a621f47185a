//! Lists against a server that misbehaves: what is followed, what is repeated, where it ends.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper of a test fails as loudly as a test"
)]

use altinn_watch as _;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use altinn_core::{ErrorKind, Read, RetryPolicy};
use altinn_storage::reqwest_middleware::{Middleware, Next, Result as LayerResult};
use altinn_storage::{ContinuationToken, Instance, InstanceQuery};
use altinn_tests::clients::{builder, client, quick};
use altinn_tests::fault::{Answer, FaultServer};
use futures::StreamExt;
use futures::stream::FusedStream;
use serde_json::{Value, json};
use tokio::time::Instant;

fn instance(n: u32) -> Value {
    json!({"id": format!("501337/00000000-0000-4000-8000-{n:012}")})
}

fn page(numbers: impl IntoIterator<Item = u32>, next: Option<&str>) -> Answer {
    let instances: Vec<Value> = numbers.into_iter().map(instance).collect();
    Answer::json(200, &json!({"count": instances.len(), "self": null, "next": next, "instances": instances}))
}

fn number(instance: &Instance) -> u32 {
    instance.id.guid().as_fields().3[4..8].iter().fold(0, |n, byte| n * 100 + u32::from(byte / 16 * 10 + byte % 16))
}

fn query() -> InstanceQuery {
    InstanceQuery::app("ttd/skjema".parse().unwrap()).complete(true).confirmed(false)
}

#[tokio::test]
async fn only_the_token_of_next_is_followed() {
    let server = FaultServer::start([
        page([1, 2], Some("http://evil.example/steal?org=digdir&continuationToken=638%253b2")),
        page([3], None),
    ])
    .await
    .unwrap();
    let client = client(server.url().as_str());

    let found: Vec<_> = client.instances().list(query()).page_size(2).items().collect().await;

    assert_eq!(found.iter().map(|found| number(found.as_ref().unwrap())).collect::<Vec<_>>(), [1, 2, 3]);
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    let first = requests[0].query().unwrap();
    assert!(first.contains("order=asc%3AlastChanged") && first.contains("size=2"), "{first}");
    assert_eq!(requests[1].query().unwrap(), format!("{first}&continuationToken=638%253b2"), "the same query goes on");
    assert_eq!(requests[1].bearer(), Some("a-token-that-nobody-checks"));
}

#[tokio::test]
async fn an_empty_page_is_not_the_end() {
    let server = FaultServer::start([
        page([], Some("/instances?continuationToken=1%253b1")),
        page([], Some("/instances?continuationToken=1%253b2")),
        page([7], None),
    ])
    .await
    .unwrap();
    let found: Vec<_> = client(server.url().as_str()).instances().list(query()).items().collect().await;
    assert_eq!(found.iter().map(|found| number(found.as_ref().unwrap())).collect::<Vec<_>>(), [7]);
}

#[tokio::test]
async fn a_repeated_token_ends_the_list_with_an_error_after_the_good_pages() {
    let server = FaultServer::start([
        page([1], Some("/instances?continuationToken=1%253b1")),
        page([2], Some("/instances?continuationToken=1%253b2")),
        page([3], Some("/instances?continuationToken=1%253b1")).repeated(),
    ])
    .await
    .unwrap();
    let mut items = client(server.url().as_str()).instances().list(query()).items();
    let found: Vec<_> = items.by_ref().take(100).collect().await;
    let (last, good) = found.split_last().unwrap();
    assert_eq!(items.continuation().map(ToString::to_string).as_deref(), Some("1%3b1"));
    assert_eq!(good.iter().map(|found| number(found.as_ref().unwrap())).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(last.as_ref().unwrap_err().kind(), ErrorKind::Protocol);
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn a_circle_of_pages_ends_the_list_in_time() {
    // Eight different pages, of which the last five lead round for ever.
    let place = |n: u32| if n < 3 { n } else { 3 + (n - 3) % 5 };
    let answers = (0..100).map(|n| {
        let next = format!("/instances?continuationToken=1%253b{}", place(n + 1));
        page([place(n)], Some(&next))
    });
    let server = FaultServer::start(answers).await.unwrap();
    let found: Vec<_> = client(server.url().as_str()).instances().list(query()).items().take(100).collect().await;
    let (last, good) = found.split_last().unwrap();
    assert_eq!(last.as_ref().unwrap_err().kind(), ErrorKind::Protocol);
    assert!(good.iter().all(Result::is_ok) && (8..24).contains(&good.len()), "{} pages", good.len());
    assert_eq!(server.requests().len(), good.len());
}

#[tokio::test]
async fn a_next_without_a_token_is_an_error_and_not_the_end() {
    let server = FaultServer::start([page([1], Some("https://platform.altinn.no/instances?org=ttd"))]).await.unwrap();
    let error = client(server.url().as_str()).instances().list(query()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
}

#[tokio::test]
async fn after_a_passing_error_the_same_page_is_asked_for_again() {
    let first = page([1], Some("/instances?continuationToken=1%253b1"));
    let server = FaultServer::start([first, Answer::status(503), Answer::status(503), page([2], None)]).await.unwrap();
    let client = builder::<Read>(server.url().as_str()).retry(quick().max_retries(0)).build().unwrap();
    let mut items = client.instances().list(query()).items();
    assert_eq!(number(&items.try_next().await.unwrap().unwrap()), 1);
    for _ in 0..2 {
        assert_eq!(items.try_next().await.unwrap_err().kind(), ErrorKind::Server);
    }
    assert_eq!(number(&items.try_next().await.unwrap().unwrap()), 2);
    assert!(items.try_next().await.unwrap().is_none());
}

/// Answers in the network's place, and notes when it was asked.
#[derive(Clone)]
struct InTrouble {
    answers: http::StatusCode,
    retry_after: Option<&'static str>,
    asked: Arc<Mutex<Vec<Instant>>>,
}

#[async_trait::async_trait]
impl Middleware for InTrouble {
    async fn handle(
        &self,
        _: reqwest::Request,
        _: &mut http::Extensions,
        _: Next<'_>,
    ) -> LayerResult<reqwest::Response> {
        self.asked.lock().unwrap().push(Instant::now());
        let mut answer = http::Response::builder().status(self.answers);
        if let Some(wait) = self.retry_after {
            answer = answer.header("retry-after", wait);
        }
        Ok(answer.body("").unwrap().into())
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_reads_on_after_passing_errors_does_not_hammer_the_service() {
    let ask = async |status: u16, retry_after, errors| {
        let answers = http::StatusCode::from_u16(status).unwrap();
        let service = InTrouble { answers, retry_after, asked: Arc::default() };
        let builder = builder::<Read>("http://127.0.0.1:9/").retry(RetryPolicy::default()).layer(service.clone());
        let mut items = builder.build().unwrap().instances().list(query()).items();
        let mut last = None;
        for _ in 0..errors {
            last = items.try_next().await.err();
        }
        let asked = service.asked.lock().unwrap().clone();
        (asked, last.unwrap())
    };
    let (asked, _) = ask(503, None, 100).await;
    let took = asked[asked.len() - 1] - asked[0];
    assert!(took > Duration::from_secs(300), "{} requests in {took:?}", asked.len());

    let (asked, error) = ask(429, Some("3600"), 3).await;
    assert_eq!(error.retry_after(), Some(Duration::from_secs(3600)));
    assert_eq!(asked.len(), 3);
    assert!(asked[2] - asked[0] >= Duration::from_secs(7200));
}

#[tokio::test]
async fn whoever_reads_on_after_a_final_error_does_not_ask_for_ever() {
    let first = page([1], Some("/instances?continuationToken=1%253b1"));
    let server = FaultServer::start([first, Answer::status(403).repeated()]).await.unwrap();
    let client = client(server.url().as_str());
    let mut items = client.instances().list(query()).items();
    let found: Vec<_> = items.by_ref().take(9).collect().await;
    assert_eq!(number(found[0].as_ref().unwrap()), 1);
    assert_eq!(found[1].as_ref().unwrap_err().kind(), ErrorKind::Forbidden);
    assert_eq!((found.len(), server.requests().len()), (2, 2));
    // Nothing is lost by it.
    assert!(items.is_terminated());
    assert_eq!(items.continuation().map(ToString::to_string).as_deref(), Some("1%3b1"));
}

#[tokio::test]
async fn a_saved_token_repeats_the_page_that_was_being_read_and_skips_nothing() {
    let server = FaultServer::start([
        page([1, 2], Some("/instances?continuationToken=1%253b2")),
        page([3, 4], Some("/instances?continuationToken=1%253b4")),
        // The page ahead, which is not read any more.
        page([5], None),
        page([3, 4], None),
    ])
    .await
    .unwrap();
    let client = client(server.url().as_str());
    let mut items = client.instances().list(query()).items();
    for _ in 0..3 {
        items.try_next().await.unwrap().unwrap();
    }
    let kept = items.continuation().unwrap().to_string();
    assert_eq!(kept, "1%3b2");
    server.wait_for(3).await;
    drop(items);

    let token: ContinuationToken = kept.parse().unwrap();
    let resumed: Vec<_> = client.instances().list(query()).resume(token).items().collect().await;
    assert_eq!(resumed.iter().map(|found| number(found.as_ref().unwrap())).collect::<Vec<_>>(), [3, 4]);
    assert!(server.requests()[3].query().unwrap().ends_with("continuationToken=1%253b2"));
}

#[tokio::test]
async fn a_limit_stops_the_list_and_the_requests() {
    let server = FaultServer::start([page([1, 2], Some("/instances?continuationToken=1%253b2")), page([3], None)])
        .await
        .unwrap();
    let found: Vec<_> = client(server.url().as_str()).instances().list(query()).limit(2).items().collect().await;
    assert_eq!(found.len(), 2);
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn newest_first_the_first_page_is_all_there_is_and_the_next_is_refused() {
    let first = || page([1, 2], Some("/instances?continuationToken=1%253b2"));
    let server = FaultServer::start([first().repeated()]).await.unwrap();
    let client = client(server.url().as_str());
    let list = || client.instances().list(query().newest_first()).page_size(2);

    let found: Vec<_> = list().items().take(4).collect().await;
    assert_eq!(found[..2].iter().map(|found| number(found.as_ref().unwrap())).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(found.len(), 3);
    let error = found[2].as_ref().unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidInput, 0));
    assert!(error.to_string().contains("Ask for a larger page"), "{error}");
    let mut pages = list().prefetch(false).pages();
    assert_eq!(pages.try_next().await.unwrap().unwrap().instances.len(), 2);
    assert_eq!(pages.try_next().await.unwrap_err().kind(), ErrorKind::InvalidInput);
    let next = list().await.unwrap().next.unwrap();
    assert_eq!(server.requests().len(), 3, "one for each list");
    assert_eq!(list().resume(next.clone()).await.unwrap_err().kind(), ErrorKind::InvalidInput);
    assert_eq!(list().resume(next).items().try_next().await.unwrap_err().kind(), ErrorKind::InvalidInput);
    assert_eq!(server.requests().len(), 3);

    // Who wants no more than the first page gets it, and an end.
    let found: Vec<_> = list().limit(2).items().collect().await;
    assert!(found.len() == 2 && found.iter().all(Result::is_ok));
    let server = FaultServer::start([page([1], None)]).await.unwrap();
    let list = builder::<Read>(server.url().as_str()).build().unwrap();
    let found: Vec<_> = list.instances().list(query().newest_first()).items().collect().await;
    assert!(found.len() == 1 && found[0].is_ok());
}

#[tokio::test]
async fn passing_faults_are_repeated_and_a_bad_query_is_not() {
    let server = FaultServer::start([Answer::status(503), Answer::cut(), page([1], None)]).await.unwrap();
    let page = client(server.url().as_str()).instances().list(query()).await.unwrap();
    assert_eq!(page.instances.len(), 1);

    let words = "Invalid date expression: x for query key: created";
    let server = FaultServer::start([Answer::json(500, &json!(words)).repeated()]).await.unwrap();
    let error = client(server.url().as_str()).instances().list(query()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.is_transient()), (ErrorKind::Server, 1, false));
    assert!(error.to_string().contains(words), "{error}");
}

#[tokio::test]
async fn retries_end_after_five_attempts() {
    let server = FaultServer::start([Answer::status(502).repeated()]).await.unwrap();
    let error = client(server.url().as_str()).instances().list(query()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.is_transient()), (ErrorKind::Server, 5, true));
    assert!(error.to_string().contains("try again later"), "nothing was carried out that must be looked for: {error}");
    assert_eq!(server.requests().len(), 5);
}

#[tokio::test]
async fn an_answer_that_can_t_be_read_names_the_place_and_no_value() {
    let id = "501337/00000000-0000-4000-8000-000000000001";
    for body in [format!(r#"{{"id":"{id}","data":"01039012345"}}"#), format!(r#"{{"id":"{id}","data":01039012345"#)] {
        let server = FaultServer::start([Answer::status(200).body(body)]).await.unwrap();
        let error = client(server.url().as_str()).instances().get(id.parse().unwrap()).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Decode, 1));
        let shown = format!("{error} {error:?} {error:#?}");
        assert!(shown.contains("line 1, column") && !shown.contains("01039012345"), "{shown}");
    }
}

#[tokio::test]
async fn a_400_without_a_reason_is_explained() {
    let server =
        FaultServer::start([Answer::json(400, &json!({"title": "Bad Request", "status": 400}))]).await.unwrap();
    let error = client(server.url().as_str()).instances().list(query()).await.unwrap_err();
    assert!(error.advice().unwrap().contains("altinn:serviceowner"), "{error}");
}

#[tokio::test]
async fn a_404_whose_explanation_breaks_off_or_has_no_end_is_not_taken_for_the_truth() {
    let id: altinn_core::InstanceId = "501337/00000000-0000-4000-8000-000000000001".parse().unwrap();
    let fault = format!("Unable to find instance {id}: Npgsql.NpgsqlException {}", "at x ".repeat(40_000));
    let server = FaultServer::start([
        Answer::json(404, &json!(fault)).cut_after(20),
        Answer::json(404, &json!(fault)),
        Answer::json(200, &instance(1)),
    ])
    .await
    .unwrap();
    assert_eq!(client(server.url().as_str()).instances().get(id).await.unwrap().id, id);
    assert_eq!(server.requests().len(), 3);

    let server = FaultServer::start([Answer::json(409, &json!("no")).cut_after(1).repeated()]).await.unwrap();
    let error = client(server.url().as_str()).instances().get(id).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Conflict, 1), "the status says enough");
}

#[tokio::test]
async fn a_fault_that_the_service_reports_as_404_is_told_apart() {
    let id: altinn_core::InstanceId = "501337/00000000-0000-4000-8000-000000000001".parse().unwrap();
    let fault = format!("Unable to find instance {id}: Npgsql.NpgsqlException (0x80004005): Exception\n   at x");
    let server = FaultServer::start([Answer::text(404, fault), Answer::json(200, &instance(1))]).await.unwrap();
    assert_eq!(client(server.url().as_str()).instances().get(id).await.unwrap().id, id);

    let gone = format!("Unable to find instance {}", id.guid());
    let server = FaultServer::start([Answer::json(404, &json!(gone)).repeated()]).await.unwrap();
    let error = client(server.url().as_str()).instances().get(id).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::NotFound, 1));
}

#[tokio::test]
async fn a_read_client_lists_with_the_read_scope_only() {
    let server = FaultServer::start([page([1], None)]).await.unwrap();
    let client = builder::<Read>(server.url().as_str()).build().unwrap();
    assert_eq!(client.instances().list(query()).await.unwrap().instances.len(), 1);
    assert!(format!("{client:?}").contains("instances.read") && !format!("{client:?}").contains("instances.write"));
}
