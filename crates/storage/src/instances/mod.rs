//! Instances: list, read, create, change, confirm, lock, sign, delete.

pub(crate) mod advice;
mod announced;
mod change;
mod create;
mod delete;
mod hold;
mod isolate;
mod items;
mod list;
mod lock;
mod model;
mod page;
mod page_size;
mod pages;
mod query;
mod reader;
mod repeats;
mod sign;
mod token;
mod unreadable;
mod window;

use std::time::Duration;

use altinn_core::transport::{Operation, RequestSpec};
use altinn_core::{AppId, CanConfirm, CanRead, CanWrite, Error, InstanceId, Scope, operation};
use http::Method;
use uuid::Uuid;

use crate::Client;

pub use create::NewInstance;
pub use delete::DeleteInstance;
pub use items::Items;
pub use list::ListInstances;
pub use lock::InstanceLock;
pub use model::{CompleteConfirmation, Instance, InstanceOwner, InstanceStatus, ReadStatus, ResourceLinks, Substatus};
pub use page::Page;
pub use pages::Pages;
pub(crate) use query::for_pattern;
pub use query::{InstanceOwnerFilter, InstanceQuery};
pub use sign::{SignRequest, Signee};
pub use token::{ContinuationToken, InvalidToken};
pub use unreadable::Unreadable;
pub use window::Window;

const LIST: Operation = operation!("instances.list");
const GET: Operation = operation!("instances.get");
const GET_BY_GUID: Operation = operation!("instances.get_by_guid");
const CREATE: Operation = operation!("instances.create");
const CONFIRM: Operation = operation!("instances.confirm");
const DELETE: Operation = operation!("instances.delete");
const UNDELETE: Operation = operation!("instances.undelete");
const SET_READ_STATUS: Operation = operation!("instances.set_read_status");
const SET_SUBSTATUS: Operation = operation!("instances.set_substatus");
const SET_PRESENTATION_TEXTS: Operation = operation!("instances.set_presentation_texts");
const SET_DATA_VALUES: Operation = operation!("instances.set_data_values");
const LOCK: Operation = operation!("instances.lock");
const EXTEND_LOCK: Operation = operation!("instances.lock.extend");
const RELEASE_LOCK: Operation = operation!("instances.lock.release");
const SIGN: Operation = operation!("instances.sign");

/// Operations on instances. From [`Client::instances`].
#[derive(Debug)]
pub struct Instances<'a, S: Scope> {
    client: &'a Client<S>,
}

impl<'a, S: Scope> Instances<'a, S> {
    pub(crate) fn new(client: &'a Client<S>) -> Self {
        Self { client }
    }

    /// Lists what `query` describes, the oldest change first. Needs `altinn:serviceowner/instances.read`.
    ///
    /// Pages fit together in this order even where instances share a time of change. An instance that changes while
    /// the list is read comes again later; none is missed.
    ///
    /// One that can't be had does not keep the others back: it comes as an error of its own, or in
    /// [`Page::unreadable`].
    ///
    /// # Errors
    /// While reading: [`InvalidInput`](altinn_core::ErrorKind::InvalidInput) for a query that the service would answer
    /// wrongly, [`Forbidden`](altinn_core::ErrorKind::Forbidden) without the scope or for another owner's app,
    /// [`Rejected`](altinn_core::ErrorKind::Rejected) for a token that names no organisation,
    /// [`Protocol`](altinn_core::ErrorKind::Protocol) when a continuation token repeats, and what any call may meet.
    pub fn list(&self, query: InstanceQuery) -> ListInstances
    where
        S: CanRead,
    {
        ListInstances::new(self.client.transport().clone(), query)
    }

    /// Reads one instance with its data elements. Needs `altinn:serviceowner/instances.read`.
    ///
    /// Deleted instances are there as well; see [`InstanceStatus`].
    ///
    /// # Errors
    /// [`NotFound`](altinn_core::ErrorKind::NotFound) when there is none, [`Forbidden`](altinn_core::ErrorKind::Forbidden)
    /// when the app's policy does not let the service owner read it, and what any call may meet. A fault of the service
    /// that it reports as 404 is told apart and comes as [`Server`](altinn_core::ErrorKind::Server).
    pub async fn get(&self, id: InstanceId) -> Result<Instance, Error>
    where
        S: CanRead,
    {
        self.client.transport().json(&get(id)).await
    }

    /// Reads one instance by its UUID alone, for where the party is not known. Needs
    /// `altinn:serviceowner/instances.read`.
    ///
    /// # Errors
    /// As for [`get`](Self::get).
    pub async fn get_by_guid(&self, guid: Uuid) -> Result<Instance, Error>
    where
        S: CanRead,
    {
        self.client.transport().json(&get_by_guid(guid)).await
    }

