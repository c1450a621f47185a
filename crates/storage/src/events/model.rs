use std::fmt;

use altinn_core::transport::Operation;
use altinn_core::{Error, ErrorKind, InstanceId, Secret, Text, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::process::ProcessState;
use crate::wire::{open_enum, private_text};

/// An entry in the log of an instance. `Debug` leaves out who it was, and the additional text.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct InstanceEvent {
    /// Its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Uuid>,
    /// The instance: party id and UUID, in older ones the UUID alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<Text>,
    /// The data element that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_id: Option<Text>,
    /// When it happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// What happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_type: Option<InstanceEventType>,
    /// The party id of the instance's owner, as whoever posted the event gave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_owner_party_id: Option<Text>,
    /// Who did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<PlatformUser>,
    /// Whom it was done to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub related_user: Option<PlatformUser>,
    /// Where the process stood. An event of a process that began or ended, or of a task that did, needs it with the
    /// [start event](ProcessState::start_event), the [task](ProcessState::current_task) or the
    /// [end event](ProcessState::end_event), and the [`user`](Self::user): without them the service can't make a
    /// [history](crate::Process::history) of the instance any more, or can't as soon as an event of a task comes after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub process_info: Option<ProcessState>,
    /// A text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub additional_info: Option<Text>,
    /// Members that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl InstanceEvent {
    /// An event to be posted, with an id of its own. Its time will be the service's present unless it is set.
    pub fn new(event_type: InstanceEventType) -> Self {
        Self { id: Some(Uuid::new_v4()), event_type: Some(event_type), ..Self::default() }
    }

    /// Who did it.
    #[must_use]
    pub fn user(mut self, user: PlatformUser) -> Self {
        self.user = Some(user);
        self
    }

    /// When it happened.
    #[must_use]
    pub fn created(mut self, at: Timestamp) -> Self {
        self.created = Some(at);
        self
    }

    /// Whether it belongs to this instance. The party is not compared: the service does not keep to it either.
    pub(super) fn is_of(&self, instance: InstanceId) -> bool {
        let guid = self.instance_id.as_deref().map(|id| id.rsplit('/').next().unwrap_or(id));
        guid.and_then(|guid| Uuid::try_parse(guid).ok()) == Some(instance.guid())
    }

    /// Makes it one of this instance, unless it names another.
    pub(crate) fn belong_to(&mut self, operation: Operation, instance: InstanceId) -> Result<(), Error> {
        let id = instance.to_string();
        match &self.instance_id {
            Some(named) if !named.eq_ignore_ascii_case(&id) => {
                return Err(Error::new(ErrorKind::InvalidInput, operation)
                    .with_detail("the event names another instance than the one it is sent to"));
            }
            // Compared letter by letter by the service.
            _ => self.instance_id = Some(id.into()),
        }
        self.instance_owner_party_id.get_or_insert_with(|| instance.party().to_string().into());
        Ok(())
    }
}

impl fmt::Debug for InstanceEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InstanceEvent")
            .field("id", &self.id)
            .field("instance_id", &self.instance_id)
            .field("data_id", &self.data_id)
            .field("created", &self.created)
            .field("event_type", &self.event_type)
            .finish_non_exhaustive()
    }
}

/// Somebody as Altinn knows them. `Debug` shows the service owner's code and the level alone.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct PlatformUser {
    /// A user's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<i32>,
    /// A service owner's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub org_id: Option<Text>,
    /// How strongly they were authenticated, from 0 to 4.
    pub authentication_level: i32,
    /// An end-user system's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_user_system_id: Option<i32>,
    /// A person's national identity number.
    #[serde(skip_serializing_if = "Option::is_none", with = "private_text")]
    pub national_identity_number: Option<Secret>,
    /// A system user's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system_user_id: Option<Uuid>,
    /// The organisation number of the system user's owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system_user_owner_org_no: Option<Text>,
    /// The system user's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system_user_name: Option<Text>,
    /// Members that this version does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl PlatformUser {
    /// A service owner.
    ///
    /// * `code`: such as `ttd`.
    /// * `authentication_level`: from 0 to 4; 3 for a token from Maskinporten.
    pub fn org(code: impl Into<Text>, authentication_level: i32) -> Self {
        Self { org_id: Some(code.into()), authentication_level, ..Self::default() }
    }

    /// A user.
    ///
    /// * `id`: Altinn's user id.
    /// * `authentication_level`: from 0 to 4.
    pub fn user(id: i32, authentication_level: i32) -> Self {
        Self { user_id: Some(id), authentication_level, ..Self::default() }
    }

    /// Whether it names somebody by the service's rules for the events of a process.
    pub(crate) fn is_named(&self) -> bool {
        let text = |text: &Option<Text>| text.as_deref().is_some_and(|text| !text.trim().is_empty());
        let system_user = self.system_user_id.is_some();
        let somebody = self.user_id.is_some() || text(&self.org_id) || system_user || self.end_user_system_id.is_some();
        somebody && (!system_user || text(&self.system_user_owner_org_no))
    }
}

