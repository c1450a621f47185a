//! The claims of Altinn tokens for Maskinporten clients.

use serde_json::{Map, Value, json};

use super::LIFETIME_SECONDS;
use super::claims::ClaimList;
use crate::platform::Platform;

/// Every Maskinporten client counts as authenticated at this level.
const AUTH_LEVEL: i64 = 3;

/// `claims` with what Altinn adds: who the organisation is, a new session, the issuer, half an hour of life.
pub(super) fn token(platform: &Platform, mut claims: ClaimList, org: Option<&str>, number: &str) -> Map<String, Value> {
    if let Some(org) = org {
        claims.add("urn:altinn:org", org);
    }
    claims.add("urn:altinn:orgNumber", number);
    claims.add("urn:altinn:authenticatemethod", "maskinporten");
    claims.add("urn:altinn:authlevel", AUTH_LEVEL);
    claims.add("iss", platform.issuer());
    claims.add("sid", uuid::Uuid::new_v4().to_string());
    claims.into_token(platform.clock.now(), LIFETIME_SECONDS)
}

/// The claims that an exchange would give the service owner `org`, without Maskinporten having been asked.
pub(crate) fn of_service_owner(platform: &Platform, org: &str, number: &str, scope: &str) -> Map<String, Value> {
    let claims = [
        ("scope", json!(scope)),
        ("token_type", json!("Bearer")),
        ("client_id", json!(uuid::Uuid::new_v4())),
        ("jti", json!(uuid::Uuid::new_v4())),
        ("consumer", json!({"authority": "iso6523-actorid-upis", "ID": format!("0192:{number}")})),
    ];
    let claims = claims.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    token(platform, ClaimList::read(&claims), Some(org), number)
}
