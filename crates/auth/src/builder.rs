use std::fmt;
use std::marker::PhantomData;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use altinn_core::{Environment, Scope};
use url::Url;

use crate::call::{self, Clients};
use crate::credentials::{Credentials, service_owner};
use crate::disk::{DiskCache, Stored};
use crate::error::{Error, ErrorKind, scrub};
use crate::exchange::Exchange;
use crate::exchanged::Exchanged;
use crate::identifier::{NO_IDENTIFIER, is_identifier};
use crate::key::{DynSigner, GivenKid, KeyError, KeyFile, KeyRing, Signer, SigningKey, identified};
use crate::maskinporten::source::Source;
use crate::maskinporten::{Clock, Endpoint, Maskinporten, Sidecar};
use crate::statistics::Histogram;

/// Puts [`Credentials`] for a Maskinporten client together. Made by [`Credentials::builder`].
#[must_use = "nothing is made before build()"]
pub struct CredentialsBuilder<S> {
    environment: Environment,
    client_id: Option<String>,
    keys: Vec<Key>,
    key_file: Option<KeyFile>,
    kid: Option<String>,
    key_expires_at: Option<SystemTime>,
    strict_permissions: bool,
    sidecar: Option<Url>,
    http: Option<reqwest::Client>,
    disk: Option<DiskCache>,
    test_organisation: bool,
    bound: bool,
    corrects_clock: bool,
    discovers: bool,
    service_owner: Option<String>,
    scope: PhantomData<fn() -> S>,
}

#[derive(Debug)]
enum Key {
    Own(SigningKey),
    Signer(Arc<dyn DynSigner>),
}

impl<S: Scope> CredentialsBuilder<S> {
    pub(crate) fn new(environment: Environment) -> Self {
        Self {
            environment,
            client_id: None,
            keys: Vec::new(),
            key_file: None,
            kid: None,
            key_expires_at: None,
            strict_permissions: false,
            sidecar: None,
            http: None,
            disk: None,
            test_organisation: false,
            bound: false,
            corrects_clock: false,
            discovers: false,
            service_owner: None,
            scope: PhantomData,
        }
    }

    /// The client's id, as the self-service portal shows it. Needed.
    ///
    /// It stands in logs and errors, so a text that may be a key is refused by [`build`](Self::build).
    pub fn client_id(mut self, client_id: impl Into<String>) -> Self {
        self.client_id = Some(client_id.into());
        self
    }

    /// The private key whose public half is registered on the client. It needs a key id, or certificates. It takes the
    /// place of keys that were given before.
    pub fn key(mut self, key: SigningKey) -> Self {
        self.keys = vec![Key::Own(key)];
        self
    }

    /// A key to try when Maskinporten does not know the one before (yet, or any more). The one that works comes first
    /// for a quarter of an hour; then the first has its turn again, as Maskinporten may know it by now. That is how a key
    /// is replaced without a moment of failure. For one token four keys are tried at most.
    pub fn next_key(mut self, key: SigningKey) -> Self {
        self.keys.push(Key::Own(key));
        self
    }

    /// A key that signs elsewhere, such as in an HSM. It takes the place of keys that were given before.
    pub fn signer(mut self, signer: impl Signer) -> Self {
        self.keys = vec![Key::Signer(Arc::new(signer))];
        self
    }

    /// As [`next_key`](Self::next_key), for a key that signs elsewhere.
    pub fn next_signer(mut self, signer: impl Signer) -> Self {
        self.keys.push(Key::Signer(Arc::new(signer)));
        self
    }

    /// A file with the key, in place of [`key`](Self::key). It is read again when it changes: at most every half
    /// minute, when a token is needed, and at once when Maskinporten does not accept the key. A new file that can't be
    /// used is logged, and the old key stays.
    ///
    /// `path`: in any form that [`SigningKey::detect`] knows. A set (JWKS) may hold several, of which the first that
    /// Maskinporten accepts is used; for one token four are tried at most.
    pub fn key_file(self, path: impl Into<PathBuf>) -> Self {
        self.key_source(KeyFile::new(path.into()))
    }

