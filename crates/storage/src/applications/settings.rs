use std::collections::BTreeMap;

use altinn_core::Text;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use serde_with::{As, DefaultOnNull};

/// How rights to an app are shown and delegated.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct AccessMetadata {
    /// What a right to it means, by language.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "As::<DefaultOnNull>::deserialize")]
    pub right_description: BTreeMap<Text, Option<Text>>,
    /// Whether rights to it can be delegated.
    pub delegable: bool,
    /// Whether it is shown where rights are delegated.
    pub visible: bool,
    /// Members that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Scopes that an app's own API asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ApiScopesConfiguration {
    /// Of users.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub users: Option<ApiScopes>,
    /// Of service owners.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_owners: Option<ApiScopes>,
    /// The key of the text that is shown to one who lacks the scope.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_message_text_resource_key: Option<Text>,
}

/// The scopes that an app's own API asks of one kind of callers. `[app]` in a scope stands for the app's name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ApiScopes {
    /// To read.
    pub read: Option<Text>,
    /// To write.
    pub write: Option<Text>,
    /// The key of the text that is shown to one who lacks the scope.
    pub error_message_text_resource_key: Option<Text>,
}

/// What a user meets first in an app.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct OnEntry {
    /// A new instance, a list of those begun, or a page of the app's own.
    pub show: Option<Text>,
}

/// How an archived instance is copied to a new one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct CopyInstanceSettings {
    /// Whether it can be.
    pub enabled: bool,
    /// Data types that are left out.
    pub excluded_data_types: Option<Vec<Text>>,
    /// Fields that are left out.
    pub excluded_data_fields: Option<Vec<Text>>,
    /// Whether files go along.
    pub include_attachments: bool,
}

/// How the portal and Dialogporten show an app's instances.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct MessageBoxConfig {
    /// When they are hidden.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hide_settings: Option<HideSettings>,
    /// What of them is not copied to Dialogporten: switches by name, of which the platform adds new ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sync_adapter_settings: Option<BTreeMap<String, Value>>,
    /// Members that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// When the portal hides an app's instances.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct HideSettings {
    /// Always.
    pub hide_always: bool,
    /// In these tasks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hide_on_task: Option<Vec<Text>>,
}

/// How an app sends through eFormidling.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct EFormidlingContract {
    /// The channel, such as `DPF`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_id: Option<Text>,
    /// The kind of a shipment by DPF.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dpf_shipment_type: Option<Text>,
    /// The receiver's organisation number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receiver: Option<Text>,
    /// The task after which it sends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub send_after_task_id: Option<Text>,
    /// The process that the receiver runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub process: Option<Text>,
    /// The standard of the message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standard: Option<Text>,
    /// The version of its type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub type_version: Option<Text>,
    /// Its type.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub message_type: Option<Text>,
    /// How strongly the receiver must be authenticated.
    pub security_level: i32,
    /// The data types that are sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_types: Option<Vec<Text>>,
    /// Members that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}
