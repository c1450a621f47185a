use std::collections::BTreeMap;

use altinn_core::{AppId, Text, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use serde_with::{As, DefaultOnNull};

use super::data_type::DataType;
use super::settings::{
    AccessMetadata, ApiScopesConfiguration, CopyInstanceSettings, EFormidlingContract, MessageBoxConfig, OnEntry,
};

/// What is set up for an app: the app's metadata.
///
/// Storage itself heeds little of it; most of it is for the app and the portal.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Application {
    /// Its id, `{org}/{app}`; see [`app_id`](Self::app_id).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Text>,
    /// The service owner's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub org: Option<Text>,
    /// The version that is deployed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version_id: Option<Text>,
    /// Its title by language.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "As::<DefaultOnNull>::deserialize")]
    pub title: BTreeMap<Text, Option<Text>>,
    /// What it is for, by language.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "As::<DefaultOnNull>::deserialize")]
    pub description: BTreeMap<Text, Option<Text>>,
    /// From when it may be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Timestamp>,
    /// Until when it may be used. Set when the app is taken away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<Timestamp>,
    /// The id of its process definition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub process_id: Option<Text>,
    /// The data types that its instances may hold.
    #[serde(deserialize_with = "As::<DefaultOnNull>::deserialize")]
    pub data_types: Vec<DataType>,
    /// Whose instances there may be. All `false`: everybody's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub party_types_allowed: Option<PartyTypesAllowed>,
    /// Whether the app deletes an instance for good when its process ends.
    pub auto_delete_on_process_end: bool,
    /// For how many days an archived instance can't be deleted. Storage keeps to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prevent_instance_deletion_for_days: Option<i32>,
    /// What of the data becomes presentation texts.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "As::<DefaultOnNull>::deserialize")]
    pub presentation_fields: Vec<DataField>,
    /// What of the data becomes data values.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "As::<DefaultOnNull>::deserialize")]
    pub data_fields: Vec<DataField>,
    /// How it sends through eFormidling.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub e_formidling: Option<EFormidlingContract>,
    /// What a user meets first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_entry: Option<OnEntry>,
    /// How the portal shows its instances.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_box_config: Option<MessageBoxConfig>,
    /// How an archived instance is copied to a new one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copy_instance_settings: Option<CopyInstanceSettings>,
    /// Scopes that the app's own API asks for. Storage does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_scopes: Option<ApiScopesConfiguration>,
    /// Where the platform keeps its data, if not in the usual place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage_account_number: Option<i32>,
    /// Whether users may not instantiate it by themselves.
    pub disallow_user_instantiation: bool,
    /// Its home page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub homepage: Option<Text>,
    /// Words to find it by.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "As::<DefaultOnNull>::deserialize")]
    pub keywords: Vec<Keyword>,
    /// How rights to it are shown and delegated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access: Option<AccessMetadata>,
    /// Whom to turn to.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "As::<DefaultOnNull>::deserialize")]
    pub contact_points: Vec<ContactPoint>,
    /// When it was first deployed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// Who deployed it first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_by: Option<Text>,
    /// When it was last deployed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_changed: Option<Timestamp>,
    /// Who deployed it last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_changed_by: Option<Text>,
    /// Members that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Application {
    /// Its id, unless it is one of the few old ones that break today's rules.
    pub fn app_id(&self) -> Option<AppId> {
        self.id.as_deref()?.parse().ok()
    }

    /// The data type with this id, compared letter by letter as the service does.
    pub fn data_type(&self, id: &str) -> Option<&DataType> {
        self.data_types.iter().find(|data_type| data_type.id.as_deref() == Some(id))
    }
}

/// Whose instances an app may have. All `false`: everybody's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct PartyTypesAllowed {
    /// Bankruptcy estates.
    pub bankruptcy_estate: bool,
    /// Organisations.
    pub organisation: bool,
    /// People.
    pub person: bool,
    /// Sub-units of organisations.
    pub sub_unit: bool,
}

/// A field of a form that is lifted out of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct DataField {
    /// The key under which the instance has it.
    pub id: Option<Text>,
    /// Where it stands in the form.
    pub path: Option<Text>,
    /// The form's data type.
    pub data_type_id: Option<Text>,
}

/// A word to find an app by.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Keyword {
    /// The word.
    pub word: Option<Text>,
    /// Its language.
    pub language: Option<Text>,
}

/// Whom to turn to about an app.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ContactPoint {
    /// What for.
    pub category: Option<Text>,
    /// An e-mail address.
    pub email: Option<Text>,
    /// A telephone number.
    pub telephone: Option<Text>,
    /// The address of a page.
    pub contact_page: Option<Text>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn odd_metadata_is_read_and_nothing_of_it_is_lost() {
        let odd = json!({"id": "tests-sailor", "dataTypes": null, "title": {"nb": "Blåbær"}, "newMember": {"a": 1},
            "autoDeleteOnProcessEnd": false, "disallowUserInstantiation": false});
        let read: Application = serde_json::from_value(odd.clone()).unwrap();
        assert_eq!((read.app_id(), read.data_types.len()), (None, 0));
        let mut written = serde_json::to_value(&read).unwrap();
        assert_eq!(written.as_object_mut().unwrap().remove("dataTypes"), Some(json!([])));
        let mut expected = odd;
        expected.as_object_mut().unwrap().remove("dataTypes");
        assert_eq!(written, expected);
    }

    #[test]
    fn defaults_are_the_service_s() {
        let app: Application =
            serde_json::from_value(json!({"id": "ttd/a", "dataTypes": [{"id": "model", "appLogic": {}}]})).unwrap();
        let data_type = app.data_type("model").unwrap();
        assert!(data_type.enable_pdf_creation && !data_type.enable_file_scan);
        assert_eq!((data_type.min_count, data_type.max_count), (0, 0));
        assert!(app.data_type("Model").is_none());
        assert_eq!(app.app_id().map(|id| id.to_string()).as_deref(), Some("ttd/a"));
    }
}
