use std::borrow::Cow;

use altinn_core::transport::{Answer, Download, Operation, RequestSpec, Transport};
use altinn_core::{Error, Payload, operation};
use http::{HeaderName, HeaderValue, Method};
use serde::Serialize;

use super::raw_stream::RawStream;

const RAW: Operation = operation!("raw");

/// A request of your own to Storage, for what this crate has no method for: with the same token, retries and errors.
///
/// From [`Client::raw_get`](super::Client::raw_get) and [`Client::raw_write`](super::Client::raw_write).
#[derive(Debug)]
#[must_use = "nothing is sent before `send` or `stream`"]
pub struct RawRequest {
    transport: Transport,
    spec: RequestSpec,
}

impl RawRequest {
    pub(super) fn new<T: ToString>(transport: Transport, method: Method, path: impl IntoIterator<Item = T>) -> Self {
        let spec = RequestSpec::new(RAW, method);
        Self { transport, spec: path.into_iter().fold(spec, RequestSpec::segment) }
    }

    /// Adds a query parameter; it is encoded here.
    pub fn query(mut self, name: impl Into<Cow<'static, str>>, value: impl ToString) -> Self {
        self.spec = self.spec.query(name, value);
        self
    }

    /// Sets a header.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.spec = self.spec.header(name, value);
        self
    }

    /// Sets a body in JSON.
    ///
    /// # Errors
    /// [`InvalidInput`](altinn_core::ErrorKind::InvalidInput) when the value can't be written as JSON, or a text in it
    /// holds a NUL, which the service can't store.
    pub fn json(mut self, value: &impl Serialize) -> Result<Self, Error> {
        self.spec = self.spec.json(value)?;
        Ok(self)
    }

    /// Sets a body of bytes, a file or a stream.
    pub fn payload(mut self, payload: impl Into<Payload>) -> Self {
        self.spec = self.spec.payload(payload.into());
        self
    }

    /// Says whether sending it twice has the same effect as once, so that it is repeated after a passing fault. The
    /// default is yes, but for POST and PATCH.
    pub fn repeatable(mut self, repeatable: bool) -> Self {
        self.spec = self.spec.repeatable(repeatable);
        self
    }

    /// Sends it, and reads the answer whole.
    ///
    /// # Errors
    /// [`InvalidInput`](altinn_core::ErrorKind::InvalidInput) when a part of the path is empty or a dot, and what any
    /// call may meet.
    pub async fn send(self) -> Result<Answer, Error> {
        self.transport.answer(&self.spec).await
    }

    /// Sends it, and gives the answer's content as it arrives, for answers that are large or have no end. Attempts are
    /// repeated until the content begins to arrive, not after that.
    ///
    /// # Errors
    /// As for [`send`](Self::send). The stream ends with an error if it breaks.
    pub async fn stream(self) -> Result<RawStream, Error> {
        let begin = async |mut incoming: Download| {
            incoming.wait_for_content(None).await?;
            Ok(incoming)
        };
        self.transport.download(&self.spec, begin).await.map(RawStream::new)
    }
}
