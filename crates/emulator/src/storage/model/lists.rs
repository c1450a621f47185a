//! Answers that hold several things.

use serde::Serialize;

use super::{Application, DataElement, InstanceEvent};
use crate::dotnet::datetime::DateTime;

/// One page of a query.
#[derive(Debug, Serialize)]
pub(crate) struct QueryResponse<T> {
    /// How many instances the page has, after filtering.
    pub(crate) count: usize,
    #[serde(rename = "self")]
    pub(crate) this: Option<String>,
    pub(crate) next: Option<String>,
    pub(crate) instances: Vec<T>,
}

/// The elements of an instance.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DataElementList {
    pub(crate) data_elements: Vec<DataElement>,
}

/// The events of an instance.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InstanceEventList {
    pub(crate) instance_events: Vec<InstanceEvent>,
}

/// Applications.
#[derive(Debug, Serialize)]
pub(crate) struct ApplicationList {
    pub(crate) applications: Vec<Application>,
}

/// The steps of a process.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProcessHistoryList {
    pub(crate) process_history: Vec<ProcessHistoryItem>,
}

/// One step. It names who took it.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProcessHistoryItem {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) event_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) element_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) occured: Option<DateTime>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) started: Option<DateTime>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ended: Option<DateTime>,
    pub(crate) performed_by: String,
}
