//! The list of service owners that Altinn publishes, from which services learn which organisation has which code.

use axum::response::Response;
use http::header::ALLOW;
use http::{Method, Request, StatusCode};
use serde_json::{Map, Value, json};

use crate::platform::Platform;
use crate::response;

const PATH: &str = "/orgs/altinn-orgs.json";

/// Answers a request below `/orgs`.
pub(crate) fn handle<B>(platform: &Platform, request: &Request<B>) -> Response {
    if request.uri().path() != PATH {
        return response::empty(StatusCode::NOT_FOUND);
    }
    if request.method() != Method::GET {
        return response::with_header(response::empty(StatusCode::METHOD_NOT_ALLOWED), ALLOW, "GET");
    }
    if platform.outages.orgs_list() {
        return response::empty(StatusCode::INTERNAL_SERVER_ERROR);
    }
    let orgs = platform.world.orgs.iter().map(|(code, org)| {
        let entry = json!({"name": org.name, "orgnr": org.org_number, "environments": ["tt02", "production"]});
        (code.clone(), entry)
    });
    response::json(StatusCode::OK, &json!({"orgs": orgs.collect::<Map<String, Value>>()}))
}
