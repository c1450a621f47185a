//! What the service answers while something behind it is out of order is not taken for the truth.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails as loudly as a test")]

use altinn_watch as _;

use std::time::Duration;

use altinn_auth::Credentials;
use altinn_core::{Environment, Error, ErrorKind, ReadWrite, Scope};
use altinn_emulator::{Emulator, World};
use altinn_storage::{Client, EventFilter, InstanceQuery, NewInstance, Substatus};
use altinn_tests::clients::quick;
use altinn_tests::owner::{OPEN, Owner, app_id, ended, party};
use altinn_tests::redaction::assert_redacted;

/// That `outcome` is a fault that may pass, of this status.
#[track_caller]
fn passing<T: std::fmt::Debug>(outcome: Result<T, Error>, status: u16) {
    let error = outcome.unwrap_err();
    assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::Server, status), "{error}");
    assert!(error.is_transient() && error.may_pass(), "{error}");
}

/// That `outcome` is a 403 whose explanation says that it may pass.
#[track_caller]
fn doubtful<T: std::fmt::Debug>(outcome: Result<T, Error>) {
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden, "{error}");
    assert!(error.advice().unwrap().contains("may be out of order"), "{error}");
    assert!(error.may_pass() && !error.is_transient(), "{error}");
}

#[tokio::test]
async fn without_its_database_nothing_is_gone() {
    let owner = Owner::start().await;
    let id = owner.instance(OPEN).await;
    let element = owner.upload(id, "attachment").await;
    let (client, instances) = (&owner.client, owner.client.instances());
    owner.emulator.outages().set_database(true);
    passing(instances.get(id).await, 404);
    passing(instances.get_by_guid(id.guid()).await, 404);
    passing(client.process(id).auth_info().await, 404);
    passing(instances.list(InstanceQuery::org("ttd")).await, 500);
    passing(client.data(id).list().await, 500);
    passing(client.data(id).download(&element).bytes().await, 500);
    passing(client.events(id).list(EventFilter::new()).await, 500);
    passing(instances.confirm(id).await, 500);
    passing(instances.set_substatus(id, Substatus::new("merke")).await, 500);
    let error = instances.create(&app_id(OPEN), NewInstance::new(party())).await.unwrap_err();
    assert!(error.may_have_reached_server() && error.attempts() == 1, "{error}");
    assert!(error.to_string().contains("Unable to create ttd/open instance for 510001"), "{error}");
    assert!(client.applications().get(&app_id(OPEN)).await.is_ok(), "kept by the service");

    owner.emulator.outages().set_database(false);
    assert_eq!(instances.get(id).await.unwrap().data[0].id, element.id);
    let missing = instances.get(altinn_tests::owner::no_instance()).await.unwrap_err();
    assert_eq!((missing.kind(), missing.is_transient()), (ErrorKind::NotFound, false), "this one is true");
    assert!(!missing.may_pass());
}

#[tokio::test]
async fn without_the_decision_point_a_403_is_no_judgement() {
    let owner = Owner::start().await;
    let id = owner.instance(OPEN).await;
    let element = owner.upload(id, "attachment").await;
    let (client, instances) = (&owner.client, owner.client.instances());
    // What was decided within five minutes counts still.
    owner.emulator.clock().advance(jiff::SignedDuration::from_mins(6));
    owner.emulator.outages().set_decision_point(true);
    doubtful(instances.get(id).await);
    doubtful(client.data(id).list().await);
    doubtful(client.data(id).download(&element).bytes().await);
    passing(client.events(id).list(EventFilter::new()).await, 500);
    passing(instances.confirm(id).await, 500);
    passing(client.data(id).delete(element.id).await, 500);
    doubtful(instances.create(&app_id(OPEN), NewInstance::new(party())).await);
    doubtful(instances.set_presentation_texts(id, [("navn", "Åse")]).await);
    doubtful(instances.set_data_values(id, [("nummer", "1")]).await);
    doubtful(instances.lock(id, Duration::from_secs(60)).await);
    doubtful(client.process(id).update(ended()).await);
    doubtful(client.data(id).lock(element.id).await);
    doubtful(client.data(id).unlock(element.id).await);
    assert_eq!(instances.list(InstanceQuery::org("ttd")).await.unwrap().instances.len(), 1, "asks nobody");
    instances.set_substatus(id, Substatus::new("merke")).await.unwrap();
    owner.emulator.outages().set_decision_point(false);
    assert!(instances.get(id).await.unwrap().complete_confirmations.is_empty());
}

#[tokio::test]
async fn without_its_blobs_nothing_changes() {
    let owner = Owner::start().await;
    let id = owner.instance(OPEN).await;
    let element = owner.upload(id, "attachment").await;
    let data = owner.client.data(id);
    owner.emulator.outages().set_blobs(true);
    passing(data.download(&element).bytes().await, 500);
    passing(data.replace(element.id, "nytt").keeping(&element).await, 500);
    passing(data.delete(element.id).await, 500);
    let upload = data.upload("attachment".parse().unwrap(), "enda et").await.unwrap_err();
    assert!(upload.may_have_reached_server() && upload.attempts() == 1, "{upload}");
    assert_eq!(data.list().await.unwrap().len(), 1);
    owner.instance(OPEN).await;
    owner.emulator.outages().set_blobs(false);
    assert_eq!(data.download(&element).bytes().await.unwrap(), "innhold");
}

#[tokio::test]
async fn a_staging_page_repeats_the_token_and_no_error_does() {
    let world = r#"{"orgs": {"ttd": {"orgNumber": "405003309", "name": {}}}, "platform": {"staging": true},
                    "apps": {"ttd/open": {"policy": "open"}}, "policies": {"open": {"owner": ["read"]}}}"#;
    let builder = Emulator::builder().world(World::from_json(world).unwrap());
    let emulator = builder.start().await.unwrap();
    let token = emulator.service_owner_token("ttd", &ReadWrite::SCOPES.join(" ")).unwrap();
    let environment = Environment::emulator(emulator.url()).unwrap();
    let client: Client<ReadWrite> =
        Client::builder(Credentials::with_token(environment, token.as_str())).retry(quick()).build().unwrap();
    emulator.outages().set_database(true);
    let id = "510001/00000000-0000-4000-8000-00000000dead".parse().unwrap();
    let error = client.data(id).list().await.unwrap_err();
    assert!(error.is_transient() && error.to_string().contains("NullReferenceException"), "{error}");
    assert_redacted(&format!("{error} {error:?} {error:#?}"), &[("token", &token)]);
}
