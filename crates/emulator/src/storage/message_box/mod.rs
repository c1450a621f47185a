//! The older portal's message box.

mod events;
mod search;
mod view;

use http::StatusCode;

use super::context::{Answer, Context, forbidden, unhandled};
use super::instances::mark_deleted;
use super::model::{InstanceEvent, MessageBoxInstance};
use super::policy;
use crate::response;

pub(super) use events::events;
pub(super) use search::search;

/// `GET sbl/instances/…`.
pub(super) fn read(context: &Context) -> Answer {
    let guid = context.instance_guid()?;
    let caller = context.caller()?;
    let state = context.state();
    let Some(row) = state.rows.get(guid) else {
        let words = format!("Could not find instance {}", context.instance_id()?);
        return Err(context.message(StatusCode::NOT_FOUND, &words));
    };
    if !policy::permits(&context.platform, row.app(), caller, "read") {
        return Err(forbidden());
    }
    let platform = &context.platform;
    let language = view::language_of(context.query.text("language"));
    let message = view::message(platform, &state, row, caller, &language, view::is_in_signing(&row.instance));
    let message = MessageBoxInstance { allow_new_copy: view::can_be_copied(platform, &state, row, caller), ..message };
    Ok(response::json(StatusCode::OK, &message))
}

/// `DELETE sbl/instances/…`: as for instances, with an event that knows nothing of the process.
pub(super) fn delete(context: &Context) -> Answer {
    let mut binding = context.bind();
    let hard = binding.binder.flag("hard", None, false);
    binding.finish()?;
    let guid = context.instance_guid()?;
    let caller = context.caller()?;
    let mut state = context.state();
    let instance = mark_deleted(context, &mut state, caller, guid, hard)?;
    let event = super::events::about(&instance, "Deleted", caller, context);
    context.tell(&mut state, guid, InstanceEvent { process_info: None, ..event })?;
    drop(state);
    Ok(response::json(StatusCode::OK, &true))
}

/// `PUT sbl/instances/…/undelete`. What isn't deleted stays as it is.
pub(super) fn undelete(context: &Context) -> Answer {
    let guid = context.instance_guid()?;
    let caller = context.caller()?;
    let mut state = context.state();
    let Some(row) = state.rows.get(guid) else {
        let id = context.instance_id()?;
        let words = format!("Didn't find the object that should be restored with instanceId={id}");
        return Err(context.message(StatusCode::NOT_FOUND, &words));
    };
    let status = row.instance.status.as_ref();
    if status.is_some_and(|status| status.is_hard_deleted) {
        let words = "Instance was permanently deleted and cannot be restored.";
        return Err(context.message(StatusCode::NOT_FOUND, words));
    }
    if status.is_some_and(|status| status.is_soft_deleted) {
        let instance = state.rows.change(guid, |row| {
            let status = row.instance.status.get_or_insert_default();
            status.is_soft_deleted = false;
            status.soft_deleted = None;
            row.touch(context.date(), caller.changed_by());
            row.without_elements()
        });
        let event = super::events::about(&instance.ok_or_else(unhandled)?, "Undeleted", caller, context);
        context.tell(&mut state, guid, InstanceEvent { process_info: None, ..event })?;
    }
    drop(state);
    Ok(response::json(StatusCode::OK, &true))
}
