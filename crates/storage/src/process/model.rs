use std::fmt;

use altinn_core::{AppId, Secret, Text, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::events::InstanceEventType;
use crate::wire::{members, private_text};

/// Where an instance stands in its app's process.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ProcessState {
    /// When it began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started: Option<Timestamp>,
    /// The start event it began with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_event: Option<Text>,
    /// The task that waits for somebody. None before the beginning and after the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_task: Option<ProcessElement>,
    /// When it ended: from then on the submission is complete. Written by the app's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<Timestamp>,
    /// The end event it ended with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_event: Option<Text>,
    /// Members that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

members! { ProcessState [] {
    "started" => started,
    "startEvent" => start_event,
    "currentTask" => current_task,
    "ended" => ended,
    "endEvent" => end_event,
} extra }

/// A task of a process.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ProcessElement {
    /// A number that grows with each task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flow: Option<i32>,
    /// When it began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started: Option<Timestamp>,
    /// Its id in the process definition, such as `Task_1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub element_id: Option<Text>,
    /// Its name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Text>,
    /// Its kind: `data`, `confirmation`, `signing`, `feedback`, `payment` … or an app's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub altinn_task_type: Option<Text>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<Timestamp>,
    /// The outcome of its validation; no longer kept by newer apps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validated: Option<ValidationStatus>,
    /// How it was reached, such as `CompleteCurrentMoveToNext`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flow_type: Option<Text>,
    /// Members that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

members! { ProcessElement [] {
    "flow" => flow,
    "started" => started,
    "elementId" => element_id,
    "name" => name,
    "altinnTaskType" => altinn_task_type,
    "ended" => ended,
    "validated" => validated,
    "flowType" => flow_type,
} extra }

/// The outcome of a task's validation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ValidationStatus {
    /// When it was validated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<Timestamp>,
    /// Whether the task may be completed.
    pub can_complete_task: bool,
    /// Members that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A step of a process that has happened. `Debug` leaves out who did it.
#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ProcessHistoryItem {
    /// What it tells of: the beginning, the end, or a task.
    pub event_type: Option<InstanceEventType>,
    /// The id of the start event, task or end event, such as `Task_1`.
    pub element_id: Option<Text>,
    /// When it happened. Missing for a task that stands there by its end alone.
    #[serde(rename = "occured")]
    pub occurred: Option<Timestamp>,
    /// When the task began.
    pub started: Option<Timestamp>,
    /// When the task ended.
    pub ended: Option<Timestamp>,
    /// Who did it: a national identity number, a service owner's code, or the organisation number of a system user's
    /// owner. Empty for a user who is known by user id alone.
    #[serde(with = "private_text")]
    pub performed_by: Option<Secret>,
    /// Members that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl fmt::Debug for ProcessHistoryItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProcessHistoryItem")
            .field("event_type", &self.event_type)
            .field("element_id", &self.element_id)
            .field("occurred", &self.occurred)
            .field("started", &self.started)
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}

/// Process and app of an instance.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AuthInfo {
    /// Where the process stands; none if it never began.
    #[serde(default)]
    pub process: Option<ProcessState>,
    /// The instance's app.
    #[serde(default)]
    pub app_id: Option<AppId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_did_it_does_not_print() {
        let item = r#"{"eventType":"process_StartTask","elementId":"Task_1","occured":"2026-01-01T08:00:00",
            "performedBy":"01039012345"}"#;
        let item: ProcessHistoryItem = serde_json::from_str(item).unwrap();
        assert_eq!(item.event_type, Some(InstanceEventType::ProcessStartTask));
        assert!(item.occurred.is_some());
        assert_eq!(item.performed_by.as_ref().map(Secret::expose), Some("01039012345"));
        assert!(!format!("{item:?}").contains("01039012345"));
    }
}
