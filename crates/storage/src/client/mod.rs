mod builder;
mod check;
mod raw;

use std::fmt;
use std::marker::PhantomData;

use altinn_auth::Credentials;
use altinn_core::transport::Transport;
use altinn_core::{CanConfirm, CanRead, CanWrite, Environment, Error, InstanceId, Read, ReadConfirm, ReadWrite, Scope};
use http::Method;

use crate::applications::Applications;
use crate::data::Data;
use crate::events::Events;
use crate::instances::Instances;
use crate::message_box::MessageBox;
use crate::process::Process;

pub use builder::ClientBuilder;
pub use check::check;
pub use raw::RawRequest;

/// A client of Altinn Storage. Cheap to clone; clones share connections, tokens and the limit on retries.
///
/// Its access `S` comes from the credentials, and with them the scopes that are requested: on a `Client<Read>` there is
/// no method that changes anything.
///
/// ```compile_fail
/// # async fn wrong(client: altinn_storage::Client<altinn_core::Read>, id: altinn_core::InstanceId) {
/// client.instances().confirm(id).await; // a client with access `Read` cannot confirm
/// # }
/// ```
pub struct Client<S: Scope> {
    transport: Transport,
    environment: Environment,
    access: PhantomData<fn() -> S>,
}

impl<S: Scope> Client<S> {
    /// A client with the usual settings, for the environment of its credentials.
    ///
    /// # Errors
    /// As for [`ClientBuilder::build`].
    pub fn new(credentials: Credentials<S>) -> Result<Self, Error> {
        Self::builder(credentials).build()
    }

    /// A client with settings of its own.
    pub fn builder(credentials: Credentials<S>) -> ClientBuilder<S> {
        ClientBuilder::new(credentials)
    }

    fn from_parts(transport: Transport, environment: Environment) -> Self {
        Self { transport, environment, access: PhantomData }
    }

    /// The environment that it talks to.
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// Operations on instances.
    pub fn instances(&self) -> Instances<'_, S> {
        Instances::new(self)
    }

    /// Operations on the data elements of an instance.
    pub fn data(&self, instance: InstanceId) -> Data<'_, S> {
        Data::new(self, instance)
    }

    /// Operations on the process of an instance.
    pub fn process(&self, instance: InstanceId) -> Process<'_, S> {
        Process::new(self, instance)
    }

    /// Operations on the events of an instance: the log of what happened to it.
    pub fn events(&self, instance: InstanceId) -> Events<'_, S> {
        Events::new(self, instance)
    }

    /// Operations on the metadata and texts of apps.
    pub fn applications(&self) -> Applications<'_, S> {
        Applications::new(self)
    }

    /// Reads instances as their owners see them in the older portal.
    pub fn message_box(&self) -> MessageBox<'_, S> {
        MessageBox::new(self)
    }

    /// A GET of your own, for what this crate has no method for. Needs `altinn:serviceowner/instances.read`.
    ///
    /// * `path`: the segments below `storage/api/v1`; each stays one segment, whatever it holds.
    ///
    /// ```
    /// # async fn example(client: altinn_storage::Client<altinn_core::Read>) -> Result<(), altinn_core::Error> {
    /// let answer = client.raw_get(["applications", "ttd"]).send().await?;
    /// let applications: serde_json::Value = answer.json()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn raw_get<T: ToString>(&self, path: impl IntoIterator<Item = T>) -> RawRequest
    where
        S: CanRead,
    {
        RawRequest::new(self.transport.clone(), Method::GET, path)
    }

    /// A request of your own by another method than GET. Needs `altinn:serviceowner/instances.write`.
    ///
    /// * `path`: as for [`raw_get`](Self::raw_get).
    pub fn raw_write<T: ToString>(&self, method: Method, path: impl IntoIterator<Item = T>) -> RawRequest
    where
        S: CanWrite,
    {
        RawRequest::new(self.transport.clone(), method, path)
    }

    pub(crate) fn transport(&self) -> &Transport {
        &self.transport
    }
}

impl<S: CanRead + CanConfirm> Client<S> {
    /// The same client without its methods that change something, to hand to code that should only read. It keeps its
    /// token, which still allows both.
    pub fn read_only(&self) -> Client<Read> {
        Client::from_parts(self.transport.clone(), self.environment.clone())
    }
}

impl Client<ReadWrite> {
    /// The same client for code that should only read and confirm. It keeps its token, which still allows more.
    pub fn read_confirm(&self) -> Client<ReadConfirm> {
        Client::from_parts(self.transport.clone(), self.environment.clone())
    }
}

impl<S: Scope> Clone for Client<S> {
    fn clone(&self) -> Self {
        Self::from_parts(self.transport.clone(), self.environment.clone())
    }
}

impl<S: Scope> fmt::Debug for Client<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("environment", &self.environment)
            .field("scopes", &S::SCOPES)
            .finish_non_exhaustive()
    }
}
