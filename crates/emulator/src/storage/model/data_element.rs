//! Data elements: the files of an instance.

use uuid::Uuid;

use super::ResourceLinks;
use crate::dotnet::datetime::DateTime;
use crate::dotnet::json::{net_enum, net_object};

net_object! {
    /// One file and what is known about it.
    pub(crate) struct DataElement = "Altinn.Platform.Storage.Interface.Models.DataElement", nulls omit {
        "id" => id: Option<String>,
        "instanceGuid" => instance_guid: Option<String>,
        "dataType" => data_type: Option<String>,
        "filename" => filename: Option<String>,
        "contentType" => content_type: Option<String>,
        "blobStoragePath" => blob_storage_path: Option<String>,
        "selfLinks" => self_links: Option<ResourceLinks>,
        "size" => size: i64,
        "contentHash" => content_hash: Option<String>,
        "locked" => locked: bool,
        "refs" => refs: Option<Vec<Uuid>>,
        "isRead" => is_read: bool = true,
        "tags" => tags: Option<Vec<Option<String>>> = Some(Vec::new()),
        "userDefinedMetadata" => user_defined_metadata: Option<Vec<Option<KeyValueEntry>>>,
        "metadata" => metadata: Option<Vec<Option<KeyValueEntry>>>,
        "deleteStatus" => delete_status: Option<DeleteStatus>,
        "fileScanResult" => file_scan_result: FileScanResult = FileScanResult::NotApplicable,
        "references" => references: Option<Vec<Option<Reference>>>,
        "created" => created: Option<DateTime>,
        "createdBy" => created_by: Option<String>,
        "lastChanged" => last_changed: Option<DateTime>,
        "lastChangedBy" => last_changed_by: Option<String>,
    }
}

impl DataElement {
    /// Whether it only waits for the clean-up.
    pub(crate) fn is_hard_deleted(&self) -> bool {
        self.delete_status.as_ref().is_some_and(|status| status.is_hard_deleted)
    }
}

net_object! {
    /// A key with its value.
    pub(crate) struct KeyValueEntry = "Altinn.Platform.Storage.Interface.Models.KeyValueEntry", nulls keep {
        "key" => key: Option<String>,
        "value" => value: Option<String>,
    }
}

net_object! {
    /// Marked for the clean-up.
    pub(crate) struct DeleteStatus = "Altinn.Platform.Storage.Interface.Models.DeleteStatus", nulls keep {
        "isHardDeleted" => is_hard_deleted: bool,
        "hardDeleted" => hard_deleted: Option<DateTime>,
    }
}

net_object! {
    /// What the element comes from.
    pub(crate) struct Reference = "Altinn.Platform.Storage.Interface.Models.Reference", nulls keep {
        "value" => value: Option<String>,
        "relation" => relation: Option<RelationType>,
        "valueType" => value_type: Option<ReferenceType>,
    }
}

impl Reference {
    /// To the task that an element is made in.
    pub(crate) fn generated_from(task: String) -> Self {
        Self { value: Some(task), relation: Some(RelationType::GeneratedFrom), value_type: Some(ReferenceType::Task) }
    }

    /// Whether it says that an element was made in `task`.
    pub(crate) fn is_generated_from(&self, task: &str) -> bool {
        self.relation == Some(RelationType::GeneratedFrom)
            && self.value_type == Some(ReferenceType::Task)
            && self.value.as_deref() == Some(task)
    }
}

net_object! {
    /// What a scanner found.
    pub(crate) struct FileScanStatus = "Altinn.Platform.Storage.Interface.Models.FileScanStatus", nulls omit {
        "contentHash" => content_hash: Option<String>,
        "fileScanResult" => file_scan_result: FileScanResult = FileScanResult::NotApplicable,
    }
}

net_enum! {
    /// Whether the file is infected.
    pub(crate) enum FileScanResult = "Altinn.Platform.Storage.Interface.Enums.FileScanResult" {
        NotApplicable = 0,
        Pending = 1,
        Clean = 2,
        Infected = 3,
    }
}

net_enum! {
    /// How an element relates to something.
    pub(crate) enum RelationType = "Altinn.Platform.Storage.Interface.Enums.RelationType" {
        GeneratedFrom = 0,
    }
}

net_enum! {
    /// What an element relates to.
    pub(crate) enum ReferenceType = "Altinn.Platform.Storage.Interface.Enums.ReferenceType" {
        DataElement = 0,
        Task = 1,
    }
}
