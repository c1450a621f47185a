//! What Studio sees.

use serde::Serialize;

use super::FileScanResult;
use crate::dotnet::datetime::DateTime;

/// An instance in short.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SimpleInstance {
    pub(crate) id: String,
    pub(crate) org: String,
    pub(crate) app: String,
    pub(crate) is_read: bool,
    pub(crate) current_task_id: Option<String>,
    pub(crate) current_task_name: Option<String>,
    pub(crate) completed_at: Option<DateTime>,
    pub(crate) archived_at: Option<DateTime>,
    pub(crate) soft_deleted_at: Option<DateTime>,
    pub(crate) hard_deleted_at: Option<DateTime>,
    pub(crate) confirmed_at: Option<DateTime>,
    pub(crate) created_at: Option<DateTime>,
    pub(crate) last_changed_at: Option<DateTime>,
}

/// An instance in short, with its elements.
#[derive(Debug, Serialize)]
pub(crate) struct SimpleInstanceDetails {
    #[serde(flatten)]
    pub(crate) instance: SimpleInstance,
    pub(crate) data: Vec<SimpleDataElement>,
}

/// A data element in short.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SimpleDataElement {
    pub(crate) id: String,
    pub(crate) data_type: Option<String>,
    pub(crate) content_type: Option<String>,
    pub(crate) size: i64,
    pub(crate) locked: bool,
    pub(crate) is_read: bool,
    pub(crate) file_scan_result: FileScanResult,
    pub(crate) hard_deleted_at: Option<DateTime>,
    pub(crate) created_at: Option<DateTime>,
    pub(crate) last_changed_at: Option<DateTime>,
}
