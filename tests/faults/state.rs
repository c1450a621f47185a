//! All of a stage that an operation may change, to be compared before and after.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use altinn_core::{InstanceId, Timestamp};
use altinn_storage::{EventFilter, InstanceEvent, InstanceQuery};
use altinn_tests::owner::{USUAL, app_id};

use super::stage::Stage;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct State {
    /// What is logged of the instances of the app in which they are created.
    pub(super) created: Vec<Log>,
    pub(super) elements: usize,
    pub(super) events: Log,
    /// The times that the service notes, each as the number of events that were logged before it.
    pub(super) stamps: BTreeMap<&'static str, usize>,
    pub(super) confirmations: usize,
    pub(super) is_locked: bool,
    pub(super) soft_deleted: bool,
    pub(super) hard_deleted: bool,
    pub(super) read_status: Value,
    pub(super) substatus: Value,
    pub(super) text: Value,
    pub(super) value: Value,
    pub(super) task: Value,
    /// Of the stage's element; nothing when it is gone.
    pub(super) element: Option<Element>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Element {
    pub(super) content: String,
    pub(super) file_name: Value,
    pub(super) locked: bool,
    pub(super) tags: Value,
    pub(super) hard_deleted: bool,
}

/// How many events there are of each type. `of data` marks those of a data element.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Log(BTreeMap<String, usize>);

impl Log {
    pub(super) fn of_one(event: &str) -> Self {
        let mut log = Self::default();
        log.add(event, 1);
        log
    }

    fn of(events: &[InstanceEvent]) -> Self {
        let mut log = Self::default();
        for event in events {
            let of = if event.data_id.is_some() { " of data" } else { "" };
            log.add(&format!("{}{of}", event.event_type.as_ref().unwrap().as_str()), 1);
        }
        log
    }

    pub(super) fn add(&mut self, event: &str, times: usize) {
        *self.0.entry(event.to_owned()).or_default() += times;
    }

    pub(super) fn count(&self, event: &str) -> usize {
        self.0.get(event).copied().unwrap_or_default()
    }

    pub(super) fn len(&self) -> usize {
        self.0.values().sum()
    }
}

impl State {
    pub(super) async fn of(stage: &Stage<'_>) -> Self {
        let (look, id) = (&stage.look, stage.id);
        let page = look.instances().list(InstanceQuery::app(app_id(USUAL))).page_size(1000).await.unwrap();
        let mut created = Vec::new();
        for instance in page.instances {
            created.push(Log::of(&events(stage, instance.id).await));
        }
        let events = events(stage, id).await;
        let path = ["instances", &id.party().to_string(), &id.guid().to_string()].map(str::to_owned);
        let instance: Value = look.raw_get(path).send().await.unwrap().json().unwrap();
        let elements = instance["data"].as_array().unwrap();
        let own = elements.iter().find(|element| element["id"] == stage.element.id.to_string());
        let element = match own {
            Some(element) => {
                let content = look.data(id).download(stage.element.id).bytes().await.unwrap();
                Some(Element {
                    content: String::from_utf8(content.into()).unwrap(),
                    file_name: element["filename"].clone(),
                    locked: element["locked"] == true,
                    tags: element["tags"].clone(),
                    hard_deleted: element["deleteStatus"]["isHardDeleted"] == true,
                })
            }
            None => None,
        };
        let probe = look.instances().lock(id, Duration::from_secs(1)).await;
        let is_locked = match probe {
            Ok(free) => free.release().await.is_err(),
            Err(refused) => refused.status() == Some(http::StatusCode::CONFLICT),
        };
        Self {
            created,
            elements: elements.len(),
            events: Log::of(&events),
            stamps: stamps(&instance, own, &events),
            confirmations: instance["completeConfirmations"].as_array().map_or(0, Vec::len),
            is_locked,
            soft_deleted: instance["status"]["isSoftDeleted"] == true,
            hard_deleted: instance["status"]["isHardDeleted"] == true,
            read_status: instance["status"]["readStatus"].clone(),
            substatus: instance["status"]["substatus"]["label"].clone(),
            text: instance["presentationTexts"]["navn"].clone(),
            value: instance["dataValues"]["a"].clone(),
            task: instance["process"]["currentTask"]["elementId"].clone(),
            element,
        }
    }
}

async fn events(stage: &Stage<'_>, id: InstanceId) -> Vec<InstanceEvent> {
    stage.look.events(id).list(EventFilter::new()).await.unwrap()
}

/// An event is later than what the same request stamps, and earlier than what the next one does.
fn stamps(instance: &Value, element: Option<&Value>, events: &[InstanceEvent]) -> BTreeMap<&'static str, usize> {
    let element = element.unwrap_or(&Value::Null);
    let times = [
        ("lastChanged", &instance["lastChanged"]),
        ("softDeleted", &instance["status"]["softDeleted"]),
        ("hardDeleted", &instance["status"]["hardDeleted"]),
        ("confirmedOn", &instance["completeConfirmations"][0]["confirmedOn"]),
        ("data.lastChanged", &element["lastChanged"]),
        ("data.hardDeleted", &element["deleteStatus"]["hardDeleted"]),
    ];
    let mut stamps = BTreeMap::new();
    for (name, time) in times {
        if let Some(time) = time.as_str() {
            let time: Timestamp = time.parse().unwrap();
            stamps.insert(name, events.iter().filter(|event| event.created.unwrap() < time).count());
        }
    }
    stamps
}
