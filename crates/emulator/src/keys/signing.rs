//! The keys that Altinn signs its tokens with.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{Certificate, Judgement, KeyError, Lifetime, Malformed, PublicKey, RsaKey, base64url};
use super::{Jwt, jwt};

/// Why a token isn't one of Altinn's that is valid now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rejected {
    /// It has the shape of a token but can't be read; the platform fails on it instead of refusing it.
    Unreadable,
    /// Anything else: no token, a foreign signature, outside its lifetime.
    Invalid,
}

/// Altinn's signing key with its certificate.
#[derive(Debug)]
pub(crate) struct SigningKeys {
    key: Arc<RsaKey>,
    kid: String,
    certificate: Certificate,
    public: PublicKey,
}

impl SigningKeys {
    /// `kid` None: the certificate's thumbprint, as the real service has it.
    pub(crate) fn new(key: Arc<RsaKey>, kid: Option<String>) -> Result<Self, KeyError> {
        let certificate = Certificate::self_signed(&key, "altinn-emulator signing")?;
        let kid = kid.unwrap_or_else(|| certificate.thumbprint_hex());
        let public = PublicKey::from_rsa(&key, &kid);
        Ok(Self { key, kid, certificate, public })
    }

    /// Signs claims as they are.
    pub(crate) fn sign(&self, claims: &Map<String, Value>) -> Result<String, KeyError> {
        let mut header = Map::new();
        header.insert("alg".to_owned(), "RS256".into());
        header.insert("kid".to_owned(), self.kid.clone().into());
        header.insert("x5t".to_owned(), self.certificate.thumbprint_base64url().into());
        header.insert("typ".to_owned(), "JWT".into());
        Jwt::sign(&self.key, &header, claims)
    }

    /// The claims of an Altinn token that is valid at `now`, give or take `skew` seconds. Neither issuer nor audience matters, and a token without
    /// `exp` passes: so do the platform's services judge.
    ///
    /// # Errors
    ///
    /// [`Rejected::Unreadable`] and [`Rejected::Invalid`] as their texts say.
    pub(crate) fn verify(&self, token: &str, now: Timestamp, skew: u32) -> Result<Map<String, Value>, Rejected> {
        let (jwt, lifetime) = read(token).map_err(|malformed| match malformed {
            Malformed::Shape | Malformed::Encrypted => Rejected::Invalid,
            Malformed::Unreadable => Rejected::Unreadable,
        })?;
        if lifetime.judge(now, skew) == Judgement::Invalid || !signed_by(&jwt, std::slice::from_ref(&self.public)) {
            return Err(Rejected::Invalid);
        }
        Ok(jwt.claims)
    }

    /// The key set document. Numbers stand in standard base64, as the real service writes them against RFC 7518.
    pub(crate) fn jwks(&self) -> Value {
        json!({"keys": [{
            "kty": "RSA",
            "use": "sig",
            "kid": self.kid,
            "e": base64url::encode_standard(self.key.e()),
            "n": base64url::encode_standard(self.key.n()),
            "x5c": [self.certificate.x5c()],
        }]})
    }
}

/// Takes a token apart and reads its typed claims.
///
/// # Errors
///
/// [`Malformed`]: the text is no token, or one that the platform's reader fails on.
pub(crate) fn read(token: &str) -> Result<(Jwt, Lifetime), Malformed> {
    let jwt = jwt::Jwt::parse(token)?;
    let lifetime = Lifetime::read(&jwt.claims)?;
    let readable = jwt.claims.iter().all(|(name, value)| has_type(name, value));
    if readable { Ok((jwt, lifetime)) } else { Err(Malformed::Unreadable) }
}

/// Whether a claim that the reader keeps in a field of its own has that field's type.
fn has_type(name: &str, value: &Value) -> bool {
    let is_text = |value: &Value| value.is_string() || value.is_null();
    match (name, value) {
        ("aud", Value::Array(several)) => several.iter().all(is_text),
        ("sub", Value::Number(_)) => true,
        ("aud" | "iss" | "jti" | "sub", value) => is_text(value),
        _ => true,
    }
}

/// Whether one of `keys` has signed the token. A `kid` that names one of them leaves only that one; an unknown or
/// missing `kid` has every key tried.
pub(crate) fn signed_by(jwt: &Jwt, keys: &[PublicKey]) -> bool {
    let verifies = |key: &PublicKey| key.verifies(jwt.alg(), jwt.signing_input(), jwt.signature());
    let named = keys.iter().find(|key| jwt.kid().is_some() && key.kid() == jwt.kid());
    match named {
        Some(key) => verifies(key),
        None => keys.iter().any(verifies),
    }
}

#[cfg(test)]
mod tests;
