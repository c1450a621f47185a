//! `DELETE instances/…/data/{guid}`, at once or with delay.

use futures::future::BoxFuture;
use http::StatusCode;
use uuid::Uuid;

use super::access::{self, Right};
use crate::response;
use crate::storage::caller::Caller;
use crate::storage::context::{Answer, Context, Refusal, unhandled};
use crate::storage::events;
use crate::storage::faults::Fault;
use crate::storage::instances::pause;
use crate::storage::model::{DataElement, DeleteStatus, ReadStatus};
use crate::storage::store::State;

/// Deletes an element.
pub(crate) fn delete(context: &Context) -> BoxFuture<'_, Answer> {
    Box::pin(async move {
        let mut binding = context.bind();
        let delay = binding.binder.flag("delay", None, false);
        binding.finish()?;
        let id = context.data_guid()?;
        let found = look(context, &context.state(), id, delay)?;
        // The service looks and deletes in two steps, so that callers at the same time all find it.
        let races = context.shows(Fault::DeletionsRace);
        if races {
            pause().await;
        }
        let mut state = context.state();
        let found = if races { found } else { look(context, &state, id, delay)? };
        if found.is_hard_deleted() && delay {
            return Ok(response::json(StatusCode::OK, &context.linked_element(found)?));
        }
        let element = match delay {
            true => mark(context, &mut state, id, context.caller()?)?,
            false if context.platform.outages.blobs() => return Err(unhandled()),
            false => delete_found(context, &mut state, id, found)?,
        };
        drop(state);
        Ok(response::json(StatusCode::OK, &context.linked_element(element)?))
    })
}

/// The element, if the caller may delete it.
fn look(context: &Context, state: &State, id: Uuid, delay: bool) -> Result<DataElement, Refusal> {
    let caller = context.caller()?;
    let row = access::instance(context, state)?;
    let element = access::element(context, state, id)?;
    if element.is_hard_deleted() {
        if !caller.is_org(row.org()) {
            return Err(context.problem(StatusCode::NOT_FOUND, None));
        }
        if delay {
            // It stays as it is, whatever its data type says now.
            return Ok(element.clone());
        }
    }
    let data_type = element.data_type.as_deref().unwrap_or_default();
    let traits = access::data_type(context, state, row, data_type, caller, Right::Write)?;
    if element.locked && !context.shows(Fault::LockedElementIsDeleted) {
        let words = format!("Data element {id} is locked and cannot be deleted");
        return Err(context.message(StatusCode::CONFLICT, &words));
    }
    if delay && !traits.delayed_deletion {
        let words = format!("DataType {data_type} does not support delayed deletion");
        return Err(context.message(StatusCode::BAD_REQUEST, &words));
    }
    Ok(element.clone())
}

/// Removes an element that another may have removed meanwhile: who has found it is told that it is deleted, and so is
/// who reads the events.
fn delete_found(
    context: &Context,
    state: &mut State,
    id: Uuid,
    mut found: DataElement,
) -> Result<DataElement, Refusal> {
    let caller = context.caller()?;
    if state.rows.element(id).is_some() {
        return delete_now(context, state, id, caller);
    }
    found.last_changed_by = caller.changed_by();
    tell(context, state, id, caller)?;
    Ok(found)
}

/// Marks an element for the clean-up.
fn mark(context: &Context, state: &mut State, id: Uuid, caller: &Caller) -> Result<DataElement, Refusal> {
    let now = context.date();
    let home = state.rows.home_of(id).ok_or_else(unhandled)?;
    let changed = state.rows.change(home, |row| {
        let element = row.element_mut(id)?;
        element.delete_status = Some(DeleteStatus { is_hard_deleted: true, hard_deleted: Some(now) });
        element.last_changed = Some(now.round_to_micros());
        element.last_changed_by = caller.changed_by();
        let element = element.clone();
        row.touch(now.round_to_micros(), caller.changed_by());
        Some(element)
    });
    let element = changed.flatten().ok_or_else(unhandled)?;
    tell(context, state, id, caller)?;
    Ok(element)
}

/// Removes an element with its content, and gives it as it was.
///
/// # Errors
///
/// An unhandled exception when the caller can't be named in an event; the element is gone all the same.
pub(crate) fn delete_now(
    context: &Context,
    state: &mut State,
    id: Uuid,
    caller: &Caller,
) -> Result<DataElement, Refusal> {
    let home = state.rows.home_of(id).ok_or_else(unhandled)?;
    let now = context.date();
    state.rows.change(home, |row| {
        // The element itself still counts here.
        let none_read = row.elements.iter().all(|element| !element.is_read);
        let status = row.instance.status.as_mut();
        if let Some(status) = status.filter(|status| none_read && status.read_status == ReadStatus::Read) {
            status.read_status = ReadStatus::Unread;
        }
        row.touch(now.round_to_micros(), caller.changed_by());
    });
    let mut element = state.rows.remove_element(id).ok_or_else(unhandled)?;
    if let Some(path) = &element.blob_storage_path {
        state.blobs.remove(path);
    }
    element.last_changed_by = caller.changed_by();
    tell(context, state, id, caller)?;
    Ok(element)
}

fn tell(context: &Context, state: &mut State, id: Uuid, caller: &Caller) -> Result<(), Refusal> {
    let guid = context.instance_guid()?;
    let instance = state.rows.get(guid).ok_or_else(unhandled)?.without_elements();
    let event = events::about_element(&instance, "Deleted", id, caller, context)?;
    context.tell(state, guid, event)
}
