//! Tokens of Altinn Studio.

use serde_json::{Map, Value};

use super::LIFETIME_SECONDS;
use super::claims::ClaimList;
use super::exchange::{Refused, is_valid};
use crate::keys::{Jwt, Lifetime, PublicKey};
use crate::platform::Platform;

/// The claims of the Altinn token for a Studio token: all of them, issuer included, with new times.
pub(super) fn exchange(platform: &Platform, token: &(Jwt, Lifetime)) -> Result<Map<String, Value>, Refused> {
    let world = platform.world();
    let settings = &world.altinnstudio;
    let keys: Vec<PublicKey> =
        settings.keys.values().filter_map(|jwk| PublicKey::from_jwk(jwk.members()).ok()).collect();
    if !is_valid(platform, token, &keys) {
        return Err(Refused::Unauthorized);
    }
    let claims = ClaimList::read(&token.0.claims);
    let issuer = claims.text("iss").unwrap_or_default();
    if !settings.issuers.contains(&issuer) {
        return Err(Refused::Unauthorized);
    }
    Ok(claims.into_token(platform.clock.now(), LIFETIME_SECONDS))
}
