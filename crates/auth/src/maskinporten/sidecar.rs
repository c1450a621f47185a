use http::StatusCode;
use http::header::ACCEPT;
use serde::Serialize;
use url::Url;

use super::{MaskinportenToken, TIMEOUT, no_token, refused};
use crate::call;
use crate::error::{Error, ErrorKind, Leg};
use crate::moment::Moment;
use crate::request::TokenRequest;
use crate::retry::{self, Budget};
use crate::statistics::Histogram;

/// The token sidecar of NAIS, which holds the client's key and asks Maskinporten on its behalf.
#[derive(Debug)]
pub(crate) struct Sidecar {
    pub(crate) http: reqwest::Client,
    pub(crate) endpoint: Url,
    pub(crate) latency: Histogram,
}

#[derive(Serialize)]
struct Body<'a> {
    identity_provider: &'static str,
    target: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<&'a str>,
}

impl Sidecar {
    pub(super) async fn token(&self, request: &TokenRequest, budget: &Budget) -> Result<MaskinportenToken, Error> {
        let several = request.resources().len() > 1;
        if request.needs_own_grant() || several {
            return Err(Error::of(ErrorKind::Config, "the token sidecar can't ask for this")
                .advice(
                    "it knows scopes and one resource; for another organisation, a system user, a person or claims \
                         of your own give the client's key",
                )
                .into());
        }
        retry::run(budget, &self.endpoint, || self.attempt(request)).await
    }

    async fn attempt(&self, request: &TokenRequest) -> Result<MaskinportenToken, Error> {
        let body = Body {
            identity_provider: "maskinporten",
            target: request.scope(),
            resource: request.resources().first().map(String::as_str),
        };
        let from = Moment::now();
        let call =
            self.http.post(self.endpoint.clone()).header(ACCEPT, "application/json").timeout(TIMEOUT).json(&body);
        let answer = self.latency.time(call::send(call, Leg::Maskinporten)).await?;
        if answer.status != StatusCode::OK {
            return Err(refused(&answer, request));
        }
        MaskinportenToken::read(&answer.body, from, None).ok_or_else(|| no_token(&answer))
    }
}
