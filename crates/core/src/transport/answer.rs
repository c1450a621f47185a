use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;

use super::report::Call;
use crate::{Error, ErrorKind};

/// A good answer whose body has arrived whole. `Debug` shows its length, not its content.
pub struct Answer {
    pub(super) call: Call,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Answer {
    /// The body as it came.
    pub fn bytes(&self) -> &Bytes {
        &self.body
    }

    /// The status, a successful one.
    pub fn status(&self) -> StatusCode {
        self.call.head.status
    }

    /// The id under which the service has logged the request, where it sends one. See [`Error::request_id`].
    pub fn request_id(&self) -> Option<&str> {
        self.call.head.request_id.as_deref()
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// How many times the call was sent.
    pub fn attempts(&self) -> u32 {
        self.call.attempts
    }

    /// How long the call took with all its attempts and waits.
    pub fn elapsed(&self) -> Duration {
        self.call.elapsed
    }

    /// The body, read as JSON.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`] with the place.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        read_json(&self.body).map_err(|problem| self.undecodable(problem))
    }

    /// The error for a body that is not what it should be; `detail` says where, and repeats nothing of it.
    pub fn undecodable(&self, detail: String) -> Error {
        let Call { operation, target, head, attempts, elapsed } = &self.call;
        // The service has answered with success, so it has acted.
        Error::new(ErrorKind::Decode, *operation)
            .with_detail(detail)
            .with_reached(true)
            .with_answer(head.status, head.request_id.clone())
            .with_call(target.clone(), *attempts, *elapsed)
    }
}

/// Reads JSON, or says where it can't be read.
///
/// The text is checked as UTF-8 once and then parsed, which is a quarter faster than parsing bytes. What can't be parsed
/// is told by place alone, since serde's own words may repeat a value, and values are personal data; and by name, if it is a
/// member that is missing.
///
/// # Errors
/// The place.
pub fn read_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    let text = std::str::from_utf8(body)
        .map_err(|error| format!("it is no UTF-8 at byte {} of {}", error.valid_up_to(), body.len()))?;
    serde_json::from_str(text).map_err(|error| {
        let words = error.to_string();
        let missing = words.strip_prefix("missing field `").and_then(|words| words.split_once('`'));
        let problem = match (error.classify(), missing) {
            (serde_json::error::Category::Data, Some((name, _))) => format!("the member {name} is missing").into(),
            (serde_json::error::Category::Data, None) => Cow::from("it holds another type of value than expected"),
            (serde_json::error::Category::Eof, _) => "it ends too early".into(),
            _ => "it is no JSON".into(),
        };
        format!("{problem} at line {}, column {}", error.line(), error.column())
    })
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("operation", &self.call.operation)
            .field("status", &self.status())
            .field("attempts", &self.attempts())
            .field("elapsed", &self.elapsed())
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}
