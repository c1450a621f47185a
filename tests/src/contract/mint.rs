//! Makes the bearer token of an actor, sound or broken.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::actors::{Actor, Setting};
use super::error::ContractError;
use super::keys::KeyRing;

/// The token of `actor` at `now`, in seconds since 1970.
///
/// Times are given in seconds from now and `null` leaves a claim out, so a recording never ages.
pub(super) fn mint(actor: &Actor, keys: &KeyRing, now: i64) -> Result<String, ContractError> {
    if let Some(raw) = actor.text("raw") {
        return Ok(raw.to_owned());
    }
    let algorithm = actor.text("alg").unwrap_or("RS256");
    let key = match actor.text("key") {
        _ if actor.is("foreignKey") => keys.foreign(),
        Some(name) => keys.get(name)?,
        None => keys.usual()?,
    };
    let input = format!("{}.{}", encode(&header(actor, algorithm, keys)), encode(&claims(actor, now)));
    let mut signature = BASE64_URL_SAFE_NO_PAD.encode(key.sign(algorithm, input.as_bytes())?);
    if actor.is("breakSignature") && !signature.is_empty() {
        let other = if signature.starts_with('A') { "B" } else { "A" };
        signature.replace_range(..1, other);
    }
    let parts = actor.number("parts").map_or(3, |parts| usize::try_from(parts).unwrap_or(3));
    Ok(format!("{input}.{signature}").split('.').take(parts).collect::<Vec<_>>().join("."))
}

fn header(actor: &Actor, algorithm: &str, keys: &KeyRing) -> Map<String, Value> {
    let kid = match actor.setting("kid") {
        Setting::Usual => json!(keys.kid()),
        Setting::LeftOut => Value::Null,
        Setting::Set(kid) => kid.clone(),
    };
    let usual = [("alg", json!(algorithm)), ("typ", json!("JWT")), ("kid", kid)];
    present(usual, actor.members("header"))
}

fn claims(actor: &Actor, now: i64) -> Map<String, Value> {
    let at = |name, usual| match actor.setting(name) {
        Setting::Usual => json!(now + usual),
        Setting::LeftOut => Value::Null,
        Setting::Set(seconds) => seconds.as_i64().map_or(Value::Null, |seconds| json!(now + seconds)),
    };
    let jti = match actor.setting("jti") {
        Setting::LeftOut => Value::Null,
        _ => json!(Uuid::new_v4().to_string()),
    };
    let usual = [("nbf", at("nbf", -120)), ("iat", at("iat", -60)), ("exp", at("exp", 3000)), ("jti", jti)];
    present(usual, actor.members("claims"))
}

/// The usual members with the actor's own laid over them, without those that are null.
fn present<'a>(
    usual: impl IntoIterator<Item = (&'static str, Value)>,
    own: impl Iterator<Item = (&'a String, &'a Value)>,
) -> Map<String, Value> {
    let mut members: Map<String, Value> = usual.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    for (name, value) in own {
        members.insert(name.clone(), value.clone());
    }
    members.retain(|_, value| !value.is_null());
    members
}

fn encode(part: &Map<String, Value>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(part).unwrap_or_default())
}

#[cfg(test)]
mod tests;
