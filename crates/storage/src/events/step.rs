//! What an event must have for the service to make a history of a process.

use super::{InstanceEvent, InstanceEventType};

/// What an event lacks that tells of a step of the process; `None` for any other event. The service reads these events
/// one by one to make the history, stumbles on what is missing, and lets nobody delete or change an event.
pub(crate) fn lacks(event: &InstanceEvent) -> Option<&'static str> {
    use InstanceEventType as Type;

    let process = event.process_info.as_ref();
    let has_name = match event.event_type.as_ref()? {
        Type::ProcessStartEvent => process.is_some_and(|process| process.start_event.is_some()),
        // Events are sorted by the texts of their times, so that one of a task may come after the end all the same; the
        // service then looks for its task among all steps so far, and stumbles on one without a name.
        Type::ProcessEndEvent => process.is_some_and(|process| process.end_event.is_some()),
        Type::ProcessStartTask | Type::ProcessEndTask => {
            process.and_then(|process| process.current_task.as_ref()).is_some_and(|task| task.element_id.is_some())
        }
        _ => return None,
    };
    if event.user.is_none() {
        return Some(
            "an event of the process has no user: the service could make no history of the instance any more, and \
             events can't be deleted",
        );
    }
    (!has_name).then_some(
        "an event of the process lacks the process's state in process_info, with the start event that it began with, the \
         end event that it ended with or the id of the task that it tells of: the service could make no history of the \
         instance any more, and events can't be deleted",
    )
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::PlatformUser;

    fn event(event_type: &InstanceEventType, process: Value) -> InstanceEvent {
        let mut event = InstanceEvent::new(event_type.clone()).user(PlatformUser::org("ttd", 3));
        event.process_info = serde_json::from_value(process).unwrap();
        event
    }

    #[test]
    fn a_step_has_a_user_and_a_name() {
        let task = json!({"currentTask": {"elementId": "Task_1"}});
        let steps = [
            (
                InstanceEventType::ProcessStartEvent,
                json!({"startEvent": "StartEvent_1"}),
                vec![json!({}), task.clone()],
            ),
            (
                InstanceEventType::ProcessEndEvent,
                json!({"endEvent": "EndEvent_1"}),
                vec![json!({}), json!({"ended": "2026-01-01T08:00:00Z"}), task.clone()],
            ),
            (InstanceEventType::ProcessStartTask, task.clone(), vec![json!({}), json!({"currentTask": {}})]),
            (InstanceEventType::ProcessEndTask, task, vec![json!({}), json!({"currentTask": {"name": "Skjema"}})]),
        ];
        for (event_type, whole, nameless) in steps {
            let good = event(&event_type, whole);
            assert_eq!(lacks(&good), None, "{event_type}");
            let by_nobody = InstanceEvent { user: None, ..good };
            assert!(lacks(&by_nobody).is_some_and(|lacks| lacks.contains("user")), "{event_type}");
            for process in [Value::Null].into_iter().chain(nameless) {
                let lacks = lacks(&event(&event_type, process.clone()));
                assert!(lacks.is_some_and(|lacks| lacks.contains("process_info")), "{event_type} {process}");
            }
        }
    }

    #[test]
    fn what_is_no_step_may_lack_them() {
        for event_type in [InstanceEventType::Saved, InstanceEventType::ProcessAbandonTask, "Nytt".into()] {
            assert_eq!(lacks(&InstanceEvent::new(event_type)), None);
        }
    }
}
