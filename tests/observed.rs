//! What an observer of a client is told of its calls, and that errors say the same.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper of a test fails as loudly as a test"
)]

use altinn_watch::Recording;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use altinn_core::transport::CallReport;
use altinn_core::{ErrorKind, ReadWrite};
use altinn_emulator::Failure;
use altinn_storage::{Client, InstanceQuery, MessageQuery};
use altinn_tests::clients::client;
use altinn_tests::fault::{Answer, FaultServer};
use altinn_tests::owner::{OPEN, Owner, app_id, party};
use altinn_tests::sample::id;
use futures::TryStreamExt;
use regex_lite::Regex;
use serde_json::{Value, json};

/// Keeps what it is told.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<CallReport>>>);

/// The parts that a test can foretell: operation, status, attempts, kind of failure.
type Told = (&'static str, Option<u16>, u32, Option<ErrorKind>);

impl Log {
    fn on(client: &Client<ReadWrite>) -> (Self, Client<ReadWrite>) {
        let log = Self::default();
        let reports = Arc::clone(&log.0);
        let observed = client.observed(move |report| reports.lock().unwrap().push(report.clone()));
        (log, observed)
    }

    fn take(&self) -> Vec<CallReport> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    fn told(&self) -> Vec<Told> {
        let told = |report: CallReport| {
            (report.operation(), report.status().map(|status| status.as_u16()), report.attempts(), report.error_kind())
        };
        self.take().into_iter().map(told).collect()
    }
}

fn instance() -> Value {
    json!({"id": id()})
}

#[tokio::test]
async fn every_kind_of_call_is_told_once() {
    let owner = Owner::start().await;
    let id = owner.instance(OPEN).await;
    owner.instance(OPEN).await;
    let (log, client) = Log::on(&owner.client);

    client.instances().get(id).await.unwrap();
    let report = log.take().remove(0);
    assert_eq!((report.operation(), report.status().unwrap().as_u16()), ("instances.get", 200));
    assert_eq!((report.attempts(), report.error_kind(), report.request_id()), (1, None, None));
    assert_eq!(report.target(), format!("/storage/api/v1/instances/{id}"));
    assert!(report.elapsed() > Duration::ZERO);

    let query = InstanceQuery::app(app_id(OPEN));
    let found: Vec<_> = client.instances().list(query).page_size(1).items().try_collect().await.unwrap();
    assert_eq!(found.len(), 2);
    // The second page is full, so that the service announces a third.
    assert_eq!(log.told(), [("instances.list", Some(200), 1, None); 3]);

    let element = client.data(id).upload("attachment".parse().unwrap(), "innhold").await.unwrap();
    assert_eq!(log.told(), [("data.upload", Some(201), 1, None)]);
    client.data(id).download(&element).bytes().await.unwrap();
    client.data(id).download(&element).stream().await.unwrap().try_collect::<Vec<_>>().await.unwrap();
    assert_eq!(log.told(), [("data.download", Some(200), 1, None); 2]);

    client.process(id).state().await.unwrap();
    client.events(id).list(Default::default()).await.unwrap();
    client.message_box().search(MessageQuery::of([party()])).await.unwrap();
    client.applications().get(&app_id(OPEN)).await.unwrap();
    client.raw_get(["applications", "ttd"]).send().await.unwrap();
    let told: Vec<_> = log.told().into_iter().map(|(operation, ..)| operation).collect();
    assert_eq!(told, ["process.state", "events.list", "message_box.search", "applications.get", "raw"]);
}

#[tokio::test]
async fn attempts_are_counted_and_told_as_one_call() {
    let owner = Owner::start().await;
    let id = owner.instance(OPEN).await;
    let (log, client) = Log::on(&owner.client);
    owner.emulator.fail_next("/storage/", Failure::status(503));
    client.instances().get(id).await.unwrap();
    assert_eq!(log.told(), [("instances.get", Some(200), 2, None)]);

    let server = FaultServer::start([
        Answer::status(200).body("innhold").cut_after(3),
        Answer::status(200).body("innhold"),
        Answer::status(502).repeated(),
    ])
    .await
    .unwrap();
    let (log, client) = Log::on(&altinn_tests::clients::client(server.url().as_str()));
    let element = altinn_core::DataElementId::new(id.guid());
    assert_eq!(client.data(id).download(element).bytes().await.unwrap(), "innhold");
    client.data(id).download(element).bytes().await.unwrap_err();
    assert_eq!(
        log.told(),
        [("data.download", Some(200), 2, None), ("data.download", Some(502), 5, Some(ErrorKind::Server))]
    );
}

#[tokio::test]
async fn failures_are_told_with_what_the_error_says() {
    let trace = "00-5a1b-01";
    let server = FaultServer::start([
        Answer::json(403, &json!({"title": "Forbidden", "traceId": trace})).header("x-request-id", "0HN7:1"),
        Answer::json(409, &json!({"title": "Conflict", "traceId": trace})),
        Answer::json(200, &json!({"id": 7})).header("X-Correlation-Id", "c-9"),
        Answer::status(200).body("inn").cut_after(1).repeated(),
    ])
    .await
    .unwrap();
    let (log, client) = Log::on(&client(server.url().as_str()));
    for (status, kind, request_id, attempts) in [
        (403, ErrorKind::Forbidden, Some("0HN7:1"), 1),
        (409, ErrorKind::Conflict, Some(trace), 1),
        (200, ErrorKind::Decode, Some("c-9"), 1),
        (200, ErrorKind::Transport, None, 5),
    ] {
        let error = client.instances().get(id()).await.unwrap_err();
        let reports = log.take();
        assert_eq!(reports.len(), 1, "{error}");
        let report = &reports[0];
        assert_eq!((report.status().unwrap().as_u16(), report.error_kind()), (status, Some(kind)), "{error}");
        assert_eq!((report.request_id(), report.attempts()), (request_id, attempts));
        assert_eq!((report.operation(), Some(report.target())), (error.operation(), error.target()));
        assert_eq!((report.status(), report.error_kind()), (error.status(), Some(error.kind())));
        assert_eq!((report.request_id(), report.attempts()), (error.request_id(), error.attempts()));
        assert_eq!(report.elapsed(), error.elapsed());
        // A good status is not what went wrong.
        assert!(!error.to_string().contains("200 OK"), "{error}");
    }

    let unreachable = altinn_tests::fault::unreachable_url().await.unwrap();
    let (log, client) = Log::on(&altinn_tests::clients::client(unreachable.as_str()));
    client.instances().get(id()).await.unwrap_err();
    assert_eq!(log.told(), [("instances.get", None, 5, Some(ErrorKind::Connect))]);
    // What is refused before anything is sent is no call.
    client.raw_get([".."]).send().await.unwrap_err();
    assert_eq!(log.told(), []);
}

#[tokio::test]
async fn a_raw_answer_gives_its_request_id() {
    let server = FaultServer::start([Answer::json(200, &instance()).header("request-id", "abc.1")]).await.unwrap();
    let answer = client(server.url().as_str()).raw_get(["instances"]).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.request_id(), answer.attempts()), (200, Some("abc.1"), 1));
}

