//! What the older portal's message box sees.

use serde::Serialize;
use uuid::Uuid;

use super::{PlatformUser, ReadStatus, Substatus, TextMap};
use crate::dotnet::datetime::DateTime;
use crate::dotnet::json::net_object;

net_object! {
    /// What to search for.
    pub(crate) struct MessageBoxQuery = "Altinn.Platform.Storage.Helpers.MessageBoxQueryModel", nulls keep {
        "appId" => app_id: Option<String>,
        "includeActive" => include_active: bool,
        "includeArchived" => include_archived: bool,
        "includeDeleted" => include_deleted: bool,
        "fromLastChanged" => from_last_changed: Option<DateTime>,
        "toLastChanged" => to_last_changed: Option<DateTime>,
        "fromCreated" => from_created: Option<DateTime>,
        "toCreated" => to_created: Option<DateTime>,
        "searchString" => search_string: Option<String>,
        "archiveReference" => archive_reference: Option<String>,
        "instanceOwnerPartyIdList" => instance_owner_party_id_list: Option<Vec<i32>>,
        "language" => language: Option<String>,
        "filterMigrated" => filter_migrated: Option<bool>,
    }
}

/// An instance as a message.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MessageBoxInstance {
    pub(crate) id: String,
    pub(crate) instance_owner_id: Option<String>,
    pub(crate) org: Option<String>,
    pub(crate) app_name: String,
    pub(crate) title: Option<String>,
    pub(crate) process_current_task: &'static str,
    pub(crate) created_date_time: DateTime,
    pub(crate) last_changed_by: Option<String>,
    pub(crate) due_date_time: Option<DateTime>,
    /// 0 for kept, 1 for soft-deleted.
    pub(crate) delete_status: u8,
    pub(crate) read_status: ReadStatus,
    pub(crate) substatus: Option<Substatus>,
    pub(crate) allow_delete: bool,
    pub(crate) allow_new_copy: bool,
    pub(crate) authorized_for_write: bool,
    pub(crate) authorized_for_sign: bool,
    pub(crate) archived_date_time: Option<DateTime>,
    pub(crate) deleted_date_time: Option<DateTime>,
    pub(crate) presentation_text: Option<String>,
    pub(crate) data_values: Option<TextMap>,
}

/// An event as the portal shows it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SblInstanceEvent {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) created_date_time: Option<DateTime>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) event_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) user: Option<PlatformUser>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) related_user: Option<PlatformUser>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) additional_info: Option<String>,
}
