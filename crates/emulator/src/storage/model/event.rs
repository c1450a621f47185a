//! What has happened to an instance.

use uuid::Uuid;

use super::ProcessState;
use crate::dotnet::datetime::DateTime;
use crate::dotnet::json::net_object;
use crate::dotnet::number;

net_object! {
    /// One event.
    pub(crate) struct InstanceEvent = "Altinn.Platform.Storage.Interface.Models.InstanceEvent", nulls omit {
        "id" => id: Option<Uuid>,
        "instanceId" => instance_id: Option<String>,
        "dataId" => data_id: Option<String>,
        "created" => created: Option<DateTime>,
        "eventType" => event_type: Option<String>,
        "instanceOwnerPartyId" => instance_owner_party_id: Option<String>,
        "user" => user: Option<PlatformUser>,
        "relatedUser" => related_user: Option<PlatformUser>,
        "processInfo" => process_info: Option<ProcessState>,
        "additionalInfo" => additional_info: Option<String>,
    }
}

net_object! {
    /// Who did it.
    pub(crate) struct PlatformUser = "Altinn.Platform.Storage.Interface.Models.PlatformUser", nulls omit {
        "userId" => user_id: Option<i32>,
        "orgId" => org_id: Option<String>,
        "authenticationLevel" => authentication_level: i32,
        "endUserSystemId" => end_user_system_id: Option<i32>,
        "nationalIdentityNumber" => national_identity_number: Option<String>,
        "systemUserId" => system_user_id: Option<Uuid>,
        "systemUserOwnerOrgNo" => system_user_owner_org_no: Option<String>,
        "systemUserName" => system_user_name: Option<String>,
    }
}

const EVENT_TYPES: [&str; 23] = [
    "None",
    "Created",
    "Saved",
    "Submited",
    "Deleted",
    "Undeleted",
    "ConfirmedComplete",
    "SubstatusUpdated",
    "process_StartEvent",
    "process_EndEvent",
    "process_StartTask",
    "process_EndTask",
    "process_AbandonTask",
    "Signed",
    "SentToSign",
    "SentToPayment",
    "SentToSendIn",
    "SentToFormFill",
    "InstanceForwarded",
    "InstanceRightRevoked",
    "NotificationSentSms",
    "MessageArchived",
    "MessageRead",
];

/// Whether the service can read an event type: names in their own letter case with commas between, or any number.
pub(crate) fn is_event_type(text: &str) -> bool {
    number::route_int32(text).is_some() || text.split(',').all(|name| EVENT_TYPES.contains(&name.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn event_types_are_names_or_numbers() {
        for (text, known) in [
            ("Saved", true),
            ("process_StartTask", true),
            (" Saved , Created", true),
            ("2", true),
            ("-99", true),
            ("saved", false),
            ("Process_StartTask", false),
            ("2147483648", false),
            ("Saved,2", false),
            ("", false),
        ] {
            assert_eq!(is_event_type(text), known, "{text}");
        }
    }
}
