use std::fmt;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll};

use altinn_core::transport::{Download as Answer, DownloadError, RequestSpec, Transport};
use altinn_core::{DataElementId, Error, ErrorKind, InstanceId};
use bytes::{Bytes, BytesMut};
use futures::Stream;
use futures::stream::BoxStream;
use http::Method;
use mime::Mime;
use tokio::io::AsyncWriteExt;

use super::part_file::PartFile;
use super::{DOWNLOAD, DataElement, of};

/// What to download: a data element as a list showed it, or its id alone. With the element its size is known, and a
/// download that lacks a part is noticed; the service sends no length and no hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DownloadTarget {
    id: DataElementId,
    size: Option<u64>,
}

impl From<&DataElement> for DownloadTarget {
    fn from(element: &DataElement) -> Self {
        Self { id: element.id, size: Some(element.size) }
    }
}

impl From<DataElementId> for DownloadTarget {
    fn from(id: DataElementId) -> Self {
        Self { id, size: None }
    }
}

/// A download to be started: choose where the content goes.
///
/// There is no time-out for the whole, only for a stall. The service can't continue a broken download, so a repeated
/// attempt begins anew.
#[derive(Debug)]
#[must_use = "nothing is sent before it is told where the content goes"]
pub struct Download {
    transport: Transport,
    instance: InstanceId,
    target: DownloadTarget,
}

/// How much a download into memory may hold unless told otherwise, in bytes.
const DEFAULT_LIMIT: u64 = 256 * 1024 * 1024;

impl Download {
    pub(super) fn new(transport: Transport, instance: InstanceId, target: DownloadTarget) -> Self {
        Self { transport, instance, target }
    }

    fn spec(&self) -> RequestSpec {
        of(RequestSpec::new(DOWNLOAD, Method::GET), self.instance).path(["data"]).segment(self.target.id)
    }

    /// Into memory, at most 256 MiB; see [`bytes_up_to`](Self::bytes_up_to).
    ///
    /// # Errors
    /// As for [`bytes_up_to`](Self::bytes_up_to).
    pub async fn bytes(self) -> Result<Bytes, Error> {
        self.bytes_up_to(DEFAULT_LIMIT).await
    }

    /// Into memory, at most `limit` bytes.
    ///
    /// # Errors
    /// [`Integrity`](ErrorKind::Integrity) when it is larger than `limit` or not as long as it should be, and what any
    /// call may meet.
    pub async fn bytes_up_to(self, limit: u64) -> Result<Bytes, Error> {
        let size = self.target.size;
        if size.is_some_and(|size| size > limit) {
            return Err(DownloadError::too_large(limit).into_error(DOWNLOAD));
        }
        self.transport
            .download(&self.spec(), async |mut answer: Answer| {
                let mut content = BytesMut::with_capacity(usize::try_from(size.unwrap_or(0)).unwrap_or(0));
                while let Some(chunk) = answer.chunk().await? {
                    if answer.received() > limit {
                        return Err(DownloadError::too_large(limit));
                    }
                    content.extend_from_slice(&chunk);
                }
                answer.check_length(size)?;
                Ok(content.freeze())
            })
            .await
    }

    /// Into a file at `path`, which appears whole or not at all: the content is written beside it under a temporary
    /// name, checked for its length, flushed to the disk, and then renamed. A file that was there before is replaced.
    /// Returns the number of bytes.
    ///
    /// # Errors
    /// [`Io`](ErrorKind::Io) when the file can't be written, [`Integrity`](ErrorKind::Integrity) when the content is not
    /// as long as it should be, and what any call may meet. No part is left behind.
    pub async fn to_file(self, path: impl AsRef<Path>) -> Result<u64, Error> {
        let path: PathBuf = path.as_ref().to_owned();
        // Tried first, so that a folder that can't be written costs no download.
        let failed = |error: std::io::Error| {
            Error::new(ErrorKind::Io, DOWNLOAD).with_detail("the file can't be written").with_source(error)
        };
        PartFile::create(&path).await.map_err(failed)?;
        let size = self.target.size;
        self.transport
            .download(&self.spec(), async |mut answer: Answer| {
                let local = |error| DownloadError::local("the file can't be written", error);
                let mut part = PartFile::create(&path).await.map_err(local)?;
                while let Some(chunk) = answer.chunk().await? {
                    part.file().write_all(&chunk).await.map_err(local)?;
                }
                answer.check_length(size)?;
                part.finish(&path).await.map_err(local)?;
                Ok(answer.received())
            })
            .await
    }

    /// As a stream. Attempts are repeated until the content begins to arrive, not after that; the stream ends with an
    /// error if it breaks or lacks a part.
    ///
    /// # Errors
    /// What any call may meet.
    pub async fn stream(self) -> Result<ContentStream, Error> {
        let size = self.target.size;
        let answer = self.transport.download(&self.spec(), async |answer: Answer| Ok(answer)).await?;
        let content_type = answer.content_type();
        let chunks = futures::stream::try_unfold(answer, move |mut answer| async move {
            let chunk = answer.chunk().await.map_err(|error| error.into_error(DOWNLOAD))?;
            if chunk.is_none() {
                answer.check_length(size).map_err(|error| error.into_error(DOWNLOAD))?;
            }
            Ok(chunk.map(|chunk| (chunk, answer)))
        });
        Ok(ContentStream { content_type, chunks: Box::pin(chunks) })
    }
}

/// The content of a data element as it arrives.
pub struct ContentStream {
    content_type: Option<Mime>,
    chunks: BoxStream<'static, Result<Bytes, Error>>,
}

impl ContentStream {
    /// The content type that it was uploaded with, if it is a valid one.
    pub fn content_type(&self) -> Option<&Mime> {
        self.content_type.as_ref()
    }
}

impl Stream for ContentStream {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.chunks.as_mut().poll_next(context)
    }
}

impl fmt::Debug for ContentStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContentStream").field("content_type", &self.content_type).finish_non_exhaustive()
    }
}
