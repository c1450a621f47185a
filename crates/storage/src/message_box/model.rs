use std::collections::BTreeMap;
use std::fmt;

use altinn_core::{InstanceId, PartyId, Text, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use serde_with::{As, DefaultOnNull};
use uuid::Uuid;

use crate::events::{InstanceEventType, PlatformUser};
use crate::instances::{ReadStatus, Substatus};

/// The languages of the portal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MessageLanguage {
    /// `nb`.
    #[default]
    Bokmal,
    /// `nn`.
    Nynorsk,
    /// `en`.
    English,
}

impl MessageLanguage {
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Bokmal => "nb",
            Self::Nynorsk => "nn",
            Self::English => "en",
        }
    }
}

/// An instance as the portal shows it. `Debug` leaves out texts and values, which are personal data.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Message {
    /// The UUID of the instance; [`instance_id`](Self::instance_id) gives its whole id.
    pub id: Uuid,
    /// The party that it belongs to.
    #[serde(default)]
    pub instance_owner_id: Option<PartyId>,
    /// The service owner's code.
    #[serde(default)]
    pub org: Option<Text>,
    /// The app's own name, without the service owner's code.
    #[serde(default)]
    pub app_name: Option<Text>,
    /// The app's title in the language asked for, with the presentation text behind it.
    #[serde(default)]
    pub title: Option<Text>,
    /// Where it stands: `FormFilling`, `Confirmation`, `Signing`, `Feedback`, `Submit`, `Archived` or `default`.
    #[serde(default)]
    pub process_current_task: Option<Text>,
    /// When it was made, or from when its owner sees it, if that is later.
    #[serde(default)]
    pub created_date_time: Option<Timestamp>,
    /// Who changed it last.
    #[serde(default)]
    pub last_changed_by: Option<Text>,
    /// When it should be done. A search gives none for what is archived or in the bin.
    #[serde(default)]
    pub due_date_time: Option<Timestamp>,
    /// 1 in its owner's bin, 0 else.
    #[serde(default, deserialize_with = "As::<DefaultOnNull>::deserialize")]
    pub delete_status: i32,
    /// Whether its owner has read it.
    #[serde(default)]
    pub read_status: Option<ReadStatus>,
    /// The substatus, in words if the app has texts for it.
    #[serde(default)]
    pub substatus: Option<Substatus>,
    /// Whether the caller may delete it.
    #[serde(default, deserialize_with = "As::<DefaultOnNull>::deserialize")]
    pub allow_delete: bool,
    /// Whether the caller may make a copy of it. A search does not look into this.
    #[serde(default, deserialize_with = "As::<DefaultOnNull>::deserialize")]
    pub allow_new_copy: bool,
    /// Whether the caller may write.
    #[serde(default, deserialize_with = "As::<DefaultOnNull>::deserialize")]
    pub authorized_for_write: bool,
    /// Whether the caller may sign it now.
    #[serde(default, deserialize_with = "As::<DefaultOnNull>::deserialize")]
    pub authorized_for_sign: bool,
    /// When it was archived.
    #[serde(default)]
    pub archived_date_time: Option<Timestamp>,
    /// When it was put into the bin.
    #[serde(default)]
    pub deleted_date_time: Option<Timestamp>,
    /// The presentation texts, joined.
    #[serde(default)]
    pub presentation_text: Option<Text>,
    /// Values that the app lifts out of its data.
    #[serde(default, deserialize_with = "As::<DefaultOnNull>::deserialize")]
    pub data_values: BTreeMap<Text, Option<Text>>,
    /// Members that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Message {
    /// The id of the instance. None when the service does not say whose it is.
    pub fn instance_id(&self) -> Option<InstanceId> {
        Some(InstanceId::new(self.instance_owner_id?, self.id))
    }

    /// Whether it lies in its owner's bin.
    pub fn is_deleted(&self) -> bool {
        self.delete_status == 1
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("id", &self.id)
            .field("instance_owner_id", &self.instance_owner_id)
            .field("org", &self.org)
            .field("app_name", &self.app_name)
            .field("process_current_task", &self.process_current_task)
            .finish_non_exhaustive()
    }
}

/// An entry of the log as the portal shows it. `Debug` leaves out who it was, and the additional text.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct MessageEvent {
    /// The event's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Uuid>,
    /// When it happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_date_time: Option<Timestamp>,
    /// What happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_type: Option<InstanceEventType>,
    /// Who did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<PlatformUser>,
    /// Whom it was done to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub related_user: Option<PlatformUser>,
    /// A text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub additional_info: Option<Text>,
    /// Members that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl fmt::Debug for MessageEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageEvent")
            .field("id", &self.id)
            .field("created_date_time", &self.created_date_time)
            .field("event_type", &self.event_type)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_names_its_instance_and_prints_no_text() {
        let text = r#"{"id": "00000000-0000-4000-8000-000000000abc", "instanceOwnerId": "501337", "org": "ttd",
            "appName": "skjema", "title": "Skjema, Kari", "presentationText": "Kari", "dataValues": {"a": "Kari"},
            "deleteStatus": 1, "readStatus": "Read", "allowDelete": true, "dueDateTime": null, "nytt": 7}"#;
        let message: Message = serde_json::from_str(text).unwrap();
        assert_eq!(message.instance_id(), Some(crate::testing::instance()));
        assert!(message.is_deleted() && message.allow_delete && !message.authorized_for_write);
        assert_eq!((message.read_status.as_ref(), &message.extra["nytt"]), (Some(&ReadStatus::Read), &Value::from(7)));
        assert!(!format!("{message:?}").contains("Kari"));
    }

    #[test]
    fn an_event_prints_no_person() {
        let text = r#"{"eventType": "Saved", "additionalInfo": "Kari",
            "user": {"nationalIdentityNumber": "01039012345", "authenticationLevel": 3}}"#;
        let event: MessageEvent = serde_json::from_str(text).unwrap();
        assert_eq!(event.event_type, Some(InstanceEventType::Saved));
        let shown = format!("{event:?}");
        assert!(!shown.contains("Kari") && !shown.contains("01039012345"), "{shown}");
    }
}
