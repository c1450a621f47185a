use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use altinn_core::{CanConfirm, CanRead, Environment, OrgNumber, Read, ReadConfirm, ReadWrite, Scope, Secret};

use crate::builder::CredentialsBuilder;
use crate::cache::{Cache, Pool};
use crate::error::{Error, ErrorKind};
use crate::maskinporten::MaskinportenToken;
use crate::provider::{DynProvider, TokenProvider};
use crate::request::{SystemUser, TokenRequest};
use crate::settings::Settings;
use crate::static_token::StaticToken;
use crate::statistics::Statistics;
use crate::token::AltinnToken;

/// What a client of Altinn proves itself with, in one environment, for the access `S`.
///
/// `S` is [`Read`], [`ReadConfirm`], [`Write`](altinn_core::Write) or [`ReadWrite`]. It decides which scopes are
/// requested, and gates the methods of the clients that take these credentials.
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
    pub(crate) cache: Arc<Cache>,
    /// Where the cache's tokens come from.
    pub(crate) provider: Arc<dyn DynProvider>,
    pool: Arc<Pool>,
}

impl<S: Scope> Credentials<S> {
    /// For a Maskinporten client with a key of its own: the usual case.
    ///
    /// `environment`: where Maskinporten and Altinn are.
    pub fn builder(environment: Environment) -> CredentialsBuilder<S> {
        CredentialsBuilder::new(environment)
    }

