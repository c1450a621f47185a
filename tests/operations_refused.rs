//! Every operation of the client where it is refused: the kind of the error, and what it says helps.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails as loudly as a test")]

use altinn_watch as _;

use std::time::Duration;

use altinn_core::{Error, ErrorKind, InstanceId, ReadWrite};
use altinn_storage::{
    EventFilter, InstanceEvent, InstanceEventType, MessageLanguage, MessageQuery, NewInstance, PlatformUser,
    ProcessState, ReadStatus, SignRequest, Signee, Substatus,
};
use altinn_tests::clients;
use altinn_tests::fault::{Answer, FaultServer};
use altinn_tests::owner::{
    self, FOREIGN, KEPT, OPEN, Owner, USUAL, app_id, ended, no_element, no_instance, party, task,
};
use serde_json::json;

/// That `outcome` is an error of this kind that says `word`.
#[track_caller]
fn refused<T: std::fmt::Debug>(outcome: Result<T, Error>, kind: ErrorKind, word: &str) {
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.to_string().contains(word), "{error}");
}

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn creating() {
    let owner = Owner::start().await;
    let create = async |app: &str| owner.client.instances().create(&app_id(app), NewInstance::new(party())).await;
    refused(create(FOREIGN).await, ErrorKind::Forbidden, "action instantiate");
    refused(create("ttd/nosuch").await, ErrorKind::NotFound, "no such app");
}

#[tokio::test]
async fn deleting_and_bringing_back() {
    let owner = Owner::start().await;
    let instances = owner.client.instances();
    let usual = owner.instance(USUAL).await;
    refused(instances.delete(usual).await, ErrorKind::Forbidden, "action delete");
    refused(instances.undelete(usual).await, ErrorKind::Forbidden, "action delete");
    refused(instances.delete(no_instance()).await, ErrorKind::Forbidden, "no such instance");

    let kept = owner.instance(KEPT).await;
    owner.client.process(kept).update(ended()).await.unwrap();
    for hard in [false, true] {
        let outcome = instances.delete(kept).hard(hard).await;
        refused(outcome, ErrorKind::Forbidden, "preventInstanceDeletionForDays");
    }
    owner.emulator.clock().advance(jiff::SignedDuration::from_hours(31 * 24));
    let later = owner::client::<ReadWrite>(&owner.emulator, "ttd");
    later.instances().delete(kept).hard(true).await.unwrap();
    refused(later.instances().undelete(kept).await, ErrorKind::NotFound, "can't be undone");
}

#[tokio::test]
async fn small_changes() {
    let owner = Owner::start().await;
    let stranger = owner::client::<ReadWrite>(&owner.emulator, "digdir");
    let id = owner.instance(OPEN).await;
    let theirs = stranger.instances();
    refused(theirs.get(id).await, ErrorKind::Forbidden, "policy");
    refused(theirs.set_read_status(id, ReadStatus::Read).await, ErrorKind::Forbidden, "policy");
    refused(theirs.set_substatus(id, Substatus::new("a")).await, ErrorKind::Forbidden, "only the service owner");
    refused(theirs.set_presentation_texts(id, [("a", "1")]).await, ErrorKind::Forbidden, "task");
    refused(theirs.set_data_values(id, [("a", "1")]).await, ErrorKind::Forbidden, "task");

    let ours = owner.client.instances();
    refused(ours.set_substatus(no_instance(), Substatus::new("a")).await, ErrorKind::Server, "instances.get");
    refused(ours.set_data_values(no_instance(), [("a", "1")]).await, ErrorKind::Server, "instances.get");
    refused(ours.set_data_values(id, [("a", "")]).await, ErrorKind::InvalidInput, "\"a\"");
    refused(ours.get_by_guid(no_instance().guid()).await, ErrorKind::NotFound, "Unable to find instance");

    let confirming = owner.instance_in(USUAL, task("Task_2", "confirmation")).await;
    refused(ours.set_data_values(confirming, [("a", "1")]).await, ErrorKind::Forbidden, "confirmation confirm");
}

