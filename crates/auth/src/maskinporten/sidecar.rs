use http::StatusCode;
use http::header::ACCEPT;
use serde::Serialize;
use serde_json::Value;
use url::Url;

use super::{MaskinportenToken, TIMEOUT, refused};
use crate::askable::{self, Beside};
use crate::call;
use crate::error::{Asked, Error, Service};
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
    /// An array, as in a grant.
    #[serde(skip_serializing_if = "Option::is_none")]
    authorization_details: Option<[&'a Value; 1]>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    skip_cache: bool,
}

impl Sidecar {
    /// `renew`: whether the token that the sidecar keeps is of no use.
    pub(super) async fn token(
        &self,
        request: &TokenRequest,
        renew: bool,
        budget: &Budget,
    ) -> Result<MaskinportenToken, Error> {
        askable::check(request, Service::Sidecar.name(), Beside::DetailsAndOneResource)?;
        let result = retry::run(budget, &self.endpoint, || self.attempt(request, renew)).await;
        result.map_err(|error| error.with_asked(|| self.asked(request)))
    }

    async fn attempt(&self, request: &TokenRequest, renew: bool) -> Result<MaskinportenToken, Error> {
        let body = Body {
            identity_provider: "maskinporten",
            target: request.scope(),
            resource: request.resources().first().map(String::as_str),
            authorization_details: request.details().map(|details| [details]),
            skip_cache: renew,
        };
        let from = Moment::now();
        let call =
            self.http.post(self.endpoint.clone()).header(ACCEPT, "application/json").timeout(TIMEOUT).json(&body);
        let answer = self.latency.time(call::send(call, Service::Sidecar)).await?;
        if answer.status != StatusCode::OK {
            return Err(refused(Service::Sidecar, &answer, request));
        }
        MaskinportenToken::read(&answer.body, from, || self.asked(request))
            .ok_or_else(|| Service::Sidecar.no_token(answer.status).build())
    }

    fn asked(&self, request: &TokenRequest) -> Asked {
        Asked::at(&self.endpoint).scoped(request.scopes())
    }
}
