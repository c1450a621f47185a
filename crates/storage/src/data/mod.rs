//! Data elements: list, download, upload.

mod download;
mod file_name;
mod model;
mod part_file;
mod upload;

use altinn_core::transport::RequestSpec;
use altinn_core::{CanRead, CanWrite, DataTypeId, Error, InstanceId, Payload, Scope};
use http::Method;
use serde::Deserialize;

use crate::Client;
use crate::instances::of;

pub use download::{ContentStream, Download, DownloadTarget};
pub use file_name::safe_file_name;
pub use model::{DataElement, DeleteStatus, FileScanResult, KeyValue, Reference, ReferenceType, Relation};
pub use upload::Upload;

const LIST: &str = "data.list";
const DOWNLOAD: &str = "data.download";
const UPLOAD: &str = "data.upload";

/// Operations on the data elements of one instance. From [`Client::data`].
#[derive(Debug)]
pub struct Data<'a, S: Scope> {
    client: &'a Client<S>,
    instance: InstanceId,
}

impl<'a, S: Scope> Data<'a, S> {
    pub(crate) fn new(client: &'a Client<S>, instance: InstanceId) -> Self {
        Self { client, instance }
    }

    /// Lists the data elements. Needs `altinn:serviceowner/instances.read`.
    ///
    /// An instance from a list or from `get` brings its data elements along; this saves nothing over them.
    ///
    /// # Errors
    /// [`NotFound`](altinn_core::ErrorKind::NotFound) when there is no such instance,
    /// [`Forbidden`](altinn_core::ErrorKind::Forbidden) when the app's policy does not let the service owner read it,
    /// and what any call may meet.
    pub async fn list(&self) -> Result<Vec<DataElement>, Error>
    where
        S: CanRead,
    {
        let answer: ElementList = self.client.transport().json(&list(self.instance)).await?;
        Ok(answer.data_elements)
    }

    /// Downloads the content of a data element. Needs `altinn:serviceowner/instances.read`.
    ///
    /// * `element`: `&DataElement`, so that its length is checked, or a [`DataElementId`](altinn_core::DataElementId).
    ///
    /// The service serves infected and unscanned files like any others: look at
    /// [`file_scan_result`](DataElement::file_scan_result) first.
    ///
    /// # Errors
    /// While receiving: [`NotFound`](altinn_core::ErrorKind::NotFound) when there is no such element or its content is
    /// gone, [`Forbidden`](altinn_core::ErrorKind::Forbidden) when the policy does not let the service owner read it,
    /// [`Integrity`](altinn_core::ErrorKind::Integrity) when a part is missing, and what any call may meet.
    pub fn download(&self, element: impl Into<DownloadTarget>) -> Download
    where
        S: CanRead,
    {
        Download::new(self.client.transport().clone(), self.instance, element.into())
    }

    /// Uploads a new data element. Needs `altinn:serviceowner/instances.write`.
    ///
    /// * `data_type`: declared in the app's metadata, letter by letter.
    /// * `payload`: bytes, a file or a stream; not empty, at most 2000 MiB. The service checks neither the content type
    ///   nor the number of elements against the app's metadata.
    ///
    /// The service gives the id, and there is no key against duplicates: an upload that fails after it may have reached
    /// the service is not repeated. [`may_have_reached_server`](altinn_core::Error::may_have_reached_server) tells; list
    /// the data elements before sending it again.
    ///
    /// # Errors
    /// [`InvalidInput`](altinn_core::ErrorKind::InvalidInput) for an empty or too large payload or an impossible file
    /// name, [`Rejected`](altinn_core::ErrorKind::Rejected) for an undeclared data type,
    /// [`Forbidden`](altinn_core::ErrorKind::Forbidden) when the policy does not let the service owner write,
    /// [`PayloadSource`](altinn_core::ErrorKind::PayloadSource) when reading the payload fails, and what any call may
    /// meet.
    pub fn upload(&self, data_type: DataTypeId, payload: impl Into<Payload>) -> Upload
    where
        S: CanWrite,
    {
        Upload::new(self.client.transport().clone(), self.instance, data_type, payload.into())
    }
}

impl<S: Scope> Clone for Data<'_, S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S: Scope> Copy for Data<'_, S> {}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ElementList {
    #[serde(default)]
    data_elements: Vec<DataElement>,
}

fn list(instance: InstanceId) -> RequestSpec {
    of(RequestSpec::new(LIST, Method::GET), instance).path(["dataelements"])
}
