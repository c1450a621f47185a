//! Every operation of the client where it is refused: the kind of the error, and what it says helps.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails as loudly as a test")]

use altinn_watch as _;

use std::time::Duration;

use altinn_core::{ErrorKind, InstanceId, ReadWrite};
use altinn_storage::{
    EventFilter, InstanceEvent, InstanceEventType, InstanceQuery, MessageLanguage, MessageQuery, NewInstance,
    PlatformUser, ProcessState, ReadStatus, SignRequest, Signee, Substatus,
};
use altinn_tests::owner::{FOREIGN, KEPT, OPEN, Owner, USUAL, app_id, ended, no_element, no_instance, party, task};
use altinn_tests::refusal::refused;
use altinn_tests::surface::{Surface, covered};
use futures::future::BoxFuture;
use http::Method;

const MINUTE: Duration = Duration::from_secs(60);

/// Each of the service's operations is refused by itself at least once, and not by the client alone.
#[tokio::test]
async fn every_operation_is_refused_in_words_that_help() {
    let surface = Surface::load().unwrap();
    let refusals: [BoxFuture<'_, ()>; 13] = [
        Box::pin(creating(&surface)),
        Box::pin(deleting_and_bringing_back(&surface)),
        Box::pin(small_changes(&surface)),
        Box::pin(data(&surface)),
        Box::pin(what_the_service_takes_for_an_element_that_is_not_there(&surface)),
        Box::pin(the_instance_lock(&surface)),
        Box::pin(the_process(&surface)),
        Box::pin(events(&surface)),
        Box::pin(a_history_that_can_t_be_made(&surface)),
        Box::pin(without_a_database(&surface)),
        Box::pin(the_message_box(&surface)),
        Box::pin(signing(&surface)),
        Box::pin(apps_and_texts(&surface)),
    ];
    for refusals in refusals {
        refusals.await;
    }
    assert_eq!(surface.refused("storage"), covered("storage"));
}

async fn creating(surface: &Surface) {
    let owner = Owner::held_by(surface).await;
    let create = async |app: &str| owner.client.instances().create(&app_id(app), NewInstance::new(party())).await;
    refused(create(FOREIGN).await, ErrorKind::Forbidden, "action instantiate");
    refused(create("ttd/nosuch").await, ErrorKind::NotFound, "no such app");
}

async fn deleting_and_bringing_back(surface: &Surface) {
    let owner = Owner::held_by(surface).await;
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
    let later = owner.client_of::<ReadWrite>("ttd");
    later.instances().delete(kept).hard(true).await.unwrap();
    refused(later.instances().undelete(kept).await, ErrorKind::NotFound, "can't be undone");
}

