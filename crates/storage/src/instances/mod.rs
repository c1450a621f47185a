//! Instances: list, read, confirm.

mod advice;
mod isolate;
mod items;
mod list;
mod model;
mod pages;
mod query;
mod reader;
mod token;

use altinn_core::transport::RequestSpec;
use altinn_core::{CanRead, CanWrite, Error, InstanceId, Scope};
use http::Method;

use crate::Client;

pub use items::Items;
pub use list::{ListInstances, Page, Unreadable};
pub use model::{CompleteConfirmation, Instance, InstanceOwner, InstanceStatus, ReadStatus, ResourceLinks, Substatus};
pub use pages::Pages;
pub use query::{InstanceOwnerFilter, InstanceQuery, Window};
pub use token::{ContinuationToken, InvalidToken};

const LIST: &str = "instances.list";
const GET: &str = "instances.get";
const CONFIRM: &str = "instances.confirm";

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

    /// Confirms that the service owner has received the instance and needs nothing more of it. Needs
    /// `altinn:serviceowner/instances.write`, and the action `complete` in the app's policy.
    ///
    /// Do it once everything is stored: afterwards the service may delete what the instance owner deletes. Confirming
    /// again changes nothing, so a failed call is safely repeated.
    ///
    /// # Errors
    /// [`Forbidden`](altinn_core::ErrorKind::Forbidden) when the policy does not allow it or there is no such instance,
    /// and what any call may meet.
    pub async fn confirm(&self, id: InstanceId) -> Result<Instance, Error>
    where
        S: CanWrite,
    {
        self.client.transport().json(&confirm(id)).await
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

/// A POST, but the service does nothing when the caller has confirmed already, so repeating is harmless.
fn confirm(id: InstanceId) -> RequestSpec {
    of(RequestSpec::new(CONFIRM, Method::POST), id).path(["complete"]).repeatable(true).judge(advice::confirm)
}
