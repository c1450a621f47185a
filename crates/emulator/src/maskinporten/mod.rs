//! Maskinporten: the token endpoint, the metadata document and the key set.

mod access;
mod authorities;
mod client;
mod consent;
mod details;
mod documents;
mod form;
mod grant;
mod mint;
mod published;
mod refusal;
mod registry;
mod replay;
mod verify;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Body;
use axum::response::Response;
use http::header::{ALLOW, CACHE_CONTROL};
use http::{HeaderValue, Method, Request, StatusCode};
use jiff::Timestamp;
use serde_json::Value;
use url::Url;

pub use authorities::{CertificateAuthority, EnterpriseCertificate};
pub use client::{NewClient, RegisteredClient};

use crate::error::EmulatorError;
use crate::keys::{KeyError, PublicKey, RsaKey};
use crate::platform::Platform;
use crate::response;
use crate::world::{MaskinportenIssuer, World};
use authorities::Authorities;
use grant::Grant;
use published::{Published, SigningKey};
use refusal::Refusal;
use registry::Client;
pub(crate) use registry::{Registry, UselessKey};
use replay::UsedGrants;

const TOKEN_PATH: &str = "/token";
const METADATA_PATH: &str = "/.well-known/oauth-authorization-server";
const KEYS_PATH: &str = "/jwk";

/// The state of Maskinporten, and what the exchange knows about it.
#[derive(Debug)]
pub(crate) struct Maskinporten {
    issuer: String,
    /// Where the issuer's metadata is published, as the exchange is configured.
    metadata: String,
    token_endpoint: Url,
    jwks_uri: Url,
    published: Mutex<Published>,
    alternative: Option<Alternative>,
    authorities: Authorities,
    strict: bool,
    registry: Mutex<Registry>,
    used: Mutex<UsedGrants>,
}

/// One of the two Maskinporten services that the exchange is configured with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Service {
    Main,
    Alternative,
}

impl Service {
    /// Both, in the order in which the exchange tries their keys.
    pub(crate) const ALL: [Self; 2] = [Self::Main, Self::Alternative];
}

#[derive(Debug)]
struct Alternative {
    metadata: String,
    keys: Vec<PublicKey>,
}

impl Maskinporten {
    pub(crate) fn new(
        world: &World,
        key: Arc<RsaKey>,
        kid: Option<String>,
        base_url: &Url,
        now: Timestamp,
        strict: bool,
    ) -> Result<Self, EmulatorError> {
        let issuer = match &world.maskinporten.main {
            Some(main) => main.issuer.clone(),
            None => base_url.to_string(),
        };
        let metadata = match &world.maskinporten.main {
            Some(main) => main.metadata.clone(),
            None => format!("{}{METADATA_PATH}", issuer.trim_end_matches('/')),
        };
        let at = |path: &str| {
            let mut url = base_url.clone();
            url.set_path(path);
            url
        };
        let alternative = match &world.maskinporten.alternative {
            Some(other) => Some(Alternative { metadata: other.metadata.clone(), keys: public_keys(other)? }),
            None => None,
        };
        let main_keys = world.maskinporten.main.as_ref().map_or(Ok(Vec::new()), public_keys)?;
        Ok(Self {
            issuer,
            metadata,
            token_endpoint: at("token"),
            jwks_uri: at("jwk"),
            published: Mutex::new(Published::new(SigningKey::new(key, kid), main_keys)),
            alternative,
            authorities: Authorities::new()?,
            strict,
            registry: Mutex::new(Registry::new(world, now)?),
            used: Mutex::default(),
        })
    }

    /// Registers a client under a new id.
    pub(crate) fn register(&self, client: NewClient, now: Timestamp) -> Result<RegisteredClient, KeyError> {
        let (registered, entry) = client.into_entry()?;
        let client = Client::read(&entry, now).map_err(|useless| useless.why)?;
        self.registry().put(client);
        Ok(registered)
    }

