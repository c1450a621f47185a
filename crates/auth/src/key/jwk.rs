use base64::Engine;
use base64::engine::general_purpose::{STANDARD_PAD_INDIFFERENT, URL_SAFE_PAD_INDIFFERENT};
use jsonwebtoken::Algorithm;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::der::{self, Numbers};
use super::error::{KeyError, word};

/// Maskinporten refuses shorter keys.
const MIN_BITS: usize = 2048;

/// What a JWK says, decoded and written the way the signing library takes it.
pub(super) struct Parsed {
    pub(super) kid: Option<String>,
    pub(super) algorithm: Algorithm,
    pub(super) der: Zeroizing<Vec<u8>>,
}

pub(super) fn parse(text: &str) -> Result<Parsed, KeyError> {
    // Editors on Windows put a byte order mark in front.
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return Err(KeyError::Empty);
    }
    if text.starts_with("-----BEGIN") {
        return Err(KeyError::Pem);
    }
    // The parser's own error is dropped: it may quote the text.
    let jwk: Jwk = serde_json::from_str(text).map_err(|_| KeyError::NotJwk)?;
    jwk.into_parsed()
}

#[derive(Deserialize)]
struct Jwk {
    kty: Option<String>,
    alg: Option<String>,
    kid: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    keys: Option<serde::de::IgnoredAny>,
    oth: Option<serde::de::IgnoredAny>,
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
    fn into_parsed(self) -> Result<Parsed, KeyError> {
        if self.keys.is_some() {
            return Err(KeyError::KeySet);
        }
        match self.kty.as_deref() {
            Some("RSA") => {}
            Some(other) => return Err(KeyError::NotRsa(word(other))),
            None => return Err(KeyError::NotJwk),
        }
        let algorithm = match self.alg.as_deref() {
            None | Some("RS256") => Algorithm::RS256,
            Some("RS384") => Algorithm::RS384,
            Some("RS512") => Algorithm::RS512,
            Some(other) => return Err(KeyError::UnsupportedAlgorithm(word(other))),
        };
        if self.usage.as_deref().is_some_and(|usage| usage != "sig") {
            return Err(KeyError::NotForSigning);
        }
        if self.oth.is_some() {
            return Err(KeyError::MultiPrime);
        }
        if self.d.is_none() {
            return Err(KeyError::PublicOnly);
        }
        let members = [
            ("n", self.n),
            ("e", self.e),
            ("d", self.d),
            ("p", self.p),
            ("q", self.q),
            ("dp", self.dp),
            ("dq", self.dq),
            ("qi", self.qi),
        ];
        let missing: Vec<_> = members.iter().filter(|(_, value)| value.is_none()).map(|(name, _)| *name).collect();
        if !missing.is_empty() {
            return Err(KeyError::MissingMembers(missing));
        }
        let mut numbers = Vec::with_capacity(members.len());
        for (name, value) in members.iter().filter_map(|(name, value)| Some((*name, value.as_ref()?))) {
            numbers.push(decode(name, &value.0)?);
        }
        let [n, e, d, p, q, dp, dq, qi] = numbers.as_slice() else { return Err(KeyError::Inconsistent) };
        let bits = bits(n);
        if bits < MIN_BITS {
            return Err(KeyError::TooShort { bits });
        }
        let der = der::rsa_private_key(&Numbers {
            modulus: n,
            public_exponent: e,
            private_exponent: d,
            primes: [p, q],
            exponents: [dp, dq],
            coefficient: qi,
        });
        Ok(Parsed { kid: self.kid, algorithm, der })
    }
}

fn decode(name: &'static str, text: &str) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    // Some tools write the standard alphabet, against the standard.
    let engine = if text.contains(['+', '/']) { &STANDARD_PAD_INDIFFERENT } else { &URL_SAFE_PAD_INDIFFERENT };
    engine.decode(text.trim()).map(Zeroizing::new).map_err(|_| KeyError::NotBase64(name))
}

fn bits(number: &[u8]) -> usize {
    let number = der::significant(number);
    number.first().map_or(0, |first| number.len() * 8 - first.leading_zeros() as usize)
}
