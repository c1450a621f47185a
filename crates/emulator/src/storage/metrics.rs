//! Metrics, which only a key of the platform's own opens.

use http::StatusCode;
use serde_json::json;

use super::context::{Answer, Context};
use crate::response;

const KEY_HEADER: &str = "x-api-key";

/// `GET metrics/instances`. The emulator has no key, so that none is the right one.
pub(crate) fn instances(context: &Context) -> Answer {
    let words = match context.header(KEY_HEADER) {
        None => "API key required for metrics endpoints",
        Some(key) if key.trim().is_empty() => "API key cannot be empty",
        Some(_) => "Invalid API key",
    };
    Ok(response::json(StatusCode::UNAUTHORIZED, &json!({ "error": words })))
}