    pub(crate) fn issue_certificate(
        &self,
        authority: CertificateAuthority,
        org_number: &str,
    ) -> Result<EnterpriseCertificate, KeyError> {
        self.authorities.issue(authority, org_number)
    }

    pub(crate) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Signs with `key` from now on and publishes it alone.
    pub(crate) fn rotate(&self, key: RsaKey, kid: Option<&str>) {
        let signing = SigningKey::new(Arc::new(key), kid.map(str::to_owned));
        *self.published() = Published::new(signing, Vec::new());
    }

    /// The keys that `service` publishes now. None when the world has no such service.
    pub(crate) fn published_by(&self, service: Service) -> Option<Vec<PublicKey>> {
        match service {
            Service::Main => Some(self.published().public()),
            Service::Alternative => self.alternative.as_ref().map(|other| other.keys.clone()),
        }
    }

    fn signing_key(&self) -> SigningKey {
        self.published().signing().clone()
    }

    /// Whether the exchange takes `issuer` for a Maskinporten: it asks only for a part of either metadata address.
    pub(crate) fn is_issuer(&self, issuer: &str) -> bool {
        let alternative = self.alternative.as_ref().map(|other| other.metadata.as_str());
        std::iter::once(self.metadata.as_str()).chain(alternative).any(|metadata| metadata.contains(issuer))
    }

    fn published(&self) -> MutexGuard<'_, Published> {
        self.published.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is registered. Keep it no longer than a step takes.
    pub(crate) fn registry(&self) -> MutexGuard<'_, Registry> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn used(&self) -> MutexGuard<'_, UsedGrants> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn public_keys(issuer: &MaskinportenIssuer) -> Result<Vec<PublicKey>, KeyError> {
    issuer.keys.values().map(|jwk| PublicKey::from_jwk(jwk.members())).collect()
}

/// Whether Maskinporten answers at this path.
pub(crate) fn owns(path: &str) -> bool {
    [TOKEN_PATH, METADATA_PATH, KEYS_PATH].contains(&path)
}

/// Answers a request at one of Maskinporten's paths.
pub(crate) async fn handle(platform: &Platform, request: Request<Body>) -> Response {
    let maskinporten = &platform.maskinporten;
    match (request.uri().path(), request.method()) {
        (TOKEN_PATH, &Method::POST) => token(platform, request).await,
        (TOKEN_PATH, _) => other_method("POST"),
        (METADATA_PATH, &Method::GET) => response::json(StatusCode::OK, &documents::metadata(maskinporten)),
        (KEYS_PATH, &Method::GET) => response::json(StatusCode::OK, &documents::key_set(maskinporten)),
        (METADATA_PATH | KEYS_PATH, _) => other_method("GET"),
        _ => response::empty(StatusCode::NOT_FOUND),
    }
}

async fn token(platform: &Platform, request: Request<Body>) -> Response {
    let granted = match form::assertion(request).await {
        Ok(assertion) => grant_token(&platform.maskinporten, &assertion, platform.clock.now()),
        Err(refusal) => Err(refusal),
    };
    let mut response = match granted {
        Ok(document) => response::json(StatusCode::OK, &document),
        Err(refusal) => refusal.into_response(&platform.maskinporten.issuer),
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The checks in the order of the real service, as far as it is known; each may end the request.
fn grant_token(maskinporten: &Maskinporten, assertion: &str, now: Timestamp) -> Result<Value, Refusal> {
    let grant = Grant::parse(assertion, maskinporten.strict)?;
    let proven = verify::client(maskinporten, &grant, now)?;
    verify::times(&grant, now, maskinporten.strict)?;
    verify::audience(maskinporten, &grant)?;
    verify::first_use(maskinporten, &grant, now)?;
    let request = grant.request()?;
    let access = access::decide(maskinporten, &proven.client, &request)?;
    let details = details::resolve(maskinporten, &proven.client, &request, &access, now)?;
    mint::access_token(maskinporten, &proven, &request, access, details, now)
}

fn other_method(allowed: &'static str) -> Response {
    let mut response = response::empty(StatusCode::METHOD_NOT_ALLOWED);
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    response
}
