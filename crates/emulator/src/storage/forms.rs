//! Forms, which the framework reads before an action runs, whatever the action wants.

use http::header::{CONTENT_LENGTH, CONTENT_TYPE};

use super::context::{Context, Refusal};
use super::faults::Fault;
use super::incoming::Incoming;
use crate::dotnet::form_fields::fields_fault;
use crate::dotnet::media_type::MediaType;
use crate::dotnet::multipart::{MAX_BOUNDARY, form_fault};
use crate::response::{self, FieldErrors};

/// The longest form the framework reads for actions that set no smaller limit.
pub(super) const FORM_LIMIT: u64 = 128 * 1024 * 1024;

/// What has been read of a body, of which then nothing is left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Form {
    /// Nothing: it is no form.
    #[default]
    None,
    /// `multipart/form-data`.
    Multipart,
    /// `application/x-www-form-urlencoded`.
    Fields,
}

/// Reads the body if it is a form.
///
/// # Errors
///
/// A refusal that says what is wrong with the form; an unhandled exception for more than `limit` bytes.
pub(super) async fn read(context: &Context, incoming: &mut Incoming, limit: u64) -> Result<Form, Refusal> {
    let content_type = context.joined_header(CONTENT_TYPE.as_str()).as_deref().and_then(MediaType::parse);
    let Some(content_type) = content_type else { return Ok(Form::None) };
    let form = match content_type.essence.as_str() {
        "application/x-www-form-urlencoded" => Form::Fields,
        "multipart/form-data" if context.shows(Fault::MultipartIsTakenApart) => Form::Multipart,
        _ => return Ok(Form::None),
    };
    // A form of no length is empty, and nothing about it wrong.
    if context.header(CONTENT_LENGTH.as_str()) == Some("0") {
        return Ok(form);
    }
    let fault = match (form, content_type.parameter("boundary")) {
        (Form::Multipart, None) => Some("Missing content-type boundary.".to_owned()),
        (Form::Multipart, Some(boundary)) if boundary.len() > MAX_BOUNDARY => {
            Some(format!("Multipart boundary length limit {MAX_BOUNDARY} exceeded."))
        }
        (Form::Multipart, Some(boundary)) => form_fault(&incoming.whole(limit).await?, boundary),
        _ => fields_fault(&incoming.whole(limit).await?),
    };
    match fault {
        None => Ok(form),
        Some(words) => {
            let errors = FieldErrors::of("", format!("Failed to read the request form. {words}"));
            Err(response::invalid(context.problems, &errors).into())
        }
    }
}