    /// A PKCS#12 file with an enterprise certificate and its key, in place of [`key`](Self::key). It is read again when
    /// it changes, as with [`key_file`](Self::key_file).
    ///
    /// * `path`: of the `.p12` or `.pfx` file.
    /// * `password`: what it was exported with.
    #[cfg(feature = "pkcs12")]
    pub fn pkcs12_file(self, path: impl Into<PathBuf>, password: impl Into<altinn_core::Secret>) -> Self {
        self.key_source(KeyFile::pkcs12(path.into(), password.into()))
    }

    pub(crate) fn key_source(mut self, file: KeyFile) -> Self {
        self.key_file = Some(file);
        self
    }

    /// The key id under which the key is registered, in place of one in it and of its certificates. PEM has none in it.
    ///
    /// `kid`: of the first key, and of further ones that have neither an id nor certificates; of a set (JWKS) with
    /// several keys in the [`key_file`](Self::key_file) it chooses the one that has it. Leave it out for a file that is
    /// replaced by one with another id in it while the program runs. A signer says its own.
    pub fn kid(mut self, kid: impl Into<String>) -> Self {
        self.kid = Some(kid.into());
        self
    }

    /// Tells when the key ends, so that there is a warning in the last 30 days, once a day when a token is fetched, and
    /// a [figure](crate::Statistics::key_expires_at). Of an enterprise certificate that is known without.
    ///
    /// `at`: a year after its public half was added to the client, as the self-service portal shows it. It is of the
    /// first key, or of that which the [`key_file`](Self::key_file) holds when the credentials are made. For others
    /// there are [`SigningKey::with_expiry`], the JWK's `exp`, and [`Signer::expires_at`].
    pub fn key_expires(mut self, at: impl Into<SystemTime>) -> Self {
        self.key_expires_at = Some(at.into());
        self
    }

    /// Whether a key file that group or others can read or change is refused, at the start and when it is read again.
    /// Otherwise there is one warning, as secrets that Kubernetes mounts are open to all in their container unless their
    /// `defaultMode` says otherwise. `false` unless set; without effect where files have no mode, as on Windows.
    pub fn strict_permissions(mut self, yes: bool) -> Self {
        self.strict_permissions = yes;
        self
    }

    /// A token sidecar that holds the key, as NAIS has it, in place of a client id and a key of one's own. It gives tokens
    /// for one resource and for system users, but none on behalf of another organisation.
    ///
    /// `endpoint`: what NAIS gives as `NAIS_TOKEN_ENDPOINT`, a plain address on this computer.
    pub fn token_sidecar(mut self, endpoint: Url) -> Self {
        self.sidecar = Some(endpoint);
        self
    }

    /// A client of your own for the calls to Maskinporten and to the exchange, for a special proxy or root
    /// certificate. It must not follow redirects, which would carry a grant or a token elsewhere; the one made
    /// otherwise doesn't.
    ///
    /// Without it the system's proxy is used: that of `HTTPS_PROXY`, `ALL_PROXY` and their like in lower case, but for
    /// the hosts that `NO_PROXY` lists; on Windows and macOS that of the system's settings where no variable is set. It
    /// sees names of hosts and encrypted traffic. What is on this computer (an emulator, LocalTest, the token sidecar)
    /// is never asked through a proxy. To go without one, give a client that is made with
    /// [`no_proxy`](reqwest::ClientBuilder::no_proxy).
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

    /// The service owner that tokens must speak for, so that a client of another organisation is noticed at once and
    /// not by what it finds in Storage. Without it any service owner is right. Tokens
    /// [on behalf of](Credentials::on_behalf_of) others are not held against it.
    ///
    /// `code`: as on Altinn's list of service owners, such as `skd`, without regard to case.
    pub fn service_owner(mut self, code: impl AsRef<str>) -> Self {
        self.service_owner = Some(code.as_ref().to_owned());
        self
    }

    /// Whether an Altinn token is used no longer than the Maskinporten token that it was exchanged for. Then a right
    /// that is taken away at Maskinporten is gone within the lifetime of its tokens, usually two minutes; the price is
    /// an exchange as often, in place of one every half hour. `false` unless set.
    pub fn bound_to_maskinporten(mut self, yes: bool) -> Self {
        self.bound = yes;
        self
    }

