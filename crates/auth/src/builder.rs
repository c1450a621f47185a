use std::fmt;
use std::marker::PhantomData;

use altinn_core::{Environment, Scope};

use crate::call;
use crate::credentials::Credentials;
use crate::error::{Error, ErrorKind};
use crate::exchange::Exchange;
use crate::exchanged::Exchanged;
use crate::key::SigningKey;
use crate::maskinporten::Maskinporten;

/// Puts [`Credentials`] for a Maskinporten client together. Made by [`Credentials::builder`].
#[must_use = "nothing is made before build()"]
pub struct CredentialsBuilder<S> {
    environment: Environment,
    client_id: Option<String>,
    key: Option<SigningKey>,
    http: Option<reqwest::Client>,
    test_organisation: bool,
    scope: PhantomData<fn() -> S>,
}

impl<S: Scope> CredentialsBuilder<S> {
    pub(crate) fn new(environment: Environment) -> Self {
        Self { environment, client_id: None, key: None, http: None, test_organisation: false, scope: PhantomData }
    }

    /// The client's id, as the self-service portal shows it. Needed.
    pub fn client_id(mut self, client_id: impl Into<String>) -> Self {
        self.client_id = Some(client_id.into());
        self
    }

    /// The private key whose public half is registered on the client. Needed, and it needs a key id.
    pub fn key(mut self, key: SigningKey) -> Self {
        self.key = Some(key);
        self
    }

    /// A client of your own for the calls to Maskinporten and to the exchange, for a special proxy or root
    /// certificate. It must not follow redirects, which would carry a grant or a token elsewhere; the one made
    /// otherwise doesn't.
    pub fn http(mut self, http: reqwest::Client) -> Self {
        self.http = Some(http);
        self
    }

    /// Whether a client of Digdir's speaks for the test department (`ttd`) and not for Digdir. For clients of other
    /// organisations it changes nothing. `false` unless set.
    pub fn test_organisation(mut self, yes: bool) -> Self {
        self.test_organisation = yes;
        self
    }

    /// Makes the credentials. Nothing is sent before the first token is needed.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] when the client id is missing or malformed, or the environment has no Maskinporten;
    /// [`ErrorKind::Key`] when the key or its key id is missing.
    pub fn build(self) -> Result<Credentials<S>, Error> {
        let client_id = self.client_id.unwrap_or_default();
        let client_id = client_id.trim();
        if client_id.is_empty() {
            return Err(Error::of(ErrorKind::Config, "the client id is missing")
                .advice("it is shown in the self-service portal")
                .into());
        }
        if client_id.contains(char::is_control) {
            return Err(Error::of(ErrorKind::Config, "the client id holds a control character").into());
        }
        let Some(key) = self.key else { return Err(Error::of(ErrorKind::Key, "the key is missing").into()) };
        if key.kid().is_none() {
            return Err(Error::of(ErrorKind::Key, "the key has no key id (kid)")
                .advice("Maskinporten finds the key by it: put it into the JWK, or give it beside the key")
                .into());
        }
        let environment = self.environment;
        let (Some(issuer), Some(endpoint)) =
            (environment.maskinporten_issuer(), environment.maskinporten_token_endpoint())
        else {
            return Err(Error::of(ErrorKind::Config, format!("the environment {environment} has no Maskinporten"))
                .advice("give a token or a token provider instead")
                .into());
        };
        let platform = environment.platform_url().map_err(|error| {
            Error::of(ErrorKind::Config, "the platform's address can't be used").source(error).build()
        })?;
        let http = self.http.map_or_else(call::client, Ok)?;
        let exchange = Exchange::new(http.clone(), &platform, self.test_organisation)?;
        let maskinporten =
            Maskinporten { http, issuer: issuer.to_owned(), endpoint, client_id: client_id.to_owned(), key };
        Ok(Credentials::from_provider(environment, Exchanged::new(maskinporten, exchange)))
    }
}

impl<S> fmt::Debug for CredentialsBuilder<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CredentialsBuilder")
            .field("environment", &self.environment)
            .field("client_id", &self.client_id)
            .field("key", &self.key)
            .field("test_organisation", &self.test_organisation)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use altinn_core::Read;

    use super::*;

    const JWK: &str = include_str!("../tests/keys/rsa-2048.json");

    fn key() -> SigningKey {
        SigningKey::from_jwk(JWK).unwrap()
    }

    fn builder(environment: Environment) -> CredentialsBuilder<Read> {
        Credentials::builder(environment)
    }

    #[test]
    fn what_is_missing_is_said() {
        let tt02 = || builder(Environment::tt02());
        for (builder, kind, word) in [
            (tt02().key(key()), ErrorKind::Config, "client id"),
            (tt02().client_id(" ").key(key()), ErrorKind::Config, "client id"),
            (tt02().client_id("a\nb").key(key()), ErrorKind::Config, "client id"),
            (tt02().client_id("a"), ErrorKind::Key, "key is missing"),
            (tt02().client_id("a").key(key().with_kid("")), ErrorKind::Key, "kid"),
            (builder(Environment::local()).client_id("a").key(key()), ErrorKind::Config, "local"),
        ] {
            let error = builder.build().unwrap_err();
            assert_eq!(error.kind(), kind);
            assert!(error.to_string().contains(word), "{error}");
            assert!(!error.is_transient() && error.leg().is_none());
        }
    }

    #[test]
    fn credentials_cross_threads_and_outlive_their_runtime() {
        fn check<T: Clone + Send + Sync + 'static>(_: &T) {}
        check(&builder(Environment::tt02()).client_id("a").key(key()).build().unwrap());
    }
}
