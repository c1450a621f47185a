//! What a token says about itself, read without checking its signature: we got it from its maker over TLS, and only
//! want to know how long it lasts and what it allows. No decision about someone else's rights rests on it.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use crate::error::scrub;

/// The claims that hold neither a secret nor a person.
const SHOWN: [&str; 17] = [
    "aud",
    "client_amr",
    "client_id",
    "consumer",
    "delegation_source",
    "exp",
    "iat",
    "iss",
    "nbf",
    "scope",
    "supplier",
    "token_type",
    "urn:altinn:authenticatemethod",
    "urn:altinn:authlevel",
    "urn:altinn:org",
    "urn:altinn:orgNumber",
    "urn:altinn:scope",
];

/// What a token says, on one line, to find out why it is not taken. Of claims that may hold more than that, such as `jti`,
/// `pid` and those that are not known, only the names. `None` for anything that is no JWT.
pub(crate) fn shown(token: &str) -> Option<String> {
    let claims = object(token.split('.').nth(1)?)?;
    let shown = claims.iter().map(|(name, value)| match SHOWN.contains(&name.as_str()) {
        true => format!("{name}={}", scrub(&value.to_string())),
        false => format!("{}=[masked]", scrub(name)),
    });
    Some(shown.collect::<Vec<_>>().join(", "))
}

/// The claims that matter to a holder.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Claims {
    issued: Option<f64>,
    pub(crate) expires: Option<f64>,
    not_before: Option<f64>,
    pub(crate) issuer: Option<String>,
    pub(crate) scope: Option<String>,
    pub(crate) org: Option<String>,
    id: Option<String>,
}

impl Claims {
    /// Reads the payload of a compact JWT. `None` for anything that is none.
    pub(crate) fn read(token: &str) -> Option<Self> {
        let mut parts = token.split('.');
        let (header, payload, signature) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() || signature.is_empty() || object(header).is_none() {
            return None;
        }
        let claims = object(payload)?;
        Some(Self {
            issued: seconds(&claims, "iat"),
            expires: seconds(&claims, "exp"),
            not_before: seconds(&claims, "nbf"),
            issuer: text(&claims, "iss"),
            // LocalTest's older tokens have the scope under Altinn's own name.
            scope: text(&claims, "scope").or_else(|| text(&claims, "urn:altinn:scope")),
            org: text(&claims, "urn:altinn:org"),
            id: text(&claims, "jti"),
        })
    }

    /// How long the token lasts from its making: `exp − iat`, or `exp − nbf`. `None` when it doesn't say, or not in
    /// positive numbers. As a difference of the server's own times it does not depend on our clock.
    pub(crate) fn lifetime(&self) -> Option<Duration> {
        let length = self.expires? - self.starts()?;
        Duration::try_from_secs_f64(length).ok().filter(|length| !length.is_zero())
    }

    /// What tells the token from others in a log, and in that of whoever made it: the first eight digits of its id's
    /// SHA-256. `None` when it has no id.
    pub(crate) fn id_hash(&self) -> Option<String> {
        let hash = digest(&SHA256, self.id.as_ref()?.as_bytes());
        Some(hash.as_ref().iter().take(4).map(|byte| format!("{byte:02x}")).collect())
    }

    /// When the token starts to be valid, in seconds since 1970 by its maker's clock.
    pub(crate) fn starts(&self) -> Option<f64> {
        self.issued.or(self.not_before)
    }
}

fn object(part: &str) -> Option<Map<String, Value>> {
    let bytes = URL_SAFE_NO_PAD.decode(part).ok()?;
    serde_json::from_slice(&bytes).ok()
}

fn seconds(claims: &Map<String, Value>, name: &str) -> Option<f64> {
    claims.get(name)?.as_f64()
}

/// A claim as text. Of several values the last counts: Altinn puts its own behind one that came from elsewhere.
fn text(claims: &Map<String, Value>, name: &str) -> Option<String> {
    let value = claims.get(name)?;
    let value = value.as_array().map_or(Some(value), |values| values.last())?;
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn token(payload: &Value) -> String {
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.c2ln", encode(&json!({"alg": "RS256"})), encode(payload))
    }

    fn read(payload: &Value) -> Claims {
        Claims::read(&token(payload)).unwrap()
    }

    #[test]
    fn the_lifetime_is_a_difference_of_the_token_s_own_times() {
        let lifetime = |payload| read(&payload).lifetime();
        assert_eq!(lifetime(json!({"iat": 100, "exp": 1900})), Some(Duration::from_secs(1800)));
        assert_eq!(lifetime(json!({"nbf": 100, "exp": 220})), Some(Duration::from_secs(120)));
        assert_eq!(lifetime(json!({"exp": 220})), None);
        assert_eq!(lifetime(json!({"iat": 100})), None);
        assert_eq!(lifetime(json!({"iat": 100, "exp": 100})), None);
        assert_eq!(lifetime(json!({"iat": 100, "exp": 1})), None);
        assert_eq!(lifetime(json!({"iat": 0, "exp": 1e300})), None);
        assert_eq!(lifetime(json!({"iat": "x", "exp": [1]})), None);
    }

    #[test]
    fn altinn_s_own_org_claim_comes_last() {
        assert_eq!(read(&json!({"urn:altinn:org": "ttd"})).org.as_deref(), Some("ttd"));
        assert_eq!(read(&json!({"urn:altinn:org": ["foreign", "ttd"]})).org.as_deref(), Some("ttd"));
        assert_eq!(read(&json!({"urn:altinn:org": ""})).org, None);
    }

    #[test]
    fn what_is_no_jwt_is_none() {
        let good = token(&json!({"exp": 1}));
        let (head, _) = good.rsplit_once('.').unwrap();
        for bad in ["", "a.b", "not.a.token", "<html>", &format!("{good}.x"), head, &format!("{head}.")] {
            assert_eq!(Claims::read(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_taken(text in "\\PC*", payload in "\\PC*") {
            let _ = Claims::read(&text);
            let _ = Claims::read(&format!("e30.{}.x", URL_SAFE_NO_PAD.encode(payload))).map(|c| c.lifetime());
        }

        #[test]
        fn any_times_are_taken(iat in any::<f64>(), exp in any::<f64>()) {
            let _ = Claims { issued: Some(iat), expires: Some(exp), ..Claims::default() }.lifetime();
        }
    }
}
