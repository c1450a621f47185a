use std::time::SystemTime;

use altinn_core::Secret;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use uuid::Uuid;

use crate::error::{Error, ErrorKind, Leg};
use crate::key::SigningKey;
use crate::moment::unix_seconds;

/// Maskinporten takes an `iat` up to 10 s ahead of its clock. Dating it back makes that 20 s for us.
const BACK_DATED: i64 = 10;
/// From `iat`. Maskinporten's rule is at most 120 s, and as long as possible helps a clock that is behind.
const LIFETIME: i64 = 110;

/// The signed request for a token, which Maskinporten takes once.
pub(crate) struct Grant<'a> {
    /// The issuer as Maskinporten spells itself, with its slash.
    pub(crate) audience: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) scope: &'a str,
    pub(crate) key: &'a SigningKey,
}

#[derive(Serialize)]
struct Header<'a> {
    alg: &'a str,
    typ: &'a str,
    kid: Option<&'a str>,
}

/// Exactly the claims that are documented: others may be refused.
#[derive(Serialize)]
struct Claims<'a> {
    aud: &'a str,
    iss: &'a str,
    scope: &'a str,
    iat: i64,
    exp: i64,
    jti: Uuid,
}

impl Grant<'_> {
    /// Signs a new grant with an id of its own.
    pub(crate) fn sign(&self, now: SystemTime) -> Result<Secret, Error> {
        let header = Header { alg: self.key.algorithm(), typ: "JWT", kid: self.key.kid() };
        let iat = unix_seconds(now) - BACK_DATED;
        let claims = Claims {
            aud: self.audience,
            iss: self.client_id,
            scope: self.scope,
            iat,
            exp: iat + LIFETIME,
            jti: Uuid::new_v4(),
        };
        let signed = || {
            let input = format!("{}.{}", encode(&header)?, encode(&claims)?);
            let signature = self.key.sign(&input)?;
            Some(Secret::new(format!("{input}.{signature}")))
        };
        signed().ok_or_else(|| Error::of(ErrorKind::Key, "the grant can't be signed").leg(Leg::Maskinporten).build())
    }
}

fn encode(part: &impl Serialize) -> Option<String> {
    serde_json::to_vec(part).ok().map(|json| URL_SAFE_NO_PAD.encode(json))
}

/// The form of a token call. The grant goes into the body, not into the address, which gets logged.
#[derive(Serialize)]
pub(crate) struct Form<'a> {
    grant_type: &'static str,
    assertion: &'a str,
}

impl<'a> Form<'a> {
    pub(crate) fn new(assertion: &'a Secret) -> Self {
        Self { grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion: assertion.expose() }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::Value;

    use super::*;

    const JWK: &str = include_str!("../tests/keys/rsa-2048.json");

    /// The first two parts of a new grant, at the given second.
    fn parts(now: u64) -> (Value, Value) {
        let key = SigningKey::from_jwk(JWK).unwrap().with_kid("the-kid");
        let grant = Grant { audience: "https://test.maskinporten.no/", client_id: "me", scope: "a b", key: &key };
        let signed = grant.sign(SystemTime::UNIX_EPOCH + Duration::from_secs(now)).unwrap();
        let parts: Vec<Value> = signed
            .expose()
            .split('.')
            .take(2)
            .map(|part| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap())
            .collect();
        (parts[0].clone(), parts[1].clone())
    }

    #[test]
    fn it_has_the_documented_claims_and_no_others() {
        let (header, mut claims) = parts(1_760_000_000);
        assert_eq!(header, serde_json::json!({"alg": "RS256", "typ": "JWT", "kid": "the-kid"}));
        let jti = claims["jti"].take();
        assert!(Uuid::parse_str(jti.as_str().unwrap()).is_ok());
        assert_eq!(
            claims,
            serde_json::json!({
                "aud": "https://test.maskinporten.no/", "iss": "me", "scope": "a b",
                "iat": 1_759_999_990, "exp": 1_760_000_100, "jti": null,
            })
        );
    }

    #[test]
    fn every_grant_has_an_id_of_its_own() {
        assert_ne!(parts(1).1["jti"], parts(1).1["jti"]);
    }

    #[test]
    fn it_is_short_enough_for_maskinporten() {
        let (_, claims) = parts(1_760_000_000);
        assert!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap() <= 120);
    }
}
