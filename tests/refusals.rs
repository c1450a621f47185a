//! Refusals, each read by the operation that it belongs to: what the real Storage was recorded to say, and every status
//! with every form of body.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper of a test fails as loudly as a test"
)]

use altinn_watch as _;

use std::collections::BTreeSet;
use std::time::Duration;

use altinn_core::{Error, ErrorKind, InstanceId, ReadWrite, RetryPolicy};
use altinn_storage::{
    Client, DataElement, EventFilter, InstanceEvent, InstanceEventType, InstanceQuery, MessageLanguage, MessageQuery,
    NewInstance, PlatformUser, ReadStatus, SignRequest, Signee, Substatus,
};
use altinn_tests::clients::builder;
use altinn_tests::contract;
use altinn_tests::fault::{Answer, FaultServer};
use altinn_tests::owner::{OPEN, app_id, ended, no_element, no_instance, party};
use futures::StreamExt;
use serde_json::{Value, json};

const MINUTE: Duration = Duration::from_secs(60);

/// The operations that the SDK has, as the service knows them: method, and path below `/storage/api/v1`.
const OPERATIONS: [&str; 33] = [
    "GET instances",
    "POST instances",
    "GET instances/-",
    "GET instances/-/-",
    "DELETE instances/-/-",
    "POST instances/-/-/complete",
    "PUT instances/-/-/readstatus",
    "PUT instances/-/-/substatus",
    "PUT instances/-/-/presentationtexts",
    "PUT instances/-/-/datavalues",
    "POST instances/-/-/lock",
    "PATCH instances/-/-/lock",
    "POST instances/-/-/sign",
    "GET instances/-/-/dataelements",
    "PUT instances/-/-/dataelements/-",
    "POST instances/-/-/data",
    "GET instances/-/-/data/-",
    "PUT instances/-/-/data/-",
    "DELETE instances/-/-/data/-",
    "PUT instances/-/-/data/-/lock",
    "DELETE instances/-/-/data/-/lock",
    "PUT instances/-/-/process",
    "PUT instances/-/-/process/instanceandevents",
    "GET instances/-/-/process/history",
    "GET instances/-/-/process/authinfo",
    "GET instances/-/-/events",
    "POST instances/-/-/events",
    "GET instances/-/-/events/-",
    "GET applications",
    "GET applications/-",
    "GET applications/-/-",
    "GET applications/-/-/texts/-",
    "PUT sbl/instances/-/-/undelete",
];

/// Those that recordings of the message box know as well.
const MESSAGE_BOX: [&str; 3] = ["POST sbl/instances/search", "GET sbl/instances/-/-", "GET sbl/instances/-/-/events"];

/// Which of these operations a recorded request is for.
fn operation(method: &str, path: &str) -> Option<&'static str> {
    let path = path.split('?').next().unwrap_or_default().trim_end_matches('/').to_ascii_lowercase();
    let given: Vec<&str> = path.strip_prefix("/storage/api/v1/")?.split('/').collect();
    let all = OPERATIONS.into_iter().chain(MESSAGE_BOX);
    let fitting = all.filter(|operation| {
        let (wanted_method, wanted) = operation.split_once(' ').unwrap();
        let wanted: Vec<&str> = wanted.split('/').collect();
        let fits = wanted.len() == given.len() && wanted.iter().zip(&given).all(|(w, g)| *w == "-" || w == g);
        fits && wanted_method == method
    });
    fitting.min_by_key(|operation| operation.matches('-').count())
}