    /// Whether to date grants by Maskinporten's clock once it has refused one because this computer's is wrong. It is
    /// for computers whose clock can't be set; the error of the others says by how much theirs is off. `false` unless
    /// set.
    pub fn correct_clock(mut self, yes: bool) -> Self {
        self.corrects_clock = yes;
        self
    }

    /// Whether to look the address of Maskinporten's token endpoint up in the metadata that it publishes, before the
    /// first token. It is for a Maskinporten of your own ([`Environment::custom`]) whose endpoint is not `token` below
    /// its issuer, which is what is taken otherwise; the built-in environments need it as little as a token sidecar.
    /// `false` unless set.
    ///
    /// The metadata is at `.well-known/oauth-authorization-server` below the issuer. It counts when it names that very
    /// issuer, and an endpoint of the same scheme, host and port; a grant is sent nowhere else. When it doesn't, or can't
    /// be had within 5 s, there is a warning, the usual address is taken, and ten minutes later, when a token is needed,
    /// it is asked for again.
    pub fn discover(mut self, yes: bool) -> Self {
        self.discovers = yes;
        self
    }

    /// Keeps tokens on disk as well, for command-line tools with a key of their own. Not beside a token sidecar: it doesn't
    /// say which client its tokens are for.
    pub fn disk_cache(mut self, cache: DiskCache) -> Self {
        self.disk = Some(cache);
        self
    }

    /// Makes the credentials. Nothing is sent before the first token is needed.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] when the client id is missing or can't be one, the service owner's code is empty, the
    /// environment has no Maskinporten, or there is a disk cache beside a sidecar;
    /// [`ErrorKind::Key`] when the key or its key id is missing, the key id can't be one, or the key file can't be used.
    /// No client id or key id is what looks like a key, a token or a person number, is longer than 200 characters, or
    /// holds a control character. The error doesn't repeat it.
    pub fn build(mut self) -> Result<Credentials<S>, Error> {
        let bound = self.bound;
        let disk = self.disk.take();
        let service_owner = self.service_owner.take().map(|code| service_owner(&code)).transpose()?;
        let platform = self.environment.platform_url().map_err(|error| {
            Error::of(ErrorKind::Config, "the platform's address can't be used").source(error).build()
        })?;
        let mut clients = Clients::new(self.http.take());
        let exchange = Exchange::new(clients.for_address(&platform)?, &platform, self.test_organisation)?;
        let environment = self.environment.clone();
        let source = match self.sidecar.clone() {
            Some(endpoint) => Source::Sidecar(self.checked_sidecar(&mut clients, endpoint)?),
            None => Source::Grant(Box::new(self.maskinporten(&mut clients)?)),
        };
        if disk.is_some() && source.client_id().is_none() {
            return Err(Error::of(ErrorKind::Config, "a token sidecar's tokens can't be kept on disk")
                .advice("the sidecar doesn't say which client they are for, so those of two would be mixed up: leave the disk cache out")
                .into());
        }
        let exchanged = Exchanged::new(source, exchange, bound, service_owner);
        Ok(match disk {
            Some(cache) => Credentials::of(environment, Arc::new(Stored::new(cache, exchanged, &platform))),
            None => Credentials::of(environment, Arc::new(exchanged)),
        })
    }

    fn checked_sidecar(&self, clients: &mut Clients, endpoint: Url) -> Result<Sidecar, Error> {
        if !self.keys.is_empty() || self.key_file.is_some() {
            return Err(
                Error::of(ErrorKind::Config, "there is a key beside the token sidecar: give one of the two").into()
            );
        }
        // The answer is a token, and the way to it must not be open to others.
        if !call::is_private(&endpoint) {
            return Err(Error::of(ErrorKind::Config, "the token sidecar is not on this computer, and not https").into());
        }
        Ok(Sidecar { http: clients.for_address(&endpoint)?, endpoint, latency: Histogram::default() })
    }

