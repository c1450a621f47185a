//! Whether a grant comes from its client, is of today, is meant for this service and is new.

use jiff::Timestamp;
use serde_json::Value;

use super::Maskinporten;
use super::grant::Grant;
use super::refusal::Refusal;
use super::registry::Client;

/// Clocks may differ by this many seconds.
const SKEW: i64 = 10;

/// The longest life of a grant, in seconds: what the service enforces, and what its documentation says.
const MAX_LIFE: i64 = 180;
const DOCUMENTED_MAX_LIFE: i64 = 120;

/// A client that has proved to be the one, and how (`client_amr`).
#[derive(Debug)]
pub(crate) struct Proven {
    pub(crate) client: Client,
    pub(crate) method: &'static str,
}

/// The client that signed the grant. A registered key is found by `kid`; a client without registered keys signs with
/// an enterprise certificate in `x5c`.
pub(crate) fn client(maskinporten: &Maskinporten, grant: &Grant, now: Timestamp) -> Result<Proven, Refusal> {
    let client = maskinporten.registry().client(grant.client_id()).cloned().ok_or(Refusal::ClientNotFound)?;
    match (grant.jwt.kid(), grant.jwt.header.get("x5c")) {
        (Some(kid), _) => by_registered_key(client, grant, kid, now),
        (None, Some(chain)) if client.keys.is_empty() => by_certificate(maskinporten, client, grant, chain, now),
        (None, _) => Err(Refusal::NoKid),
    }
}

fn by_registered_key(client: Client, grant: &Grant, kid: &str, now: Timestamp) -> Result<Proven, Refusal> {
    let key = client.keys.iter().find(|key| key.public.kid() == Some(kid)).ok_or(Refusal::UnknownKid)?;
    if key.expires <= now {
        return Err(Refusal::ExpiredKey);
    }
    let jwt = &grant.jwt;
    if !key.public.verifies(jwt.alg(), jwt.signing_input(), jwt.signature()) {
        return Err(Refusal::Signature);
    }
    Ok(Proven { client, method: "private_key_jwt" })
}

fn by_certificate(
    maskinporten: &Maskinporten,
    client: Client,
    grant: &Grant,
    chain: &Value,
    now: Timestamp,
) -> Result<Proven, Refusal> {
    let jwt = &grant.jwt;
    let key = maskinporten.authorities.key_of(chain, &client.org_number, now)?;
    if !key.verifies(jwt.alg(), jwt.signing_input(), jwt.signature()) {
        return Err(Refusal::Signature);
    }
    Ok(Proven { client, method: "virksomhetssertifikat" })
}

/// Three checks in the service's order: too long a life, issued ahead of time, expired.
pub(crate) fn times(grant: &Grant, now: Timestamp, strict: bool) -> Result<(), Refusal> {
    let (issued, expires) = (grant.issued_at()?, grant.expires()?);
    let now = now.as_second();
    let longest = if strict { DOCUMENTED_MAX_LIFE } else { MAX_LIFE };
    if expires.saturating_sub(issued) > longest {
        return Err(Refusal::TooLong);
    }
    if issued > now + SKEW {
        return Err(Refusal::IssuedInFuture);
    }
    if expires < now - SKEW {
        return Err(Refusal::Expired);
    }
    Ok(())
}

/// The grant must name the issuer, to the letter, or the token endpoint.
pub(crate) fn audience(maskinporten: &Maskinporten, grant: &Grant) -> Result<(), Refusal> {
    let audience = grant.audience().ok_or(Refusal::Audience)?;
    let of_issuer = format!("{}/token", maskinporten.issuer.trim_end_matches('/'));
    let known = [&maskinporten.issuer, &of_issuer, maskinporten.token_endpoint.as_str()];
    if known.contains(&audience) { Ok(()) } else { Err(Refusal::Audience) }
}

/// A grant is used up here, even if a later check refuses it.
pub(crate) fn first_use(maskinporten: &Maskinporten, grant: &Grant, now: Timestamp) -> Result<(), Refusal> {
    let signature;
    let id = match grant.id()? {
        Some(id) => id,
        None if maskinporten.strict => {
            signature = crate::keys::base64url::encode(grant.jwt.signature());
            &signature
        }
        None => return Ok(()),
    };
    let expires = Timestamp::from_second(grant.expires()?).unwrap_or(Timestamp::MAX);
    if maskinporten.used().claim(grant.client_id(), id, expires, now) { Ok(()) } else { Err(Refusal::Replayed) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::base64url;

    fn judge(iat: i64, exp: i64, strict: bool) -> Result<(), Refusal> {
        let part = |text: &str| base64url::encode(text.as_bytes());
        let claims = format!(r#"{{"iat":{iat},"exp":{exp}}}"#);
        let grant = Grant::parse(&format!("{}.{}.c2ln", part(r#"{"alg":"RS256"}"#), part(&claims)), strict)?;
        times(&grant, Timestamp::from_second(1_000).unwrap(), strict)
    }

    #[test]
    fn times_are_judged_to_the_second() {
        assert_eq!(judge(1_010, 1_050, false), Ok(()));
        assert_eq!(judge(1_011, 1_050, false), Err(Refusal::IssuedInFuture));
        assert_eq!(judge(900, 990, false), Ok(()));
        assert_eq!(judge(900, 989, false), Err(Refusal::Expired));
        assert_eq!(judge(1_000, 1_180, false), Ok(()));
        assert_eq!(judge(1_000, 1_181, false), Err(Refusal::TooLong));
        assert_eq!(judge(1_000, 1_120, true), Ok(()));
        assert_eq!(judge(1_000, 1_121, true), Err(Refusal::TooLong));
    }

    #[test]
    fn too_long_a_life_is_told_before_a_wrong_time_and_extremes_do_no_harm() {
        assert_eq!(judge(2_000, 3_000, false), Err(Refusal::TooLong));
        assert_eq!(judge(i64::MIN, i64::MAX, false), Err(Refusal::TooLong));
        assert_eq!(judge(i64::MAX, i64::MIN, false), Err(Refusal::IssuedInFuture));
    }
}