async fn small_changes(surface: &Surface) {
    let owner = Owner::held_by(surface).await;
    let stranger = owner.client_of::<ReadWrite>("digdir");
    let id = owner.instance(OPEN).await;
    let theirs = stranger.instances();
    let listed = theirs.list(InstanceQuery::app(app_id(OPEN))).await;
    refused(listed, ErrorKind::Forbidden, "belongs to another service owner");
    refused(theirs.get(id).await, ErrorKind::Forbidden, "policy");
    refused(theirs.confirm(id).await, ErrorKind::Forbidden, "action complete");
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

async fn data(surface: &Surface) {
    let owner = Owner::held_by(surface).await;
    let stranger = owner.client_of::<ReadWrite>("digdir");
    let id = owner.instance(OPEN).await;
    let element = owner.upload(id, "attachment").await;
    let (data, theirs) = (owner.client.data(id), stranger.data(id));
    refused(theirs.list().await, ErrorKind::Forbidden, "policy");
    refused(theirs.download(element.id).bytes().await, ErrorKind::Forbidden, "policy");
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

async fn what_the_service_takes_for_an_element_that_is_not_there(surface: &Surface) {
    let owner = Owner::held_by(surface).await;
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

async fn the_instance_lock(surface: &Surface) {
    let owner = Owner::held_by(surface).await;
    let stranger = owner.client_of::<ReadWrite>("digdir");
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

async fn the_process(surface: &Surface) {
    let owner = Owner::held_by(surface).await;
    let stranger = owner.client_of::<ReadWrite>("digdir");
    let id = owner.instance_in(USUAL, task("Task_2", "confirmation")).await;
    let (process, theirs) = (owner.client.process(id), stranger.process(id));
    refused(theirs.state().await, ErrorKind::Forbidden, "policy");
    refused(theirs.history().await, ErrorKind::Forbidden, "policy");
    refused(process.update(ended()).await, ErrorKind::Forbidden, "confirmation confirm");
    let event = || {
        let mut event = InstanceEvent::new(InstanceEventType::ProcessEndEvent).user(PlatformUser::org("ttd", 3));
        event.process_info = Some(ended());
        event
    };
    let move_with = async |events: Vec<InstanceEvent>| process.update_with_events(ended(), events).await;
    refused(move_with(vec![event()]).await, ErrorKind::Forbidden, "confirmation confirm");
    let (twice, mut stateless) = (event(), event());
    stateless.process_info = None;
    refused(move_with(vec![twice.clone(), event(), twice]).await, ErrorKind::InvalidInput, "the same id");
    refused(move_with(vec![stateless]).await, ErrorKind::InvalidInput, "history");
    refused(process.update(ProcessState::default()).await, ErrorKind::InvalidInput, "current task");

    // What was generated in the task is deleted first, and stays so.
    let id = owner.instance(OPEN).await;
    let stored = owner.client.events(id).post(InstanceEvent::new(InstanceEventType::Saved)).await.unwrap();
    let receipt = owner.client.data(id).upload("attachment".parse().unwrap(), "kvittering");
    receipt.generated_from_task("Task_2").await.unwrap();
    let again = stored.user(PlatformUser::org("ttd", 3));
    let moved = owner.client.process(id).update_with_events(task("Task_2", "data"), [again]).await;
    refused(moved, ErrorKind::Server, "process.update_with_events");
    assert_eq!(
        owner.client.process(id).state().await.unwrap().unwrap().current_task.unwrap().element_id.unwrap(),
        "Task_1"
    );
    assert!(owner.client.data(id).list().await.unwrap().is_empty());

    let over = owner.instance_in(OPEN, ended()).await;
    refused(owner.client.process(over).update(task("Task_1", "data")).await, ErrorKind::Forbidden, "has ended");
    let missing = owner.client.process(no_instance());
    refused(missing.update(ended()).await, ErrorKind::NotFound, "no such instance");
    refused(missing.auth_info().await, ErrorKind::NotFound, "no such instance");
    let moved = InstanceId::new("520001".parse().unwrap(), id.guid());
    refused(owner.client.process(moved).auth_info().await, ErrorKind::NotFound, "another party");
}

async fn events(surface: &Surface) {
    let owner = Owner::held_by(surface).await;
    let stranger = owner.client_of::<ReadWrite>("digdir");
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

/// Events that others have posted; this client posts none of them.
async fn a_history_that_can_t_be_made(surface: &Surface) {
    let owner = Owner::held_by(surface).await;
    let id = owner.instance(OPEN).await;
    let event = |event_type| InstanceEvent::new(event_type).user(PlatformUser::org("ttd", 3));
    let by_nobody = InstanceEvent::new(InstanceEventType::ProcessStartEvent);
    let stateless = event(InstanceEventType::ProcessEndEvent);
    let mut nameless = event(InstanceEventType::ProcessEndEvent);
    nameless.process_info = Some(ProcessState::default());
    let begun = || {
        let mut begun = event(InstanceEventType::ProcessStartTask);
        begun.process_info = Some(task("Task_1", "data"));
        begun
    };
    for broken in [by_nobody, stateless, nameless] {
        let events = owner.client.events(id);
        refused(events.post(broken.clone()).await, ErrorKind::InvalidInput, "history");
        owner.client.process(id).history().await.unwrap();

        let another = owner.instance(OPEN).await;
        let mut sent = broken;
        sent.instance_id = Some(another.to_string().into());
        let path =
            ["instances".to_owned(), another.party().to_string(), another.guid().to_string(), "events".to_owned()];
        let posted = owner.client.raw_write(Method::POST, path).json(&sent).unwrap().send().await.unwrap();
        assert_eq!(posted.status(), 201);
        // The service stumbles on a nameless end when it looks for the task that an event after it tells of.
        owner.client.events(another).post(begun()).await.unwrap();
        refused(owner.client.process(another).history().await, ErrorKind::Server, "read them by events.list");
        assert_eq!(owner.client.events(another).list(EventFilter::new()).await.unwrap().len(), 3);
    }
}

/// What nobody is refused fails when the service does.
async fn without_a_database(surface: &Surface) {
    let owner = Owner::held_by(surface).await;
    owner.emulator.outages().set_database(true);
    let applications = owner.client.applications();
    for error in [
        applications.list().await.unwrap_err(),
        applications.list_of("ttd").await.unwrap_err(),
        owner.client.message_box().search(MessageQuery::of([party()])).await.unwrap_err(),
    ] {
        assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::Server, 500), "{error}");
        assert!(error.is_transient() && error.attempts() > 1, "{error}");
    }
}

async fn the_message_box(surface: &Surface) {
    let owner = Owner::held_by(surface).await;
    let stranger = owner.client_of::<ReadWrite>("digdir");
    let id = owner.instance(OPEN).await;
    let (ours, theirs) = (owner.client.message_box(), stranger.message_box());
    let language = MessageLanguage::default();
    refused(theirs.get(id, language).await, ErrorKind::Forbidden, "policy");
    refused(theirs.events(id).await, ErrorKind::Forbidden, "policy");
    refused(ours.get(no_instance(), language).await, ErrorKind::NotFound, "no such instance");
    refused(ours.search(MessageQuery::of([])).await, ErrorKind::InvalidInput, "no party");
    assert!(theirs.search(MessageQuery::of([party()])).await.unwrap().is_empty());
}

async fn signing(surface: &Surface) {
    let owner = Owner::held_by(surface).await;
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

async fn apps_and_texts(surface: &Surface) {
    let owner = Owner::held_by(surface).await;
    let applications = owner.client.applications();
    refused(applications.get(&app_id("ttd/nosuch")).await, ErrorKind::NotFound, "no such app");
    refused(applications.text(&app_id(OPEN), "nb").await, ErrorKind::NotFound, "no texts in this language");
    owner.deploy_texts(OPEN, "nn", "tittel", "Blåbær").await;
    for language in ["norsk", "NN"] {
        refused(applications.text(&app_id(OPEN), language).await, ErrorKind::InvalidInput, "two small letters");
    }
    for code in ["a-b", "TTD", "ttd.", "ttd/x", ""] {
        refused(applications.list_of(code).await, ErrorKind::InvalidInput, "a service owner's code");
    }
}
