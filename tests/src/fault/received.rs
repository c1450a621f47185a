//! What the server has been asked.

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, Method};

/// One request as it came in. `Debug` leaves out the values of headers and the body, since they hold tokens.
#[derive(Clone)]
#[non_exhaustive]
pub struct Received {
    /// The method.
    pub method: Method,
    /// The request target: the path with its query, exactly as it was sent.
    pub target: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, without the framing of chunks.
    pub body: Bytes,
    /// Whether the body came whole; a caller that breaks off leaves what had come so far.
    pub complete: bool,
}

impl Received {
    /// The target up to its query.
    #[must_use]
    pub fn path(&self) -> &str {
        self.target.split_once('?').map_or(&self.target, |(path, _)| path)
    }

    /// The query as it was sent, without the question mark.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.target.split_once('?').map(|(_, query)| query)
    }

    /// The value of a header, when it is there and is text.
    ///
    /// * `name`: in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The token of the `Authorization: Bearer` header.
    #[must_use]
    pub fn bearer(&self) -> Option<&str> {
        self.header("authorization")?.strip_prefix("Bearer ")
    }
}

impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Received")
            .field("method", &self.method)
            .field("path", &self.path())
            .field("headers", &self.headers.keys().map(http::HeaderName::as_str).collect::<Vec<_>>())
            .field("body", &format_args!("{} bytes", self.body.len()))
            .field("complete", &self.complete)
            .finish_non_exhaustive()
    }
}
