//! What operations make of answers that get lost, come twice or mislead.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails as loudly as a test")]

use altinn_watch as _;

use std::time::Duration;

use altinn_core::ErrorKind;
use altinn_storage::{InstanceEvent, InstanceEventType, NewInstance, PlatformUser, SignRequest, Signee, Substatus};
use altinn_tests::clients;
use altinn_tests::fault::{Answer, FaultServer};
use altinn_tests::owner::{OPEN, app_id, ended, no_element, no_instance, party};
use altinn_tests::refusal::refused;
use serde_json::json;

const MINUTE: Duration = Duration::from_secs(60);

/// What creates, or is judged by what it changes, is sent once; what may be repeated is.
#[tokio::test]
async fn only_what_does_no_harm_is_repeated() {
    let id = no_instance();
    let server = FaultServer::start([Answer::status(500).repeated()]).await.unwrap();
    let client = clients::client(server.url().as_str());
    let event = || InstanceEvent::new(InstanceEventType::Saved).user(PlatformUser::org("ttd", 3));
    let signature = SignRequest::new("signature".parse().unwrap(), Signee::user(1)).element(no_element());
    let once = [
        client.instances().create(&app_id(OPEN), NewInstance::new(party())).await.unwrap_err(),
        client.instances().lock(id, MINUTE).await.unwrap_err(),
        client.instances().sign(id, signature).await.unwrap_err(),
        client.events(id).post(event()).await.unwrap_err(),
        client.process(id).update(ended()).await.unwrap_err(),
        client.process(id).update_with_events(ended(), [event()]).await.unwrap_err(),
    ];
    for error in once {
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Server, 1), "{error}");
        assert!(error.may_have_reached_server(), "{error}");
    }
    let repeated = [
        client.instances().delete(id).await.unwrap_err(),
        client.data(id).replace(no_element(), "x").await.unwrap_err(),
    ];
    assert!(repeated.iter().all(|error| error.attempts() > 1), "{repeated:?}");
}

/// The answer to a release may be lost; the next attempt then finds no lock, and that is what was wanted.
#[tokio::test]
async fn a_release_whose_answer_was_lost_is_a_release() {
    let gone = || Answer::json(422, &json!({"title": "Unprocessable Entity", "detail": "Lock has expired."}));
    let held = || Answer::json(200, &json!({"lockToken": "eyJpZCI6MX0"}));
    let server = FaultServer::start([held(), Answer::cut(), gone(), held(), gone()]).await.unwrap();
    let client = clients::client(server.url().as_str());
    let lock = client.instances().lock(no_instance(), MINUTE).await.unwrap();
    lock.release().await.unwrap();
    let lock = client.instances().lock(no_instance(), MINUTE).await.unwrap();
    refused(lock.release().await, ErrorKind::Rejected, "run out");
    // An attempt that changed nothing has released nothing.
    server.push(held());
    server.push(Answer::status(429));
    server.push(gone());
    let lock = client.instances().lock(no_instance(), MINUTE).await.unwrap();
    refused(lock.release().await, ErrorKind::Rejected, "run out");
    let released = &server.requests()[1];
    assert_eq!(
        (released.method.as_str(), released.header("altinn-storage-lock-token")),
        ("PATCH", Some("eyJpZCI6MX0"))
    );
}

/// What the gateway before the service says, and faults that the service reports as something else.
#[tokio::test]
async fn misleading_answers_are_explained() {
    let id = no_instance();
    let path = |end: &str| format!("/storage/api/v1/instances/{id}/{end}");
    let gateway = json!({"statusCode": 401, "message": "Access denied due to missing subscription key."});
    let fault = format!("Unable to find instance {id}: Failed to connect to 127.0.0.1:5432");
    let server = FaultServer::start([
        Answer::json(401, &gateway).at(&path("substatus")).repeated(),
        Answer::json(404, &fault).at(&path("process/authinfo")),
        Answer::json(200, &json!({"appId": OPEN, "process": null})).at(&path("process/authinfo")),
    ])
    .await
    .unwrap();
    let client = clients::client(server.url().as_str());
    let outcome = client.instances().set_substatus(id, Substatus::new("a")).await;
    refused(outcome, ErrorKind::Unauthorized, "the gateway lets only apps");
    assert_eq!(client.process(id).auth_info().await.unwrap().process, None);
}
