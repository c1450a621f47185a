//! The first leg: a grant to Maskinporten, a Maskinporten token back.

mod causes;
mod clock;
mod endpoint;
mod refusal;
mod sidecar;
pub(crate) mod source;
mod token;

use std::time::{Duration, SystemTime};

use http::StatusCode;
use http::header::ACCEPT;
use url::Url;

use self::refusal::Refusal;
use crate::call::{self, Answer};
use crate::error::{Asked, Builder, Error, ErrorKind, Retry, Service};
use crate::grant::{Form, Grant};
use crate::key::{DynSigner, KeyRing};
use crate::moment::Moment;
use crate::request::TokenRequest;
use crate::retry::{self, Budget};
use crate::statistics::Histogram;

pub(crate) use clock::Clock;
pub(crate) use endpoint::{Endpoint, Published};
pub(crate) use sidecar::Sidecar;
pub use token::MaskinportenToken;

const TIMEOUT: Duration = Duration::from_secs(10);

/// How many keys are tried for one token at most, of a file that changes meanwhile.
const MOST_KEYS: usize = 4;

#[derive(Debug)]
pub(crate) struct Maskinporten {
    pub(crate) http: reqwest::Client,
    pub(crate) issuer: String,
    pub(crate) endpoint: Endpoint,
    pub(crate) client_id: String,
    pub(crate) keys: KeyRing,
    pub(crate) clock: Clock,
    pub(crate) latency: Histogram,
}

impl Maskinporten {
    /// Gets a new token; every try has a grant of its own. When Maskinporten does not accept a key, the next is tried.
    pub(crate) async fn token(&self, request: &TokenRequest, budget: &Budget) -> Result<MaskinportenToken, Error> {
        let endpoint = self.endpoint.find(&self.http, &self.issuer).await;
        let mut tried = Vec::new();
        let mut refused = None;
        while let Some(key) = self.keys.next(&tried).filter(|_| tried.len() < MOST_KEYS) {
            let mut ahead = 0;
            let mut attempt = || {
                // Remembered, to tell whether the last refusal taught anything that its grant didn't go by yet.
                ahead = self.clock.ahead();
                self.attempt(&endpoint, request, &*key, ahead)
            };
            let mut result = retry::run(budget, &endpoint, &mut attempt).await;
            if result.as_ref().is_err_and(|error| self.clock.dates_otherwise(error, ahead)) {
                let attempt = || self.attempt(&endpoint, request, &*key, self.clock.ahead());
                result = retry::run(budget, &endpoint, attempt).await;
            }
            let asked = || self.asked(&endpoint, request, key.kid());
            match result.map_err(|error| error.with_asked(asked)) {
                Err(error) if error.retry() == Retry::WithOtherKey => {
                    tracing::warn!(%error, kid = key.kid(), "Maskinporten does not accept the key");
                    tried.push(key);
                    refused.get_or_insert(error);
                    self.keys.reload();
                }
                Ok(token) => {
                    self.keys.worked(&key);
                    return Ok(token);
                }
                failure => return failure,
            }
        }
        // The first key is the one that is meant to work, so its failure explains most.
        Err(refused.unwrap_or_else(|| Error::of(ErrorKind::Key, "there is no key").build()))
    }

    /// Signs a grant that goes nowhere, and says with which key. It shows that a signer which is elsewhere can be
    /// reached.
    pub(crate) async fn try_key(&self, request: &TokenRequest) -> Result<String, Error> {
        let key = self.keys.next(&[]).ok_or_else(|| Error::of(ErrorKind::Key, "there is no key").build())?;
        let grant = Grant { audience: &self.issuer, client_id: &self.client_id, request, key: &*key };
        grant.sign(clock::corrected(SystemTime::now(), self.clock.ahead())).await?;
        let algorithm = key.algorithm().as_str();
        Ok(match key.kid() {
            Some(kid) => format!("kid {kid}, {algorithm}"),
            None => format!("a certificate, {algorithm}"),
        })
    }

    /// What Maskinporten says about itself.
    pub(crate) async fn published(&self) -> Result<Published, Error> {
        endpoint::ask(&self.http, &self.issuer).await
    }

    /// `ahead`: by how many seconds our clock is ahead, for the grant's dates.
    async fn attempt(
        &self,
        endpoint: &Url,
        request: &TokenRequest,
        key: &dyn DynSigner,
        ahead: i64,
    ) -> Result<MaskinportenToken, Error> {
        let grant = Grant { audience: &self.issuer, client_id: &self.client_id, request, key };
        let from = Moment::now();
        let assertion = grant.sign(clock::corrected(SystemTime::now(), ahead)).await?;
        let form = self
            .http
            .post(endpoint.clone())
            .header(ACCEPT, "application/json")
            .timeout(TIMEOUT)
            .form(&Form::new(&assertion));
        let answer = self.latency.time(call::send(form, Service::Maskinporten)).await?;
        if answer.status != StatusCode::OK {
            let error = refused(Service::Maskinporten, &answer, request);
            self.clock.learn(&error, answer.clock_offset());
            return Err(error);
        }
        MaskinportenToken::read(&answer.body, from, || self.asked(endpoint, request, key.kid()))
            .ok_or_else(|| Service::Maskinporten.no_token(answer.status).build())
    }

    fn asked(&self, endpoint: &Url, request: &TokenRequest, kid: Option<&str>) -> Asked {
        Asked::at(endpoint).scoped(request.scopes()).by(&self.client_id, kid)
    }
}

/// What a refusal means, by Maskinporten's own words where there are any.
///
/// `service`: who answered.
fn refused(service: Service, answer: &Answer, request: &TokenRequest) -> Error {
    let status = answer.status;
    let refusal = Refusal::read(&answer.body);
    // In the words of a gateway or a proxy these statuses mean the same.
    let passing = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
    let on_the_way = status.is_redirection() || status == StatusCode::PROXY_AUTHENTICATION_REQUIRED;
    let error = match passing || on_the_way || !refusal.has_reason() {
        true => service.without_reason(status, answer.retry_after()),
        false => explained(service, &refusal, request),
    };
    error
        .leg(service.leg())
        .status(status)
        .oauth_error(refusal.error.as_deref())
        .code(refusal.code.as_deref())
        .description(refusal.description.as_deref())
        .trace_id(refusal.trace_id.as_deref())
        .clock_skew(answer.clock_skew())
        .build()
}

fn explained(service: Service, refusal: &Refusal, request: &TokenRequest) -> Builder {
    // A sidecar's own refusals look like those that it passes on.
    let message = match service {
        Service::Sidecar => "the token sidecar got no token from Maskinporten",
        _ => "Maskinporten refused the grant",
    };
    let Some(cause) = causes::find(refusal) else {
        return Error::of(ErrorKind::Maskinporten, message).advice(causes::unknown(service));
    };
    let error = Error::of(cause.kind, message).advice(cause.advice(service)).retry(cause.retry);
    match cause.kind {
        ErrorKind::ScopeNotGranted => error.missing_scopes(causes::named_scopes(refusal, request.scopes())),
        _ => error,
    }
}
