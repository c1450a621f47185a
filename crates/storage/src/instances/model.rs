use std::collections::BTreeMap;
use std::fmt;

use altinn_core::{AppId, InstanceId, PartyId, Secret, Text, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use serde_with::{As, DefaultOnNull};

use crate::data::DataElement;
use crate::process::ProcessState;
use crate::wire::{members, open_enum, private_text};

/// One submission of an app on behalf of its instance owner.
///
/// Everything but the id may be missing in some answer, so it is optional here. `Debug` leaves out texts, values and
/// the owner's identity, which are personal data.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Instance {
    /// Its id: party id and UUID.
    pub id: InstanceId,
    /// On whose behalf it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_owner: Option<InstanceOwner>,
    /// Its app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_id: Option<AppId>,
    /// The service owner's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<Text>,
    /// Its addresses. Some answers lack them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub self_links: Option<ResourceLinks>,
    /// When it should be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_before: Option<Timestamp>,
    /// From when its owner sees it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visible_after: Option<Timestamp>,
    /// Where it stands in the app's process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process: Option<ProcessState>,
    /// Whether it is archived, deleted, read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<InstanceStatus>,
    /// Who has confirmed it. The same stakeholder may stand there several times: read it as a set.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "As::<DefaultOnNull>::deserialize")]
    pub complete_confirmations: Vec<CompleteConfirmation>,
    /// Its data elements.
    #[serde(default, deserialize_with = "As::<DefaultOnNull>::deserialize")]
    pub data: Vec<DataElement>,
    /// Texts that the app shows in lists of instances.
    #[serde(
        default,
        skip_serializing_if = "BTreeMap::is_empty",
        deserialize_with = "As::<DefaultOnNull>::deserialize"
    )]
    pub presentation_texts: BTreeMap<Text, Option<Text>>,
    /// Values that the app lifts out of its data.
    #[serde(
        default,
        skip_serializing_if = "BTreeMap::is_empty",
        deserialize_with = "As::<DefaultOnNull>::deserialize"
    )]
    pub data_values: BTreeMap<Text, Option<Text>>,
    /// When it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// Who made it: a user id or an organisation number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<Text>,
    /// When it last changed. Not every change moves it, and it is no cursor: it may move backwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_changed: Option<Timestamp>,
    /// Who changed it last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_changed_by: Option<Text>,
    /// Members that this version does not know; written back as they came.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

members! { Instance ["id" => Self::new] {
    "instanceOwner" => instance_owner,
    "appId" => app_id,
    "org" => org,
    "selfLinks" => self_links,
    "dueBefore" => due_before,
    "visibleAfter" => visible_after,
    "process" => process,
    "status" => status,
    "completeConfirmations" => complete_confirmations,
    "data" => data,
    "presentationTexts" => presentation_texts,
    "dataValues" => data_values,
    "created" => created,
    "createdBy" => created_by,
    "lastChanged" => last_changed,
    "lastChangedBy" => last_changed_by,
} extra }

impl Instance {
    /// An instance with nothing but its id, for tests.
    pub fn new(id: InstanceId) -> Self {
        Self {
            id,
            instance_owner: None,
            app_id: None,
            org: None,
            self_links: None,
            due_before: None,
            visible_after: None,
            process: None,
            status: None,
            complete_confirmations: Vec::new(),
            data: Vec::new(),
            presentation_texts: BTreeMap::new(),
            data_values: BTreeMap::new(),
            created: None,
            created_by: None,
            last_changed: None,
            last_changed_by: None,
            extra: Map::new(),
        }
    }

    /// Whether its process has ended, so that the submission is complete.
    pub fn is_complete(&self) -> bool {
        self.process.as_ref().is_some_and(|process| process.ended.is_some())
    }

    /// Whether `org`, a service owner's code such as `ttd`, has confirmed it.
    pub fn is_confirmed_by(&self, org: &str) -> bool {
        self.complete_confirmations.iter().any(|c| c.stakeholder_id.as_deref() == Some(org))
    }
}

impl fmt::Debug for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Instance")
            .field("id", &self.id)
            .field("app_id", &self.app_id)
            .field("process", &self.process)
            .field("status", &self.status)
            .field("complete_confirmations", &self.complete_confirmations)
            .field("data", &self.data)
            .field("last_changed", &self.last_changed)
            .finish_non_exhaustive()
    }
}