/// Calls an operation that is refused.
async fn refused(client: &Client<ReadWrite>, operation: &str) -> Error {
    let (id, element) = (no_instance(), no_element());
    let (instances, data, process) = (client.instances(), client.data(id), client.process(id));
    let (applications, messages, events) = (client.applications(), client.message_box(), client.events(id));
    let event = || InstanceEvent::new(InstanceEventType::Saved).user(PlatformUser::org("ttd", 3));
    let outcome = match operation {
        "GET instances" => instances.list(InstanceQuery::org("ttd")).page_size(1).await.map(drop),
        "POST instances" => instances.create(&app_id(OPEN), NewInstance::new(party())).await.map(drop),
        "GET instances/-" => instances.get_by_guid(id.guid()).await.map(drop),
        "GET instances/-/-" => instances.get(id).await.map(drop),
        "DELETE instances/-/-" => instances.delete(id).await.map(drop),
        "POST instances/-/-/complete" => instances.confirm(id).await.map(drop),
        "PUT instances/-/-/readstatus" => instances.set_read_status(id, ReadStatus::Read).await.map(drop),
        "PUT instances/-/-/substatus" => instances.set_substatus(id, Substatus::new("merke")).await.map(drop),
        "PUT instances/-/-/presentationtexts" => instances.set_presentation_texts(id, [("a", "1")]).await.map(drop),
        "PUT instances/-/-/datavalues" => instances.set_data_values(id, [("a", "1")]).await.map(drop),
        "POST instances/-/-/lock" => instances.lock(id, MINUTE).await.map(drop),
        "PATCH instances/-/-/lock" => instances.lock(id, MINUTE).await.unwrap().extend(MINUTE).await,
        "POST instances/-/-/sign" => {
            let request = SignRequest::new("signature".parse().unwrap(), Signee::user(20_001)).element(element);
            instances.sign(id, request).await
        }
        "GET instances/-/-/dataelements" => data.list().await.map(drop),
        "PUT instances/-/-/dataelements/-" => data.update_metadata(&read_element(id)).await.map(drop),
        "POST instances/-/-/data" => data.upload("model".parse().unwrap(), "innhold").await.map(drop),
        "GET instances/-/-/data/-" => data.download(element).bytes().await.map(drop),
        "PUT instances/-/-/data/-" => data.replace(element, "innhold").await.map(drop),
        "DELETE instances/-/-/data/-" => data.delete(element).await.map(drop),
        "PUT instances/-/-/data/-/lock" => data.lock(element).await.map(drop),
        "DELETE instances/-/-/data/-/lock" => data.unlock(element).await.map(drop),
        "PUT instances/-/-/process" => process.update(ended()).await.map(drop),
        "PUT instances/-/-/process/instanceandevents" => process.update_with_events(ended(), [event()]).await.map(drop),
        "GET instances/-/-/process/history" => process.history().await.map(drop),
        "GET instances/-/-/process/authinfo" => process.auth_info().await.map(drop),
        "GET instances/-/-/events" => events.list(EventFilter::new()).await.map(drop),
        "POST instances/-/-/events" => events.post(event()).await.map(drop),
        "GET instances/-/-/events/-" => events.get(uuid::Uuid::nil()).await.map(drop),
        "GET applications" => applications.list().await.map(drop),
        "GET applications/-" => applications.list_of("ttd").await.map(drop),
        "GET applications/-/-" => applications.get(&app_id(OPEN)).await.map(drop),
        "GET applications/-/-/texts/-" => applications.text(&app_id(OPEN), "nb").await.map(drop),
        "PUT sbl/instances/-/-/undelete" => instances.undelete(id).await,
        "POST sbl/instances/search" => messages.search(MessageQuery::of([party()])).await.map(drop),
        "GET sbl/instances/-/-" => messages.get(id, MessageLanguage::default()).await.map(drop),
        "GET sbl/instances/-/-/events" => messages.events(id).await.map(drop),
        other => panic!("no call for {other}"),
    };
    outcome.unwrap_err()
}

/// A data element as the service gives it.
fn read_element(id: InstanceId) -> DataElement {
    let element = json!({"id": no_element(), "instanceGuid": id.guid(), "dataType": "model"});
    serde_json::from_value(element).unwrap()
}

/// What makes connections, which takes longer to set up than a call does.
fn http() -> reqwest::Client {
    let redirects = reqwest::redirect::Policy::none();
    reqwest::Client::builder().no_proxy().redirect(redirects).build().unwrap()
}

