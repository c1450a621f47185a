use std::future::IntoFuture;

use altinn_core::transport::{RequestSpec, Transport};
use altinn_core::{DataElementId, DataTypeId, Error, ErrorKind, InstanceId, Payload};
use futures::future::BoxFuture;
use http::Method;
use mime::Mime;

use super::content::Content;
use super::file_name::FileName;
use super::{DataElement, UPLOAD, advice, of};

/// The largest upload that the service takes, in bytes.
const MAX_SIZE: u64 = 2000 * 1024 * 1024;

/// An upload to be sent: set it up, then `.await` it for the new data element.
#[derive(Debug)]
#[must_use = "nothing is sent before it is awaited"]
pub struct Upload {
    transport: Transport,
    instance: InstanceId,
    data_type: DataTypeId,
    content: Content,
}

impl Upload {
    pub(super) fn new(transport: Transport, instance: InstanceId, data_type: DataTypeId, payload: Payload) -> Self {
        Self { transport, instance, data_type, content: Content::new(payload) }
    }

    /// Its content type. Default `application/octet-stream`. The service stores it unchecked.
    ///
    /// Not `multipart/…` or `application/x-www-form-urlencoded`: the service reads such a content itself, and stores a
    /// part of it or nothing. It is refused before it is sent; send it as `application/octet-stream`.
    pub fn content_type(mut self, content_type: Mime) -> Self {
        self.content.content_type = content_type.to_string();
        self
    }

    /// Its file name; it is stored as given, whatever letters it holds. Default none.
    pub fn file_name(mut self, name: impl Into<String>) -> Self {
        self.content.file_name = Some(FileName::Chosen(name.into()));
        self
    }

    /// A data element that it belongs to. May be called several times.
    pub fn refers_to(mut self, element: DataElementId) -> Self {
        self.content.refs.push(element);
        self
    }

    /// The task that it was generated from, such as `Task_1`. An empty one is refused.
    pub fn generated_from_task(mut self, task: impl Into<String>) -> Self {
        self.content.generated_from_task = Some(task.into());
        self
    }

    fn spec(self) -> Result<RequestSpec, Error> {
        let invalid = |detail| Error::new(ErrorKind::InvalidInput, UPLOAD).with_detail(detail);
        match self.content.payload.size() {
            Some(0) => return Err(invalid("the service takes no empty files")),
            Some(size) if size > MAX_SIZE => return Err(invalid("the service takes at most 2000 MiB")),
            _ => {}
        }
        let spec = of(RequestSpec::new(UPLOAD, Method::POST), self.instance)
            .path(["data"])
            .query("dataType", &self.data_type)
            .judge(advice::upload);
        self.content.add_to(spec)
    }
}

impl IntoFuture for Upload {
    type Output = Result<DataElement, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let transport = self.transport.clone();
            transport.json(&self.spec()?).await
        })
    }
}
