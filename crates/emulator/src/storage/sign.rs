//! `POST instances/…/sign`: leaves a signature document as a data element.

use aws_lc_rs::digest::{Context as Hash, SHA256};
use bytes::Bytes;
use http::StatusCode;
use serde::Serialize;
use uuid::Uuid;

use super::blobs::Blob;
use super::context::{Answer, Context, Refusal, unhandled};
use super::data::{blob_path, delete_now};
use super::events;
use super::faults::Fault;
use super::model::{
    DataElement, DocumentSignature, Reference, ReferenceType, RelationType, SignDocument, SignRequest, Signee,
};
use super::store::{Row, State};
use crate::dotnet::guid;
use crate::response;

/// Signs elements of an instance. An earlier signature of the same signee in the same data type is replaced.
pub(crate) fn sign(context: &Context) -> Answer {
    let mut binding = context.bind();
    let body = binding.body::<SignRequest>(None);
    binding.finish()?;
    let request = body.unwrap_or_default();
    let signee = request.signee.clone().ok_or_else(unhandled)?;
    if signee.user_id.as_deref().is_none_or(str::is_empty) && signee.system_user_id.is_none() {
        let words = "The 'UserId' or 'SystemUserId' parameter must be defined for signee.";
        return Err(context.problem(StatusCode::BAD_REQUEST, Some(words)));
    }
    let caller = context.caller()?;
    let by = caller.changed_by().ok_or_else(|| context.problem(StatusCode::UNAUTHORIZED, None))?;
    let guid = context.instance_guid()?;
    let data_type = request.signature_document_data_type.clone().unwrap_or_default();
    let mut state = context.state();
    let row = state.rows.get(guid);
    let row = row.ok_or_else(|| context.problem(StatusCode::NOT_FOUND, Some("Instance not found")))?;
    check_data_type(context, &state, row, &data_type)?;
    let signatures = hash_all(context, &state, request)?;
    let id = Uuid::new_v4();
    let now = context.date();
    let document = SignDocument {
        id: id.to_string(),
        instance_guid: guid.to_string(),
        signed_time: now,
        signee_info: signee.clone(),
        data_element_signatures: signatures.signatures,
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
        references: signatures.references,
        created: Some(now),
        created_by: Some(by.clone()),
        last_changed: Some(now.round_to_micros()),
        last_changed_by: Some(by.clone()),
        ..DataElement::default()
    };
    state.blobs.insert(path, Blob::of(Bytes::from(content)));
    state.rows.add_element(guid, id, element).ok_or_else(unhandled)?;
    let instance = state.rows.change(guid, |row| {
        row.touch(now.round_to_micros(), Some(by));
        row.without_elements()
    });
    let event = events::about(&instance.ok_or_else(unhandled)?, "Signed", caller, context);
    state.events.add(guid, event);
    drop(state);
    Ok(response::message(StatusCode::CREATED, "SignDocument is created"))
}

/// The type has to be declared, and for the current task if for any.
fn check_data_type(context: &Context, state: &State, row: &Row, data_type: &str) -> Result<(), Refusal> {
    let Some(application) = state.registry.application(row.app()) else {
        let words = format!("Cannot find application {} in storage", row.app());
        return Err(context.problem(StatusCode::NOT_FOUND, Some(&words)));
    };
    let process = row.instance.process.as_ref().ok_or_else(unhandled)?;
    let task = process.current_task.as_ref().and_then(|task| task.element_id.as_deref());
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

struct Signatures {
    signatures: Vec<DocumentSignature>,
    references: Option<Vec<Reference>>,
}

fn hash_all(context: &Context, state: &State, request: SignRequest) -> Result<Signatures, Refusal> {
    let not_found = |words: String| context.problem(StatusCode::NOT_FOUND, Some(&words));
    let mut signatures = Vec::new();
    for asked in request.data_element_signatures.ok_or_else(unhandled)? {
        let text = asked.data_element_id.unwrap_or_default();
        let id = guid::parse(&text).ok_or_else(unhandled)?;
        let element =
            state.rows.element(id).ok_or_else(|| not_found(format!("DataElement not found, dataElementId: {text}")))?;
        let blob = element.blob_storage_path.as_ref().and_then(|path| state.blobs.get(path));
        let unread = || not_found(format!("Failed reading file, dataElementId: {text}"));
        let mut hash = Hash::new(&SHA256);
        blob.ok_or_else(unread)?.each_piece(|piece| hash.update(piece)).map_err(|_| unread())?;
        signatures.push(DocumentSignature {
            sha256_hash: hash.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect(),
            data_element_id: text,
            signed: asked.signed,
        });
    }
    let task = request.generated_from_task.filter(|task| !task.is_empty());
    let references = task.map(|task| {
        vec![Reference {
            value: Some(task),
            relation: Some(RelationType::GeneratedFrom),
            value_type: Some(ReferenceType::Task),
        }]
    });
    Ok(Signatures { signatures, references })
}

/// Elements of this type whose document names the same signee.
fn same_signee(state: &State, row: &Row, data_type: &str, signee: &Signee) -> Vec<Uuid> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Named<'s> {
        signee_info: &'s Signee,
    }
    let wanted = serde_json::to_value(Named { signee_info: signee }).unwrap_or_default();
    let names_same = |element: &&DataElement| {
        let mut content = Vec::new();
        let blob = element.blob_storage_path.as_ref().and_then(|path| state.blobs.get(path));
        let read = blob.is_some_and(|blob| blob.each_piece(|piece| content.extend_from_slice(piece)).is_ok());
        let document: serde_json::Value = serde_json::from_slice(&content).unwrap_or_default();
        read && document.get("signeeInfo").is_some_and(|found| *found == wanted["signeeInfo"])
    };
    row.elements
        .iter()
        .filter(|element| element.data_type.as_deref() == Some(data_type))
        .filter(names_same)
        .filter_map(|element| guid::parse(element.id.as_deref()?))
        .collect()
}