/// The error of an operation that is answered so, however often it asks.
async fn error_of(http: &reqwest::Client, operation: &str, answer: Answer) -> Error {
    let held = (operation == "PATCH instances/-/-/lock").then(|| Answer::json(200, &json!({"lockToken": "x"})));
    let server = FaultServer::start(held.into_iter().chain([answer.repeated()])).await.unwrap();
    let client = builder(server.url().as_str()).http(http.clone()).retry(RetryPolicy::none()).build().unwrap();
    refused(&client, operation).await
}

/// Runs `check` for many cases at a time: a list that fails looks for the instance that it fails on, with waits between.
async fn each<T>(cases: impl IntoIterator<Item = T>, check: impl AsyncFn(T)) {
    let check = &check;
    let checks = cases.into_iter().map(|case| check(case));
    futures::stream::iter(checks).buffer_unordered(64).count().await;
}

/// What may be made of a status. The service's own faults come as `Server`, behind whatever status.
fn kinds(status: u16) -> &'static [ErrorKind] {
    match status {
        400 => &[ErrorKind::Rejected, ErrorKind::Server],
        401 => &[ErrorKind::Unauthorized],
        403 => &[ErrorKind::Forbidden],
        404 => &[ErrorKind::NotFound, ErrorKind::Server],
        405 | 413 | 415 | 422 => &[ErrorKind::Rejected],
        409 => &[ErrorKind::Conflict],
        410 => &[ErrorKind::NotFound],
        429 => &[ErrorKind::RateLimited],
        408 | 499 | 500.. => &[ErrorKind::Server],
        _ => &[],
    }
}

/// Every refusal of an operation that was recorded, each once: its status, content type and body.
fn recorded() -> BTreeSet<(&'static str, u16, String, String)> {
    let mut found = BTreeSet::new();
    for scenario in contract::recorded("storage") {
        for step in scenario["steps"].as_array().unwrap() {
            let response = &step["response"];
            let Some(status @ 400..) = response["status"].as_u64() else { continue };
            let (method, path) = (step["method"].as_str().unwrap(), step["path"].as_str().unwrap());
            let Some(operation) = operation(method, path) else { continue };
            let body = match &response["body"] {
                Value::Object(body) if body.contains_key("json") => body["json"].to_string(),
                body => body["text"].as_str().unwrap_or_default().to_owned(),
            };
            let kind = response["headers"]["content-type"].as_str().unwrap_or_default().to_owned();
            found.insert((operation, u16::try_from(status).unwrap(), kind, body));
        }
    }
    found
}

/// What the service says in a body.
fn words_in(body: &str) -> String {
    match serde_json::from_str::<Value>(body) {
        Ok(Value::String(text)) => text.trim().to_owned(),
        Ok(Value::Object(problem)) => {
            let named = ["detail", "title", "error"].iter().find_map(|name| problem.get(*name)?.as_str());
            named.unwrap_or_default().to_owned()
        }
        _ => body.trim().to_owned(),
    }
}

#[tokio::test]
async fn every_recorded_refusal_is_read_by_its_operation_with_the_service_s_words() {
    let (recorded, http) = (recorded(), http());
    assert!(recorded.len() > 200, "only {} different refusals", recorded.len());
    let operations: BTreeSet<_> = recorded.iter().map(|(operation, ..)| *operation).collect();
    // The lists of apps are never refused, and neither is a look into the message box that was recorded.
    assert_eq!(operations.len(), OPERATIONS.len() + MESSAGE_BOX.len() - 3, "{operations:?}");
    each(recorded, async |(operation, status, kind, body)| {
        let mut answer = Answer::status(status).body(body.clone());
        if !kind.is_empty() {
            answer = answer.header("content-type", &kind);
        }
        let error = error_of(&http, operation, answer).await;
        let case = format!("{operation}: {status} {body}: {error:?}");
        assert_eq!(error.status().map(|status| status.as_u16()), Some(status), "{case}");
        assert!(kinds(status).contains(&error.kind()), "{case}");
        assert_eq!(error.may_have_reached_server(), error.kind() == ErrorKind::Server, "{case}");
        let words = error.problem().message().unwrap_or_default();
        let beginning: String = words_in(&body).chars().take(200).collect();
        assert!(words.contains(&beginning), "{case}");
        // A person can do something about a refusal of rights only when it is said which.
        assert!(error.kind() != ErrorKind::Forbidden || error.advice().is_some(), "{case}");
    })
    .await;
}

