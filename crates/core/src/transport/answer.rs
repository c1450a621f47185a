use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;

use crate::{Error, ErrorKind};

/// A good answer whose body has arrived whole. `Debug` shows its length, not its content.
pub struct Answer {
    pub(super) operation: &'static str,
    pub(super) target: String,
    pub(super) attempts: u32,
    pub(super) elapsed: Duration,
    pub(super) status: StatusCode,
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
        self.status
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// How many times the call was sent.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// How long the call took with all its attempts and waits.
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// The body, read as JSON.
    ///
    /// The text is checked as UTF-8 once and then parsed, which is a quarter faster than parsing bytes. What can't be
    /// parsed is reported by place alone, since serde's own words may repeat a value, and values are personal data.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`] with the place.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let text = std::str::from_utf8(&self.body).map_err(|error| {
            self.undecodable(format!("it is no UTF-8 at byte {} of {}", error.valid_up_to(), self.body.len()))
        })?;
        serde_json::from_str(text).map_err(|error| {
            let problem = match error.classify() {
                serde_json::error::Category::Data => "it holds another type of value than expected",
                serde_json::error::Category::Eof => "it ends too early",
                _ => "it is no JSON",
            };
            self.undecodable(format!("{problem} at line {}, column {}", error.line(), error.column()))
        })
    }

    /// The error for a body that is not what it should be; `detail` says where, and repeats nothing of it.
    pub fn undecodable(&self, detail: String) -> Error {
        // The service has answered with success, so it has acted.
        Error::new(ErrorKind::Decode, self.operation).with_detail(detail).with_reached(true).with_call(
            self.target.clone(),
            self.attempts,
            self.elapsed,
        )
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("operation", &self.operation)
            .field("status", &self.status)
            .field("attempts", &self.attempts)
            .field("elapsed", &self.elapsed)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}
