//! `PUT instances/…/data/{guid}`: new content for an element.

use futures::future::BoxFuture;
use http::StatusCode;

use super::access::{self, Right};
use super::body::{self, Received};
use super::upload::{ElementLinks, LIMIT, answer, bind_links, blob_path};
use crate::storage::context::{Answer, Context, Refusal, unhandled};
use crate::storage::dispatch::DEFAULT_BODY_LIMIT;
use crate::storage::events;
use crate::storage::faults::Fault;
use crate::storage::incoming::Incoming;
use crate::storage::model::{DataElement, FileScanResult, ReadStatus};

/// Replaces the content, and what came with it: type, name and references that aren't sent again are gone.
pub(crate) fn replace<'r>(context: &'r Context, incoming: &'r mut Incoming) -> BoxFuture<'r, Answer> {
    Box::pin(async move {
        let links = bind_links(context)?;
        let target = check(context)?;
        let limit = match context.shows(Fault::ReplacementsAreSmall) {
            true => DEFAULT_BODY_LIMIT,
            false => LIMIT,
        };
        let received = body::receive(context, incoming, limit).await?;
        store(context, received, &target, links)
    })
}

struct Target {
    path: String,
    scanned: bool,
}

fn check(context: &Context) -> Result<Target, Refusal> {
    if context.party() == 0 {
        let words = "Missing parameter values: instanceId, datafile or attached file content cannot be empty";
        return Err(context.message(StatusCode::BAD_REQUEST, words));
    }
    let id = context.data_guid()?;
    let state = context.state();
    let row = access::instance(context, &state)?;
    let element = access::element(context, &state, id)?;
    let data_type = element.data_type.as_deref().unwrap_or_default();
    let traits = access::data_type(context, &state, row, data_type, context.caller()?, Right::Write)?;
    if element.locked {
        let words = format!("Data element {id} is locked and cannot be updated");
        return Err(context.message(StatusCode::CONFLICT, &words));
    }
    let path = blob_path(row, id);
    if element.blob_storage_path.as_deref() != Some(path.as_str()) {
        let words = "Storage url does not match with instance metadata";
        return Err(context.message(StatusCode::INTERNAL_SERVER_ERROR, words));
    }
    Ok(Target { path, scanned: traits.scanned })
}

fn store(context: &Context, received: Received, target: &Target, links: ElementLinks) -> Answer {
    let (id, guid) = (context.data_guid()?, context.instance_guid()?);
    let caller = context.caller()?;
    context.blobs()?;
    let empty = received.blob.length() == 0;
    let mut state = context.state();
    if !empty || context.shows(Fault::EmptyReplacementDestroys) {
        state.blobs.insert(target.path.clone(), received.blob.clone());
    }
    if empty {
        return Err(context.message(StatusCode::UNPROCESSABLE_ENTITY, "Could not process attached file"));
    }
    context.storable(&(&received.file_name, &links.references))?;
    let now = context.content_date().round_to_micros();
    let loses_the_name = context.shows(Fault::ReplacementLosesTheName);
    let changed = state.rows.change(guid, |row| {
        let owner = caller.is_org(row.org());
        let element = row.element_mut(id)?;
        let kept = match loses_the_name {
            true => DataElement::default(),
            false => element.clone(),
        };
        element.content_type = received.content_type.or(kept.content_type);
        element.filename = received.file_name.or(kept.filename);
        element.refs = links.refs.or(kept.refs);
        element.references = links.references.or(kept.references);
        element.size = i64::try_from(received.blob.length()).unwrap_or(i64::MAX);
        element.last_changed = Some(now);
        element.last_changed_by = caller.changed_by();
        element.file_scan_result = if target.scanned { FileScanResult::Pending } else { FileScanResult::NotApplicable };
        if owner {
            element.is_read = false;
        }
        let element = element.clone();
        let none_read = row.elements.iter().all(|element| !element.is_read);
        let status = row.instance.status.as_mut();
        if let Some(status) = status.filter(|status| owner && none_read && status.read_status == ReadStatus::Read) {
            status.read_status = ReadStatus::Unread;
        }
        row.touch(now, caller.changed_by());
        Some((element, row.without_elements()))
    });
    // Deleted while the content arrived.
    let (element, instance) = changed.flatten().ok_or_else(unhandled)?;
    let event = events::about_element(&instance, "Saved", id, caller, context)?;
    context.tell(&mut state, guid, event)?;
    drop(state);
    answer(context, element, StatusCode::OK)
}
