//! A request and an answer, held against an operation of a document.

use http::{HeaderMap, StatusCode, header};
use mime::Mime;
use serde_json::{Map, Value};
use url::{Url, form_urlencoded};

use super::document::Operation;
use super::schema;

/// What HTTP and its libraries send by themselves; a document need not speak of it.
const GENERAL: [header::HeaderName; 16] = [
    header::ACCEPT,
    header::ACCEPT_ENCODING,
    header::ALLOW,
    header::AUTHORIZATION,
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::CONTENT_TYPE,
    header::DATE,
    header::EXPECT,
    header::HOST,
    header::PROXY_AUTHORIZATION,
    header::RETRY_AFTER,
    header::SERVER,
    header::TRANSFER_ENCODING,
    header::USER_AGENT,
    header::WWW_AUTHENTICATE,
];

/// Whether the operation takes this request. `body` is `None` without one.
pub(super) fn request(
    operation: &Operation<'_>,
    url: &Url,
    headers: &HeaderMap,
    body: Option<&[u8]>,
) -> Result<(), String> {
    for (name, value) in &operation.in_path {
        let described = operation.parameters("path").find(|one| one["name"] == *name);
        // Operations that are listed for completeness alone don't describe theirs.
        if let Some(parameter) = described {
            parameter_value(operation, parameter, value)?;
        }
    }
    for (name, value) in url.query_pairs() {
        let parameter = operation.parameters("query").find(|one| one["name"] == name.as_ref());
        parameter_value(operation, parameter.ok_or(format!("the query parameter {name}"))?, &value)?;
    }
    for required in operation.parameters("query").filter(|one| one["required"] == true) {
        if !url.query_pairs().any(|(name, _)| required["name"] == name.as_ref()) {
            return Err(format!("a request without {}", required["name"]));
        }
    }
    let described = operation.parameters("header").filter_map(|one| Some((one["name"].as_str()?, one)));
    check_headers(operation, described.collect(), headers)?;
    let described = operation.request_body();
    match body.filter(|body| !body.is_empty()) {
        None if described["required"] == true => Err("a request without its body".to_owned()),
        None => Ok(()),
        Some(_) if described.is_null() => Err("a body".to_owned()),
        Some(body) => check_body(operation, &described["content"], headers, body),
    }
}

/// Whether the operation gives this answer.
pub(super) fn answer(
    operation: &Operation<'_>,
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<(), String> {
    let response = operation.response(status)?;
    let described = response["headers"].as_object().into_iter().flatten();
    check_headers(operation, described.map(|(name, one)| (name.as_str(), one)).collect(), headers)?;
    let content = &response["content"];
    match body.is_empty() {
        // A file may be empty, and a refusal may say nothing. A success says what it is to say.
        true if content.is_null() || content.get("*/*").is_some() || !status.is_success() => Ok(()),
        true => Err("an answer without its body".to_owned()),
        false if content.is_null() => Err("an answer with a body".to_owned()),
        false => check_body(operation, content, headers, body),
    }
}

fn parameter_value(operation: &Operation<'_>, parameter: &Value, value: &str) -> Result<(), String> {
    let schema = &parameter["schema"];
    let schema = if schema["type"] == "array" { &schema["items"] } else { schema };
    let value = match schema["type"].as_str() {
        Some("boolean" | "integer") => serde_json::from_str(value).unwrap_or(Value::Null),
        _ => Value::from(value),
    };
    let outcome = schema::check(&operation.document.root, schema, &value);
    outcome.map_err(|error| format!("{}: {error}", parameter["name"]))
}

fn check_headers(operation: &Operation<'_>, described: Vec<(&str, &Value)>, given: &HeaderMap) -> Result<(), String> {
    for (name, value) in given {
        match described.iter().find(|(known, _)| known.eq_ignore_ascii_case(name.as_str())) {
            Some((_, parameter)) => {
                let text = value.to_str().map_err(|_| format!("the header {name} with other than ASCII"))?;
                let outcome = schema::check(&operation.document.root, &parameter["schema"], &Value::from(text));
                outcome.map_err(|error| format!("the header {name}: {error}"))?;
            }
            None if GENERAL.contains(name) => {}
            None => return Err(format!("the header {name}")),
        }
    }
    let missing = described.iter().find(|(name, one)| one["required"] == true && !given.contains_key(*name));
    missing.map_or(Ok(()), |(name, _)| Err(format!("anything without the header {name}")))
}

/// Whether one of the contents that are described has this type, and the body is what is said of it.
fn check_body(operation: &Operation<'_>, content: &Value, headers: &HeaderMap, body: &[u8]) -> Result<(), String> {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let given = given.ok_or("a body without a content type")?;
    let essence = given.parse::<Mime>().map_or_else(|_| given.to_owned(), |mime| mime.essence_str().to_owned());
    let Some(described) = content.get(&essence) else {
        return if content.get("*/*").is_some() { Ok(()) } else { Err(format!("a body of type {given}")) };
    };
    let text = std::str::from_utf8(body).map_err(|_| "a body that is no UTF-8".to_owned())?;
    let value = match essence.as_str() {
        "application/x-www-form-urlencoded" => {
            let members = form_urlencoded::parse(body).map(|(name, value)| (name.into_owned(), value.into()));
            Value::Object(members.collect::<Map<_, _>>())
        }
        json if json.ends_with("json") => {
            serde_json::from_str(text).map_err(|error| format!("a body that is no JSON: {error}"))?
        }
        _ => Value::from(text),
    };
    schema::check(&operation.document.root, &described["schema"], &value)
}
