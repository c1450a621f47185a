mod builder;
mod check;
mod raw;
mod raw_stream;

use std::fmt;
use std::marker::PhantomData;

use altinn_auth::Credentials;
use altinn_core::transport::{CallReport, Transport};
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
pub use raw_stream::RawStream;

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

    /// The same client, whose calls also tell `observer` how they end: status, request id, attempts, time. It is called
    /// once for each call, on the caller's task, so it must not block. Clients that are made from this one tell it too.
    ///
    /// Pages of a list are calls of their own, which end when the page is received. A [download](crate::Download) ends
    /// when its content is received, but as a stream or to a writer when the content begins to arrive. Not reported are
    /// calls that are refused before they are sent, those that are dropped, and the requests for tokens.
    ///
    /// ```
    /// # use altinn_auth::Credentials;
    /// # use altinn_core::{Environment, INSTANCES_READ, Read};
    /// # use altinn_emulator::{Emulator, Failure, Submission};
    /// # use altinn_storage::Client;
    /// use std::sync::{Arc, Mutex};
    ///
    /// # use altinn_watch as _;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = Emulator::start().await?;
    /// # let id = emulator.seed(Submission::new("ttd/mottak-demo", 510001)).parse()?;
    /// # let token = emulator.service_owner_token("ttd", INSTANCES_READ)?;
    /// # let credentials = Credentials::<Read>::with_token(Environment::emulator(emulator.url())?, token);
    /// # let client = Client::new(credentials)?;
    /// # emulator.fail_next("/storage/", Failure::status(503));
    /// let calls = Arc::new(Mutex::new(Vec::new()));
    /// let log = Arc::clone(&calls);
    /// let observed = client.observed(move |call| log.lock().unwrap().push(call.clone()));
    /// let instance = observed.instances().get(id).await?;
    ///
    /// let calls = calls.lock().unwrap();
    /// let status = calls[0].status().map(|status| status.as_u16());
    /// assert_eq!((calls[0].operation(), status, calls[0].attempts()), ("instances.get", Some(200), 2));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn observed(&self, observer: impl Fn(&CallReport) + Send + Sync + 'static) -> Self {
        Self::from_parts(self.transport.clone().observed(observer), self.environment.clone())
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
