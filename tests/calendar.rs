//! Times at the ends of the service's calendar, which stand for "never set" and "no end", hold nothing up and come back
//! as they were.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails as loudly as a test")]

use altinn_watch as _;

use altinn_auth::Credentials;
use altinn_core::{Environment, INSTANCES_READ, Read, Timestamp};
use altinn_emulator::{Emulator, World};
use altinn_storage::{
    Client, EventFilter, InstanceEvent, InstanceEventType, InstanceQuery, NewInstance, Substatus, Window,
};
use altinn_tests::clients::client;
use altinn_tests::fault::{Answer, FaultServer};
use altinn_tests::owner::{OPEN, Owner, app_id, party, task};
use altinn_tests::sample::{element, id};
use futures::TryStreamExt;
use serde_json::{Value, json};

const FIRST: &str = "0001-01-01T00:00:00Z";
const LAST: &str = "9999-12-31T23:59:59.9999999Z";
/// The last day, as somebody writes it by hand.
const LAST_DAY: &str = "9999-12-31T00:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[tokio::test]
async fn an_instance_without_an_end_is_worked_on_like_any_other() {
    let owner = Owner::start().await;
    let instances = owner.client.instances();
    for due in [LAST, LAST_DAY] {
        let new =
            NewInstance::new(party()).due_before(at(due)).visible_after(at(FIRST)).process(task("Task_1", "data"));
        let created = instances.create(&app_id(OPEN), new).await.unwrap();
        assert_eq!((created.due_before, created.visible_after), (Some(at(due)), Some(at(FIRST))));
        instances.confirm(created.id).await.unwrap();
        instances.set_substatus(created.id, Substatus::new("merke")).await.unwrap();
        let read = instances.get(created.id).await.unwrap();
        assert_eq!(read.due_before.unwrap().to_string(), due);
        assert!(read.is_confirmed_by("ttd"));
    }
    let found: Vec<_> = instances.list(InstanceQuery::org("ttd")).items().try_collect().await.unwrap();
    let due: Vec<_> = found.iter().map(|instance| instance.due_before.unwrap().to_string()).collect();
    assert_eq!(due, [LAST, LAST_DAY]);
    let endless = InstanceQuery::org("ttd").due_before(Window::from(at(LAST_DAY)));
    assert_eq!(instances.list(endless).await.unwrap().instances.len(), 2);
    let changed = InstanceQuery::org("ttd").last_changed(Window::from(at(FIRST)).through(at(LAST)));
    assert_eq!(instances.list(changed).await.unwrap().instances.len(), 2);
}

#[tokio::test]
async fn a_process_and_its_events_go_back_as_they_were_read() {
    let owner = Owner::start().await;
    let mut state = task("Task_1", "data");
    (state.started, state.current_task.as_mut().unwrap().ended) = (Some(at(FIRST)), Some(at(LAST)));
    let id = owner.instance_in(OPEN, state.clone()).await;
    let process = owner.client.process(id);
    let read = process.state().await.unwrap().unwrap();
    assert_eq!((read.started, read.current_task.as_ref().unwrap().ended), (Some(at(FIRST)), Some(at(LAST))));
    let moved = process.update(read.clone()).await.unwrap();
    assert_eq!(moved.process, Some(read));

    let events = owner.client.events(id);
    events.post(InstanceEvent::new(InstanceEventType::Saved).created(at(LAST))).await.unwrap();
    let late = events.list(EventFilter::new().between(at(LAST_DAY), at(LAST))).await.unwrap();
    assert_eq!(late.iter().map(|event| event.created).collect::<Vec<_>>(), [Some(at(LAST))]);
}

#[tokio::test]
async fn one_app_without_an_end_hides_no_other() {
    let world = r#"{"orgs": {"ttd": {"orgNumber": "405003309", "name": {}}}, "policies": {"open": {"owner": ["read"]}},
        "apps": {"ttd/usual": {"policy": "open"}, "ttd/endless": {"policy": "open", "metadata":
            {"validFrom": "0001-01-01T00:00:00", "validTo": "9999-12-31T23:59:59.9999999"}}}}"#;
    let emulator = Emulator::builder().world(World::from_json(world).unwrap()).start().await.unwrap();
    let token = emulator.service_owner_token("ttd", INSTANCES_READ).unwrap();
    let environment = Environment::emulator(emulator.url()).unwrap();
    let client: Client<Read> = Client::builder(Credentials::with_token(environment, token)).build().unwrap();
    for found in [client.applications().list().await.unwrap(), client.applications().list_of("ttd").await.unwrap()] {
        assert_eq!(found.len(), 2);
        let endless = found.iter().find(|app| app.valid_to.is_some()).unwrap();
        assert_eq!((endless.valid_from, endless.valid_to), (Some(at(FIRST)), Some(at(LAST))));
    }
    let endless = client.applications().get(&"ttd/endless".parse().unwrap()).await.unwrap();
    assert_eq!(endless.valid_to, Some(at(LAST)));
}

/// The service takes whatever is sent as what the element is from then on.
#[tokio::test]
async fn metadata_that_is_changed_keeps_its_times() {
    let stored = json!({"id": element(0).id, "instanceGuid": id().guid(), "dataType": "attachment", "created": FIRST,
        "lastChanged": LAST_DAY, "deleteStatus": {"isHardDeleted": false, "softDeleted": LAST, "hardDeleted": LAST}});
    let instance = json!({"id": id(), "lastChanged": LAST_DAY, "data": [stored]});
    let server = FaultServer::start([Answer::json(200, &instance), Answer::json(200, &stored)]).await.unwrap();
    let client = client(server.url().as_str());
    client.data(id()).edit_metadata(element(0).id, |element| element.add_tag("lest")).await.unwrap();
    let sent: Value = serde_json::from_slice(&server.requests()[1].body).unwrap();
    for (name, value) in stored.as_object().unwrap() {
        assert_eq!(&sent[name], value, "{name}");
    }
}
