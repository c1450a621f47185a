//! Altinn Authentication: the token exchange, refresh, and the documents about Altinn's own tokens.

mod claims;
mod consumer;
mod exchange;
mod idporten;
mod issued;
mod known;
mod openid;
mod orgs;
mod refresh;
mod studio;

use std::sync::OnceLock;

use axum::body::Body;
use axum::response::Response;
use http::header::ALLOW;
use http::{Method, Request, StatusCode};

pub(crate) use issued::of_service_owner;
pub(crate) use known::Known;

use crate::chunked;
use crate::platform::Platform;
use crate::response;
use crate::routing::{Matched, RouteValues, Router};

/// How long an Altinn token lives, whatever is left of the token it was exchanged for.
const LIFETIME_SECONDS: i64 = 30 * 60;

/// A request with the values of its path.
struct Call<'a> {
    platform: &'a Platform,
    request: &'a Request<Body>,
    values: RouteValues,
}

type Handler = fn(&Call<'_>) -> Response;

fn routes() -> &'static Router<Handler> {
    static ROUTES: OnceLock<Router<Handler>> = OnceLock::new();
    ROUTES.get_or_init(|| {
        let get = |router: Router<Handler>, template, handler: Handler| router.route(Method::GET, template, handler);
        let router = get(Router::new(), "authentication/api/v1/exchange/{tokenProvider}", exchange::answer);
        let router = get(router, "authentication/api/v1/refresh", refresh::answer);
        let router =
            get(router, "authentication/api/v1/openid/.well-known/openid-configuration", openid::configuration);
        let router = get(router, "authentication/api/v1/openid/.well-known/openid-configuration/jwks", openid::key_set);
        router.any("authentication/api/v1/error", |_| response::unhandled())
    })
}

/// Answers a request below `/authentication`.
pub(crate) fn handle(platform: &Platform, request: &Request<Body>) -> Response {
    match routes().find(request.method(), request.uri().path()) {
        Matched::Route(handler, values) => chunked::response(handler(&Call { platform, request, values })),
        Matched::OtherMethod(allow) => {
            response::with_header(response::empty(StatusCode::METHOD_NOT_ALLOWED), ALLOW, &allow)
        }
        Matched::Nothing => response::empty(StatusCode::NOT_FOUND),
    }
}
