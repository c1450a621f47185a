//! The steps that a process has gone through, put together from its events.

use http::StatusCode;

use crate::dotnet::datetime::DateTime;
use crate::response;
use crate::storage::context::{Answer, Context, unhandled};
use crate::storage::model::{InstanceEvent, ProcessHistoryItem, ProcessHistoryList};

/// `GET instances/…/process/history`.
pub(crate) fn history(context: &Context) -> Answer {
    let mut events = context.state().events.of(context.instance_guid()?);
    events.sort_by_key(|event| event.created.map(DateTime::ticks));
    let list = ProcessHistoryList { process_history: steps(&events).ok_or_else(unhandled)? };
    Ok(response::json(StatusCode::OK, &list))
}

/// `None` where the service fails: on a search through steps of which one has no name.
fn steps(events: &[InstanceEvent]) -> Option<Vec<ProcessHistoryItem>> {
    let mut steps: Vec<ProcessHistoryItem> = Vec::new();
    for event in events {
        let Some(event_type) = event.event_type.as_deref() else { continue };
        let process = event.process_info.as_ref();
        let task = process.and_then(|process| process.current_task.as_ref());
        let task_id = task.and_then(|task| task.element_id.clone());
        let step = |element_id: Option<String>| ProcessHistoryItem {
            event_type: Some(event_type.to_owned()),
            element_id,
            performed_by: performed_by(event),
            ..ProcessHistoryItem::default()
        };
        let started = process.and_then(|process| process.started).or(event.created);
        match event_type {
            "process_StartEvent" => {
                let id = process.and_then(|process| process.start_event.clone());
                steps.push(ProcessHistoryItem { occured: started, ..step(id) });
            }
            "process_EndEvent" => {
                let id = process.and_then(|process| process.end_event.clone());
                steps.push(ProcessHistoryItem { occured: process.and_then(|process| process.ended), ..step(id) });
            }
            "process_StartTask" => match step_of(&mut steps, task_id.as_deref())? {
                Some(known) => known.started = event.created,
                None => steps.push(ProcessHistoryItem { started, occured: started, ..step(task_id) }),
            },
            "process_EndTask" => match step_of(&mut steps, task_id.as_deref())? {
                Some(known) => known.ended = event.created,
                None => {
                    let ended = process.and_then(|process| process.ended).or(event.created);
                    steps.push(ProcessHistoryItem { ended, occured: ended, ..step(task_id) });
                }
            },
            _ => {}
        }
    }
    Some(steps)
}

/// The step of this task, if there is one. A step without a name can't be compared.
#[expect(clippy::option_option, reason = "a failed search is not an empty one")]
fn step_of<'s>(steps: &'s mut [ProcessHistoryItem], task: Option<&str>) -> Option<Option<&'s mut ProcessHistoryItem>> {
    for step in steps {
        let name = step.element_id.as_deref()?;
        if task == Some(name) {
            return Some(Some(step));
        }
    }
    Some(None)
}

/// Whoever it was, but never by user id.
fn performed_by(event: &InstanceEvent) -> String {
    let user = event.user.as_ref();
    let named = |text: Option<&String>| text.filter(|text| !text.is_empty()).cloned();
    named(user.and_then(|user| user.national_identity_number.as_ref()))
        .or_else(|| named(user.and_then(|user| user.org_id.as_ref())))
        .or_else(|| named(user.and_then(|user| user.system_user_owner_org_no.as_ref())))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::storage::model::{PlatformUser, ProcessElementInfo, ProcessState};

    fn event(event_type: &str, task: Option<&str>, at: &str) -> InstanceEvent {
        let task =
            task.map(|id| ProcessElementInfo { element_id: Some(id.to_owned()), ..ProcessElementInfo::default() });
        InstanceEvent {
            event_type: Some(event_type.to_owned()),
            created: DateTime::parse(at, Timestamp::UNIX_EPOCH),
            process_info: Some(ProcessState { current_task: task, ..ProcessState::default() }),
            user: Some(PlatformUser { user_id: Some(7), org_id: Some("ttd".to_owned()), ..PlatformUser::default() }),
            ..InstanceEvent::default()
        }
    }

    #[test]
    fn a_second_visit_goes_into_the_same_step() {
        let events = [
            event("process_StartTask", Some("Task_1"), "2026-01-01T01:00Z"),
            event("process_EndTask", Some("Task_1"), "2026-01-01T02:00Z"),
            event("process_AbandonTask", Some("Task_1"), "2026-01-01T03:00Z"),
            event("process_StartTask", Some("Task_1"), "2026-01-01T04:00Z"),
        ];
        let steps = steps(&events).expect("a history");
        assert_eq!(steps.len(), 1);
        let shown = |date: Option<DateTime>| date.map(|date| date.to_string());
        assert_eq!(shown(steps[0].occured).as_deref(), Some("2026-01-01T01:00:00Z"));
        assert_eq!(shown(steps[0].started).as_deref(), Some("2026-01-01T04:00:00Z"));
        assert_eq!(shown(steps[0].ended).as_deref(), Some("2026-01-01T02:00:00Z"));
        assert_eq!(steps[0].performed_by, "ttd");
    }

    #[test]
    fn a_step_without_a_name_breaks_the_next_search() {
        let nameless = event("process_StartTask", None, "2026-01-01T01:00Z");
        assert!(steps(std::slice::from_ref(&nameless)).is_some());
        assert!(steps(&[nameless, event("process_EndTask", Some("Task_1"), "2026-01-01T02:00Z")]).is_none());
    }
}
