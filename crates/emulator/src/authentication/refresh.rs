//! A valid Altinn token buys another one.

use axum::response::Response;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use super::claims::ClaimList;
use super::{Call, LIFETIME_SECONDS};
use crate::accept;
use crate::dotnet::query::{Binder, Query};
use crate::keys::{self, Judgement, SKEW_SECONDS};
use crate::maskinporten::Service;
use crate::platform::Platform;
use crate::response::{self, ProblemType};
use crate::token::{Authentication, Claims, authenticate_with, token_of};

const PORTAL_SCOPE: &str = "altinn:portal/enduser";

/// `GET refresh`. Unlike in the exchange, 401 is empty and comes before the query string is read.
pub(super) fn answer(call: &Call<'_>) -> Response {
    let headers = call.request.headers();
    let Some(claims) = caller(headers, call.platform) else {
        return response::empty(StatusCode::UNAUTHORIZED);
    };
    let query = Query::parse(call.request.uri().query().unwrap_or_default());
    let mut binder = Binder::new(&query);
    binder.flag("enrichPid", None, false);
    let errors = binder.errors();
    if !errors.is_empty() {
        return response::invalid(ProblemType::Problem, &errors);
    }
    let claims = ClaimList::read(claims.as_map());
    if needs_session(&claims) {
        return response::unhandled();
    }
    let token = claims.into_token(call.platform.clock.now(), LIFETIME_SECONDS);
    match call.platform.keys.sign(&token) {
        Ok(token) => accept::text(headers, StatusCode::OK, &token),
        Err(_) => response::unhandled(),
    }
}

/// The claims of the request's token. An issuer that is a configured provider's has the token verified with that
/// provider's keys alone, any other with Altinn's own.
fn caller(headers: &HeaderMap, platform: &Platform) -> Option<Claims> {
    let (jwt, lifetime) = keys::read(&token_of(headers)?).ok()?;
    let issuer = jwt.claims.get("iss").and_then(Value::as_str);
    if !platform.world().platform.oidc_providers.values().any(|provider| Some(provider.issuer.as_str()) == issuer) {
        return match authenticate_with(headers, platform, SKEW_SECONDS) {
            Authentication::Caller(claims) => Some(claims),
            Authentication::Anonymous | Authentication::Invalid | Authentication::Unreadable => None,
        };
    }
    // Maskinporten is the only provider whose keys are known here.
    let known = issuer == Some(platform.maskinporten.issuer());
    let keys = platform.known.keys_of(Service::Main, platform).filter(|_| known)?;
    let valid =
        lifetime.judge(platform.clock.now(), SKEW_SECONDS) != Judgement::Invalid && keys::signed_by(&jwt, &keys);
    valid.then(|| Claims::from(jwt.claims))
}

/// Whether the service would look for the browser session of the token. It knows of none here, and fails.
fn needs_session(claims: &ClaimList) -> bool {
    let of_portal = |scope: String| scope.split(' ').any(|scope| scope == PORTAL_SCOPE);
    claims.first("sid").is_some() && claims.text("scope").is_none_or(of_portal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_looked_for_without_a_scope_or_with_the_portals() {
        let needs = |text: &str| {
            let claims: serde_json::Map<_, _> = serde_json::from_str(text).unwrap();
            needs_session(&ClaimList::read(&claims))
        };
        assert!(needs(r#"{"sid": "x"}"#));
        assert!(needs(r#"{"sid": "x", "scope": "openid altinn:portal/enduser"}"#));
        assert!(!needs(r#"{"sid": "x", "scope": ""}"#));
        assert!(!needs(r#"{"sid": "x", "scope": "altinn:instances.read"}"#));
        assert!(!needs("{}"));
        assert!(!needs(r#"{"sid": []}"#));
        assert!(needs(r#"{"sid": "x", "scope": []}"#));
    }
}
