//! The first leg: a grant to Maskinporten, a Maskinporten token back.

mod causes;
mod refusal;

use std::time::{Duration, SystemTime};

use altinn_core::Secret;
use http::StatusCode;
use http::header::ACCEPT;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use self::refusal::Refusal;
use crate::call::{self, Answer};
use crate::error::{Error, ErrorKind, Leg, Retry};
use crate::grant::{Form, Grant};
use crate::jwt::Claims;
use crate::key::SigningKey;
use crate::moment::Moment;
use crate::request::TokenRequest;
use crate::retry::{self, Budget};

const TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(crate) struct Maskinporten {
    pub(crate) http: reqwest::Client,
    pub(crate) issuer: String,
    pub(crate) endpoint: Url,
    pub(crate) client_id: String,
    pub(crate) key: SigningKey,
}

/// Maskinporten's token, which only the exchange takes.
#[derive(Debug, Clone)]
pub(crate) struct MaskinportenToken {
    pub(crate) secret: Secret,
    /// The granted scopes, if the answer or the token says.
    pub(crate) scope: Option<String>,
    from: Moment,
    lifetime: Duration,
}

impl MaskinportenToken {
    pub(crate) fn remaining(&self) -> Duration {
        self.lifetime.saturating_sub(self.from.age())
    }
}

impl Maskinporten {
    /// Gets a new token; every try has a grant of its own.
    pub(crate) async fn token(&self, request: &TokenRequest, budget: &Budget) -> Result<MaskinportenToken, Error> {
        retry::run(budget, || self.attempt(request)).await
    }

    async fn attempt(&self, request: &TokenRequest) -> Result<MaskinportenToken, Error> {
        let scope = request.scope();
        let grant = Grant { audience: &self.issuer, client_id: &self.client_id, scope: &scope, key: &self.key };
        let from = Moment::now();
        let assertion = grant.sign(SystemTime::now())?;
        let form = self
            .http
            .post(self.endpoint.clone())
            .header(ACCEPT, "application/json")
            .timeout(TIMEOUT)
            .form(&Form::new(&assertion));
        let answer = call::send(form, Leg::Maskinporten).await?;
        if answer.status != StatusCode::OK {
            return Err(refused(&answer, request));
        }
        read(&answer.body, from).ok_or_else(|| {
            Error::of(ErrorKind::Maskinporten, "Maskinporten's answer holds no token")
                .leg(Leg::Maskinporten)
                .status(answer.status)
                .advice("something between this computer and Maskinporten may have answered in its place")
                .retry(Retry::AfterPause)
                .build()
        })
    }
}

#[derive(Deserialize)]
struct Granted {
    #[serde(deserialize_with = "secret")]
    access_token: Secret,
    expires_in: Value,
    scope: Option<String>,
}

fn secret<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
    String::deserialize(deserializer).map(Secret::new)
}

fn read(body: &[u8], from: Moment) -> Option<MaskinportenToken> {
    let granted: Granted = serde_json::from_slice(body).ok()?;
    // Officially the token is opaque, so its claims are a second opinion only.
    let claims = Claims::read(granted.access_token.expose()).unwrap_or_default();
    let expires_in = match &granted.expires_in {
        Value::String(text) => text.trim().parse().ok()?,
        number => number.as_f64()?,
    };
    let expires_in = Duration::try_from_secs_f64(expires_in).ok()?;
    let lifetime = claims.lifetime().map_or(expires_in, |lifetime| lifetime.min(expires_in));
    let scope = granted.scope.or(claims.scope);
    (!granted.access_token.expose().is_empty()).then_some(MaskinportenToken {
        secret: granted.access_token,
        scope,
        from,
        lifetime,
    })
}

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

#[cfg(test)]
mod tests;
