//! The documents in `openapi/` against the list of what covers their operations.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper of a test fails as loudly as a test"
)]

use altinn_watch as _;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use altinn_storage::{
    EventFilter, InstanceEvent, InstanceEventType, InstanceQuery, MessageLanguage, MessageQuery, PlatformUser,
    ReadStatus, SignRequest, Signee, Substatus, Window,
};
use altinn_tests::owner::{OPEN, Owner, app_id, ended, party, task};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Cover {
    Method(String),
    Absent(String),
}

fn read_file(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi").join(name)).unwrap()
}

#[test]
fn every_operation_has_a_method_or_a_reason() {
    let covers: BTreeMap<String, BTreeMap<String, Cover>> = toml::from_str(&read_file("operations.toml")).unwrap();
    for (service, covers) in covers {
        let document: Value = serde_json::from_str(&read_file(&format!("{service}.json"))).unwrap();
        let mut operations = BTreeMap::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap().iter().filter(|(name, _)| *name != "parameters") {
                let id = operation["operationId"].as_str().unwrap();
                operations.insert(format!("{} {path}", method.to_uppercase()), id.to_owned());
            }
        }
        let documented: BTreeSet<&String> = operations.keys().collect();
        assert_eq!(documented, covers.keys().collect(), "{service}");
        for (operation, cover) in &covers {
            match cover {
                // `instances.list` is `Client::instances().list`, so that names are the same everywhere.
                Cover::Method(method) => {
                    let named = method.strip_prefix("Client::").unwrap().replace("()", "");
                    assert_eq!(named, operations[operation], "{operation}");
                }
                Cover::Absent(reason) => assert!(reason.len() > 20, "{operation} has no reason worth reading"),
            }
        }
    }
}

#[test]
fn every_reference_in_a_document_leads_somewhere() {
    fn walk<'a>(value: &'a Value, out: &mut Vec<&'a str>) {
        match value {
            Value::Object(members) => {
                out.extend(members.get("$ref").and_then(Value::as_str));
                members.values().for_each(|value| walk(value, out));
            }
            Value::Array(items) => items.iter().for_each(|value| walk(value, out)),
            _ => {}
        }
    }
    let document: Value = serde_json::from_str(&read_file("storage.json")).unwrap();
    let mut references = Vec::new();
    walk(&document, &mut references);
    assert!(references.len() > 10);
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

/// The layer in the owner's client holds each request and answer on the way against the document.
#[tokio::test]
async fn every_operation_keeps_to_the_document() {
    let owner = Owner::start().await;
    let id = owner.instance(OPEN).await;
    let element = owner.upload(id, "attachment").await;
    instances(&owner, id).await;

    let data = owner.client.data(id);
    data.download(&element).bytes().await.unwrap();
    data.replace(element.id, "nytt").keeping(&element).await.unwrap();
    data.lock(element.id).await.unwrap();
    data.unlock(element.id).await.unwrap();
    let mut read = data.list().await.unwrap().remove(0);
    read.add_tag("lest");
    data.update_metadata(&read).await.unwrap();

    let process = owner.client.process(id);
    process.update(task("Task_2", "signing")).await.unwrap();
    let request = SignRequest::new("signature".parse().unwrap(), Signee::user(20_001)).element(element.id);
    owner.client.instances().sign(id, request).await.unwrap();
    let event = InstanceEvent::new(InstanceEventType::ProcessEndEvent).user(PlatformUser::org("ttd", 3));
    process.update_with_events(ended(), [event.clone()]).keeping_generated_elements().await.unwrap();
    process.history().await.unwrap();
    process.auth_info().await.unwrap();

    let events = owner.client.events(id);
    events.get(event.id.unwrap()).await.unwrap();
    events.post(InstanceEvent::new(InstanceEventType::Saved)).await.unwrap();
    let (from, to) = ("2020-01-01T00:00:00Z".parse().unwrap(), "2999-01-01T00:00:00Z".parse().unwrap());
    events.list(EventFilter::new().event_type(InstanceEventType::Saved).between(from, to)).await.unwrap();

    let applications = owner.client.applications();
    applications.list().await.unwrap();
    applications.list_of("ttd").await.unwrap();
    applications.get(&app_id(OPEN)).await.unwrap();
    owner.deploy_texts(OPEN, "nb", "tittel", "Blåbær").await;
    applications.text(&app_id(OPEN), "nb").await.unwrap();
    data.delete(element.id).await.unwrap();
    let messages = owner.client.message_box();
    let at = "2020-01-01T00:00:00Z".parse().unwrap();
    let query =
        MessageQuery::of([party()]).app(app_id(OPEN)).active().archived().deleted().search("Åse").altinn3_only();
    assert_eq!(messages.search(query.last_changed(Window::from(at)).created(Window::from(at))).await.unwrap().len(), 1);
    messages.get(id, MessageLanguage::English).await.unwrap();
    messages.events(id).await.unwrap();

    let covers: BTreeMap<String, BTreeMap<String, Cover>> = toml::from_str(&read_file("operations.toml")).unwrap();
    let methods = covers["storage"].values().filter_map(|cover| match cover {
        Cover::Method(method) => Some(method.replace("Client::", "").replace("()", "")),
        Cover::Absent(_) => None,
    });
    assert_eq!(owner.surface.called(), methods.collect());
}

async fn instances(owner: &Owner, id: altinn_core::InstanceId) {
    let instances = owner.client.instances();
    instances.get(id).await.unwrap();
    instances.get_by_guid(id.guid()).await.unwrap();
    instances.list(InstanceQuery::org("ttd")).items().try_next().await.unwrap();
    instances.set_read_status(id, ReadStatus::Read).await.unwrap();
    instances.set_substatus(id, Substatus::new("merke")).await.unwrap();
    instances.set_presentation_texts(id, [("navn", "Åse")]).await.unwrap();
    instances.set_data_values(id, [("a", "1")]).await.unwrap();
    let lock = instances.lock(id, std::time::Duration::from_secs(60)).await.unwrap();
    lock.extend(std::time::Duration::from_secs(60)).await.unwrap();
    lock.release().await.unwrap();
    instances.confirm(id).await.unwrap();
    instances.delete(id).hard(false).await.unwrap();
    instances.undelete(id).await.unwrap();
}
