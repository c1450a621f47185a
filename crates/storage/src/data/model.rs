use std::fmt;

use altinn_core::{DataElementId, DataTypeId, Text, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use serde_with::{As, DefaultOnNull};
use uuid::Uuid;

use crate::instances::ResourceLinks;
use crate::wire::{members, open_enum};

/// One form or file of an instance: what is known about it, not its content.
///
/// `Debug` leaves out the file name, tags and metadata, which may be personal data.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DataElement {
    /// Its id.
    pub id: DataElementId,
    /// The UUID of its instance: the part of the instance id after the slash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_guid: Option<Uuid>,
    /// Its data type, as the app's metadata declares it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_type: Option<DataTypeId>,
    /// The name it was uploaded with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filename: Option<Text>,
    /// The content type it was uploaded with, unchecked by the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<Text>,
    /// Where the service keeps it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blob_storage_path: Option<Text>,
    /// Its addresses. Some answers lack them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub self_links: Option<ResourceLinks>,
    /// Its length in bytes.
    #[serde(default)]
    pub size: u64,
    /// Reserved for a hash of the content; the service does not fill it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_hash: Option<Text>,
    /// Whether its content may not be replaced. Deleting it is not prevented.
    #[serde(default)]
    pub locked: bool,
    /// Other data elements that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refs: Option<Vec<DataElementId>>,
    /// Whether the instance owner has read it. True where the service says nothing.
    #[serde(default = "yes")]
    pub is_read: bool,
    /// Labels.
    #[serde(default, deserialize_with = "As::<DefaultOnNull>::deserialize")]
    pub tags: Vec<Text>,
    /// Pairs that end users may edit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_defined_metadata: Option<Vec<KeyValue>>,
    /// Pairs that the app controls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Vec<KeyValue>>,
    /// Whether it is marked for deletion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delete_status: Option<DeleteStatus>,
    /// What the virus scan found. The service lets infected and unscanned files be downloaded all the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_scan_result: Option<FileScanResult>,
    /// What it was made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub references: Option<Vec<Reference>>,
    /// When it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// Who made it: a user id or an organisation number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<Text>,
    /// When it last changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_changed: Option<Timestamp>,
    /// Who changed it last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_changed_by: Option<Text>,
    /// Members that this version does not know; written back as they came.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

fn yes() -> bool {
    true
}

members! { DataElement ["id" => Self::new] {
    "instanceGuid" => instance_guid,
    "dataType" => data_type,
    "filename" => filename,
    "contentType" => content_type,
    "blobStoragePath" => blob_storage_path,
    "selfLinks" => self_links,
    "size" => size,
    "contentHash" => content_hash,
    "locked" => locked,
    "refs" => refs,
    "isRead" => is_read,
    "tags" => tags,
    "userDefinedMetadata" => user_defined_metadata,
    "metadata" => metadata,
    "deleteStatus" => delete_status,
    "fileScanResult" => file_scan_result,
    "references" => references,
    "created" => created,
    "createdBy" => created_by,
    "lastChanged" => last_changed,
    "lastChangedBy" => last_changed_by,
} extra }

impl DataElement {
    /// An element with nothing but its id, for tests.
    pub fn new(id: DataElementId) -> Self {
        Self {
            id,
            instance_guid: None,
            data_type: None,
            filename: None,
            content_type: None,
            blob_storage_path: None,
            self_links: None,
            size: 0,
            content_hash: None,
            locked: false,
            refs: None,
            is_read: true,
            tags: Vec::new(),
            user_defined_metadata: None,
            metadata: None,
            delete_status: None,
            file_scan_result: None,
            references: None,
            created: None,
            created_by: None,
            last_changed: None,
            last_changed_by: None,
            extra: Map::new(),
        }
    }

    /// Whether it is marked for deletion for good. Its content may be gone already.
    pub fn is_hard_deleted(&self) -> bool {
        self.delete_status.as_ref().is_some_and(|status| status.is_hard_deleted)
    }

    /// Adds a label, unless it is there already. To be sent with
    /// [`update_metadata`](crate::Data::update_metadata), like all changes here.
    pub fn add_tag(&mut self, tag: impl Into<Text>) {
        let tag = tag.into();
        if !self.tags.contains(&tag) {
            self.tags.push(tag);
        }
    }

    /// Takes a label away. Returns whether it was there.
    pub fn remove_tag(&mut self, tag: &str) -> bool {
        let before = self.tags.len();
        self.tags.retain(|kept| kept != tag);
        self.tags.len() < before
    }

    /// The value of a pair that end users may edit; the first one, should the key stand there several times.
    pub fn user_defined(&self, key: &str) -> Option<&str> {
        let pairs = self.user_defined_metadata.iter().flatten();
        pairs.filter(|pair| pair.key.as_deref() == Some(key)).find_map(|pair| pair.value.as_deref())
    }

    /// Sets a pair that end users may edit, in place of all with the same key. Apps take only the keys that the data
    /// type's metadata allows; the service itself takes any.
    pub fn set_user_defined(&mut self, key: impl Into<Text>, value: impl Into<Text>) {
        let pair = KeyValue::new(key, value);
        let pairs = self.user_defined_metadata.get_or_insert_default();
        match pairs.iter().position(|kept| kept.key == pair.key) {
            Some(place) => {
                let mut others = pairs.split_off(place + 1);
                others.retain(|kept| kept.key != pair.key);
                pairs[place] = pair;
                pairs.append(&mut others);
            }
            None => pairs.push(pair),
        }
    }

    /// Takes all pairs with this key away that end users may edit. Returns whether there were any.
    pub fn remove_user_defined(&mut self, key: &str) -> bool {
        let Some(pairs) = &mut self.user_defined_metadata else { return false };
        let before = pairs.len();
        pairs.retain(|kept| kept.key.as_deref() != Some(key));
        pairs.len() < before
    }
}

impl fmt::Debug for DataElement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DataElement")
            .field("id", &self.id)
            .field("data_type", &self.data_type)
            .field("content_type", &self.content_type)
            .field("size", &self.size)
            .field("locked", &self.locked)
            .field("file_scan_result", &self.file_scan_result)
            .field("hard_deleted", &self.is_hard_deleted())
            .field("last_changed", &self.last_changed)
            .finish_non_exhaustive()
    }
}