impl fmt::Debug for PlatformUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlatformUser")
            .field("org_id", &self.org_id)
            .field("authentication_level", &self.authentication_level)
            .finish_non_exhaustive()
    }
}

open_enum! {
    /// What happened to an instance.
    InstanceEventType {
        /// The instance, or a data element, was made.
        Created = "Created",
        /// A data element was replaced.
        Saved = "Saved",
        /// The form was handed in. The service spells it with one t.
        Submitted = "Submited",
        /// The instance or a data element was deleted.
        Deleted = "Deleted",
        /// The instance was brought back.
        Undeleted = "Undeleted",
        /// A stakeholder confirmed the instance.
        ConfirmedComplete = "ConfirmedComplete",
        /// The substatus was set.
        SubstatusUpdated = "SubstatusUpdated",
        /// The process began.
        ProcessStartEvent = "process_StartEvent",
        /// The process ended.
        ProcessEndEvent = "process_EndEvent",
        /// A task began.
        ProcessStartTask = "process_StartTask",
        /// A task ended.
        ProcessEndTask = "process_EndTask",
        /// A task was abandoned.
        ProcessAbandonTask = "process_AbandonTask",
        /// Data elements were signed.
        Signed = "Signed",
        /// The process came to a task that signs.
        SentToSign = "SentToSign",
        /// The process came to a payment.
        SentToPayment = "SentToPayment",
        /// The form was sent on to be handed in.
        SentToSendIn = "SentToSendIn",
        /// The form was sent on to be filled in.
        SentToFormFill = "SentToFormFill",
        /// The instance was passed on to somebody.
        InstanceForwarded = "InstanceForwarded",
        /// A right to the instance was taken away.
        InstanceRightRevoked = "InstanceRightRevoked",
        /// A text message was sent.
        NotificationSentSms = "NotificationSentSms",
        /// A message was archived.
        MessageArchived = "MessageArchived",
        /// A message was read.
        MessageRead = "MessageRead",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_named_in_print() {
        let event = r#"{"id":"00000000-0000-4000-8000-000000000009","eventType":"process_StartTask","additionalInfo":
            "til Bærland","created":"2026-01-01T08:00:00","user":{"userId":4711,"nationalIdentityNumber":"01039012345",
            "systemUserName":"Bærland"},"newMember":1}"#;
        let event: InstanceEvent = serde_json::from_str(event).unwrap();
        let printed = format!("{event:?} {:?}", event.user);
        for private in ["4711", "01039012345", "Bærland"] {
            assert!(!printed.contains(private), "{printed}");
        }
        let sent = serde_json::to_value(&event).unwrap();
        assert_eq!((&sent["newMember"], &sent["user"]["nationalIdentityNumber"]), (&1.into(), &"01039012345".into()));
    }

    #[test]
    fn an_event_knows_its_instance_with_and_without_party() {
        let instance = "501337/00000000-0000-4000-8000-00000000000a".parse().unwrap();
        let of = |id: Option<&str>| InstanceEvent { instance_id: id.map(Into::into), ..InstanceEvent::default() };
        assert!(of(Some("00000000-0000-4000-8000-00000000000A")).is_of(instance));
        assert!(of(Some("501337/00000000-0000-4000-8000-00000000000a")).is_of(instance));
        assert!(!of(Some("501337/00000000-0000-4000-8000-00000000000b")).is_of(instance));
        assert!(!of(Some("")).is_of(instance) && !of(None).is_of(instance));

        for named in [None, Some("501337/00000000-0000-4000-8000-00000000000A")] {
            let mut event = of(named);
            event.belong_to(crate::events::POST, instance).unwrap();
            assert_eq!(event.instance_id.unwrap(), instance.to_string());
            assert_eq!(event.instance_owner_party_id.as_deref(), Some("501337"));
        }
    }
}
