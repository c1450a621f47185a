//! `POST instances/…/sign`: leaves a signature document as a data element.

use aws_lc_rs::digest::{Context as Hash, SHA256};
use bytes::Bytes;
use futures::future::BoxFuture;
use http::StatusCode;
use serde::Serialize;
use uuid::Uuid;

use super::blobs::Blob;
use super::context::{Answer, Context, Refusal, unhandled};
use super::data::{blob_path, delete_now};
use super::events;
use super::faults::Fault;
use super::model::{
    DataElement, DataElementSignature, DocumentSignature, Reference, SignDocument, SignRequest, Signee,
};
use super::store::{Row, State};
use crate::dotnet::guid;
use crate::response;

/// Signs elements of an instance. An earlier signature of the same signee in the same data type is replaced.
pub(crate) fn sign(context: &Context) -> BoxFuture<'_, Answer> {
    Box::pin(async move {
        let mut binding = context.bind();
        let body = binding.body::<SignRequest>(None);
        binding.finish()?;
        let request = body.unwrap_or_default();
        let signee = request.signee.unwrap_or_default();
        if signee.user_id.as_deref().is_none_or(str::is_empty) && signee.system_user_id.is_none() {
            let words = "The 'UserId' or 'SystemUserId' parameter must be defined for signee.";
            return Err(context.problem(StatusCode::BAD_REQUEST, Some(words)));
        }
        context.caller()?.changed_by().ok_or_else(|| context.problem(StatusCode::UNAUTHORIZED, None))?;
        let data_type = request.signature_document_data_type.clone().unwrap_or_default();
        let asked = look_up(context, &data_type, request.data_element_signatures)?;
        // Files may be large: neither other requests nor the server's threads wait for them.
        let hashed = tokio::task::spawn_blocking(move || hash_all(asked)).await.map_err(|_| unhandled())?;
        let signatures = hashed.map_err(|element| unread(context, element))?;
        let task = request.generated_from_task.filter(|task| !task.is_empty());
        store(context, data_type, task, signee, signatures)
    })
}

/// Writes the document, and removes the one that it replaces.
fn store(
    context: &Context,
    data_type: String,
    task: Option<String>,
    signee: Signee,
    signatures: Vec<DocumentSignature>,
) -> Answer {
    context.blobs()?;
    let (caller, guid) = (context.caller()?, context.instance_guid()?);
    let by = caller.changed_by();
    let mut state = context.state();
    let row = state.rows.get(guid).ok_or_else(unhandled)?;
    let id = Uuid::new_v4();
    let now = context.date();
    let document = SignDocument {
        id: id.to_string(),
        instance_guid: guid.to_string(),
        signed_time: now,
        signee_info: signee.clone(),
        data_element_signatures: signatures,
    };
    let content = serde_json::to_vec_pretty(&document).map_err(|_| unhandled())?;
    let path = blob_path(row, id);
    for earlier in same_signee(&state, row, &data_type, &signee) {
        delete_now(context, &mut state, earlier, caller)?;
    }
    let element = DataElement {
        id: Some(id.to_string()),
        instance_guid: Some(guid.to_string()),
        filename: Some(format!("{data_type}.json")),
        data_type: Some(data_type),
        content_type: Some("application/json".to_owned()),
        blob_storage_path: Some(path.clone()),
        size: i64::try_from(content.len()).unwrap_or(i64::MAX),
        locked: true,
        references: task.map(|task| vec![Some(Reference::generated_from(task))]),
        created: Some(now),
        created_by: by.clone(),
        last_changed: Some(now.round_to_micros()),
        last_changed_by: by.clone(),
        ..DataElement::default()
    };
    // Too late for the earlier signature.
    context.storable(&element)?;
    state.blobs.insert(path, Blob::of(Bytes::from(content)));
    state.rows.add_element(guid, id, element).ok_or_else(unhandled)?;
    let instance = state.rows.change(guid, |row| {
        row.touch(now.round_to_micros(), by);
        row.without_elements()
    });
    let event = events::about(&instance.ok_or_else(unhandled)?, "Signed", caller, context);
    context.tell(&mut state, guid, event)?;
    drop(state);
    Ok(response::message(StatusCode::CREATED, "SignDocument is created"))
}

