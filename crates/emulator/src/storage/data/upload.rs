//! `POST instances/…/data`.

use futures::future::BoxFuture;
use http::StatusCode;
use http::header::LOCATION;
use uuid::Uuid;

use super::access::{self, Right};
use super::body::{self, Received};
use crate::response::{self, with_header};
use crate::storage::context::{Answer, Context, Refusal, unhandled};
use crate::storage::events;
use crate::storage::incoming::Incoming;
use crate::storage::model::{DataElement, FileScanResult, ReadStatus, Reference};
use crate::storage::store::Row;

/// The largest upload: 2000 MiB.
pub(super) const LIMIT: u64 = 2000 * 1024 * 1024;

/// Stores a new element.
pub(crate) fn upload<'r>(context: &'r Context, incoming: &'r mut Incoming) -> BoxFuture<'r, Answer> {
    Box::pin(async move {
        let links = bind_links(context)?;
        let scanned = check(context)?;
        let received = body::receive(context, incoming, LIMIT).await?;
        if received.blob.length() == 0 {
            return Err(context.message(StatusCode::BAD_REQUEST, "Empty stream provided. Cannot persist data."));
        }
        store(context, received, scanned, links)
    })
}

/// What an upload refers to.
#[derive(Debug)]
pub(super) struct ElementLinks {
    pub(super) refs: Option<Vec<Uuid>>,
    pub(super) references: Option<Vec<Option<Reference>>>,
}

/// Binds the parameters that uploads and replacements share.
pub(super) fn bind_links(context: &Context) -> Result<ElementLinks, Refusal> {
    let mut binding = context.bind();
    let refs = binding.binder.guids("refs");
    if !context.values.get("dataGuid").is_empty() {
        binding.path_guid("dataGuid");
    }
    binding.finish()?;
    let task = context.query.text("generatedFromTask");
    let references = task.map(|task| vec![Some(Reference::generated_from(task.to_owned()))]);
    Ok(ElementLinks { refs: Some(refs).filter(|refs| !refs.is_empty()), references })
}

/// Whether the caller may upload here; gives whether the file is scanned.
fn check(context: &Context) -> Result<bool, Refusal> {
    let Some(data_type) = context.query.text("dataType").filter(|_| context.party() != 0) else {
        let words = "Missing parameter values: instanceId, elementType or attached file content cannot be null";
        return Err(context.message(StatusCode::BAD_REQUEST, words));
    };
    let state = context.state();
    let row = access::instance(context, &state)?;
    let traits = access::data_type(context, &state, row, data_type, context.caller()?, Right::Write)?;
    Ok(traits.scanned)
}

fn store(context: &Context, received: Received, scanned: bool, links: ElementLinks) -> Answer {
    context.blobs()?;
    let caller = context.caller()?;
    let guid = context.instance_guid()?;
    let mut state = context.state();
    let row = state.rows.get(guid).ok_or_else(unhandled)?;
    let owner = caller.is_org(row.org());
    let id = Uuid::new_v4();
    let now = context.content_date();
    let path = blob_path(row, id);
    let element = DataElement {
        id: Some(id.to_string()),
        instance_guid: Some(guid.to_string()),
        data_type: context.query.text("dataType").map(str::to_owned),
        filename: received.file_name,
        content_type: received.content_type,
        blob_storage_path: Some(path.clone()),
        size: i64::try_from(received.blob.length()).unwrap_or(i64::MAX),
        refs: links.refs,
        references: links.references,
        is_read: !owner,
        file_scan_result: if scanned { FileScanResult::Pending } else { FileScanResult::NotApplicable },
        created: Some(now),
        created_by: caller.changed_by(),
        last_changed: Some(now.round_to_micros()),
        last_changed_by: caller.changed_by(),
        ..DataElement::default()
    };
    context.storable(&element)?;
    state.blobs.insert(path, received.blob);
    state.rows.add_element(guid, id, element.clone()).ok_or_else(unhandled)?;
    let instance = state.rows.change(guid, |row| {
        row.touch(now.round_to_micros(), caller.changed_by());
        let status = row.instance.status.as_mut();
        if let Some(status) = status.filter(|status| owner && status.read_status == ReadStatus::Read) {
            status.read_status = ReadStatus::UpdatedSinceLastReview;
        }
        row.without_elements()
    });
    let instance = instance.ok_or_else(unhandled)?;
    let event = events::about_element(&instance, "Created", id, caller, context)?;
    context.tell(&mut state, guid, event)?;
    drop(state);
    answer(context, element, StatusCode::CREATED)
}

/// An element with the link that its path makes, whatever party the path names.
pub(super) fn answer(context: &Context, mut element: DataElement, status: StatusCode) -> Answer {
    let links = context.links().element(&context.instance_id()?, &element);
    let location = links.platform.clone().unwrap_or_default();
    element.self_links = Some(links);
    let response = response::json(status, &element);
    Ok(if status == StatusCode::CREATED { with_header(response, LOCATION, &location) } else { response })
}

/// Where the content of an element of this instance is.
pub(crate) fn blob_path(row: &Row, id: Uuid) -> String {
    format!("{}/{}/data/{id}", row.app(), row.guid)
}