#[tokio::test]
async fn every_status_is_read_with_every_form_of_body() {
    let (words, http) = ("Something about it", http());
    let bodies = [
        ("application/problem+json; charset=utf-8", json!({"title": "A title", "detail": words}).to_string(), true),
        ("application/json; charset=utf-8", json!(words).to_string(), true),
        ("text/plain; charset=utf-8", words.to_owned(), true),
        ("text/html", format!("<html><body>{words}</body></html>"), false),
        ("", String::new(), false),
    ];
    let statuses = [400, 401, 403, 404, 405, 408, 409, 410, 413, 415, 422, 429, 499, 500, 502, 503, 504];
    let operations = ["GET instances/-/-", "POST instances/-/-/data", "GET instances/-/-/data/-", "GET instances"];
    let cases = statuses.into_iter().flat_map(|status| operations.map(|operation| (status, operation)));
    let cases = cases.flat_map(|(status, operation)| bodies.iter().map(move |body| (status, operation, body)));
    each(cases, async |(status, operation, (kind, body, has_words))| {
        let answer = Answer::status(status).header("content-type", kind).body(body.clone());
        let error = error_of(&http, operation, answer).await;
        let case = format!("{operation}: {status} {body}: {error:?}");
        assert_eq!(error.status().map(|status| status.as_u16()), Some(status), "{case}");
        // None of these words makes a refusal a fault of the service.
        assert_eq!(error.kind(), kinds(status)[0], "{case}");
        let passes = matches!(status, 408 | 429 | 499 | 500 | 502 | 503 | 504);
        assert_eq!(error.is_transient(), passes, "{case}");
        assert_eq!(error.may_have_reached_server(), error.kind() == ErrorKind::Server, "{case}");
        assert_eq!(error.problem().message().is_some_and(|said| said.contains(words)), *has_words, "{case}");
    })
    .await;
}

/// Three causes of one status, told apart by the service's words.
#[tokio::test]
async fn a_list_s_400_is_a_slow_database_a_bad_instance_or_a_token_without_an_organisation() {
    let (list, http) = ("GET instances", http());
    let slow = error_of(&http, list, Answer::json(400, &json!("Exception while reading from stream"))).await;
    assert_eq!(slow.kind(), ErrorKind::Server, "{slow:?}");
    assert!(slow.is_transient() && slow.to_string().contains("too slow"), "{slow}");

    let poison = "The JSON value could not be converted to Altinn.Platform.Storage.Interface.Models.Instance. Path: $";
    let poison = error_of(&http, list, Answer::json(400, &json!(poison))).await;
    assert_eq!(poison.kind(), ErrorKind::Rejected, "{poison:?}");
    assert!(!poison.is_transient() && poison.to_string().contains("report it to Altinn"), "{poison}");

    let nobody = error_of(&http, list, Answer::status(400)).await;
    assert_eq!(nobody.kind(), ErrorKind::Rejected, "{nobody:?}");
    assert!(!nobody.is_transient() && nobody.to_string().contains("names no organisation"), "{nobody}");
    let bare = error_of(&http, list, Answer::json(400, &json!({"title": "Bad Request", "status": 400}))).await;
    assert!(bare.to_string().contains("names no organisation"), "{bare}");
    // A reason that is given is not overruled.
    let reason = "Both InstanceOwner.PartyId and InstanceOwnerIdentifier cannot be present at the same time.";
    let reason = error_of(&http, list, Answer::json(400, &json!(reason))).await;
    assert!(!reason.to_string().contains("names no organisation"), "{reason}");
    // Other operations have no such cause.
    let other = error_of(&http, "GET instances/-/-", Answer::status(400)).await;
    assert!(!other.to_string().contains("organisation"), "{other}");
}
