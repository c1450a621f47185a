//! Confirming that an instance has been received: `POST instances/…/complete`.

use http::StatusCode;

use crate::response;
use crate::storage::context::{Answer, Context, unhandled};
use crate::storage::events;
use crate::storage::faults::Fault;
use crate::storage::model::CompleteConfirmation;

/// Adds the caller's confirmation, unless it is there.
pub(crate) fn complete(context: &Context) -> Answer {
    let guid = context.instance_guid()?;
    let caller = context.caller()?;
    let now = context.date();
    let doubled = context.platform.storage.faults().shows(Fault::ConfirmationsAreDoubled);
    let mut state = context.state();
    let row = state.rows.get(guid).ok_or_else(unhandled)?;
    let already = row.instance.complete_confirmations.iter().flatten().any(|known| known.stakeholder_id == caller.org);
    if !already {
        let confirmation = CompleteConfirmation { stakeholder_id: caller.org.clone(), confirmed_on: now };
        let instance = state.rows.change(guid, |row| {
            let known = row.instance.complete_confirmations.get_or_insert_default();
            // The database appends the whole new list to the stored one.
            let repeated = if doubled { known.clone() } else { Vec::new() };
            known.extend(repeated);
            known.push(confirmation);
            row.confirmed |= caller.is_org(row.org());
            row.touch(now, caller.changed_by());
            row.without_elements()
        });
        let event = events::about(&instance.ok_or_else(unhandled)?, "ConfirmedComplete", caller, context);
        state.events.add(guid, event);
    }
    let instance = state.rows.get(guid).ok_or_else(unhandled)?.with_elements();
    drop(state);
    Ok(response::json(StatusCode::OK, &context.links().put_on(instance)))
}
