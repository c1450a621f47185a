//! A valid Altinn token buys another one.

use axum::response::Response;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use super::claims::ClaimList;
use super::{Call, LIFETIME_SECONDS};
use crate::accept;
use crate::dotnet::query::{Binder, Query};
use crate::keys::{self, Judgement};
use crate::maskinporten::Service;
use crate::platform::Platform;
use crate::response::{self, ProblemType};
use crate::token::{Authentication, Claims, authenticate, token_of};

const PORTAL_SCOPE: &str = "altinn:portal/enduser";

/// `GET refresh`. Unlike in the exchange, 401 is empty and comes before the query string is read.
pub(super) fn answer(call: &Call<'_>) -> Response {
    let headers = call.request.headers();
    let claims = match authenticate(headers, call.platform) {
        Authentication::Caller(claims) => claims,
        Authentication::Anonymous => return response::empty(StatusCode::UNAUTHORIZED),
        Authentication::Invalid => match from_provider(headers, call.platform) {
            Some(claims) => claims,
            None => return response::empty(StatusCode::UNAUTHORIZED),
        },
        Authentication::Unreadable => return response::empty(StatusCode::INTERNAL_SERVER_ERROR),
    };
    let query = Query::parse(call.request.uri().query().unwrap_or_default());
    let mut binder = Binder::new(&query);
    binder.flag("enrichPid", false);
    let errors = binder.errors();
    if !errors.is_empty() {
        return response::invalid(ProblemType::Problem, &errors);
    }
    if needs_session(&claims) {
        return response::unhandled();
    }
    let token = ClaimList::read(claims.as_map()).into_token(call.platform.clock.now(), LIFETIME_SECONDS);
    match call.platform.keys.sign(&token) {
        Ok(token) => accept::text(headers, StatusCode::OK, &token),
        Err(_) => response::unhandled(),
    }
}

/// The claims of a Maskinporten token, where the service is configured to take those for what they are.
fn from_provider(headers: &HeaderMap, platform: &Platform) -> Option<Claims> {
    let issuer = platform.maskinporten.issuer();
    if !platform.world.platform.oidc_providers.values().any(|provider| provider.issuer == issuer) {
        return None;
    }
    let (jwt, lifetime) = keys::read(&token_of(headers)?).ok()?;
    let named = jwt.claims.get("iss").and_then(Value::as_str) == Some(issuer);
    let keys = platform.known.keys_of(Service::Main, platform)?;
    let valid = named && lifetime.judge(platform.clock.now()) != Judgement::Invalid && keys::signed_by(&jwt, &keys);
    valid.then(|| Claims::from(jwt.claims))
}

/// Whether the service would look for the browser session of the token. It knows of none here, and fails.
fn needs_session(claims: &Claims) -> bool {
    let of_portal = |scope: String| scope.split(' ').any(|scope| scope == PORTAL_SCOPE);
    claims.get("sid").is_some() && claims.scope().is_none_or(of_portal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_looked_for_without_a_scope_or_with_the_portals() {
        let needs = |text: &str| {
            let claims: serde_json::Map<_, _> = serde_json::from_str(text).unwrap();
            needs_session(&Claims::from(claims))
        };
        assert!(needs(r#"{"sid": "x"}"#));
        assert!(needs(r#"{"sid": "x", "scope": "openid altinn:portal/enduser"}"#));
        assert!(!needs(r#"{"sid": "x", "scope": ""}"#));
        assert!(!needs(r#"{"sid": "x", "scope": "altinn:instances.read"}"#));
        assert!(!needs("{}"));
    }
}