/// A pair of texts. `Debug` shows the key alone.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct KeyValue {
    /// The name.
    pub key: Option<Text>,
    /// The value.
    pub value: Option<Text>,
    /// Members that this version does not know; written back as they came.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

members! { KeyValue [] { "key" => key, "value" => value } extra }

impl KeyValue {
    /// A pair.
    pub fn new(key: impl Into<Text>, value: impl Into<Text>) -> Self {
        Self { key: Some(key.into()), value: Some(value.into()), extra: Map::new() }
    }
}

impl fmt::Debug for KeyValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyValue").field("key", &self.key).finish_non_exhaustive()
    }
}

/// Whether a data element is marked for deletion.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct DeleteStatus {
    /// It will be gone for good.
    pub is_hard_deleted: bool,
    /// When it was marked.
    pub hard_deleted: Option<Timestamp>,
    /// Members that this version does not know; written back as they came.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

members! { DeleteStatus [] { "isHardDeleted" => is_hard_deleted, "hardDeleted" => hard_deleted } extra }

/// What a data element was made from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Reference {
    /// The id of the task or data element.
    pub value: Option<Text>,
    /// How it is related.
    pub relation: Option<Relation>,
    /// What `value` names.
    pub value_type: Option<ReferenceType>,
    /// Members that this version does not know; written back as they came.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

members! { Reference [] { "value" => value, "relation" => relation, "valueType" => value_type } extra }

open_enum! {
    /// What a virus scan found.
    FileScanResult {
        /// The data type is not scanned.
        NotApplicable = "NotApplicable",
        /// Not scanned yet.
        Pending = "Pending",
        /// Nothing was found.
        Clean = "Clean",
        /// Something was found.
        Infected = "Infected",
    }
}

open_enum! {
    /// How a data element is related to what it refers to.
    Relation {
        /// It was generated from it.
        GeneratedFrom = "GeneratedFrom",
    }
}

open_enum! {
    /// What a reference names.
    ReferenceType {
        /// Another data element.
        DataElement = "DataElement",
        /// A task of the process.
        Task = "Task",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_and_pairs_stand_there_once() {
        let mut element = DataElement::new("00000000-0000-4000-8000-000000000002".parse().unwrap());
        element.add_tag("a");
        element.add_tag("a");
        assert_eq!(element.tags, ["a"]);
        assert!(element.remove_tag("a") && !element.remove_tag("a"));

        assert_eq!(element.user_defined("k"), None);
        assert!(!element.remove_user_defined("k"));
        element.user_defined_metadata = Some(["k", "l", "k"].map(|key| KeyValue::new(key, "før")).to_vec());
        element.set_user_defined("k", "etter");
        element.set_user_defined("m", "ny");
        let keys: Vec<_> = element.user_defined_metadata.iter().flatten().filter_map(|pair| pair.key.clone()).collect();
        assert_eq!(keys, ["k", "l", "m"]);
        assert_eq!(element.user_defined("k"), Some("etter"));
        assert!(element.remove_user_defined("k"));
        assert_eq!(element.user_defined("k"), None);
    }
}
