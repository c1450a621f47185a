//! The exchange of a foreign token for one of Altinn's.

use axum::response::Response;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value, json};

use super::claims::ClaimList;
use super::{Call, consumer, idporten, issued, orgs, studio};
use crate::accept;
use crate::dotnet::query::{Binder, Query};
use crate::keys::{self, Judgement, Jwt, Malformed, PublicKey, SKEW_SECONDS};
use crate::maskinporten::Service;
use crate::platform::Platform;
use crate::response::{self, ProblemType};
use crate::token;

const ENTERPRISE_USER_HEADER: &str = "x-altinn-enterpriseuser-authentication";
const SERVICE_OWNER_SCOPE: &str = "altinn:serviceowner";

/// Why a token isn't exchanged.
pub(super) enum Refused {
    /// 401 as problem details, whatever the reason.
    Unauthorized,
    /// 403 with an empty body.
    Forbidden,
    /// 410: the request names an enterprise user.
    EnterpriseUser,
}

/// `GET exchange/{tokenProvider}`. The order of the checks decides which refusal is seen.
pub(super) fn answer(call: &Call<'_>) -> Response {
    let headers = call.request.headers();
    let query = Query::parse(call.request.uri().query().unwrap_or_default());
    let mut binder = Binder::new(&query);
    let test = binder.flag("test", None, false);
    let errors = binder.errors();
    if !errors.is_empty() {
        return response::invalid(ProblemType::Problem, &errors);
    }
    let Some(token) = token::bearer(headers) else {
        return refuse(&Refused::Unauthorized);
    };
    let read = keys::read(&token);
    if matches!(read, Err(Malformed::Shape | Malformed::Unreadable)) {
        return refuse(&Refused::Unauthorized);
    }
    let provider = call.values.get("tokenProvider");
    // An encrypted token can be read, but nobody here has its key.
    let known = read.map_err(|_| Refused::Unauthorized);
    let exchanged = match provider.to_ascii_lowercase().as_str() {
        "maskinporten" => known.and_then(|token| maskinporten(call.platform, headers, &token, test)),
        "id-porten" => known.and_then(|token| idporten::exchange(call.platform, &token)),
        "altinnstudio" => known.and_then(|token| studio::exchange(call.platform, &token)),
        _ => return unknown_provider(headers, provider),
    };
    let signed = exchanged.and_then(|claims| call.platform.keys.sign(&claims).map_err(|_| Refused::Unauthorized));
    match signed {
        Ok(token) => accept::text(headers, StatusCode::OK, &token),
        Err(refused) => refuse(&refused),
    }
}

fn maskinporten(
    platform: &Platform,
    headers: &HeaderMap,
    token: &(Jwt, keys::Lifetime),
    test: bool,
) -> Result<Map<String, Value>, Refused> {
    let verifies = |service| {
        let keys = platform.known.keys_of(service, platform);
        keys.is_some_and(|keys| is_valid(platform, token, &keys))
    };
    if !Service::ALL.into_iter().any(verifies) {
        return Err(Refused::Unauthorized);
    }
    let mut claims = ClaimList::read(&token.0.claims);
    let issuer = claims.text("iss").ok_or(Refused::Unauthorized)?;
    if !platform.maskinporten.is_issuer(&issuer) {
        return Err(Refused::Unauthorized);
    }
    let number = consumer::org_number(&claims).ok_or(Refused::Unauthorized)?;
    let org = service_owner(platform, &claims, &number, test)?;
    // The header is looked at last, and only for being there.
    if !token::joined(headers, ENTERPRISE_USER_HEADER).is_empty() {
        return Err(Refused::EnterpriseUser);
    }
    if platform.world().platform.audit_log && number.trim().parse::<i32>().is_err() {
        return Err(Refused::Unauthorized);
    }
    for dropped in ["aud", "iss", "client_amr", "sid"] {
        claims.remove_first(dropped);
    }
    Ok(issued::token(platform, claims, org.as_deref(), &number))
}

/// The service owner's code for a token whose scope has the words of one anywhere in it.
fn service_owner(platform: &Platform, claims: &ClaimList, number: &str, test: bool) -> Result<Option<String>, Refused> {
    if !claims.text("scope").is_some_and(|scope| scope.contains(SERVICE_OWNER_SCOPE)) {
        return Ok(None);
    }
    let code = orgs::code_of(platform, number).map_err(|_| Refused::Unauthorized)?;
    Ok(match code.as_deref() {
        Some("digdir") if test => Some("ttd".to_owned()),
        _ => code,
    })
}

/// Whether one of `keys` signed the token, and it is valid now. Unlike elsewhere the token must expire, and not before
/// it begins.
pub(super) fn is_valid(platform: &Platform, token: &(Jwt, keys::Lifetime), keys: &[PublicKey]) -> bool {
    let (jwt, lifetime) = token;
    lifetime.judge(platform.clock.now(), SKEW_SECONDS) == Judgement::Valid && keys::signed_by(jwt, keys)
}

fn refuse(refused: &Refused) -> Response {
    match refused {
        Refused::Unauthorized => response::problem(ProblemType::Problem, StatusCode::UNAUTHORIZED, None),
        Refused::Forbidden => response::empty(StatusCode::FORBIDDEN),
        Refused::EnterpriseUser => {
            let body = json!({
                "type": "https://docs.altinn.studio",
                "title": "Virksomhetsbruker is no longer available",
                "status": 410,
                "detail": "Virksomhetsbruker (enterprise user) is no longer available. It has been replaced by \
                    Systembruker (system user) or ID-porten, depending on the use case. See \
                    https://docs.altinn.studio for migration guidance.",
            });
            let response = response::json(StatusCode::GONE, &body);
            response::with_header(response, CONTENT_TYPE, "application/problem+json; charset=utf-8")
        }
    }
}

fn unknown_provider(headers: &HeaderMap, provider: &str) -> Response {
    let words = format!(
        "Invalid token provider: {provider}. Trusted token providers are 'Maskinporten', 'Id-porten' and \
         'AltinnStudio'."
    );
    accept::text(headers, StatusCode::BAD_REQUEST, &words)
}
