//! The steps that a process has gone through, put together from its events.

use http::StatusCode;

use crate::response;
use crate::storage::context::{Answer, Context, unhandled};
use crate::storage::model::{InstanceEvent, PlatformUser, ProcessHistoryItem, ProcessHistoryList};

/// `GET instances/…/process/history`: in the order in which events are listed.
pub(crate) fn history(context: &Context) -> Answer {
    let events = context.state().events.of(context.instance_guid()?);
    let list = ProcessHistoryList { process_history: steps(&events).ok_or_else(unhandled)? };
    Ok(response::json(StatusCode::OK, &list))
}

/// `None` where the service fails: on a new step by nobody, an end without a process, a start that is looked for without
/// a task, and a search through steps of which one has no name.
fn steps(events: &[InstanceEvent]) -> Option<Vec<ProcessHistoryItem>> {
    let mut steps: Vec<ProcessHistoryItem> = Vec::new();
    for event in events {
        let Some(event_type) = event.event_type.as_deref() else { continue };
        let process = event.process_info.as_ref();
        let task = process.and_then(|process| process.current_task.as_ref());
        let task_id = task.and_then(|task| task.element_id.clone());
        let step = |element_id: Option<String>| {
            Some(ProcessHistoryItem {
                event_type: Some(event_type.to_owned()),
                element_id,
                performed_by: performed_by(event.user.as_ref()?),
                ..ProcessHistoryItem::default()
            })
        };
        let started = process.and_then(|process| process.started).or(event.created);
        match event_type {
            "process_StartEvent" => {
                let id = process.and_then(|process| process.start_event.clone());
                steps.push(ProcessHistoryItem { occured: started, ..step(id)? });
            }
            "process_EndEvent" => {
                let process = process?;
                steps.push(ProcessHistoryItem { occured: process.ended, ..step(process.end_event.clone())? });
            }
            "process_StartTask" if task.is_none() && !steps.is_empty() => return None,
            "process_StartTask" => match step_of(&mut steps, task_id.as_deref())? {
                Some(known) => known.started = event.created,
                None => steps.push(ProcessHistoryItem { started, occured: started, ..step(task_id)? }),
            },
            "process_EndTask" => match step_of(&mut steps, task_id.as_deref())? {
                Some(known) => known.ended = event.created,
                None => {
                    let ended = process.and_then(|process| process.ended).or(event.created);
                    steps.push(ProcessHistoryItem { ended, occured: ended, ..step(task_id)? });
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
fn performed_by(user: &PlatformUser) -> String {
    [&user.national_identity_number, &user.org_id, &user.system_user_owner_org_no]
        .into_iter()
        .flatten()
        .find(|text| !text.is_empty())
        .cloned()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::dotnet::datetime::DateTime;
    use crate::storage::model::{ProcessElementInfo, ProcessState};

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

    #[test]
    fn what_an_event_lacks_breaks_the_history() {
        for event_type in ["process_StartEvent", "process_EndEvent", "process_StartTask", "process_EndTask"] {
            let by_nobody = InstanceEvent { user: None, ..event(event_type, Some("Task_1"), "2026-01-01T01:00Z") };
            assert!(steps(std::slice::from_ref(&by_nobody)).is_none(), "{event_type}");
            let again = event("process_StartTask", Some("Task_1"), "2026-01-01T00:00Z");
            assert_eq!(steps(&[again, by_nobody]).is_some(), event_type.ends_with("Task"), "{event_type}");
        }
        let first = || event("process_StartTask", Some("Task_1"), "2026-01-01T00:00Z");
        let without_process =
            |event_type| InstanceEvent { process_info: None, ..event(event_type, None, "2026-01-01T01:00Z") };
        assert!(steps(&[without_process("process_EndEvent")]).is_none());
        assert!(steps(&[without_process("process_StartTask")]).is_some());
        assert!(steps(&[first(), without_process("process_StartTask")]).is_none());
        assert!(steps(&[first(), event("process_StartTask", None, "2026-01-01T01:00Z")]).is_none());
        assert!(steps(&[first(), without_process("process_EndTask")]).is_some());
    }
}
