//! Events as the portal shows them.

use http::StatusCode;

use crate::dotnet::datetime::DateTime;
use crate::response;
use crate::storage::context::{Answer, Context};
use crate::storage::model::{InstanceEvent, PlatformUser, SblInstanceEvent};

const SHOWN: [&str; 16] = [
    "Created",
    "Deleted",
    "Saved",
    "Submited",
    "Undeleted",
    "SubstatusUpdated",
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

/// `GET sbl/instances/…/events`. What happens to data elements is a saving, and only the last of several by the same
/// subject is shown.
pub(crate) fn events(context: &Context) -> Answer {
    let events = context.state().events.of(context.instance_guid()?);
    Ok(response::json(StatusCode::OK, &shown(events)))
}

fn shown(mut events: Vec<InstanceEvent>) -> Vec<SblInstanceEvent> {
    events.sort_by_key(|event| event.created.map(DateTime::ticks));
    let mut shown: Vec<SblInstanceEvent> = Vec::new();
    for event in events {
        let Some(name) = event.event_type.as_deref().filter(|name| SHOWN.contains(name)) else { continue };
        let name = match (name, event.data_id.as_deref().filter(|id| !id.is_empty())) {
            ("Created" | "Saved", Some(_)) => "Saved",
            (_, Some(_)) => continue,
            (other, None) => other,
        };
        let repeats = |last: &SblInstanceEvent| {
            let both_saved = name == "Saved" && last.event_type.as_deref() == Some(name);
            both_saved && subject(last.user.as_ref()) == subject(event.user.as_ref())
        };
        if shown.last().is_some_and(repeats) {
            shown.pop();
        }
        shown.push(SblInstanceEvent {
            id: event.id,
            created_date_time: event.created,
            event_type: Some(name.to_owned()),
            user: event.user,
            related_user: event.related_user,
            additional_info: event.additional_info,
        });
    }
    shown
}

fn subject(user: Option<&PlatformUser>) -> Option<String> {
    let user = user?;
    user.user_id.map(|id| id.to_string()).or_else(|| user.org_id.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(event_type: &str, user: i32, of_element: bool, at: i64) -> InstanceEvent {
        InstanceEvent {
            event_type: Some(event_type.to_owned()),
            data_id: of_element.then(|| "x".to_owned()),
            created: Some(DateTime::from_ticks(at)),
            user: Some(PlatformUser { user_id: Some(user), ..PlatformUser::default() }),
            ..InstanceEvent::default()
        }
    }

    #[test]
    fn savings_in_a_row_are_one() {
        let events = vec![
            event("Created", 1, false, 1),
            event("Created", 1, true, 2),
            event("Saved", 1, true, 3),
            event("Deleted", 1, true, 4),
            event("Saved", 2, true, 5),
            event("process_EndTask", 1, false, 6),
            event("Submited", 1, false, 7),
        ];
        let shown: Vec<(i64, String)> = shown(events)
            .into_iter()
            .map(|event| (event.created_date_time.map_or(0, DateTime::ticks), event.event_type.unwrap_or_default()))
            .collect();
        let expected = [(1, "Created"), (3, "Saved"), (5, "Saved"), (7, "Submited")];
        assert_eq!(shown, expected.map(|(at, name)| (at, name.to_owned())));
    }
}
