use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use altinn_core::Error;
use altinn_core::transport::{Download as Incoming, DownloadError};
use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{Stream, TryStreamExt};
use mime::Mime;

use super::DOWNLOAD;
use super::integrity::Integrity;

/// The content of a data element as it arrives.
pub struct ContentStream {
    content_type: Option<Mime>,
    chunks: BoxStream<'static, Result<Bytes, Error>>,
}

impl ContentStream {
    pub(super) fn new(incoming: Incoming, integrity: Integrity) -> Self {
        let content_type = incoming.content_type();
        let chunks = futures::stream::try_unfold((incoming, integrity), async |(mut incoming, mut integrity)| {
            match incoming.chunk().await? {
                Some(chunk) => {
                    integrity.update(&chunk);
                    Ok(Some((chunk, (incoming, integrity))))
                }
                None => integrity.finish(&incoming).map(|_| None),
            }
        });
        let chunks = chunks.map_err(|error: DownloadError| error.into_error(DOWNLOAD));
        Self { content_type, chunks: Box::pin(chunks) }
    }

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