    /// Creates an instance of `app`. Needs `altinn:serviceowner/instances.write`, and the action `instantiate` in the
    /// app's policy.
    ///
    /// This goes past the app: nothing is prefilled, validated or calculated, no form is made, and no process begun
    /// that `new` does not bring along. Where the app's own logic is to run, instantiate through the app's API instead.
    ///
    /// There is no key against duplicates: a call that fails after it may have reached the service is not repeated, and
    /// [`may_have_reached_server`](Error::may_have_reached_server) tells. List the party's instances of the app then.
    ///
    /// # Errors
    /// [`Forbidden`](altinn_core::ErrorKind::Forbidden) when the policy does not allow it,
    /// [`NotFound`](altinn_core::ErrorKind::NotFound) when there is no such app, and what any call may meet.
    pub async fn create(&self, app: &AppId, new: NewInstance) -> Result<Instance, Error>
    where
        S: CanWrite,
    {
        self.client.transport().json(&create::create(app, &new)?).await
    }

    /// Confirms that the service owner has received the instance and needs nothing more of it. Needs
    /// `altinn:serviceowner/instances.write`, and the action `complete` in the app's policy.
    ///
    /// Where nothing else is to be changed, [`ReadConfirm`](altinn_core::ReadConfirm) is the access to take.
    ///
    /// Do it once everything is stored: afterwards the service may delete what the instance owner deletes. Confirming
    /// again changes nothing, so a failed call is safely repeated.
    ///
    /// # Errors
    /// [`Forbidden`](altinn_core::ErrorKind::Forbidden) when the policy does not allow it or there is no such instance,
    /// and what any call may meet.
    pub async fn confirm(&self, id: InstanceId) -> Result<Instance, Error>
    where
        S: CanConfirm,
    {
        self.client.transport().json(&confirm(id)).await
    }

    /// Deletes an instance: into its owner's bin, or for good with [`hard`](DeleteInstance::hard). Needs
    /// `altinn:serviceowner/instances.write`, and the action `delete` in the app's policy, which the usual policy file
    /// grants to the instance owner alone.
    ///
    /// If an answer is lost and the call is repeated, the event log shows it twice, and the time of deletion in the
    /// [status](InstanceStatus) is the later one. So it is, too, when an instance is deleted that was deleted before.
    ///
    /// # Errors
    /// [`Forbidden`](altinn_core::ErrorKind::Forbidden) when the policy does not allow it, when the app keeps archived
    /// instances for some days, or when there is no such instance; and what any call may meet.
    pub fn delete(&self, id: InstanceId) -> DeleteInstance
    where
        S: CanWrite,
    {
        DeleteInstance::new(self.client.transport().clone(), id)
    }

    /// Brings an instance back from its owner's bin; does nothing to one that is not there. Needs
    /// `altinn:serviceowner/instances.write`, and the action `delete` in the app's policy.
    ///
    /// # Errors
    /// [`NotFound`](altinn_core::ErrorKind::NotFound) when it is deleted for good,
    /// [`Forbidden`](altinn_core::ErrorKind::Forbidden) when the policy does not allow it or there is no such instance,
    /// and what any call may meet.
    pub async fn undelete(&self, id: InstanceId) -> Result<(), Error>
    where
        S: CanWrite,
    {
        self.client.transport().answer(&delete::undelete(id)).await.map(drop)
    }

    /// Says whether the instance's owner has read it. Needs `altinn:serviceowner/instances.write`, and the action
    /// `read` in the app's policy.
    ///
    /// Moves neither [`last_changed`](Instance::last_changed) nor leaves an event.
    ///
    /// # Errors
    /// [`InvalidInput`](altinn_core::ErrorKind::InvalidInput) for a status that is not known,
    /// [`Forbidden`](altinn_core::ErrorKind::Forbidden) when the policy does not allow it or there is no such instance,
    /// and what any call may meet.
    pub async fn set_read_status(&self, id: InstanceId, status: ReadStatus) -> Result<Instance, Error>
    where
        S: CanWrite,
    {
        self.client.transport().json(&change::read_status(id, &status)?).await
    }

    /// Sets the status that the service owner shows to the instance's owner, in place of the one before. Needs
    /// `altinn:serviceowner/instances.write`; the service looks at no policy, but the app must be the service owner's
    /// own.
    ///
    /// If an answer is lost and the call is repeated, the event log shows it twice.
    ///
    /// # Errors
    /// [`InvalidInput`](altinn_core::ErrorKind::InvalidInput) without a label,
    /// [`Forbidden`](altinn_core::ErrorKind::Forbidden) for another owner's app,
    /// [`Server`](altinn_core::ErrorKind::Server) when there is no such instance (so the service answers), and what any
    /// call may meet.
    pub async fn set_substatus(&self, id: InstanceId, substatus: Substatus) -> Result<Instance, Error>
    where
        S: CanWrite,
    {
        self.client.transport().json(&change::substatus(id, &substatus)?).await
    }