    /// From environment variables: those that NAIS sets, `ALTINN_ENVIRONMENT`, and some more, which
    /// [`Settings::variables`] lists.
    ///
    /// | variable | |
    /// | --- | --- |
    /// | `ALTINN_ENVIRONMENT` | `production`, `tt02`, `at21` … `at24`, `yt01`, or the address of an emulator. Needed, unless `MaskinportenSettings__Environment` or `MaskinportenSettings__TokenExchangeEnvironment` says it. |
    /// | `MASKINPORTEN_CLIENT_ID` | the client's id. Needed. |
    /// | `MASKINPORTEN_CLIENT_JWK` | the private key, with its key id if it is a JWK. Needed. |
    /// | `MASKINPORTEN_SCOPES` | the client's scopes, parted by spaces. If set, it must have those that `S` needs. |
    /// | `MASKINPORTEN_ISSUER`, `MASKINPORTEN_TOKEN_ENDPOINT` | if set, they must be the environment's own. |
    /// | `NAIS_TOKEN_ENDPOINT` | a token sidecar, in place of client id and key. |
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
        Settings::new().variables(lookup).build()
    }

    /// With an Altinn token from elsewhere, such as LocalTest or a test-token generator. It can't be renewed: once it
    /// has expired, requests fail with [`ErrorKind::TokenExpired`](crate::ErrorKind::TokenExpired). If it
    /// says its scopes, it must have those of `S`. It is for one organisation: tokens for
    /// [another request](Self::with_request), such as on behalf of others, are
    /// [`ErrorKind::Config`](crate::ErrorKind::Config).
    ///
    /// * `environment`: where the token may be sent.
    /// * `token`: as it stands behind `Bearer `.
    pub fn with_token(environment: Environment, token: impl Into<Secret>) -> Self {
        Self::from_provider(environment, StaticToken::new(token.into()))
    }

    /// With tokens from a source of your own. Its tokens are cached here. One that says its scopes and lacks some of `S` is a
    /// warning in the log before it is used: the service decides.
    ///
    /// * `environment`: where the tokens may be sent.
    /// * `provider`: asked whenever a new token is needed.
    pub fn from_provider(environment: Environment, provider: impl TokenProvider) -> Self {
        Self::of(environment, Arc::new(provider))
    }

    /// Credentials whose tokens must speak for one service owner, so that those of another are noticed at once and not by
    /// what they find in Storage. It is for tokens from elsewhere, [ready-made](Self::with_token) or of
    /// [your own source](Self::from_provider): for a Maskinporten client there is
    /// [`service_owner`](CredentialsBuilder::service_owner). Each token is looked at once, when it is got; one that names
    /// another service owner is [`ErrorKind::WrongOrgCode`](crate::ErrorKind::WrongOrgCode), and one that names none, or
    /// can't be read, [`ErrorKind::NoOrgCode`](crate::ErrorKind::NoOrgCode). Tokens
    /// [on behalf of](Self::on_behalf_of) others must name one, but are not held against it.
    ///
    /// They share no token with these credentials.
    ///
    /// `code`: as on Altinn's list of service owners, such as `skd`, without regard to case.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when the code is empty.
    pub fn expect_service_owner(&self, code: impl AsRef<str>) -> Result<Self, Error> {
        let owner = service_owner(code.as_ref())?;
        let Shared { environment, provider, cache, .. } = &*self.shared;
        let pool = Arc::new(Pool::new(Arc::clone(provider), Some(owner.into())));
        Ok(Self::in_pool(environment.clone(), Arc::clone(provider), pool, cache.request().clone()))
    }

    pub(crate) fn of(environment: Environment, provider: Arc<dyn DynProvider>) -> Self {
        let pool = Arc::new(Pool::new(Arc::clone(&provider), None));
        Self::in_pool(environment, provider, pool, TokenRequest::of::<S>())
    }

    fn in_pool(
        environment: Environment,
        provider: Arc<dyn DynProvider>,
        pool: Arc<Pool>,
        request: TokenRequest,
    ) -> Self {
        let cache = pool.cache(request);
        Self { shared: Arc::new(Shared { environment, cache, provider, pool }), scope: PhantomData }
    }

    /// What these credentials ask tokens for.
    pub fn request(&self) -> &TokenRequest {
        self.shared.cache.request()
    }

    /// Credentials of the same client that ask for something else: for another organisation, a system user, an API.
    /// Their tokens are kept apart from those of these credentials, and shared with others of the same request.
    ///
    /// `request`: made from [`request`](Self::request). Its scopes become those of `S`, and those
    /// [added](TokenRequest::additional_scope) to them; or those [alone](TokenRequest::only_scopes) that it names.
    ///
    /// ```
    /// # use altinn_auth::{Credentials, Error};
    /// # use altinn_core::Read;
    /// # fn example(credentials: Credentials<Read>) -> Result<(), Error> {
    /// let request = credentials.request().clone().resource("https://api.example")?;
    /// let for_one_api = credentials.with_request(request);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_request(&self, request: TokenRequest) -> Self {
        let Shared { environment, pool, provider, .. } = &*self.shared;
        Self::in_pool(environment.clone(), Arc::clone(provider), Arc::clone(pool), request.with_access::<S>())
    }

    /// Credentials of the same client for an organisation that has delegated the scopes in Altinn to the one that owns
    /// the client.
    ///
    /// Make these with the access that was delegated: where that is to read alone, [`ReadWrite`](altinn_core::ReadWrite) is
    /// refused (MP-251), also by way of [`read_only`](Self::read_only). The tokens name the other organisation's
    /// service-owner code, and in Storage it is that code's instances that can be listed.
    ///
    /// `organisation`: the one that delegated. It must not be the client's own.
    #[must_use]
    pub fn on_behalf_of(&self, organisation: OrgNumber) -> Self {
        self.with_request(self.request().clone().on_behalf_of(organisation))
    }

    /// Credentials of the same client for a customer's system user.
    ///
    /// They ask for the same scopes as these, which without more are those of a service owner: Storage's API for service
    /// owners takes the vendor's token only if the vendor is one itself. For any other vendor Maskinporten refuses these
    /// scopes ([`ErrorKind::ScopeNotGranted`]: MP-200 where they are not on the client, MP-250 where the organisation may
    /// not use them), or the token names no service owner ([`ErrorKind::NoOrgCode`]). It asks for the scopes of the API
    /// that it calls, with [`TokenRequest::only_scopes`].
    ///
    /// `system_user`: whose it is, and its external reference if it was made with one.
    #[must_use]
    pub fn for_system_user(&self, system_user: SystemUser) -> Self {
        self.with_request(self.request().clone().system_user(system_user))
    }

    /// Where the tokens may be sent.
    pub fn environment(&self) -> &Environment {
        &self.shared.environment
    }

    /// A token that is good for some time yet: at least 30 s, or a fifth of its lifetime if that is less.
    ///
    /// Of callers that come at the same time one fetches, and the others get the same result. In the last minutes of
    /// a token's life one caller renews it while the others go on with it; where no new one comes within 5 s, so does that
    /// caller. Who has no token waits for all tries, which is 30 s, and the time of the last one. The future can be dropped at
    /// any point.
    ///
    /// # Errors
    /// [`Error`] with the step that failed and why. One that would come again (not
    /// [transient](Error::is_transient)) is remembered for half a minute, then for a whole one, in place of asking
    /// again; one for a wrong clock for 5 s, then for 10 s.
    pub async fn token(&self) -> Result<AltinnToken, Error> {
        self.shared.cache.token().await
    }

    /// As [`token`](Self::token), with more of its life left, for a call that lasts long or can't be sent twice.
    ///
    /// `least`: what is to be left of it. Three quarters of its lifetime are enough in any case, as more may not be to be
    /// had. If it can't be renewed just now, the one that is still good is given.
    ///
    /// # Errors
    /// As for [`token`](Self::token).
    pub async fn token_lasting(&self, least: Duration) -> Result<AltinnToken, Error> {
        self.shared.cache.token_lasting(least).await
    }

    /// Forgets a token that a server refused, so that the next call of [`token`](Self::token) fetches a new one.
    ///
    /// `token`: the one that was refused. If a newer one is held by now, it stays.
    pub fn invalidate(&self, token: &AltinnToken) {
        self.shared.cache.invalidate(token);
    }

    /// Maskinporten's own token, for APIs that take it without an exchange. Those that take an Altinn token want
    /// [`token`](Self::token).
    ///
    /// It is the one that [`token`](Self::token) exchanges, and kept while 15 s are left of it. Of callers that come
    /// at the same time one fetches, as there. Where an API wants scopes of its own in it, take the token of credentials
    /// [for a request](Self::with_request) with an [`additional_scope`](TokenRequest::additional_scope).
    ///
    /// ```
    /// # use altinn_auth::{Credentials, Error};
    /// # use altinn_core::Read;
    /// # async fn example(credentials: Credentials<Read>, http: reqwest::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let token = credentials.maskinporten_token().await?;
    /// let response = http.get("https://api.example/").bearer_auth(token.expose()).send().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As for [`token`](Self::token), without those of the exchange; and [`ErrorKind::Config`](crate::ErrorKind::Config)
    /// for credentials that get Altinn tokens in another way than from Maskinporten: a ready-made token, a
    /// [`TokenProvider`], test tokens.
    pub async fn maskinporten_token(&self) -> Result<MaskinportenToken, Error> {
        self.shared.cache.maskinporten_token().await
    }

    /// As [`invalidate`](Self::invalidate), for a Maskinporten token that an API refused.
    ///
    /// `token`: the one that was refused. If a newer one is held by now, it stays.
    pub fn invalidate_maskinporten(&self, token: &MaskinportenToken) {
        self.shared.cache.invalidate_maskinporten(token);
    }

    /// How often tokens were asked for so far, and what came of it, for monitoring.
    pub fn statistics(&self) -> Statistics {
        self.shared.cache.statistics()
    }

    /// Forgets that the last token was refused, so that the next call of [`token`](Self::token) asks again. For when
    /// what was wrong has been mended, such as a scope that was missing.
    pub fn forget_refusal(&self) {
        self.shared.cache.forget_refusal();
    }
}

impl<S> Credentials<S> {
    pub(crate) fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.shared)
    }
}

impl<S: CanRead + CanConfirm> Credentials<S> {
    /// The same credentials for code that should only read. They share the token, which still allows writing; the
    /// clients that take them have no method to do so.
    pub fn read_only(&self) -> Credentials<Read> {
        Credentials { shared: Arc::clone(&self.shared), scope: PhantomData }
    }
}

impl Credentials<ReadWrite> {
    /// The same credentials for code that should only read and confirm. They share the token, which still allows more; the
    /// clients that take them have no other method that changes something.
    pub fn read_confirm(&self) -> Credentials<ReadConfirm> {
        Credentials { shared: Arc::clone(&self.shared), scope: PhantomData }
    }
}

/// A service owner's code as tokens are held against it.
pub(crate) fn service_owner(code: &str) -> Result<String, Error> {
    match code.trim() {
        "" => Err(Error::of(ErrorKind::Config, "the service owner's code is empty").into()),
        code => Ok(code.to_ascii_lowercase()),
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
            .field("request", self.shared.cache.request())
            .finish_non_exhaustive()
    }
}
