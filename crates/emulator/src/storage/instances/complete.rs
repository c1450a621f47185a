//! Confirming that an instance has been received: `POST instances/…/complete`.

use futures::future::BoxFuture;
use http::StatusCode;

use super::race::pause;
use crate::response;
use crate::storage::context::{Answer, Context, Refusal, unhandled};
use crate::storage::events;
use crate::storage::faults::Fault;
use crate::storage::incoming::Incoming;
use crate::storage::model::CompleteConfirmation;
use crate::storage::store::{Row, State};

/// Adds the caller's confirmation, unless it is there. What the request carries is not looked at.
pub(crate) fn complete<'r>(context: &'r Context, _: &'r mut Incoming) -> BoxFuture<'r, Answer> {
    Box::pin(async move {
        let found = look(context, &context.state())?;
        if found.is_some() && context.shows(Fault::ConfirmationsRace) {
            // The service looks and writes in two steps, so that callers at the same time all find nothing.
            pause().await;
            return write(context, &mut context.state(), found);
        }
        let mut state = context.state();
        let found = look(context, &state)?;
        write(context, &mut state, found)
    })
}

/// The confirmations that are there; none if the caller's own is among them.
fn look(context: &Context, state: &State) -> Result<Option<Vec<CompleteConfirmation>>, Refusal> {
    let caller = context.caller()?;
    let row = state.rows.get(context.instance_guid()?).ok_or_else(unhandled)?;
    let found: Vec<CompleteConfirmation> = row.instance.complete_confirmations.iter().flatten().cloned().collect();
    let already = found.iter().any(|known| known.stakeholder_id == caller.org);
    Ok((!already).then_some(found))
}

fn write(context: &Context, state: &mut State, found: Option<Vec<CompleteConfirmation>>) -> Answer {
    let guid = context.instance_guid()?;
    let caller = context.caller()?;
    let now = context.date();
    if let Some(found) = found {
        // The database appends the whole new list, as its caller made it, to the stored one.
        let doubled = context.shows(Fault::ConfirmationsAreDoubled);
        let repeated = if doubled { found } else { Vec::new() };
        let heeds_case = context.shows(Fault::ConfirmedHeedsCase);
        let owner = |row: &Row| match heeds_case {
            true => caller.is_org(row.org()),
            false => caller.org.as_deref().is_some_and(|org| org.eq_ignore_ascii_case(row.org())),
        };
        let instance = state.rows.change(guid, |row| {
            let known = row.instance.complete_confirmations.get_or_insert_default();
            known.extend(repeated);
            known.push(CompleteConfirmation { stakeholder_id: caller.org.clone(), confirmed_on: now });
            if owner(row) {
                row.confirmed = Some(true);
            }
            row.touch(now, caller.changed_by());
            row.without_elements()
        });
        let event = events::about(&instance.ok_or_else(unhandled)?, "ConfirmedComplete", caller, context);
        context.tell(state, guid, event)?;
    }
    let instance = state.rows.get(guid).ok_or_else(unhandled)?.with_elements();
    Ok(response::json(StatusCode::OK, &context.links().put_on(instance)))
}