    /// Sets presentation texts; those with other keys stay. Needs `altinn:serviceowner/instances.write`, and the right
    /// to work on the current task in the app's policy.
    ///
    /// * `texts`: key and text. None may be empty: that is how a text would be removed, but the service keeps it and
    ///   answers success.
    ///
    /// Moves neither [`last_changed`](Instance::last_changed) nor leaves an event.
    ///
    /// # Errors
    /// [`InvalidInput`](altinn_core::ErrorKind::InvalidInput) for an empty text,
    /// [`Forbidden`](altinn_core::ErrorKind::Forbidden) when the policy does not allow it,
    /// [`Server`](altinn_core::ErrorKind::Server) when there is no such instance (so the service answers), and what any
    /// call may meet.
    pub async fn set_presentation_texts<K, V>(
        &self,
        id: InstanceId,
        texts: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Instance, Error>
    where
        S: CanWrite,
        K: Into<String>,
        V: Into<String>,
    {
        let texts = texts.into_iter().map(|(key, text)| (key.into(), text.into())).collect();
        self.client.transport().json(&change::presentation_texts(id, &texts)?).await
    }

    /// Sets data values; those with other keys stay. Needs `altinn:serviceowner/instances.write`, and the right to work
    /// on the current task in the app's policy.
    ///
    /// * `values`: key and value. None may be empty, as for [`set_presentation_texts`](Self::set_presentation_texts).
    ///
    /// # Errors
    /// As for [`set_presentation_texts`](Self::set_presentation_texts).
    pub async fn set_data_values<K, V>(
        &self,
        id: InstanceId,
        values: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Instance, Error>
    where
        S: CanWrite,
        K: Into<String>,
        V: Into<String>,
    {
        let values = values.into_iter().map(|(key, value)| (key.into(), value.into())).collect();
        self.client.transport().json(&change::data_values(id, &values)?).await
    }

    /// Takes the lock of an instance. Needs `altinn:serviceowner/instances.write`, and the right to work on the current
    /// task in the app's policy.
    ///
    /// * `ttl`: how long it is held unless extended or released, from one second to 2 147 483 647 seconds; fractions are
    ///   rounded up. The service sets no upper limit, so choose a short one and extend
    ///   it, as [`hold`](InstanceLock::hold) does.
    ///
    /// The lock keeps out those alone who ask for it, too: the service lets everybody change a locked instance.
    ///
    /// # Errors
    /// [`Conflict`](altinn_core::ErrorKind::Conflict) when it is held, also by this same caller,
    /// [`Forbidden`](altinn_core::ErrorKind::Forbidden) when the policy does not allow it,
    /// [`NotFound`](altinn_core::ErrorKind::NotFound) when there is no such instance of this party,
    /// [`InvalidInput`](altinn_core::ErrorKind::InvalidInput) for another `ttl`, and what any call may meet. A call whose
    /// answer was lost may have taken the lock: it then ends when its time runs out.
    pub async fn lock(&self, id: InstanceId, ttl: Duration) -> Result<InstanceLock, Error>
    where
        S: CanWrite,
    {
        lock::acquire(self.client.transport(), id, ttl).await
    }

    /// Makes a signature of data elements and stores it as another, locked data element of the instance. Needs
    /// `altinn:serviceowner/instances.write`, and the action `sign` in the app's policy.
    ///
    /// The signature replaces an earlier one of the same signee. The service does not say which data element it became:
    /// list them.
    ///
    /// # Errors
    /// [`InvalidInput`](altinn_core::ErrorKind::InvalidInput) without a data element to sign,
    /// [`Rejected`](altinn_core::ErrorKind::Rejected) when the signature's data type is not declared for the current
    /// task, [`NotFound`](altinn_core::ErrorKind::NotFound) when a data element does not exist,
    /// [`Forbidden`](altinn_core::ErrorKind::Forbidden) when the policy does not allow it or there is no such instance,
    /// and what any call may meet.
    pub async fn sign(&self, id: InstanceId, request: SignRequest) -> Result<(), Error>
    where
        S: CanWrite,
    {
        self.client.transport().answer(&sign::sign(id, &request)?).await.map(drop)
    }
}

impl<S: Scope> Clone for Instances<'_, S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S: Scope> Copy for Instances<'_, S> {}

/// The beginning of every path of an instance.
pub(crate) fn of(spec: RequestSpec, id: InstanceId) -> RequestSpec {
    spec.path(["instances"]).segment(id.party()).segment(id.guid())
}

fn get(id: InstanceId) -> RequestSpec {
    of(RequestSpec::new(GET, Method::GET), id).judge(advice::get)
}

fn get_by_guid(guid: Uuid) -> RequestSpec {
    RequestSpec::new(GET_BY_GUID, Method::GET).path(["instances"]).segment(guid).judge(advice::get)
}

/// A POST, but the service does nothing when the caller has confirmed already, so repeating is harmless.
fn confirm(id: InstanceId) -> RequestSpec {
    of(RequestSpec::new(CONFIRM, Method::POST), id).path(["complete"]).repeatable(true).judge(advice::confirm)
}
