//! One scripted answer, and what goes wrong with it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;
use tokio::sync::Semaphore;

/// One answer of a script. Made with [`Answer::status`] or a relative, then adjusted. `Debug` leaves out the values of
/// headers and the body, since a scripted token is a token.
#[derive(Clone)]
pub struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Bytes,
    pub(super) chunked: bool,
    pub(super) delay: Duration,
    pub(super) gate: Option<Gate>,
    pub(super) end: End,
    pub(super) path: Option<String>,
    pub(super) left: Left,
}

/// How the answer ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// With its whole body; the connection stays open.
    Whole,
    /// The connection is closed before anything is sent.
    CutBeforeHead,
    /// The connection is closed after so many bytes of the body.
    CutAfter(usize),
    /// Nothing more is sent after so many bytes of the body, and the connection stays open.
    StallAfter(usize),
}

/// How often an answer may still be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Left {
    Times(usize),
    ForEver,
}

impl Answer {
    /// An answer with an empty body.
    ///
    /// * `status`: the HTTP status, sent as it stands.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Bytes::new(),
            chunked: false,
            delay: Duration::ZERO,
            gate: None,
            end: End::Whole,
            path: None,
            left: Left::Times(1),
        }
    }

    /// An answer with `value` as its JSON body and `application/json; charset=utf-8` as its content type.
    ///
    /// * `status`: the HTTP status.
    /// * `value`: anything that serialises; what does not becomes the JSON text `null`.
    #[must_use]
    pub fn json(status: u16, value: &impl Serialize) -> Self {
        let body = serde_json::to_vec(value).unwrap_or_else(|_| b"null".to_vec());
        Self::status(status).header("content-type", "application/json; charset=utf-8").body(body)
    }

    /// An answer with a plain text body.
    ///
    /// * `status`: the HTTP status.
    /// * `text`: the body.
    #[must_use]
    pub fn text(status: u16, text: impl Into<String>) -> Self {
        Self::status(status).header("content-type", "text/plain; charset=utf-8").body(text.into())
    }

    /// The connection is closed after the request has been read, and nothing is answered.
    #[must_use]
    pub fn cut() -> Self {
        Self { end: End::CutBeforeHead, ..Self::status(200) }
    }

    /// Sets the body; its content type is a matter of [`Answer::header`].
    #[must_use]
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// Adds a header; the same name may come twice. A `content-length` given here is sent instead of the true one.
    ///
    /// * `name`, `value`: written to the wire as they stand.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sends the body in chunks, without a length.
    #[must_use]
    pub fn chunked(mut self) -> Self {
        self.chunked = true;
        self
    }

    /// Waits before the head is sent. Tokio's time, so that paused time passes it at once.
    #[must_use]
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Keeps the answer back until `gate` is opened.
    #[must_use]
    pub fn hold(mut self, gate: &Gate) -> Self {
        self.gate = Some(gate.clone());
        self
    }

    /// Closes the connection after the head, which promises the whole body, and `bytes` bytes of the body.
    #[must_use]
    pub fn cut_after(mut self, bytes: usize) -> Self {
        self.end = End::CutAfter(bytes);
        self
    }

    /// Falls silent after the head and `bytes` bytes of the body; the connection stays open until the caller leaves.
    #[must_use]
    pub fn stall_after(mut self, bytes: usize) -> Self {
        self.end = End::StallAfter(bytes);
        self
    }

    /// Answers only requests whose path begins with `path`; such a request passes over answers for other paths.
    #[must_use]
    pub fn at(mut self, path: &str) -> Self {
        self.path = Some(path.to_owned());
        self
    }

    /// Gives this answer `times` times before the next one has its turn.
    #[must_use]
    pub fn times(mut self, times: usize) -> Self {
        self.left = Left::Times(times);
        self
    }

    /// Gives this answer for ever.
    #[must_use]
    pub fn repeated(mut self) -> Self {
        self.left = Left::ForEver;
        self
    }

    pub(super) fn fits(&self, path: &str) -> bool {
        self.path.as_deref().is_none_or(|wanted| path.starts_with(wanted))
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("status", &self.status)
            .field("headers", &self.headers.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>())
            .field("body", &format_args!("{} bytes", self.body.len()))
            .field("end", &self.end)
            .field("path", &self.path)
            .field("left", &self.left)
            .finish_non_exhaustive()
    }
}

/// Keeps answers back until it is opened, so that a test decides when a slow answer comes. Clones are one gate.
#[derive(Debug, Clone)]
pub struct Gate(Arc<Semaphore>);

impl Gate {
    /// A closed gate.
    #[must_use]
    pub fn closed() -> Self {
        Self(Arc::new(Semaphore::new(0)))
    }

    /// Lets every answer through, those that wait and those to come.
    pub fn open(&self) {
        self.0.close();
    }

    pub(super) async fn passed(&self) {
        // The semaphore has no permits: acquiring ends when it is closed, with an error that means "open".
        let _open = self.0.acquire().await;
    }
}
