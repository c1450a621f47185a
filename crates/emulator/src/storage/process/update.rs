//! Moving the process, with or without the events that tell of it.

use http::StatusCode;
use uuid::Uuid;

use crate::dotnet::datetime::DateTime;
use crate::dotnet::guid;
use crate::platform::Platform;
use crate::response;
use crate::storage::caller::Caller;
use crate::storage::context::{Answer, Context, Refusal, forbidden, unhandled};
use crate::storage::data;
use crate::storage::events;
use crate::storage::faults::Fault;
use crate::storage::model::{
    DataElement, Instance, InstanceEvent, InstanceStatus, PlatformUser, ProcessState, ProcessStateUpdate, is_event_type,
};
use crate::storage::policy;
use crate::storage::store::{Row, State};

/// `PUT instances/…/process`.
pub(crate) fn update(context: &Context) -> Answer {
    let mut binding = context.bind();
    let body = binding.body::<ProcessState>(Some("processState"));
    binding.finish()?;
    let process = body.unwrap_or_default();
    let guid = context.instance_guid()?;
    let caller = context.caller()?;
    let mut state = context.state();
    admit(context, &state, guid, &process, caller)?;
    context.storable(&process)?;
    let instance = store(&mut state, context, guid, process, caller)?;
    if let Some(event) = sent_to_sign(&instance, caller, context) {
        context.tell(&mut state, guid, event)?;
    }
    drop(state);
    Ok(response::json(StatusCode::OK, &context.links().put_on(instance)))
}

/// `PUT instances/…/process/instanceandevents`.
pub(crate) fn update_with_events(context: &Context) -> Answer {
    let mut binding = context.bind();
    let delete_generated = binding.binder.optional_flag("deleteGeneratedElements", None);
    let body = binding.body::<ProcessStateUpdate>(Some("processStateUpdate"));
    binding.finish()?;
    let body = body.unwrap_or_default();
    let instance_id = context.instance_id()?;
    let mut sent = Vec::new();
    for event in body.events.unwrap_or_default() {
        sent.push(completed(context, event.ok_or_else(unhandled)?, &instance_id)?);
    }
    let Some(process) = body.state else {
        return Err(context.message(StatusCode::BAD_REQUEST, "Invalid instance state"));
    };
    let guid = context.instance_guid()?;
    let caller = context.caller()?;
    let mut state = context.state();
    admit(context, &state, guid, &process, caller)?;
    context.storable(&process)?;
    context.storable(&sent)?;
    let entered = process.current_task.as_ref().and_then(|task| task.element_id.clone());
    if let Some(task) = entered.filter(|_| delete_generated.unwrap_or(true)) {
        delete_generated_by(context, &mut state, guid, &task, caller)?;
    }
    let row = state.rows.get(guid).ok_or_else(unhandled)?;
    let moved = Instance { process: Some(as_kept(context, process.clone())), ..row.instance.clone() };
    sent.extend(sent_to_sign(&moved, caller, context));
    // Only the newest event, or the first of the newest ones, is copied to the outbox, where its type has to be known; the
    // transaction fails otherwise.
    let newest = sent.iter().rev().max_by_key(|event| event.created.map(DateTime::ticks));
    if newest.is_some_and(|event| !event.event_type.as_deref().is_some_and(is_event_type)) {
        return Err(unhandled());
    }
    // One transaction: without its events the process isn't moved.
    if !state.events.are_new(&sent) || context.platform.outages.events() {
        return Err(unhandled());
    }
    let instance = store(&mut state, context, guid, process, caller)?;
    for event in sent {
        state.events.add(guid, event);
    }
    drop(state);
    Ok(response::json(StatusCode::OK, &context.links().put_on(instance)))
}

/// Checks an event that came along and fills in what it lacks.
fn completed(context: &Context, mut event: InstanceEvent, instance_id: &str) -> Result<InstanceEvent, Refusal> {
    let refuse = |words: &str| Err(context.message(StatusCode::BAD_REQUEST, words));
    if !event.user.as_ref().is_some_and(names_somebody) {
        return refuse("Invalid user object in User");
    }
    match event.instance_id.as_deref() {
        None => return refuse("Missing instance ID in InstanceEvent"),
        Some(id) if id.trim().is_empty() => return refuse("Missing instance ID in InstanceEvent"),
        Some(id) if id != instance_id => return refuse("Instance ID in InstanceEvent does not match the Instance ID"),
        Some(_) => {}
    }
    event.id = event.id.or_else(|| Some(Uuid::new_v4()));
    event.created = Some(event.created.map_or_else(|| context.date(), |created| created.as_utc()));
    Ok(event)
}

