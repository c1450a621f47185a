//! Metadata of data elements.

use http::StatusCode;
use uuid::Uuid;

use super::access::{self, Right};
use crate::dotnet::datetime::{DateTime, Zone};
use crate::dotnet::guid;
use crate::dotnet::json::sent_member;
use crate::response;
use crate::storage::context::{Answer, Context, Refusal, forbidden, unhandled};
use crate::storage::decisions::Asked;
use crate::storage::faults::Fault;
use crate::storage::model::{DataElement, DataElementList, FileScanStatus};
use crate::storage::policy;

/// `GET instances/…/dataelements`.
pub(crate) fn list(context: &Context) -> Answer {
    if context.party() == 0 {
        let words = "Missing parameter value: instanceOwnerPartyId can not be empty";
        return Err(context.message(StatusCode::BAD_REQUEST, words));
    }
    let caller = context.caller()?;
    let state = context.state();
    let row = access::instance(context, &state)?;
    if !policy::lets_read(&context.platform, &Asked::of(row), caller) {
        return Err(forbidden());
    }
    let owner = caller.is_org(row.org());
    let mut elements = row.with_elements().data.unwrap_or_default();
    elements.retain(|element| owner || !element.is_hard_deleted());
    drop(state);
    let elements: Result<_, Refusal> = elements.into_iter().map(|element| context.linked_element(element)).collect();
    Ok(response::json(StatusCode::OK, &DataElementList { data_elements: elements? }))
}

/// `PUT instances/…/dataelements/{guid}`: nine members are replaced, by nothing where nothing is sent.
pub(crate) fn replace_metadata(context: &Context) -> Answer {
    let mut binding = context.bind();
    binding.path_guid("dataGuid");
    let body = binding.body::<DataElement>(None);
    binding.finish()?;
    let mut sent = body.unwrap_or_default();
    let (id, guid) = (context.data_guid()?, context.instance_guid()?);
    let same = |text: &Option<String>, id: Uuid| text.as_deref() == Some(id.to_string().as_str());
    if !same(&sent.instance_guid, guid) || !same(&sent.id, id) {
        return Err(context.message(StatusCode::BAD_REQUEST, "Mismatch between path and dataElement content"));
    }
    let caller = context.caller()?;
    let mut state = context.state();
    let row = access::instance(context, &state)?;
    let data_type = sent.data_type.as_deref().unwrap_or_default();
    access::data_type(context, &state, row, data_type, caller, Right::Write)?;
    // The database driver takes times in UTC only.
    if sent.last_changed.is_some_and(|date| date.zone() != Zone::Utc) {
        return Err(unhandled());
    }
    let home = state.rows.home_of(id);
    if home.is_none() && !context.shows(Fault::UnknownElementIsAccepted) {
        access::element(context, &state, id)?;
    }
    if !context.shows(Fault::ClientSetsLastChanged) {
        sent.last_changed = Some(context.date());
        sent.last_changed_by = caller.changed_by();
    }
    if let Some(stored) = state.rows.element(id).filter(|_| !context.shows(Fault::AbsentMetadataIsErased)) {
        keep_what_is_absent(context, &mut sent, stored);
    }
    // What the database writes for infinity, the service can't read any more.
    let unreadable = sent.last_changed.is_some_and(DateTime::is_infinite);
    let last_changed = sent.last_changed.map(DateTime::to_micros);
    let replaced = |element: &DataElement| DataElement {
        locked: sent.locked,
        refs: sent.refs.clone(),
        references: sent.references.clone(),
        tags: Some(sent.tags.clone().unwrap_or_default()),
        user_defined_metadata: sent.user_defined_metadata.clone(),
        metadata: sent.metadata.clone(),
        delete_status: sent.delete_status.clone(),
        last_changed,
        last_changed_by: sent.last_changed_by.clone(),
        ..element.clone()
    };
    // What doesn't reach the database may hold anything.
    context.storable(&replaced(&DataElement::default()))?;
    if let Some(date) = last_changed {
        state.rows.change(guid, |row| {
            row.touch(date, sent.last_changed_by.clone());
            row.unreadable |= unreadable;
        });
    }
    let stored = home.and_then(|home| {
        state.rows.change(home, |row| {
            let element = row.element_mut(id)?;
            *element = replaced(element);
            let element = element.clone();
            row.unreadable |= unreadable;
            Some(element)
        })
    });
    if unreadable && home.is_some() {
        return Err(unhandled());
    }
    let element = stored.flatten().unwrap_or_else(|| replaced(&DataElement::default()));
    drop(state);
    Ok(response::json(StatusCode::OK, &context.linked_element(element)?))
}

/// Fills in what was not sent: what the service does not do.
fn keep_what_is_absent(context: &Context, sent: &mut DataElement, stored: &DataElement) {
    let body = serde_json::from_slice(&context.body).unwrap_or_default();
    if sent_member(&body, "locked").is_none() {
        sent.locked = stored.locked;
    }
    if sent_member(&body, "tags").is_none() {
        sent.tags.clone_from(&stored.tags);
    }
    sent.refs = sent.refs.take().or_else(|| stored.refs.clone());
    sent.references = sent.references.take().or_else(|| stored.references.clone());
    sent.user_defined_metadata = sent.user_defined_metadata.take().or_else(|| stored.user_defined_metadata.clone());
    sent.metadata = sent.metadata.take().or_else(|| stored.metadata.clone());
    sent.delete_status = sent.delete_status.take().or_else(|| stored.delete_status.clone());
    sent.last_changed = sent.last_changed.or(stored.last_changed);
    sent.last_changed_by = sent.last_changed_by.take().or_else(|| stored.last_changed_by.clone());
}

/// `PUT instances/…/dataelements/{guid}/filescanstatus`, for the platform's scanner.
pub(crate) fn set_scan_status(context: &Context) -> Answer {
    let mut binding = context.bind();
    binding.path_guid("dataGuid");
    let body = binding.body::<FileScanStatus>(None);
    binding.finish()?;
    let id = context.data_guid()?;
    let result = body.unwrap_or_default().file_scan_result;
    let mut state = context.state();
    if let Some(home) = state.rows.home_of(id) {
        state.rows.change(home, |row| {
            if let Some(element) = row.element_mut(id) {
                element.file_scan_result = result;
                if !context.shows(Fault::LastChangedStays) {
                    let by = row.instance.last_changed_by.clone();
                    row.touch(context.date(), by);
                }
            }
        });
    }
    Ok(response::empty(StatusCode::OK))
}

/// `GET instances/…/dataelementexists/{guid}`, for other parts of the platform.
pub(crate) fn exists(context: &Context) -> Answer {
    let mut binding = context.bind();
    binding.path_guid("dataGuid");
    binding.finish()?;
    let id = guid::parse(context.values.get("dataGuid")).ok_or_else(unhandled)?;
    Ok(response::json(StatusCode::OK, &context.state().rows.element(id).is_some()))
}
