//! All of a stage that an operation may change, to be compared before and after.

use std::time::Duration;

use serde_json::Value;

use altinn_storage::{EventFilter, InstanceEventType, InstanceQuery};
use altinn_tests::owner::{USUAL, app_id};

use super::stage::Stage;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct State {
    /// Instances of the app in which they are created.
    pub(super) created: usize,
    pub(super) elements: usize,
    /// Events that somebody posted.
    pub(super) posted: usize,
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

impl State {
    pub(super) async fn of(stage: &Stage<'_>) -> Self {
        let (look, id) = (&stage.look, stage.id);
        let created = look.instances().list(InstanceQuery::app(app_id(USUAL))).page_size(1000).await.unwrap();
        let events = look.events(id).list(EventFilter::new().event_type(InstanceEventType::Saved)).await.unwrap();
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
            created: created.instances.len(),
            elements: elements.len(),
            // Replacing leaves an event of the same kind, for its element.
            posted: events.iter().filter(|event| event.data_id.is_none()).count(),
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
