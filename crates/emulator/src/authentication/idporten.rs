//! Tokens of people, from ID-porten.

use serde_json::{Map, Value};

use super::claims::ClaimList;
use super::exchange::{Refused, is_valid};
use crate::keys::{Jwt, Lifetime, PublicKey};
use crate::platform::Platform;

/// The claims of the Altinn token for an ID-porten token. It expires together with the incoming one.
pub(super) fn exchange(platform: &Platform, token: &(Jwt, Lifetime)) -> Result<Map<String, Value>, Refused> {
    let world = platform.world();
    let settings = &world.idporten;
    let keys: Vec<PublicKey> =
        settings.keys.values().filter_map(|jwk| PublicKey::from_jwk(jwk.members()).ok()).collect();
    if !is_valid(platform, token, &keys) {
        return Err(Refused::Unauthorized);
    }
    let mut claims = ClaimList::read(&token.0.claims);
    let scope = claims.text("scope").unwrap_or_default();
    let accepted =
        |scope: &str| scope.starts_with("altinn:") || settings.partner_scopes.iter().any(|partner| partner == scope);
    if !scope.split(' ').any(accepted) {
        return Err(Refused::Forbidden);
    }
    let person = claims.text("pid").ok_or(Refused::Unauthorized)?;
    let level = auth_level(&claims.text("acr").ok_or(Refused::Unauthorized)?).ok_or(Refused::Unauthorized)?;
    let party = world.party_by_person(&person).ok_or(Refused::Unauthorized)?;
    let user = world.user_of_party(party.party_id).ok_or(Refused::Unauthorized)?;
    let method = claims.text("amr").unwrap_or_else(|| "NotDefined".to_owned());
    for dropped in ["aud", "iss", "sid", "nameid"] {
        claims.remove_first(dropped);
    }
    claims.add("nameid", user.user_id.to_string());
    claims.add("urn:altinn:userid", user.user_id);
    claims.add("urn:altinn:username", user.name());
    claims.add("urn:altinn:partyid", user.party_id);
    claims.add("urn:altinn:party:uuid", party.uuid().to_string());
    claims.add("urn:altinn:authenticatemethod", method);
    claims.add("urn:altinn:authlevel", level);
    claims.add("iss", platform.issuer());
    let now = platform.clock.now();
    let expires = token.1.expires().unwrap_or_default();
    Ok(claims.into_token(now, expires.saturating_sub(now.as_second())))
}

fn auth_level(acr: &str) -> Option<i64> {
    match acr {
        "idporten-loa-low" => Some(0),
        "idporten-loa-substantial" => Some(3),
        "idporten-loa-high" => Some(4),
        other => other.chars().last()?.to_digit(10).map(i64::from),
    }
}
