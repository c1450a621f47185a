//! What every action on data elements looks up first, with the refusals that they share.

use http::StatusCode;
use uuid::Uuid;

use crate::storage::caller::Caller;
use crate::storage::context::{Context, Refusal, forbidden, unhandled};
use crate::storage::model::DataElement;
use crate::storage::policy;
use crate::storage::store::{Row, State};

/// Which of a data type's own actions is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Right {
    Read,
    Write,
}

/// The instance in the path.
pub(super) fn instance<'s>(context: &Context, state: &'s State) -> Result<&'s Row, Refusal> {
    let guid = context.instance_guid()?;
    state.rows.get(guid).ok_or_else(|| {
        let words = format!("Unable to find any instance with id: {}/{guid}.", context.party());
        context.message(StatusCode::NOT_FOUND, &words)
    })
}

/// An element, which may belong to any instance.
pub(super) fn element<'s>(context: &Context, state: &'s State, id: Uuid) -> Result<&'s DataElement, Refusal> {
    state.rows.element(id).ok_or_else(|| {
        context.message(StatusCode::NOT_FOUND, &format!("Unable to find any data element with id: {id}."))
    })
}

/// Checks that the application declares the data type, and that the caller has what the type asks for beyond the
/// right to the instance. Gives whether its files are scanned, and whether it can be deleted with delay.
pub(super) fn data_type(
    context: &Context,
    state: &State,
    row: &Row,
    id: &str,
    caller: &Caller,
    right: Right,
) -> Result<TypeTraits, Refusal> {
    let application = state.registry.application(row.app(), context.now).ok_or_else(|| {
        let words = format!("Cannot find application {} in storage", row.app());
        context.message(StatusCode::NOT_FOUND, &words)
    })?;
    // After a change without data types the service fails on the missing list.
    application.data_types.as_ref().ok_or_else(unhandled)?;
    let data_type = application.data_type(id).ok_or_else(|| {
        context.message(StatusCode::BAD_REQUEST, "Requested element type is not declared in application metadata")
    })?;
    let action = match right {
        Right::Read => data_type.action_required_to_read.as_deref(),
        Right::Write => data_type.action_required_to_write.as_deref(),
    };
    let lacks = |action| !policy::permits(&context.platform, row.app(), caller, action);
    if action.filter(|action| !action.is_empty()).is_some_and(lacks) {
        return Err(forbidden());
    }
    Ok(TypeTraits {
        scanned: data_type.enable_file_scan,
        delayed_deletion: data_type.app_logic.as_ref().is_some_and(|logic| logic.auto_delete_on_process_end),
    })
}

/// What an action needs to know about a data type.
#[derive(Clone, Copy, Debug)]
pub(super) struct TypeTraits {
    pub(super) scanned: bool,
    pub(super) delayed_deletion: bool,
}
