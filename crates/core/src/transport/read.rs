use std::io;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode, header};
use mime::Mime;

use super::Operation;
use super::attempt::Fault;
use super::progress::Progress;
use crate::{Error, ErrorKind};

async fn next(answer: &mut reqwest::Response, progress: &Progress, idle: Duration) -> Result<Option<Bytes>, Fault> {
    progress.moved();
    let chunk = progress.watch(idle, answer.chunk()).await;
    chunk.ok_or_else(|| Fault::timeout(idle))?.map_err(Fault::from_reqwest)
}

/// Reads a whole answer.
pub(super) async fn whole(mut answer: reqwest::Response, progress: &Progress, idle: Duration) -> Result<Bytes, Fault> {
    let announced = answer.content_length().unwrap_or(0);
    let mut body = BytesMut::with_capacity(usize::try_from(announced).unwrap_or(0).min(1 << 20));
    while let Some(chunk) = next(&mut answer, progress, idle).await? {
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// Reads at most `limit` bytes.
pub(super) async fn bounded(
    mut answer: reqwest::Response,
    limit: usize,
    progress: &Progress,
    idle: Duration,
) -> Result<Bytes, Fault> {
    let mut body = BytesMut::new();
    while body.len() < limit {
        match next(&mut answer, progress, idle).await? {
            Some(chunk) => body.extend_from_slice(&chunk[..chunk.len().min(limit - body.len())]),
            None => break,
        }
    }
    Ok(body.freeze())
}

/// An answer whose content is still coming.
#[derive(Debug)]
pub struct Download {
    operation: Operation,
    answer: reqwest::Response,
    progress: Progress,
    idle: Duration,
    received: u64,
    /// A piece that came and was not handed out yet.
    ahead: Option<Bytes>,
}

impl Download {
    pub(super) fn new(operation: Operation, answer: reqwest::Response, idle: Duration) -> Self {
        Self { operation, answer, progress: Progress::start(), idle, received: 0, ahead: None }
    }

    /// The status, a successful one.
    pub fn status(&self) -> StatusCode {
        self.answer.status()
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        self.answer.headers()
    }

    /// The content type as the service has it stored, if it is a valid one.
    pub fn content_type(&self) -> Option<Mime> {
        self.answer.headers().get(header::CONTENT_TYPE)?.to_str().ok()?.parse().ok()
    }

    /// The length that the answer announces. Storage itself sends none.
    pub fn content_length(&self) -> Option<u64> {
        self.answer.content_length()
    }

    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// [`ErrorKind::Timeout`] when nothing came for too long, [`ErrorKind::Transport`] when the connection broke.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, DownloadError> {
        match self.ahead.take() {
            Some(chunk) => Ok(Some(chunk)),
            None => self.receive().await,
        }
    }

    /// Waits until the content begins to arrive. For what can't be taken back once it is passed on: up to here an
    /// attempt that breaks is repeated unseen.
    ///
    /// * `expected`: the length that the content should have, in bytes, where it is known.
    ///
    /// # Errors
    /// As for [`chunk`](Self::chunk), and as for [`check_length`](Self::check_length) when nothing comes at all.
    pub async fn wait_for_content(&mut self, expected: Option<u64>) -> Result<(), DownloadError> {
        if self.ahead.is_none() {
            self.ahead = self.receive().await?;
        }
        if self.ahead.is_none() { self.check_length(expected) } else { Ok(()) }
    }

    async fn receive(&mut self) -> Result<Option<Bytes>, DownloadError> {
        let chunk = next(&mut self.answer, &self.progress, self.idle).await?;
        self.received += chunk.as_ref().map_or(0, |chunk| chunk.len() as u64);
        Ok(chunk)
    }

    /// How many bytes came so far.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// To be called at the end, with the length that the content should have: the answer has no length and no hash
    /// of its own, so this is the only way to notice that a part is missing.
    ///
    /// # Errors
    /// [`ErrorKind::Integrity`] when another number of bytes came. With too few the transfer broke, so another attempt
    /// may bring them all. With too many it is the expected length that is wrong, and another attempt would bring the
    /// same.
    pub fn check_length(&self, expected: Option<u64>) -> Result<(), DownloadError> {
        match expected {
            Some(expected) if self.received < expected => {
                let detail = format!("{} bytes came, but it has {expected}", self.received);
                Err(Fault::incomplete(detail).into())
            }
            Some(expected) if self.received > expected => {
                let detail = format!(
                    "{} bytes came, but it has {expected}: it may have been replaced since its metadata was read, so \
                     read that anew",
                    self.received
                );
                Err(Fault::detail(ErrorKind::Integrity, detail).into())
            }
            _ => Ok(()),
        }
    }

    /// The operation that it answers.
    pub fn operation(&self) -> Operation {
        self.operation
    }
}

/// How receiving failed, inside a download. Decides by itself whether another attempt is made.
#[derive(Debug)]
pub struct DownloadError(Box<Fault>);

impl DownloadError {
    /// The receiving side could not write. `detail` says what was to be done.
    pub fn local(detail: impl Into<String>, source: io::Error) -> Self {
        Fault::io(detail, source).into()
    }

    /// More came than the caller wants to hold.
    pub fn too_large(limit: u64) -> Self {
        Fault::detail(ErrorKind::Integrity, format!("it is larger than the limit of {limit} bytes")).into()
    }

    /// The content has another hash than the caller expects. Its length is right, so that it was altered and did not
    /// break off: fetching it again would bring the same.
    pub fn wrong_hash() -> Self {
        Fault::detail(ErrorKind::Integrity, "its SHA-256 is not the expected one").into()
    }

    pub(super) fn into_fault(self) -> Fault {
        *self.0
    }

    /// As the error of `operation`.
    pub fn into_error(self, operation: Operation) -> Error {
        self.0.into_error(operation)
    }
}

impl From<Fault> for DownloadError {
    fn from(fault: Fault) -> Self {
        Self(Box::new(fault))
    }
}
