use std::sync::Arc;
use std::time::Duration;

use altinn_auth::{AuthLayer, Credentials};
use altinn_core::transport::{HttpOptions, Transport, http_client};
use altinn_core::{Error, ErrorKind, RetryPolicy, Scope};
use reqwest_middleware::Middleware;

use super::Client;

/// Settings of a [`Client`].
#[must_use]
pub struct ClientBuilder<S: Scope> {
    pub(super) credentials: Credentials<S>,
    http: Option<reqwest::Client>,
    layers: Vec<Arc<dyn Middleware>>,
    retry: RetryPolicy,
    application: Option<String>,
    connect_timeout: Duration,
    idle_timeout: Duration,
}

impl<S: Scope> ClientBuilder<S> {
    pub(super) fn new(credentials: Credentials<S>) -> Self {
        Self {
            credentials,
            http: None,
            layers: Vec::new(),
            retry: RetryPolicy::default(),
            application: None,
            connect_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(60),
        }
    }

    /// An HTTP client of your own, with its proxy, certificates and pool. Turn its redirects off, since a redirect would
    /// carry the token elsewhere, and set no total or read time-out, since it would end long transfers. Without it the
    /// system's proxy is used (`HTTPS_PROXY`, `NO_PROXY`), though not for addresses on this computer.
    ///
    /// Requests for tokens do not go through it: see [`CredentialsBuilder::http`](altinn_auth::CredentialsBuilder::http).
    pub fn http(mut self, http: reqwest::Client) -> Self {
        self.http = Some(http);
        self
    }

    /// A layer around every attempt, such as one that measures. Layers run in the order they are given, inside the
    /// retries and outside the one that adds the token.
    pub fn layer(mut self, layer: impl Middleware) -> Self {
        self.layers.push(Arc::new(layer));
        self
    }

    /// How often and how long to try again.
    pub fn retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
        self
    }

    /// The name and version of your program, such as `mottak/1.2`, for the `User-Agent`.
    pub fn application(mut self, application: impl Into<String>) -> Self {
        self.application = Some(application.into());
        self
    }

    /// How long a connection may take to come about. Default 10 s. Not used with an own HTTP client.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long an attempt may go without progress, sending or receiving. Default 60 s. There is no limit on the whole.
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.idle_timeout = timeout;
        self
    }

    /// Makes the client. Nothing is sent yet, and no token fetched.
    ///
    /// # Errors
    /// [`Config`](ErrorKind::Config) when the environment's address or the HTTP client can't be used.
    pub fn build(self) -> Result<Client<S>, Error> {
        let environment = self.credentials.environment().clone();
        let unusable = || Error::new(ErrorKind::Config, "client.build").with_detail("the platform's address");
        let base = environment.platform_url().map_err(|error| unusable().with_source(error))?;
        let base = base.join("storage/api/v1/").map_err(|error| unusable().with_source(error))?;
        let http = match self.http {
            Some(http) => http,
            None => {
                let user_agent = user_agent(self.application.as_deref());
                http_client(&HttpOptions { user_agent, connect_timeout: self.connect_timeout }, &base)?
            }
        };
        let mut http = reqwest_middleware::ClientBuilder::new(http);
        for layer in self.layers {
            http = http.with_arc(layer);
        }
        let http = http.with(AuthLayer::new(self.credentials)).build();
        let transport = Transport::new(http, base, self.retry).idle_timeout(self.idle_timeout);
        Ok(Client::from_parts(transport, environment))
    }
}

fn user_agent(application: Option<&str>) -> String {
    let own = concat!("altinn-storage-rust/", env!("CARGO_PKG_VERSION"));
    match application {
        Some(application) => format!("{application} {own}"),
        None => own.to_owned(),
    }
}

impl<S: Scope> std::fmt::Debug for ClientBuilder<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("environment", self.credentials.environment())
            .field("layers", &self.layers.len())
            .field("retry", &self.retry)
            .field("application", &self.application)
            .finish_non_exhaustive()
    }
}
