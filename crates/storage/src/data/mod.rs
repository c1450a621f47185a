//! Data elements: list, download, upload, replace, change, lock, delete.

mod advice;
mod content;
mod content_stream;
mod delete;
mod download;
mod file_name;
mod integrity;
mod metadata;
mod model;
mod part_file;
mod replace;
mod scan;
mod sha256;
mod upload;

use altinn_core::transport::{Operation, RequestSpec};
use altinn_core::{CanRead, CanWrite, DataElementId, DataTypeId, Error, InstanceId, Payload, Scope, operation};
use http::Method;
use serde::Deserialize;

use crate::Client;
use crate::instances::of;

pub use content_stream::ContentStream;
pub use delete::DeleteElement;
pub use download::{Download, DownloadTarget, Downloaded};
pub use file_name::safe_file_name;
pub use model::{DataElement, DeleteStatus, FileScanResult, KeyValue, Reference, ReferenceType, Relation};
pub use replace::Replace;
pub use scan::ScanPolicy;
pub use sha256::{InvalidSha256, Sha256};
pub use upload::Upload;

const LIST: Operation = operation!("data.list");
const DOWNLOAD: Operation = operation!("data.download");
const UPLOAD: Operation = operation!("data.upload");
const REPLACE: Operation = operation!("data.replace");
const DELETE: Operation = operation!("data.delete");
const EDIT_METADATA: Operation = operation!("data.edit_metadata");
const UPDATE_METADATA: Operation = operation!("data.update_metadata");
const LOCK: Operation = operation!("data.lock");
const UNLOCK: Operation = operation!("data.unlock");

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
    /// * `element`: `&DataElement`, so that its length and its virus scan are checked, or a
    ///   [`DataElementId`](altinn_core::DataElementId).
    ///
    /// The service serves infected and unscanned files like any others. Given the element, an infected file is refused
    /// unless [`Download::scan`] says otherwise; one that is not scanned yet is not. Given an id alone, nothing is
    /// known of the scan, and nothing is refused by default.
    ///
    /// # Errors
    /// Not here, but where the content is taken out: [`ScanRefused`](altinn_core::ErrorKind::ScanRefused) by its virus
    /// scan, [`NotFound`](altinn_core::ErrorKind::NotFound) when there is no such element or its content is gone,
    /// [`Forbidden`](altinn_core::ErrorKind::Forbidden) when the policy does not let the service owner read it,
    /// [`Integrity`](altinn_core::ErrorKind::Integrity) when it has another length or hash than it should or is larger
    /// than the limit, [`Io`](altinn_core::ErrorKind::Io) when the file or writer that it goes to fails, and what any
    /// call may meet.
    pub fn download(&self, element: impl Into<DownloadTarget>) -> Download
    where
        S: CanRead,
    {
        Download::new(self.client.transport().clone(), self.instance, element.into())
    }

    /// Uploads a new data element. Needs `altinn:serviceowner/instances.write`.
    ///
    /// * `data_type`: declared in the app's metadata, letter by letter.
    /// * `payload`: bytes, a file or a stream; not empty, at most 2000 MiB. Neither a file name nor a content type comes
    ///   from it, not even for a file: see [`file_name`](Upload::file_name) and [`content_type`](Upload::content_type). The
    ///   service checks neither the content type nor the number of elements against the app's metadata.
    ///
    /// ```
    /// # use altinn_core::{Payload, ReadWrite};
    /// # async fn example(
    /// #     client: altinn_storage::Client<ReadWrite>, instance: altinn_core::InstanceId,
    /// # ) -> Result<(), Box<dyn std::error::Error>> {
    /// let payload = Payload::file("vedtak.pdf").await?;
    /// let upload = client.data(instance).upload("vedtak".parse()?, payload);
    /// upload.file_name("vedtak.pdf").content_type(altinn_storage::mime::APPLICATION_PDF).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// The service gives the id, and there is no key against duplicates: an upload that fails after it may have reached
    /// the service is not repeated. [`may_have_reached_server`](altinn_core::Error::may_have_reached_server) tells; list
    /// the data elements before sending it again.
    ///
    /// # Errors
    /// [`InvalidInput`](altinn_core::ErrorKind::InvalidInput) for an empty or too large payload, an impossible file
    /// name or a content type that the service does not store, [`Rejected`](altinn_core::ErrorKind::Rejected) for an
    /// undeclared data type, [`Forbidden`](altinn_core::ErrorKind::Forbidden) when the policy does not let the service owner write,
    /// [`PayloadSource`](altinn_core::ErrorKind::PayloadSource) when reading the payload fails, and what any call may
    /// meet.
    pub fn upload(&self, data_type: DataTypeId, payload: impl Into<Payload>) -> Upload
    where
        S: CanWrite,
    {
        Upload::new(self.client.transport().clone(), self.instance, data_type, payload.into())
    }

    /// Replaces the content of a data element. Needs `altinn:serviceowner/instances.write`.
    ///
    /// * `element`: which one.
    /// * `payload`: bytes, a file or a stream; not empty, at most 30 000 000 bytes. A stream of unknown length is read
    ///   into memory first: an empty body would make the service destroy the stored content.
    ///
    /// Content type, file name and references are erased unless they are given again: see
    /// [`keeping`](Replace::keeping). One that breaks off on the way leaves the old content as it is. If an answer is lost
    /// and the call is repeated, the event log shows it twice.
    ///
    /// # Errors
    /// [`InvalidInput`](altinn_core::ErrorKind::InvalidInput) for an empty or too large payload, an impossible file
    /// name or a content type that the service does not store, [`Conflict`](altinn_core::ErrorKind::Conflict) when the
    /// element is locked, [`NotFound`](altinn_core::ErrorKind::NotFound) when there is no such element,
    /// [`Forbidden`](altinn_core::ErrorKind::Forbidden) when the policy does not let the service owner write or there is
    /// no such instance, [`PayloadSource`](altinn_core::ErrorKind::PayloadSource) when reading the payload fails, and
    /// what any call may meet.
    pub fn replace(&self, element: DataElementId, payload: impl Into<Payload>) -> Replace
    where
        S: CanWrite,
    {
        Replace::new(self.client.transport().clone(), self.instance, element, payload.into())
    }

    /// Deletes a data element, at once or [delayed](DeleteElement::delayed). Needs
    /// `altinn:serviceowner/instances.write`.
    ///
    /// A lock does not prevent it, and the service does not look whether the element belongs to this instance.
    ///
    /// # Errors
    /// [`NotFound`](altinn_core::ErrorKind::NotFound) when there is no such element, also because the call was repeated
    /// after its answer was lost ([`may_have_reached_server`](altinn_core::Error::may_have_reached_server) tells),
    /// [`Rejected`](altinn_core::ErrorKind::Rejected) when its data type can't be deleted with a delay,
    /// [`Forbidden`](altinn_core::ErrorKind::Forbidden) when the policy does not let the service owner write or there is
    /// no such instance, and what any call may meet.
    pub fn delete(&self, element: DataElementId) -> DeleteElement
    where
        S: CanWrite,
    {
        DeleteElement::new(self.client.transport().clone(), self.instance, element)
    }

    /// Reads what is known about a data element, lets `change` change it, and writes it back. Needs
    /// `altinn:serviceowner/instances.read` and `altinn:serviceowner/instances.write`.
    ///
    /// * `element`: which one.
    /// * `change`: gets the element as the service has it. What it leaves alone stays, members that this version does
    ///   not know included; which changes count, [`update_metadata`](Self::update_metadata) says. If it changes nothing,
    ///   nothing is written.
    ///
    /// There is no guard against others who change the same element between the two calls: the last one wins.
    ///
    /// ```
    /// # use altinn_core::{DataElementId, Error, InstanceId, ReadWrite};
    /// # async fn example(
    /// #     client: altinn_storage::Client<ReadWrite>, instance: InstanceId, element: DataElementId,
    /// # ) -> Result<(), Error> {
    /// client.data(instance).edit_metadata(element, |element| element.add_tag("journalført")).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`NotFound`](altinn_core::ErrorKind::NotFound) when there is no such instance, or no such element in it,
    /// [`Forbidden`](altinn_core::ErrorKind::Forbidden) when the policy does not let the service owner read or write,
    /// and what any call may meet.
    pub async fn edit_metadata(
        &self,
        element: DataElementId,
        change: impl FnOnce(&mut DataElement),
    ) -> Result<DataElement, Error>
    where
        S: CanRead + CanWrite,
    {
        metadata::edit(self.client.transport(), self.instance, element, change).await
    }

    /// Replaces what is known about a data element by `element`. Needs `altinn:serviceowner/instances.write`.
    ///
    /// * `element`: as it was read from the service, with the changes that are wanted. Whatever it lacks is removed, its
    ///   lock and tags included; members that this version does not know go back as they came.
    ///
    /// The service takes [`locked`](DataElement::locked), [`refs`](DataElement::refs),
    /// [`references`](DataElement::references), [`tags`](DataElement::tags),
    /// [`user_defined_metadata`](DataElement::user_defined_metadata), [`metadata`](DataElement::metadata),
    /// [`delete_status`](DataElement::delete_status) and [`last_changed_by`](DataElement::last_changed_by), and ignores
    /// changes to anything else. The time of change is sent as the present by the service's clock, as its last answer
    /// showed it: the service writes it to the instance as well, and a list by time of change would miss one whose time
    /// moves back. [`edit_metadata`](Self::edit_metadata) makes sure of it, since it sees the instance's own time. There
    /// is no guard against others who change the same element meanwhile: the last one wins.
    ///
    /// # Errors
    /// [`InvalidInput`](altinn_core::ErrorKind::InvalidInput) for an element that was not read, or that belongs to
    /// another instance, [`NotFound`](altinn_core::ErrorKind::NotFound) when there is no such element any more,
    /// [`Rejected`](altinn_core::ErrorKind::Rejected) for an undeclared data type,
    /// [`Forbidden`](altinn_core::ErrorKind::Forbidden) when the policy does not let the service owner write or there is
    /// no such instance, and what any call may meet.
    pub async fn update_metadata(&self, element: &DataElement) -> Result<DataElement, Error>
    where
        S: CanWrite,
    {
        metadata::replace(self.client.transport(), self.instance, element).await
    }

    /// Locks a data element, so that its content can't be replaced; it can still be deleted, and its metadata changed.
    /// Does nothing to one that is locked. Needs `altinn:serviceowner/instances.write`, and the right to work on the
    /// current task in the app's policy.
    ///
    /// The service does not look whether the element belongs to this instance.
    ///
    /// # Errors
    /// [`NotFound`](altinn_core::ErrorKind::NotFound) when there is no such element or instance,
    /// [`Forbidden`](altinn_core::ErrorKind::Forbidden) when the policy does not allow it, and what any call may meet.
    pub async fn lock(&self, element: DataElementId) -> Result<DataElement, Error>
    where
        S: CanWrite,
    {
        metadata::existing(self.client.transport(), &metadata::lock(self.instance, element)).await
    }

    /// Unlocks a data element. Does nothing to one that is not locked. Needs `altinn:serviceowner/instances.write`, and
    /// one of the actions `write`, `unlock` and `reject` in the app's policy.
    ///
    /// # Errors
    /// [`NotFound`](altinn_core::ErrorKind::NotFound) when there is no such element,
    /// [`Forbidden`](altinn_core::ErrorKind::Forbidden) when the policy does not allow it or there is no such instance,
    /// and what any call may meet.
    pub async fn unlock(&self, element: DataElementId) -> Result<DataElement, Error>
    where
        S: CanWrite,
    {
        metadata::existing(self.client.transport(), &metadata::unlock(self.instance, element)).await
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
    // No default: an answer without it is none, and must not pass for an empty list.
    data_elements: Vec<DataElement>,
}

fn list(instance: InstanceId) -> RequestSpec {
    of(RequestSpec::new(LIST, Method::GET), instance).path(["dataelements"]).judge(advice::list)
}
