use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_PAD_INDIFFERENT, URL_SAFE_PAD_INDIFFERENT};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use zeroize::Zeroizing;

use super::algorithm::Algorithm;
use super::error::{KeyError, word};
use super::parsed::Parsed;
use super::rsa::{Factors, Number, Rsa};

/// Reads a JWK, or all private RSA keys of a set (JWKS) that may sign, of which there is at least one then.
pub(super) fn parse(text: &str) -> Result<Vec<Parsed>, KeyError> {
    // The parser's own error is dropped: it may quote the text.
    let jwk: Jwk = serde_json::from_str(text).map_err(|_| KeyError::NotJwk)?;
    let Some(keys) = jwk.keys else { return Ok(vec![jwk.into_parsed()?]) };
    let private = keys.into_iter().filter(|key| key.d.is_some() && key.kty.as_deref() == Some("RSA"));
    // Generators put a pair for encryption beside the one for signatures.
    let (signing, others): (Vec<_>, Vec<_>) = private.partition(Jwk::is_for_signing);
    match (signing.is_empty(), others.is_empty()) {
        (false, _) => signing.into_iter().map(Jwk::into_parsed).collect(),
        (true, false) => Err(KeyError::NotForSigning),
        (true, true) => Err(KeyError::KeySet),
    }
}

#[derive(Deserialize)]
struct Jwk {
    kty: Option<String>,
    alg: Option<String>,
    kid: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    keys: Option<Vec<Jwk>>,
    #[serde(rename = "MaskinportenSettings", alias = "maskinportenSettings", alias = "clientId", alias = "ClientId")]
    settings: Option<IgnoredAny>,
    oth: Option<IgnoredAny>,
    /// Of no standard for keys but in use: anything else than seconds says nothing.
    exp: Option<Value>,
    n: Option<Base64>,
    e: Option<Base64>,
    d: Option<Base64>,
    p: Option<Base64>,
    q: Option<Base64>,
    dp: Option<Base64>,
    dq: Option<Base64>,
    qi: Option<Base64>,
}

/// A text that is overwritten when dropped.
struct Base64(Zeroizing<String>);

impl<'de> Deserialize<'de> for Base64 {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Zeroizing::new(text)))
    }
}

impl Jwk {
    fn is_for_signing(&self) -> bool {
        self.usage.as_deref().is_none_or(|usage| usage == "sig")
    }

    fn into_parsed(self) -> Result<Parsed, KeyError> {
        match self.kty.as_deref() {
            Some("RSA") => {}
            Some(other) => return Err(KeyError::NotRsa(word(other))),
            None if self.settings.is_some() => return Err(KeyError::Settings),
            None => return Err(KeyError::NotJwk),
        }
        let algorithm = match self.alg.as_deref() {
            None => Algorithm::default(),
            Some(name) => Algorithm::named(name).ok_or_else(|| KeyError::UnsupportedAlgorithm(word(name)))?,
        };
        if !self.is_for_signing() {
            return Err(KeyError::NotForSigning);
        }
        if self.oth.is_some() {
            return Err(KeyError::MultiPrime);
        }
        if self.d.is_none() {
            return Err(KeyError::PublicOnly);
        }
        let [n, e, d] = [("n", self.n), ("e", self.e), ("d", self.d)];
        let missing: Vec<_> = [&n, &e, &d].iter().filter(|(_, value)| value.is_none()).map(|(name, _)| *name).collect();
        let (Some(n), Some(e), Some(d)) = (decode(n)?, decode(e)?, decode(d)?) else {
            return Err(KeyError::MissingMembers(missing));
        };
        let numbers = [n, e, d];
        let factors = [("p", self.p), ("q", self.q), ("dp", self.dp), ("dq", self.dq), ("qi", self.qi)];
        let [p, q, dp, dq, qi] = factors.map(decode);
        let (p, q, dp, dq, qi) = (p?, q?, dp?, dq?, qi?);
        let rsa = match (p, q, dp, dq, qi) {
            (Some(p), Some(q), Some(dp), Some(dq), Some(coefficient)) => {
                Rsa::new(numbers, Factors { primes: [p, q], exponents: [dp, dq], coefficient })?
            }
            (p, q, ..) => Rsa::incomplete(numbers, [p, q])?,
        };
        let seconds = self.exp.as_ref().and_then(Value::as_u64);
        let expires_at = seconds.and_then(|seconds| SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds)));
        Ok(Parsed { expires_at, ..Parsed::new(rsa, algorithm, self.kid) })
    }
}

fn decode((name, text): (&'static str, Option<Base64>)) -> Result<Option<Number>, KeyError> {
    let Some(Base64(text)) = text else { return Ok(None) };
    // Some tools write the standard alphabet, against the standard.
    let engine = if text.contains(['+', '/']) { &STANDARD_PAD_INDIFFERENT } else { &URL_SAFE_PAD_INDIFFERENT };
    engine.decode(text.trim()).map(|bytes| Some(Zeroizing::new(bytes))).map_err(|_| KeyError::NotBase64(name))
}