/// On whose behalf an instance is. `Debug` shows the party id alone.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct InstanceOwner {
    /// The party id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub party_id: Option<PartyId>,
    /// The national identity number, for a person. Not checked by the service.
    #[serde(skip_serializing_if = "Option::is_none", with = "private_text")]
    pub person_number: Option<Secret>,
    /// The organisation number, for an organisation. Not checked by the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organisation_number: Option<Text>,
    /// The name or e-mail address of a self-identified user.
    #[serde(skip_serializing_if = "Option::is_none", with = "private_text")]
    pub username: Option<Secret>,
    /// The id of a self-identified user elsewhere.
    #[serde(skip_serializing_if = "Option::is_none", with = "private_text")]
    pub external_identifier: Option<Secret>,
    /// Members that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

members! { InstanceOwner [] {
    "partyId" => party_id,
    "personNumber" => person_number,
    "organisationNumber" => organisation_number,
    "username" => username,
    "externalIdentifier" => external_identifier,
} extra }

impl PartialEq for InstanceOwner {
    fn eq(&self, other: &Self) -> bool {
        let private = |owner: &Self| {
            [&owner.person_number, &owner.username, &owner.external_identifier]
                .map(|text| text.as_ref().map(|text| text.expose().to_owned()))
        };
        self.party_id == other.party_id
            && self.organisation_number == other.organisation_number
            && private(self) == private(other)
            && self.extra == other.extra
    }
}

impl fmt::Debug for InstanceOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InstanceOwner").field("party_id", &self.party_id).finish_non_exhaustive()
    }
}

/// Whether an instance is archived, deleted, read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct InstanceStatus {
    /// Its process has ended.
    pub is_archived: bool,
    /// When it ended, by the app's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archived: Option<Timestamp>,
    /// It lies in its owner's bin.
    pub is_soft_deleted: bool,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub soft_deleted: Option<Timestamp>,
    /// It will be gone for good. Its data may be gone already.
    pub is_hard_deleted: bool,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hard_deleted: Option<Timestamp>,
    /// Whether its owner has read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_status: Option<ReadStatus>,
    /// A status that the service owner has set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub substatus: Option<Substatus>,
    /// Members that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

members! { InstanceStatus [] {
    "isArchived" => is_archived,
    "archived" => archived,
    "isSoftDeleted" => is_soft_deleted,
    "softDeleted" => soft_deleted,
    "isHardDeleted" => is_hard_deleted,
    "hardDeleted" => hard_deleted,
    "readStatus" => read_status,
    "substatus" => substatus,
} extra }

/// A status that a service owner sets on an instance. Both texts may be keys of text resources.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Substatus {
    /// The short text.
    pub label: Option<Text>,
    /// The long text.
    pub description: Option<Text>,
    /// Members that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Substatus {
    /// With its short text. Must not be empty when it is set.
    pub fn new(label: impl Into<Text>) -> Self {
        Self { label: Some(label.into()), ..Self::default() }
    }

    /// With a long text as well.
    #[must_use]
    pub fn description(mut self, description: impl Into<Text>) -> Self {
        self.description = Some(description.into());
        self
    }
}

/// A confirmation that a stakeholder has received an instance and needs nothing more of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CompleteConfirmation {
    /// The service owner's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stakeholder_id: Option<Text>,
    /// When it was confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed_on: Option<Timestamp>,
    /// Members that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

members! { CompleteConfirmation [] {
    "stakeholderId" => stakeholder_id,
    "confirmedOn" => confirmed_on,
} extra }

/// The addresses of a resource. They name the platform's public host, whatever host was asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ResourceLinks {
    /// In the app.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub apps: Option<Text>,
    /// On the platform.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<Text>,
    /// Members that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

members! { ResourceLinks [] { "apps" => apps, "platform" => platform } extra }

open_enum! {
    /// Whether an instance's owner has read it.
    ReadStatus {
        /// Not read.
        Unread = "Unread",
        /// Read.
        Read = "Read",
        /// Read, but changed by the service owner since.
        UpdatedSinceLastReview = "UpdatedSinceLastReview",
    }
}
