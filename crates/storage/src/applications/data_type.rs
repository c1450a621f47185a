use std::collections::BTreeMap;

use altinn_core::Text;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use serde_with::{As, DefaultOnNull};

/// A kind of data elements, as an app's metadata declares it.
///
/// Storage looks at the two actions, [`enable_file_scan`](Self::enable_file_scan) and
/// [`ApplicationLogic::auto_delete_on_process_end`] alone. Content types, sizes and counts are checked by the app, not
/// here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct DataType {
    /// Its id, compared letter by letter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Text>,
    /// What it is for, by language.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "As::<DefaultOnNull>::deserialize")]
    pub description: BTreeMap<Text, Option<Text>>,
    /// The content types that apps take. None: all.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "As::<DefaultOnNull>::deserialize")]
    pub allowed_content_types: Vec<Text>,
    /// Who may contribute, such as `app:owned` or `org:ttd`.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "As::<DefaultOnNull>::deserialize")]
    pub allowed_contributors: Vec<Text>,
    /// The action that the policy must grant, beside `read`, to download.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action_required_to_read: Option<Text>,
    /// The action that the policy must grant, beside `write`, to upload, replace and delete.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action_required_to_write: Option<Text>,
    /// What the app does with it. None for plain files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_logic: Option<ApplicationLogic>,
    /// The task that it belongs to, such as `Task_1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_id: Option<Text>,
    /// The largest size that apps take, in megabytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_size: Option<i32>,
    /// The greatest number in an instance. 0 or less: any number.
    pub max_count: i32,
    /// The least number in an instance. 0 or less: none needed.
    pub min_count: i32,
    /// How the portal groups it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grouping: Option<Text>,
    /// Whether the app makes a PDF of it. Yes where nothing is said.
    pub enable_pdf_creation: bool,
    /// Whether new content is scanned for viruses.
    pub enable_file_scan: bool,
    /// Whether the app waits for the scan before the process goes on.
    pub validation_error_on_pending_file_scan: bool,
    /// What analyses its content in the app.
    #[serde(deserialize_with = "As::<DefaultOnNull>::deserialize")]
    pub enabled_file_analysers: Vec<Text>,
    /// What validates its content in the app.
    #[serde(deserialize_with = "As::<DefaultOnNull>::deserialize")]
    pub enabled_file_validators: Vec<Text>,
    /// The keys that apps take in user-defined metadata. None: any, unless the app says otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_keys_for_user_defined_metadata: Option<Vec<Text>>,
    /// Members that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// As the service reads one that says nothing. That is not what its documentation says of the counts.
impl Default for DataType {
    fn default() -> Self {
        Self {
            id: None,
            description: BTreeMap::new(),
            allowed_content_types: Vec::new(),
            allowed_contributors: Vec::new(),
            action_required_to_read: None,
            action_required_to_write: None,
            app_logic: None,
            task_id: None,
            max_size: None,
            max_count: 0,
            min_count: 0,
            grouping: None,
            enable_pdf_creation: true,
            enable_file_scan: false,
            validation_error_on_pending_file_scan: false,
            enabled_file_analysers: Vec::new(),
            enabled_file_validators: Vec::new(),
            allowed_keys_for_user_defined_metadata: None,
            extra: Map::new(),
        }
    }
}

/// What an app does with a data type.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ApplicationLogic {
    /// Whether the app makes one when its task begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_create: Option<bool>,
    /// The class that it is read into; older metadata spells the member with a capital.
    #[serde(skip_serializing_if = "Option::is_none", alias = "ClassRef")]
    pub class_ref: Option<Text>,
    /// Its schema.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema_ref: Option<Text>,
    /// Whether it may be used without login where there is no instance.
    pub allow_anonymous_on_stateless: bool,
    /// Whether its elements are deleted when the process ends. Only such can be
    /// [deleted with a delay](crate::DeleteElement::delayed).
    pub auto_delete_on_process_end: bool,
    /// Whether users may not add one.
    pub disallow_user_create: bool,
    /// Whether users may not delete one.
    pub disallow_user_delete: bool,
    /// Fields that are taken out before it is archived.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shadow_fields: Option<ShadowFields>,
    /// Members that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Fields that an app takes out of a form before it is archived.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ShadowFields {
    /// What their names begin with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<Text>,
    /// The data type that the form without them is stored as.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub save_to_data_type: Option<Text>,
}
