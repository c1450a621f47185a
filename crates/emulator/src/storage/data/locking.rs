//! Locking data elements against replacement of their content.

use http::StatusCode;
use http::header::LOCATION;

use super::access;
use crate::response::{self, with_header};
use crate::storage::context::{Answer, Context, Refusal, forbidden};
use crate::storage::faults::Fault;
use crate::storage::instances::task_refuses;
use crate::storage::model::DataElement;
use crate::storage::policy;

/// `PUT instances/…/data/{guid}/lock`. Whether the element is locked already is seen only through its own instance.
pub(crate) fn lock(context: &Context) -> Answer {
    let caller = context.caller()?;
    let id = context.data_guid()?;
    let state = context.state();
    let row = access::instance(context, &state)?;
    if task_refuses(&context.platform, row, caller) {
        return Err(forbidden());
    }
    if let Some(element) = row.element(id).filter(|element| element.locked) {
        return Ok(response::json(StatusCode::OK, &context.linked_element(element.clone())?));
    }
    drop(state);
    let element = set(context, true)?;
    let created = response::json(StatusCode::CREATED, &element);
    Ok(match &element.id {
        Some(id) => {
            let location = context.location(id, &format!("instances/{}/data/{id}", context.instance_id()?));
            with_header(created, LOCATION, &location)
        }
        None => created,
    })
}

/// `DELETE instances/…/data/{guid}/lock`. An unknown instance can't permit it.
pub(crate) fn unlock(context: &Context) -> Answer {
    let caller = context.caller()?;
    let app = context.state().rows.get(context.instance_guid()?).map(|row| row.app().to_owned());
    let app = app.ok_or_else(|| context.unknown_instance(forbidden()))?;
    if !policy::permits_any(&context.platform, &app, caller, &["write", "unlock", "reject"]) {
        return Err(forbidden());
    }
    Ok(response::json(StatusCode::OK, &set(context, false)?))
}

/// Sets the mark. An element that doesn't exist comes back as one with nothing but the mark.
fn set(context: &Context, locked: bool) -> Result<DataElement, Refusal> {
    let id = context.data_guid()?;
    let by = context.caller()?.changed_by();
    let mut state = context.state();
    let stored = state.rows.home_of(id).and_then(|home| {
        state.rows.change(home, |row| {
            let element = row.element_mut(id)?;
            element.locked = locked;
            let element = element.clone();
            if !context.shows(Fault::LastChangedStays) {
                row.touch(context.date(), by);
            }
            Some(element)
        })
    });
    let element = stored.flatten().unwrap_or_else(|| DataElement { locked, ..DataElement::default() });
    context.linked_element(element)
}
