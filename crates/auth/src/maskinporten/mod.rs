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
use crate::error::{Error, ErrorKind, Leg, Retry};
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
            match result {
                Err(error) if error.retry() == Retry::WithOtherKey => {
                    tracing::warn!(%error, kid = key.kid(), "Maskinporten does not accept the key");
                    tried.push(key);
                    refused.get_or_insert(error);
                    self.keys.reload();
                }
                Ok(token) => {
                    self.keys.promote(&key);
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
        let answer = self.latency.time(call::send(form, Leg::Maskinporten)).await?;
        if answer.status != StatusCode::OK {
            let error = refused(&answer, request);
            self.clock.learn(&error, answer.clock_offset());
            return Err(error);
        }
        MaskinportenToken::read(&answer.body, from, key.kid()).ok_or_else(|| no_token(&answer))
    }
}

/// The answer was a success, and held no token.
fn no_token(answer: &Answer) -> Error {
    Error::of(ErrorKind::Maskinporten, "Maskinporten's answer holds no token")
        .leg(Leg::Maskinporten)
        .status(answer.status)
        .advice("something between this computer and Maskinporten may have answered in its place")
        .retry(Retry::AfterPause)
        .build()
}

/// What a refusal means, by Maskinporten's own words.
fn refused(answer: &Answer, request: &TokenRequest) -> Error {
    let status = answer.status;
    let refusal = Refusal::read(&answer.body);
    let mut error = Error::of(ErrorKind::Maskinporten, "Maskinporten refused the grant");
    if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        error = Error::of(ErrorKind::Maskinporten, "Maskinporten is not available")
            .retry(Retry::AfterPause)
            .retry_after(answer.retry_after());
    } else if status.is_redirection() {
        error =
            Error::of(ErrorKind::Maskinporten, "Maskinporten's address answers with a redirect, which is not followed")
                .advice("check the environment's address of Maskinporten");
    } else if let Some(cause) = causes::find(&refusal) {
        error = Error::of(cause.kind, "Maskinporten refused the grant").advice(cause.advice).retry(cause.retry);
        if cause.kind == ErrorKind::ScopeNotGranted {
            error = error.missing_scopes(causes::named_scopes(&refusal, request.scopes()));
        }
    }
    error
        .leg(Leg::Maskinporten)
        .status(status)
        .oauth_error(refusal.error.as_deref())
        .code(refusal.code.as_deref())
        .description(refusal.description.as_deref())
        .trace_id(refusal.trace_id.as_deref())
        .clock_skew(answer.clock_skew())
        .build()
}