#[tokio::test]
async fn data() {
    let owner = Owner::start().await;
    let stranger = owner::client::<ReadWrite>(&owner.emulator, "digdir");
    let id = owner.instance(OPEN).await;
    let element = owner.upload(id, "attachment").await;
    let (data, theirs) = (owner.client.data(id), stranger.data(id));
    let write = "action write";
    refused(theirs.upload("attachment".parse().unwrap(), "x").await, ErrorKind::Forbidden, write);
    refused(theirs.replace(element.id, "x").await, ErrorKind::Forbidden, write);
    refused(theirs.delete(element.id).await, ErrorKind::Forbidden, write);
    refused(theirs.update_metadata(&element).await, ErrorKind::Forbidden, write);
    refused(theirs.lock(element.id).await, ErrorKind::Forbidden, "task");
    refused(theirs.unlock(element.id).await, ErrorKind::Forbidden, "unlock");

    refused(data.upload("nosuch".parse().unwrap(), "x").await, ErrorKind::Rejected, "does not declare");
    refused(data.replace(no_element(), "x").await, ErrorKind::NotFound, "not there");
    refused(data.replace(element.id, "").await, ErrorKind::InvalidInput, "destroys");
    refused(data.delete(no_element()).await, ErrorKind::NotFound, "not there");
    refused(data.delete(element.id).delayed().await, ErrorKind::Rejected, "autoDeleteOnProcessEnd");
    data.lock(element.id).await.unwrap();
    refused(data.replace(element.id, "x").await, ErrorKind::Conflict, "unlock it first");
    assert_eq!(data.download(element.id).bytes().await.unwrap(), "innhold");
}

#[tokio::test]
async fn what_the_service_takes_for_an_element_that_is_not_there() {
    let owner = Owner::start().await;
    let id = owner.instance(OPEN).await;
    let data = owner.client.data(id);
    let element = owner.upload(id, "attachment").await;
    data.delete(element.id).await.unwrap();
    let missing = "there is no such data element";
    refused(data.update_metadata(&element).await, ErrorKind::NotFound, missing);
    refused(data.lock(element.id).await, ErrorKind::NotFound, missing);
    refused(data.unlock(element.id).await, ErrorKind::NotFound, missing);
    refused(owner.client.data(no_instance()).lock(element.id).await, ErrorKind::NotFound, "any instance");
    refused(owner.client.data(no_instance()).unlock(element.id).await, ErrorKind::Forbidden, "no such instance");
}

#[tokio::test]
async fn the_instance_lock() {
    let owner = Owner::start().await;
    let stranger = owner::client::<ReadWrite>(&owner.emulator, "digdir");
    let instances = owner.client.instances();
    let id = owner.instance(OPEN).await;
    refused(stranger.instances().lock(id, MINUTE).await, ErrorKind::Forbidden, "task");
    refused(instances.lock(no_instance(), MINUTE).await, ErrorKind::NotFound, "no such instance");
    refused(instances.lock(id, Duration::ZERO).await, ErrorKind::InvalidInput, "one second");

    let lock = instances.lock(id, MINUTE).await.unwrap();
    refused(instances.lock(id, MINUTE).await, ErrorKind::Conflict, "somebody holds the lock");
    refused(lock.extend(Duration::ZERO).await, ErrorKind::InvalidInput, "one second");
    owner.emulator.clock().advance(jiff::SignedDuration::from_secs(61));
    refused(lock.extend(MINUTE).await, ErrorKind::Rejected, "run out");
    refused(lock.release().await, ErrorKind::Rejected, "run out");
    assert!(instances.lock(id, MINUTE).await.is_ok());
}

#[tokio::test]
async fn the_process() {
    let owner = Owner::start().await;
    let stranger = owner::client::<ReadWrite>(&owner.emulator, "digdir");
    let id = owner.instance_in(USUAL, task("Task_2", "confirmation")).await;
    let (process, theirs) = (owner.client.process(id), stranger.process(id));
    refused(theirs.state().await, ErrorKind::Forbidden, "policy");
    refused(theirs.history().await, ErrorKind::Forbidden, "policy");
    refused(process.update(ended()).await, ErrorKind::Forbidden, "confirmation confirm");
    let event = InstanceEvent::new(InstanceEventType::ProcessEndEvent).user(PlatformUser::org("ttd", 3));
    refused(process.update_with_events(ended(), [event]).await, ErrorKind::Forbidden, "confirmation confirm");
    refused(process.update(ProcessState::default()).await, ErrorKind::InvalidInput, "current task");

    let over = owner.instance_in(OPEN, ended()).await;
    refused(owner.client.process(over).update(task("Task_1", "data")).await, ErrorKind::Forbidden, "has ended");
    let missing = owner.client.process(no_instance());
    refused(missing.update(ended()).await, ErrorKind::NotFound, "no such instance");
    refused(missing.auth_info().await, ErrorKind::NotFound, "no such instance");
    let moved = InstanceId::new("520001".parse().unwrap(), id.guid());
    refused(owner.client.process(moved).auth_info().await, ErrorKind::NotFound, "another party");
}