    fn maskinporten(self, clients: &mut Clients) -> Result<Maskinporten, Error> {
        let client_id = self.client_id.unwrap_or_default();
        let client_id = client_id.trim();
        if client_id.is_empty() {
            return Err(Error::of(ErrorKind::Config, "the client id is missing")
                .advice("it is shown in the self-service portal")
                .into());
        }
        if !is_identifier(client_id) {
            return Err(Error::of(ErrorKind::Config, "what is given as the client id can't be one")
                .advice(NO_IDENTIFIER)
                .into());
        }
        let file = self.key_file.map(|file| file.strict(self.strict_permissions));
        let keys = ring(self.keys, file, self.kid, self.key_expires_at)?;
        let environment = self.environment;
        let (Some(issuer), Some(endpoint)) =
            (environment.maskinporten_issuer(), environment.maskinporten_token_endpoint())
        else {
            return Err(Error::of(ErrorKind::Config, format!("the environment {environment} has no Maskinporten"))
                .advice("give a token or a token provider instead")
                .into());
        };
        let http = clients.for_address(&endpoint)?;
        let (issuer, client_id) = (issuer.to_owned(), client_id.to_owned());
        let clock = Clock::new(self.corrects_clock);
        let endpoint = Endpoint::new(endpoint, self.discovers);
        Ok(Maskinporten { http, issuer, endpoint, client_id, keys, clock, latency: Histogram::default() })
    }
}

fn ring(
    mut keys: Vec<Key>,
    file: Option<KeyFile>,
    kid: Option<String>,
    expires_at: Option<SystemTime>,
) -> Result<KeyRing, Error> {
    if let Some(file) = file {
        if !keys.is_empty() {
            return Err(Error::of(ErrorKind::Key, "there are keys beside the key file: give one of the two").into());
        }
        let file = match kid {
            Some(kid) => file.named(GivenKid::Overriding(kid)),
            None => file,
        };
        return KeyRing::of_file(file.expiring(expires_at));
    }
    if keys.is_empty() {
        return Err(Error::of(ErrorKind::Key, "the key is missing")
            .advice("give one: key, key_file, signer, or token_sidecar where a sidecar has it")
            .into());
    }
    match (expires_at, keys.first_mut()) {
        (Some(at), Some(Key::Own(key))) => *key = key.clone().with_expiry(at),
        (Some(_), Some(Key::Signer(_))) => {
            return Err(Error::of(ErrorKind::Config, "there is a key's end beside a signer")
                .advice("a signer says it by itself: Signer::expires_at")
                .into());
        }
        _ => {}
    }
    let keys: Vec<Arc<dyn DynSigner>> = keys
        .into_iter()
        .enumerate()
        .map(|(place, key)| match (key, &kid) {
            (Key::Own(key), Some(kid)) if place == 0 || !identified(&key) => Arc::new(key.with_kid(kid)),
            (Key::Own(key), _) => Arc::new(key) as Arc<dyn DynSigner>,
            (Key::Signer(signer), _) => signer,
        })
        .collect();
    if keys.iter().filter_map(|key| key.kid()).any(|kid| !is_identifier(kid)) {
        return Err(Error::of(ErrorKind::Key, "the key can't be used").source(KeyError::BadKid).into());
    }
    if keys.iter().any(|key| !identified(&**key)) {
        return Err(Error::of(ErrorKind::Key, "the key has no key id (kid)")
            .advice("Maskinporten finds the key by it: put it into the JWK, or give it beside the key")
            .into());
    }
    Ok(KeyRing::new(keys))
}

impl<S> fmt::Debug for CredentialsBuilder<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CredentialsBuilder")
            .field("environment", &self.environment)
            // What was put in its place by mistake may be secret.
            .field("client_id", &self.client_id.as_deref().map(scrub))
            .field("keys", &self.keys)
            .field("key_file", &self.key_file)
            .field("sidecar", &self.sidecar)
            .field("test_organisation", &self.test_organisation)
            .field("service_owner", &self.service_owner.as_deref().map(scrub))
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use altinn_core::Read;

    use super::*;

    const JWK: &str = include_str!("../tests/keys/rsa-2048.json");

    #[cfg(feature = "pkcs12")]
    #[test]
    fn a_pkcs12_file_needs_no_key_id() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/keys/rsa-2048.p12");
        let with = |password: &str| builder(Environment::tt02()).client_id("a").pkcs12_file(path, password).build();
        assert!(with("secret").is_ok());
        assert_eq!(with("wrong").unwrap_err().kind(), ErrorKind::Key);
    }

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
            (tt02().client_id("a").key(key()).service_owner(" "), ErrorKind::Config, "service owner"),
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
