use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use altinn_core::Error;
use altinn_core::transport::Download;
use bytes::Bytes;
use futures::Stream;
use futures::stream::BoxStream;
use http::{HeaderMap, StatusCode};

/// A good answer to a [`RawRequest`](super::RawRequest), whose content is still arriving. `Debug` shows its status alone.
pub struct RawStream {
    status: StatusCode,
    headers: HeaderMap,
    chunks: BoxStream<'static, Result<Bytes, Error>>,
}

impl RawStream {
    pub(super) fn new(incoming: Download) -> Self {
        let (status, headers) = (incoming.status(), incoming.headers().clone());
        let chunks = futures::stream::try_unfold(incoming, async |mut incoming| {
            let operation = incoming.operation();
            let chunk = incoming.chunk().await.map_err(|error| error.into_error(operation))?;
            Ok(chunk.map(|chunk| (chunk, incoming)))
        });
        Self { status, headers, chunks: Box::pin(chunks) }
    }

    /// The status, a successful one.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }
}

impl Stream for RawStream {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.chunks.as_mut().poll_next(context)
    }
}

impl fmt::Debug for RawStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawStream").field("status", &self.status).finish_non_exhaustive()
    }
}
