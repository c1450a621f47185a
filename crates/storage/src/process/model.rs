use altinn_core::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

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
    pub start_event: Option<String>,
    /// The task that waits for somebody. None before the beginning and after the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_task: Option<ProcessElement>,
    /// When it ended: from then on the submission is complete. Written by the app's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<Timestamp>,
    /// The end event it ended with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_event: Option<String>,
    /// Members that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

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
    pub element_id: Option<String>,
    /// Its name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its kind: `data`, `confirmation`, `signing`, `feedback`, `payment` … or an app's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub altinn_task_type: Option<String>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<Timestamp>,
    /// The outcome of its validation; no longer kept by newer apps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validated: Option<ValidationStatus>,
    /// How it was reached, such as `CompleteCurrentMoveToNext`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flow_type: Option<String>,
    /// Members that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

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
}