/// The type has to be declared, and for the current task if for any.
fn check_data_type(context: &Context, state: &State, row: &Row, data_type: &str) -> Result<(), Refusal> {
    let process = row.instance.process.as_ref().ok_or_else(unhandled)?;
    let task = process.current_task.as_ref().and_then(|task| task.element_id.as_deref());
    let Some(application) = state.registry.application(row.app(), context.now) else {
        let words = format!("Cannot find application {} in storage", row.app());
        return Err(context.problem(StatusCode::NOT_FOUND, Some(&words)));
    };
    // After a change without data types the service fails on the missing list.
    application.data_types.as_ref().ok_or_else(unhandled)?;
    let declared = application.data_type(data_type).is_some_and(|declared| {
        let for_task = declared.task_id.as_deref().filter(|task| !task.is_empty());
        for_task.is_none() || for_task == task
    });
    if declared {
        return Ok(());
    }
    let words = format!("DataType {data_type} is not declared in application metadata for app {}", row.app());
    let status = match context.shows(Fault::UndeclaredSignatureIs405) {
        true => StatusCode::METHOD_NOT_ALLOWED,
        false => StatusCode::BAD_REQUEST,
    };
    Err(context.problem(status, Some(&words)))
}

/// An element to be signed, with its content.
struct Asked {
    /// As it was sent.
    id: String,
    element: Uuid,
    signed: bool,
    content: Blob,
}

/// Everything that is to be signed, after the checks of the instance and the data type.
fn look_up(
    context: &Context,
    data_type: &str,
    asked: Option<Vec<Option<DataElementSignature>>>,
) -> Result<Vec<Asked>, Refusal> {
    let state = context.state();
    let row = state.rows.get(context.instance_guid()?);
    let row = row.ok_or_else(|| context.problem(StatusCode::NOT_FOUND, Some("Instance not found")))?;
    check_data_type(context, &state, row, data_type)?;
    let find = |asked: Option<DataElementSignature>| {
        let asked = asked.ok_or_else(unhandled)?;
        let text = asked.data_element_id.unwrap_or_default();
        let id = guid::parse(&text).ok_or_else(unhandled)?;
        let element = state.rows.element(id).ok_or_else(|| {
            let words = format!("DataElement not found, dataElementId: {id}");
            context.problem(StatusCode::NOT_FOUND, Some(&words))
        })?;
        context.blobs()?;
        let blob = element.blob_storage_path.as_ref().and_then(|path| state.blobs.get(path));
        let content = blob.cloned().ok_or_else(|| unread(context, id))?;
        Ok(Asked { id: text, element: id, signed: asked.signed, content })
    };
    asked.ok_or_else(unhandled)?.into_iter().map(find).collect()
}

fn unread(context: &Context, id: Uuid) -> Refusal {
    context.problem(StatusCode::NOT_FOUND, Some(&format!("Failed reading file, dataElementId: {id}")))
}

/// # Errors
///
/// The id of the first element that can't be read.
fn hash_all(asked: Vec<Asked>) -> Result<Vec<DocumentSignature>, Uuid> {
    let hash = |asked: Asked| {
        let mut hash = Hash::new(&SHA256);
        if asked.content.each_piece(|piece| hash.update(piece)).is_err() {
            return Err(asked.element);
        }
        let sha256_hash = hash.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(DocumentSignature { data_element_id: asked.id, sha256_hash, signed: asked.signed })
    };
    asked.into_iter().map(hash).collect()
}

/// Elements of this type whose document names the same signee. A document is never so large that it is on disk.
fn same_signee(state: &State, row: &Row, data_type: &str, signee: &Signee) -> Vec<Uuid> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Named<'s> {
        signee_info: &'s Signee,
    }
    let wanted = serde_json::to_value(Named { signee_info: signee }).unwrap_or_default();
    let names_same = |element: &&DataElement| {
        let blob = element.blob_storage_path.as_ref().and_then(|path| state.blobs.get(path));
        let document = blob.and_then(Blob::in_memory).and_then(|content| serde_json::from_slice(content).ok());
        let document: serde_json::Value = document.unwrap_or_default();
        document.get("signeeInfo").is_some_and(|found| *found == wanted["signeeInfo"])
    };
    row.elements
        .iter()
        .filter(|element| element.data_type.as_deref() == Some(data_type))
        .filter(names_same)
        .filter_map(|element| guid::parse(element.id.as_deref()?))
        .collect()
}