#[tokio::test]
async fn events() {
    let owner = Owner::start().await;
    let stranger = owner::client::<ReadWrite>(&owner.emulator, "digdir");
    let (id, other) = (owner.instance(OPEN).await, owner.instance(OPEN).await);
    let posted = owner.client.events(id).post(InstanceEvent::new(InstanceEventType::Saved)).await.unwrap();
    let theirs = stranger.events(id);
    refused(theirs.list(EventFilter::new()).await, ErrorKind::Forbidden, "policy");
    refused(theirs.get(posted.id.unwrap()).await, ErrorKind::Forbidden, "policy");
    refused(theirs.post(InstanceEvent::new(InstanceEventType::Saved)).await, ErrorKind::Forbidden, "policy");

    refused(owner.client.events(id).get(uuid::Uuid::nil()).await, ErrorKind::NotFound, "404");
    let event = owner.client.events(other).get(posted.id.unwrap()).await;
    refused(event, ErrorKind::NotFound, "another instance");
    let again = owner.client.events(id).post(posted.clone()).await.unwrap_err();
    assert_eq!((again.kind(), again.attempts()), (ErrorKind::Server, 1), "{again}");
    assert!(again.may_have_reached_server() && again.to_string().contains("look for it by its id"), "{again}");
    refused(owner.client.events(other).post(posted).await, ErrorKind::InvalidInput, "another instance");
}

#[tokio::test]
async fn the_message_box() {
    let owner = Owner::start().await;
    let stranger = owner::client::<ReadWrite>(&owner.emulator, "digdir");
    let id = owner.instance(OPEN).await;
    let (ours, theirs) = (owner.client.message_box(), stranger.message_box());
    let language = MessageLanguage::default();
    refused(theirs.get(id, language).await, ErrorKind::Forbidden, "policy");
    refused(theirs.events(id).await, ErrorKind::Forbidden, "policy");
    refused(ours.get(no_instance(), language).await, ErrorKind::NotFound, "no such instance");
    refused(ours.search(MessageQuery::of([])).await, ErrorKind::InvalidInput, "no party");
    assert!(theirs.search(MessageQuery::of([party()])).await.unwrap().is_empty());
}

#[tokio::test]
async fn signing() {
    let owner = Owner::start().await;
    let id = owner.instance_in(OPEN, task("Task_2", "signing")).await;
    let form = owner.upload(id, "attachment").await.id;
    let instances = owner.client.instances();
    let request = |data_type: &str| SignRequest::new(data_type.parse().unwrap(), Signee::user(20_001));
    refused(instances.sign(id, request("nosuch").element(form)).await, ErrorKind::Rejected, "does not declare");
    refused(instances.sign(id, request("model").element(form)).await, ErrorKind::Rejected, "another task");
    refused(instances.sign(id, request("signature").element(no_element())).await, ErrorKind::NotFound, "DataElement");
    refused(instances.sign(id, request("signature")).await, ErrorKind::InvalidInput, "no data element");
    let usual = owner.instance_in(USUAL, task("Task_2", "signing")).await;
    refused(instances.sign(usual, request("signature").element(form)).await, ErrorKind::Forbidden, "action sign");
}

#[tokio::test]
async fn apps_and_texts() {
    let owner = Owner::start().await;
    let applications = owner.client.applications();
    refused(applications.get(&app_id("ttd/nosuch")).await, ErrorKind::NotFound, "no such app");
    refused(applications.text(&app_id(OPEN), "nb").await, ErrorKind::NotFound, "no texts in this language");
    refused(applications.text(&app_id(OPEN), "norsk").await, ErrorKind::InvalidInput, "two letters");
    refused(applications.list_of("a-b").await, ErrorKind::InvalidInput, "no hyphen");
}

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
