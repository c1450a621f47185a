//! The body shapes that the platform's .NET services answer with.
//!
//! | name | body | content type |
//! | --- | --- | --- |
//! | [`empty`] | none | none |
//! | [`json()`] | any document | `application/json; charset=utf-8` |
//! | [`message`] | a JSON string, quotes included | `application/json; charset=utf-8` |
//! | [`text`] | bare text | `text/plain; charset=utf-8` |
//! | [`problem`] | problem details | as [`ProblemType`] says |
//! | [`invalid`] | problem details with a list of messages per field | as [`ProblemType`] says |

use axum::body::Body;
pub(crate) use axum::response::Response;
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderValue, StatusCode};
use serde::Serialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

const JSON: &str = "application/json; charset=utf-8";
const PROBLEM: &str = "application/problem+json; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";

/// Which content type problem details carry. An action that declares that it produces `application/json` says so for
/// its problems, too; all others, and unhandled errors, use the problem type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProblemType {
    Json,
    Problem,
}

impl ProblemType {
    fn content_type(self) -> &'static str {
        match self {
            Self::Json => JSON,
            Self::Problem => PROBLEM,
        }
    }
}

/// No body and no content type: refusals of the authorization layer, and routes that don't exist.
pub(crate) fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// `document` as JSON.
pub(crate) fn json(status: StatusCode, document: &impl Serialize) -> Response {
    match serde_json::to_vec(document) {
        Ok(bytes) => with_body(status, JSON, bytes),
        Err(_) => unhandled(),
    }
}

/// `words` as a JSON string: what an action that produces JSON makes of a text result.
pub(crate) fn message(status: StatusCode, words: &str) -> Response {
    json(status, &words)
}

/// `words` as they are: what an action that declares no content type makes of a text result. It is sent without a
/// length.
pub(crate) fn text(status: StatusCode, words: &str) -> Response {
    let pieces = futures::stream::iter([Ok::<_, std::convert::Infallible>(words.to_owned())]);
    with_body(status, TEXT, Body::from_stream(pieces))
}

/// Problem details with the standard type and title of `status`.
pub(crate) fn problem(kind: ProblemType, status: StatusCode, detail: Option<&str>) -> Response {
    let mut members = problem_members(status, title(status));
    if let Some(detail) = detail {
        members.insert("detail".to_owned(), detail.into());
    }
    with_body(status, kind.content_type(), Value::Object(members).to_string())
}

/// The answer to an exception that no action caught.
pub(crate) fn unhandled() -> Response {
    let mut response = problem(ProblemType::Problem, StatusCode::INTERNAL_SERVER_ERROR, None);
    response.extensions_mut().insert(Unhandled);
    response
}

/// Marks a response in the place of an exception.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unhandled;

/// Messages per field, in the order in which they were found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FieldErrors(Vec<(String, Vec<String>)>);

impl FieldErrors {
    /// No messages yet.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// One message for one field.
    pub(crate) fn of(field: impl Into<String>, message: impl Into<String>) -> Self {
        let mut errors = Self::default();
        errors.add(field, message);
        errors
    }

    /// Adds a message below those that `field` has already.
    pub(crate) fn add(&mut self, field: impl Into<String>, message: impl Into<String>) {
        let (field, message) = (field.into(), message.into());
        match self.0.iter_mut().find(|(name, _)| *name == field) {
            Some((_, messages)) => messages.push(message),
            None => self.0.push((field, vec![message])),
        }
    }

    /// Takes over the messages of `others`.
    pub(crate) fn extend(&mut self, others: Self) {
        for (field, messages) in others.0 {
            for message in messages {
                self.add(field.clone(), message);
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The automatic 400 of a request whose parts can't be bound.
pub(crate) fn invalid(kind: ProblemType, errors: &FieldErrors) -> Response {
    let status = StatusCode::BAD_REQUEST;
    let mut members = problem_members(status, "One or more validation errors occurred.");
    let fields: Map<String, Value> =
        errors.0.iter().map(|(field, messages)| (field.clone(), json!(messages))).collect();
    members.insert("errors".to_owned(), Value::Object(fields));
    with_body(status, kind.content_type(), Value::Object(members).to_string())
}

/// `response` with one more header; a value that no header can hold is left out.
pub(crate) fn with_header(mut response: Response, name: HeaderName, value: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
    response
}

/// Whether the services' web server takes `value` for a header: it wants ASCII without control characters.
pub(crate) fn fits_a_header(value: &str) -> bool {
    value.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\t'))
}

fn with_body(status: StatusCode, content_type: &'static str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

fn problem_members(status: StatusCode, title: &str) -> Map<String, Value> {
    let mut members = Map::new();
    if let Some(reference) = reference(status) {
        members.insert("type".to_owned(), reference.into());
    }
    members.insert("title".to_owned(), title.into());
    members.insert("status".to_owned(), status.as_u16().into());
    members.insert("traceId".to_owned(), trace_id().into());
    members
}

/// The section that describes the status, as the framework's table has it.
fn reference(status: StatusCode) -> Option<String> {
    let section = match status.as_u16() {
        400 => "15.5.1",
        401 => "15.5.2",
        403 => "15.5.4",
        404 => "15.5.5",
        405 => "15.5.6",
        406 => "15.5.7",
        408 => "15.5.9",
        409 => "15.5.10",
        412 => "15.5.13",
        415 => "15.5.16",
        422 => return Some("https://tools.ietf.org/html/rfc4918#section-11.2".to_owned()),
        426 => "15.5.22",
        500 => "15.6.1",
        502 => "15.6.3",
        503 => "15.6.4",
        504 => "15.6.5",
        _ => return None,
    };
    Some(format!("https://tools.ietf.org/html/rfc9110#section-{section}"))
}

fn title(status: StatusCode) -> &'static str {
    match status.as_u16() {
        422 => "Unprocessable Entity",
        500 => "An error occurred while processing your request.",
        _ => status.canonical_reason().unwrap_or("Unknown"),
    }
}

/// A trace id in the form of the W3C trace context, as the services make them.
fn trace_id() -> String {
    let trace = Uuid::new_v4().simple();
    let span = Uuid::new_v4().as_u64_pair().0;
    format!("00-{trace}-{span:016x}-00")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_one_field_are_kept_together() {
        let mut errors = FieldErrors::of("a", "one");
        errors.add("b", "two");
        errors.add("a", "three");
        let expected = vec![
            ("a".to_owned(), vec!["one".to_owned(), "three".to_owned()]),
            ("b".to_owned(), vec!["two".to_owned()]),
        ];
        assert_eq!(errors, FieldErrors(expected));
    }

    #[test]
    fn titles_and_types_are_the_frameworks() {
        let members = problem_members(StatusCode::UNPROCESSABLE_ENTITY, title(StatusCode::UNPROCESSABLE_ENTITY));
        assert_eq!(members["title"], "Unprocessable Entity");
        assert_eq!(members["type"], "https://tools.ietf.org/html/rfc4918#section-11.2");
        let problem = problem(ProblemType::Json, StatusCode::NOT_FOUND, None);
        assert_eq!(problem.headers()[CONTENT_TYPE], JSON);
        assert_eq!(unhandled().headers()[CONTENT_TYPE], PROBLEM);
        assert!(empty(StatusCode::FORBIDDEN).headers().is_empty());
    }

    #[test]
    fn a_trace_id_has_four_parts() {
        let id = trace_id();
        let lengths: Vec<usize> = id.split('-').map(str::len).collect();
        assert_eq!(lengths, [2, 32, 16, 2]);
    }
}