/// Each attempt has a span that is named after its operation, and tells what it was answered.
#[tokio::test]
async fn spans_tell_status_and_request_id_of_their_attempt() {
    let recording = Recording::of_this_thread();
    let trace = json!({"title": "Feil", "traceId": "00-abc-def-00"});
    let server = FaultServer::start([
        Answer::json(503, &trace).header("x-request-id", "first"),
        Answer::json(500, &trace),
        Answer::cut(),
        Answer::json(200, &instance()).header("x-request-id", "01039012345"),
        Answer::status(403),
    ])
    .await
    .unwrap();
    let client = client(server.url().as_str());
    client.instances().get(id()).await.unwrap();
    client.raw_get(["instances"]).send().await.unwrap_err();
    let log = recording.text();
    let lines = Regex::new(
        r#"DEBUG ([a-z.]+)\{otel\.name="([a-z.]+)" op="([a-z.]+)" (attempt.*?)\}: altinn_core\S+: ([a-z]+)"#,
    );
    let told: Vec<_> = lines
        .unwrap()
        .captures_iter(&log)
        .map(|line| {
            assert_eq!((&line[1], &line[1]), (&line[2], &line[3]));
            format!("{} {}: {}", &line[1], &line[4], &line[5])
        })
        .collect();
    assert_eq!(
        told,
        [
            r#"instances.get attempt=1 status=503 request_id="first": answered"#,
            r#"instances.get attempt=1 status=503 request_id="first": attempt"#,
            r#"instances.get attempt=2 status=500: answered"#,
            r#"instances.get attempt=2 status=500 request_id="00-abc-def-00": attempt"#,
            r#"instances.get attempt=3: attempt"#,
            r#"instances.get attempt=4 status=200 request_id="[redacted]": answered"#,
            r#"raw attempt=1 status=403: answered"#,
            r#"raw attempt=1 status=403: attempt"#,
        ],
        "{log}"
    );
}

#[tokio::test]
async fn observers_add_up_and_only_their_own_client_tells_them() {
    let server = FaultServer::start([Answer::json(200, &instance()).repeated()]).await.unwrap();
    let plain = client(server.url().as_str());
    let (first, observed) = Log::on(&plain);
    let (second, both) = Log::on(&observed);
    plain.instances().get(id()).await.unwrap();
    assert_eq!((first.take().len(), second.take().len()), (0, 0));
    observed.clone().instances().get(id()).await.unwrap();
    assert_eq!((first.take().len(), second.take().len()), (1, 0));
    both.read_only().instances().get(id()).await.unwrap();
    assert_eq!((first.take().len(), second.take().len()), (1, 1));
}

#[tokio::test]
async fn a_report_says_nothing_of_what_was_sent_or_came() {
    let person = "01039012345";
    let server = FaultServer::start([
        Answer::json(200, &json!({"id": id(), "presentationTexts": {"navn": "Åse"}}))
            .header("content-disposition", "attachment; filename=hemmelig.pdf")
            .header("x-request-id", person),
        Answer::json(400, &json!(format!("no such person {person}"))),
    ])
    .await
    .unwrap();
    let (log, client) = Log::on(&client(server.url().as_str()));
    client.raw_get(["instances"]).query("searchString", "Åse").send().await.unwrap();
    client.raw_get(["instances"]).query("searchString", person).send().await.unwrap_err();
    let shown = format!("{:?}", log.take());
    for secret in [person, "Åse", "hemmelig", "a-token-that-nobody-checks", "searchString"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