fn names_somebody(user: &PlatformUser) -> bool {
    let blank = |text: &Option<String>| text.as_deref().is_none_or(|text| text.trim().is_empty());
    if user.system_user_id.is_some() && blank(&user.system_user_owner_org_no) {
        return false;
    }
    user.user_id.is_some() || !blank(&user.org_id) || user.system_user_id.is_some() || user.end_user_system_id.is_some()
}

fn admit(context: &Context, state: &State, guid: Uuid, next: &ProcessState, caller: &Caller) -> Result<(), Refusal> {
    let row = state.rows.get(guid).ok_or_else(|| context.problem(StatusCode::NOT_FOUND, None))?;
    if may_move(&context.platform, row, next, caller) { Ok(()) } else { Err(forbidden()) }
}

/// A process that has not begun, or has ended, can't be moved by anyone.
fn may_move(platform: &Platform, row: &Row, next: &ProcessState, caller: &Caller) -> bool {
    let Some(current) = row.instance.process.as_ref().and_then(|process| process.current_task.as_ref()) else {
        return false;
    };
    let next = next.current_task.as_ref();
    let actions = match next.and_then(|task| task.flow_type.as_deref()) {
        Some("AbandonCurrentMoveToNext") => vec!["reject"],
        None | Some("CompleteCurrentMoveToNext") => policy::task_actions(current.altinn_task_type.as_deref()),
        Some(_) => policy::task_actions(next.and_then(|task| task.altinn_task_type.as_deref())),
    };
    policy::permits_any(platform, row.app(), caller, &actions)
}

/// Replaces the process. The first end archives the instance at the time that the caller gives.
fn store(
    state: &mut State,
    context: &Context,
    guid: Uuid,
    process: ProcessState,
    caller: &Caller,
) -> Result<Instance, Refusal> {
    let changed = state.rows.change(guid, |row| {
        let ended_before = row.instance.process.as_ref().is_some_and(|process| process.ended.is_some());
        if let Some(ended) = process.ended.filter(|_| !ended_before) {
            let status = row.instance.status.get_or_insert_with(InstanceStatus::default);
            status.is_archived = true;
            status.archived = Some(ended);
        }
        row.task = process.current_task.as_ref().and_then(|task| task.element_id.clone());
        row.instance.process = Some(as_kept(context, process));
        row.touch(context.date(), caller.changed_by());
        row.with_elements()
    });
    changed.ok_or_else(unhandled)
}

/// The process as it is stored: with its times as they were sent.
pub(crate) fn as_kept(context: &Context, mut process: ProcessState) -> ProcessState {
    if !context.shows(Fault::ProcessTimesStayAsSent) {
        let utc = |date: &mut Option<DateTime>| *date = date.map(DateTime::as_utc);
        utc(&mut process.started);
        utc(&mut process.ended);
        if let Some(task) = &mut process.current_task {
            utc(&mut task.started);
            utc(&mut task.ended);
        }
    }
    process
}

fn sent_to_sign(instance: &Instance, caller: &Caller, context: &Context) -> Option<InstanceEvent> {
    let task = instance.process.as_ref()?.current_task.as_ref()?;
    let signing = task.altinn_task_type.as_deref() == Some("signing");
    signing.then(|| events::about(instance, "SentToSign", caller, context))
}

/// Deletes what was made in `task` when it is entered again. What can't be deleted stays, without a word.
fn delete_generated_by(
    context: &Context,
    state: &mut State,
    guid: Uuid,
    task: &str,
    caller: &Caller,
) -> Result<(), Refusal> {
    let made_in = |element: &DataElement| {
        element.references.iter().flatten().flatten().any(|reference| reference.is_generated_from(task))
    };
    let row = state.rows.get(guid).ok_or_else(unhandled)?;
    let ids: Vec<Uuid> = row
        .elements
        .iter()
        .filter(|element| made_in(element))
        .filter_map(|element| guid::parse(element.id.as_deref()?))
        .collect();
    for id in ids {
        if let Err(refusal) = data::delete_now(context, state, id, caller) {
            tracing::debug!(?refusal, "an element that was generated earlier stays");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::dotnet::json::read_body;

    #[test]
    fn a_user_has_to_be_somebody() {
        for (user, somebody) in [
            (json!({"userId": 7}), true),
            (json!({"orgId": "ttd"}), true),
            (json!({"orgId": " "}), false),
            (json!({"endUserSystemId": 1}), true),
            (json!({"systemUserId": "aaaaaaaa-0000-4000-8000-00000000dead"}), false),
            (json!({"systemUserId": "aaaaaaaa-0000-4000-8000-00000000dead", "systemUserOwnerOrgNo": "1"}), true),
            (json!({"nationalIdentityNumber": "01039012345"}), false),
            (json!({}), false),
        ] {
            let read: PlatformUser = read_body(user.to_string().as_bytes()).expect("a user");
            assert_eq!(names_somebody(&read), somebody, "{user}");
        }
    }
}
