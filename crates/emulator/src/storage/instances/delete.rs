//! Deleting instances: a mark, soft or hard. What is marked hard goes with the next clean-up.

use http::StatusCode;
use uuid::Uuid;

use crate::dotnet::datetime::DateTime;
use crate::response;
use crate::storage::caller::Caller;
use crate::storage::context::{Answer, Context, DOWN, Refusal, forbidden};
use crate::storage::events;
use crate::storage::faults::Fault;
use crate::storage::model::{Instance, InstanceStatus};
use crate::storage::store::{Row, State};

/// `DELETE instances/…`.
pub(crate) fn delete(context: &Context) -> Answer {
    let mut binding = context.bind();
    let hard = binding.binder.flag("hard", None, false);
    binding.finish()?;
    let guid = context.instance_guid()?;
    let caller = context.caller()?;
    let mut state = context.state();
    let instance = mark_deleted(context, &mut state, caller, guid, hard)?;
    let event = events::about(&instance, "Deleted", caller, context);
    context.tell(&mut state, guid, event).map_err(|_| {
        let words = format!("Unexpected exception when deleting instance {}/{guid}: {DOWN}", context.party());
        context.message(StatusCode::INTERNAL_SERVER_ERROR, &words)
    })?;
    let instance = match context.shows(Fault::LinksAreMissing) {
        true => instance,
        false => context.linked(state.rows.get(guid).map(Row::with_elements).unwrap_or(instance)),
    };
    drop(state);
    Ok(response::json(StatusCode::OK, &instance))
}

/// Marks an instance as deleted and gives it without its elements.
///
/// # Errors
///
/// 404 when the instance or its application is unknown, 403 while the application holds it back.
pub(crate) fn mark_deleted(
    context: &Context,
    state: &mut State,
    caller: &Caller,
    guid: Uuid,
    hard: bool,
) -> Result<Instance, Refusal> {
    let Some(row) = state.rows.get(guid) else {
        let words = format!("Didn't find the object that should be deleted with instanceId={}/{guid}", context.party());
        return Err(context.message(StatusCode::NOT_FOUND, &words));
    };
    let Some(application) = state.registry.application(row.app(), context.now) else {
        let words = format!("Did not find application with appId={}", row.app());
        return Err(context.message(StatusCode::NOT_FOUND, &words));
    };
    let archived = row.instance.status.as_ref().and_then(|status| status.archived);
    let held = archived
        .zip(application.prevent_instance_deletion_for_days)
        .is_some_and(|(archived, days)| context.date().minus_days(days.into()).ticks() < archived.ticks());
    if held {
        let words = "Instance cannot be deleted yet due to application restrictions.";
        return Err(context.message(StatusCode::FORBIDDEN, words));
    }
    let now = context.date();
    let anew = context.shows(Fault::SoftDeletionIsStampedAnew);
    let changed = state.rows.change(guid, |row| {
        mark(row.instance.status.get_or_insert_default(), now, hard, anew);
        row.touch(now, caller.changed_by());
        row.without_elements()
    });
    changed.ok_or_else(forbidden)
}

fn mark(status: &mut InstanceStatus, now: DateTime, hard: bool, anew: bool) {
    status.is_soft_deleted = true;
    if hard {
        status.is_hard_deleted = true;
        status.hard_deleted = Some(now);
    }
    status.soft_deleted = status.soft_deleted.filter(|_| hard || !anew).or(Some(now));
}
