//! `GET instances/…/data/{guid}`.

use axum::response::Response;
use futures::future::BoxFuture;
use http::StatusCode;
use http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};

use super::access::{self, Right};
use super::upload::blob_path;
use crate::dotnet::disposition::attachment;
use crate::dotnet::media_type::MediaType;
use crate::response::{fits_a_header, with_header};
use crate::storage::blobs::Blob;
use crate::storage::context::{Answer, Context, Refusal, forbidden, unhandled};
use crate::storage::decisions::Asked;
use crate::storage::faults::Fault;
use crate::storage::incoming::Incoming;
use crate::storage::model::{DataElement, FileScanResult};
use crate::storage::policy;

/// Sends the content as it was stored.
pub(crate) fn download<'r>(context: &'r Context, _incoming: &'r mut Incoming) -> BoxFuture<'r, Answer> {
    Box::pin(async move {
        let (element, blob) = find(context)?;
        // The real service can't send a type that is none, or one that no header can hold.
        let content_type = element.content_type.as_deref().and_then(MediaType::parse);
        let content_type = content_type.filter(|parsed| fits_a_header(&parsed.text)).ok_or_else(unhandled)?;
        let length = blob.length();
        let response = with_header(Response::new(blob.into_body()), CONTENT_TYPE, &content_type.text);
        let response = match context.shows(Fault::DownloadHasNoLength) {
            true => response,
            false => with_header(response, CONTENT_LENGTH, &length.to_string()),
        };
        Ok(match element.filename.filter(|name| !name.is_empty()) {
            Some(name) => with_header(response, CONTENT_DISPOSITION, &attachment(&name)),
            None => response,
        })
    })
}

fn gone(context: &Context) -> Refusal {
    let words = format!("Unable to read data element from blob storage for {}", context.values.get("dataGuid"));
    context.message(StatusCode::NOT_FOUND, &words)
}

/// Looks everything up, and marks the element as read unless its owner asks: before it shows whether there is content to
/// be read.
fn find(context: &Context) -> Result<(DataElement, Blob), Refusal> {
    if context.party() == 0 {
        let words = "Missing parameter value: instanceOwnerPartyId can not be empty";
        return Err(context.message(StatusCode::BAD_REQUEST, words));
    }
    let id = context.data_guid()?;
    let caller = context.caller()?;
    let mut state = context.state();
    let row = access::instance(context, &state)?;
    if !policy::lets_read(&context.platform, &Asked::of(row), caller) {
        return Err(forbidden());
    }
    let element = access::element(context, &state, id)?;
    let data_type = element.data_type.as_deref().unwrap_or_default();
    access::data_type(context, &state, row, data_type, caller, Right::Read)?;
    let owner = caller.is_org(row.org());
    if element.is_hard_deleted() && !owner {
        return Err(context.problem(StatusCode::NOT_FOUND, None));
    }
    if element.file_scan_result == FileScanResult::Infected && !context.shows(Fault::InfectedContentIsSent) {
        return Err(context.message(StatusCode::CONFLICT, "The content is infected."));
    }
    let (element, path) = (element.clone(), blob_path(row, id));
    if !element.is_read && !owner {
        let home = state.rows.home_of(id).ok_or_else(unhandled)?;
        state.rows.change(home, |row| {
            if let Some(element) = row.element_mut(id) {
                element.is_read = true;
            }
        });
    }
    if element.blob_storage_path.as_deref() != Some(path.as_str()) {
        return Err(context.message(StatusCode::NOT_FOUND, "Unable to find requested data item"));
    }
    context.blobs()?;
    let blob = state.blobs.get(&path).cloned().ok_or_else(|| gone(context))?;
    Ok((element, blob))
}
