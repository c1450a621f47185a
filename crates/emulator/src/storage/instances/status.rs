//! Read status and substatus.

use futures::future::BoxFuture;
use http::StatusCode;

use super::race::write_back;
use crate::response;
use crate::storage::context::{Answer, Context, forbidden, unhandled};
use crate::storage::events;
use crate::storage::faults::Fault;
use crate::storage::model::{ReadStatus, Substatus};
use crate::storage::store::Row;

/// `PUT instances/…/readstatus`. It moves neither `lastChanged` nor `lastChangedBy`.
pub(crate) fn set_read_status(context: &Context) -> BoxFuture<'_, Answer> {
    Box::pin(async move {
        let text = context.query.first("status").unwrap_or_default();
        let Some(status) = Some(text).filter(|text| !text.trim().is_empty()).and_then(ReadStatus::parse) else {
            let words =
                format!("Invalid read status: {text}. Accepted types include: Unread, Read, UpdatedSinceLastReview");
            return Err(context.message(StatusCode::BAD_REQUEST, &words));
        };
        let guid = context.instance_guid()?;
        let found = |row: &Row| (row.instance.status.as_ref().map(|status| status.read_status), row.last_changed);
        let found = context.state().rows.get(guid).map(found);
        // The action itself answers for what fails in it.
        let failed = || context.problem(StatusCode::INTERNAL_SERVER_ERROR, None);
        let (before, last_changed) = found.ok_or_else(failed)?;
        let instance = if before == Some(status) {
            context.state().rows.get(guid).map(Row::with_elements).ok_or_else(failed)?
        } else {
            let set = |row: &mut Row| row.instance.status.get_or_insert_default().read_status = status;
            write_back(context, guid, last_changed, set).await.map_err(|_| failed())?
        };
        Ok(response::json(StatusCode::OK, &context.links().put_on(instance)))
    })
}

/// `PUT instances/…/substatus`: the owning organisation alone, whatever its policy says.
pub(crate) fn set_substatus(context: &Context) -> Answer {
    let mut binding = context.bind();
    let body = binding.body::<Substatus>(None);
    binding.finish()?;
    let substatus = body.unwrap_or_default();
    if substatus.label.as_deref().is_none_or(str::is_empty) {
        let document = serde_json::to_string(&substatus).map_err(|_| unhandled())?;
        let words = format!("Invalid sub status: {document}. Substatus must be defined and include a label.");
        return Err(context.message(StatusCode::BAD_REQUEST, &words));
    }
    let guid = context.instance_guid()?;
    let caller = context.caller()?;
    let mut state = context.state();
    let row = state.rows.get(guid).ok_or_else(|| context.unknown_instance(unhandled()))?;
    if !caller.is_org(row.org()) {
        return Err(forbidden());
    }
    context.storable(&substatus).map_err(|_| context.problem(StatusCode::INTERNAL_SERVER_ERROR, None))?;
    let changed = state.rows.change(guid, |row| {
        // The database sets it within the status, and where there is none it sets nothing.
        if row.instance.status.is_some() || !context.shows(Fault::SubstatusWithoutStatusIsLost) {
            row.instance.status.get_or_insert_default().substatus = Some(substatus);
        }
        row.touch(context.date(), caller.org_number.clone());
        row.with_elements()
    });
    let instance = changed.ok_or_else(unhandled)?;
    let event = events::about(&instance, "SubstatusUpdated", caller, context);
    context.tell(&mut state, guid, event)?;
    drop(state);
    Ok(response::json(StatusCode::OK, &context.links().put_on(instance)))
}
