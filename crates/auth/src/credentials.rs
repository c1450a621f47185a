use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use altinn_core::{Environment, Read, ReadWrite, Scope, Secret};

use crate::builder::CredentialsBuilder;
use crate::cache::Cache;
use crate::env;
use crate::error::Error;
use crate::provider::TokenProvider;
use crate::request::TokenRequest;
use crate::static_token::StaticToken;
use crate::token::AltinnToken;

/// What a client of Altinn proves itself with, in one environment, for the access `S`.
///
/// `S` is [`Read`], [`Write`](altinn_core::Write) or [`ReadWrite`]. It decides which scopes are requested, and gates
/// the methods of the clients that take these credentials.
///
/// Cheap to clone; clones share one token. Nothing is fetched before a token is needed, and nothing runs in the
/// background.
pub struct Credentials<S> {
    shared: Arc<Shared>,
    scope: PhantomData<fn() -> S>,
}

/// What all clones have in common, whatever access they were given.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) environment: Environment,
    pub(crate) cache: Cache,
}

impl<S: Scope> Credentials<S> {
    /// For a Maskinporten client with a key of its own: the usual case.
    ///
    /// `environment`: where Maskinporten and Altinn are.
    pub fn builder(environment: Environment) -> CredentialsBuilder<S> {
        CredentialsBuilder::new(environment)
    }

    /// From the environment variables that NAIS sets, and `ALTINN_ENVIRONMENT`.
    ///
    /// | variable | |
    /// | --- | --- |
    /// | `ALTINN_ENVIRONMENT` | `production`, `tt02`, `at21` … `at24`, `yt01`, or the address of an emulator. Needed. |
    /// | `MASKINPORTEN_CLIENT_ID` | the client's id. Needed. |
    /// | `MASKINPORTEN_CLIENT_JWK` | the private key as a JWK with its key id. Needed. |
    /// | `MASKINPORTEN_SCOPES` | the client's scopes, parted by spaces. If set, it must have those that `S` needs. |
    /// | `MASKINPORTEN_ISSUER`, `MASKINPORTEN_TOKEN_ENDPOINT` | if set, they must be the environment's own. |
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) naming the variable that is missing, or contradicts another;
    /// [`ErrorKind::Key`](crate::ErrorKind::Key) when the key can't be used.
    pub fn from_env() -> Result<Self, Error> {
        Self::from_vars(|name| std::env::var(name).ok())
    }

    /// As [`from_env`](Self::from_env), with the variables from elsewhere.
    ///
    /// `lookup`: gives the value of a variable by its name; `None` or a blank text if it isn't set.
    ///
    /// # Errors
    /// As for [`from_env`](Self::from_env).
    pub fn from_vars(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        env::builder(lookup)?.build()
    }

    /// With an Altinn token from elsewhere, such as LocalTest or a test-token generator. It can't be renewed: once it
    /// has expired, requests fail with [`ErrorKind::TokenExpired`](crate::ErrorKind::TokenExpired). Its scopes are
    /// not checked against `S`.
    ///
    /// * `environment`: where the token may be sent.
    /// * `token`: as it stands behind `Bearer `.
    pub fn with_token(environment: Environment, token: impl Into<Secret>) -> Self {
        Self::from_provider(environment, StaticToken::new(token.into()))
    }

    /// With tokens from a source of your own. Its tokens are cached here; their scopes are not checked against `S`.
    ///
    /// * `environment`: where the tokens may be sent.
    /// * `provider`: asked whenever a new token is needed.
    pub fn from_provider(environment: Environment, provider: impl TokenProvider) -> Self {
        let cache = Cache::new(Arc::new(provider), TokenRequest::of::<S>());
        Self { shared: Arc::new(Shared { environment, cache }), scope: PhantomData }
    }

    /// Where the tokens may be sent.
    pub fn environment(&self) -> &Environment {
        &self.shared.environment
    }

    /// A token that is good for some time yet: at least 30 s, or a fifth of its lifetime if that is less.
    ///
    /// Of callers that come at the same time one fetches, and the others get the same result. In the last minutes of
    /// a token's life one caller renews it while the others go on with it. The future can be dropped at any point.
    ///
    /// # Errors
    /// [`Error`] with the step that failed and why. Failures aren't remembered: the next call tries again.
    pub async fn token(&self) -> Result<AltinnToken, Error> {
        self.shared.cache.token().await
    }

    /// Forgets a token that a server refused, so that the next call of [`token`](Self::token) fetches a new one.
    ///
    /// `token`: the one that was refused. If a newer one is held by now, nothing happens.
    pub fn invalidate(&self, token: &AltinnToken) {
        self.shared.cache.invalidate(token);
    }
}

impl<S> Credentials<S> {
    pub(crate) fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.shared)
    }
}

impl Credentials<ReadWrite> {
    /// The same credentials for code that should only read. They share the token, which still allows writing; the
    /// clients that take them have no method to do so.
    pub fn read_only(&self) -> Credentials<Read> {
        Credentials { shared: Arc::clone(&self.shared), scope: PhantomData }
    }
}

impl<S> Clone for Credentials<S> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), scope: PhantomData }
    }
}

impl<S> fmt::Debug for Credentials<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("environment", &self.shared.environment)
            .field("scopes", &self.shared.cache.request().scopes())
            .finish_non_exhaustive()
    }
}
