//! The private keys that tokens are signed with.

use std::collections::BTreeMap;
use std::fmt;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    self, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RsaEncoding, RsaKeyPair,
};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::Value;

use super::error::ContractError;

/// What kind of key to generate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyKind {
    /// RSA with a modulus of 2048 bits.
    Rsa2048,
    /// RSA with a modulus of 3072 bits.
    Rsa3072,
    /// The elliptic curve P-256.
    P256,
}

/// Private keys by name. One of them is the usual one, which signs for every actor that names no other; and there is
/// one more that nobody publishes. `Debug` tells names only.
pub struct KeyRing {
    usual: String,
    kid: String,
    keys: BTreeMap<String, PrivateKey>,
    foreign: PrivateKey,
}

pub(super) enum PrivateKey {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
}

impl KeyRing {
    /// A ring without keys of its own yet.
    ///
    /// * `usual`: the name of the usual key, to be added with [`KeyRing::generate`] or [`KeyRing::add_pem`].
    /// * `kid`: the key id in the header of tokens whose actor does not set another.
    ///
    /// # Errors
    ///
    /// [`ContractError::Key`] when the key that nobody publishes can't be generated.
    pub fn new(usual: &str, kid: &str) -> Result<Self, ContractError> {
        let foreign = PrivateKey::generate("foreign", KeyKind::Rsa2048)?;
        Ok(Self { usual: usual.to_owned(), kid: kid.to_owned(), keys: BTreeMap::new(), foreign })
    }

    /// Generates a key under `name`; it takes the place of one that is there already.
    ///
    /// # Errors
    ///
    /// [`ContractError::Key`] when the system gives no random numbers.
    pub fn generate(&mut self, name: &str, kind: KeyKind) -> Result<(), ContractError> {
        self.keys.insert(name.to_owned(), PrivateKey::generate(name, kind)?);
        Ok(())
    }

    /// Adds an RSA key.
    ///
    /// * `name`: what actors call it; the key takes the place of one that is there already.
    /// * `pem`: a private key in PKCS#8 or PKCS#1.
    ///
    /// # Errors
    ///
    /// [`ContractError::Key`] when `pem` holds no such key.
    pub fn add_pem(&mut self, name: &str, pem: &str) -> Result<(), ContractError> {
        let der = PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| problem(name, "no private key in PEM"))?;
        let pair = match &der {
            PrivateKeyDer::Pkcs8(der) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()),
            PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()),
            _ => return Err(problem(name, "neither PKCS#8 nor PKCS#1")),
        };
        let pair = pair.map_err(|_| problem(name, "no RSA key"))?;
        self.keys.insert(name.to_owned(), PrivateKey::Rsa(pair));
        Ok(())
    }

    /// The private key `name` as PKCS#8 in PEM, for a service that signs with it.
    ///
    /// # Errors
    ///
    /// [`ContractError::Unknown`] when there is no such key.
    pub fn pem(&self, name: &str) -> Result<String, ContractError> {
        let failed = |_| problem(name, "can't be written");
        Ok(match self.get(name)? {
            PrivateKey::Rsa(pair) => {
                let der: Pkcs8V1Der<'_> = pair.as_der().map_err(failed)?;
                pem("PRIVATE KEY", der.as_ref())
            }
            PrivateKey::P256(pair) => pem("PRIVATE KEY", pair.to_pkcs8v1().map_err(failed)?.as_ref()),
        })
    }

    /// The public half of the key `name` as a JSON web key with the members `kty` and `n`, `e` or `crv`, `x`, `y`.
    ///
    /// # Errors
    ///
    /// [`ContractError::Unknown`] when there is no such key.
    pub fn public_jwk(&self, name: &str) -> Result<Value, ContractError> {
        let failed = problem(name, "has no public half");
        let jwk = match self.get(name)? {
            PrivateKey::Rsa(pair) => {
                Jwk::from_decoding_key(&DecodingKey::from_rsa_der(pair.public_key().as_ref()), None)
            }
            PrivateKey::P256(pair) => pair
                .to_pkcs8v1()
                .map_err(|_| problem(name, "can't be written"))
                .map(|der| Jwk::from_encoding_key(&EncodingKey::from_ec_der(der.as_ref()), Algorithm::ES256))?,
        };
        let Ok(Value::Object(mut jwk)) = jwk.map(|jwk| serde_json::to_value(jwk.algorithm).unwrap_or_default()) else {
            return Err(failed);
        };
        jwk.retain(|_, value| !value.is_null());
        Ok(Value::Object(jwk))
    }

    pub(super) fn kid(&self) -> &str {
        &self.kid
    }

    pub(super) fn usual(&self) -> Result<&PrivateKey, ContractError> {
        self.get(&self.usual)
    }

    pub(super) fn foreign(&self) -> &PrivateKey {
        &self.foreign
    }

    pub(super) fn get(&self, name: &str) -> Result<&PrivateKey, ContractError> {
        self.keys.get(name).ok_or_else(|| ContractError::Unknown { kind: "key", name: name.to_owned() })
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.keys.keys().map(String::as_str).collect();
        f.debug_struct("KeyRing").field("usual", &self.usual).field("names", &names).finish_non_exhaustive()
    }
}

impl PrivateKey {
    fn generate(name: &str, kind: KeyKind) -> Result<Self, ContractError> {
        let made = match kind {
            KeyKind::Rsa2048 => RsaKeyPair::generate(KeySize::Rsa2048).map(Self::Rsa),
            KeyKind::Rsa3072 => RsaKeyPair::generate(KeySize::Rsa3072).map(Self::Rsa),
            KeyKind::P256 => EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map(Self::P256),
        };
        made.map_err(|_| problem(name, "can't be generated"))
    }

    /// The signature of `input`, by a name of RFC 7518. `HS…` takes the public key's PEM text as its secret: the
    /// confusion of algorithms that a service must not fall for. `none` has an empty signature.
    pub(super) fn sign(&self, algorithm: &str, input: &[u8]) -> Result<Vec<u8>, ContractError> {
        let unknown = || ContractError::Unknown { kind: "algorithm", name: algorithm.to_owned() };
        let failed = |_| problem(algorithm, "can't sign");
        match (self, algorithm) {
            (_, "none") => Ok(Vec::new()),
            (Self::P256(pair), "ES256") => {
                Ok(pair.sign(&SystemRandom::new(), input).map_err(failed)?.as_ref().to_vec())
            }
            (Self::Rsa(pair), "HS256") => {
                let der: PublicKeyX509Der<'_> = pair.public_key().as_der().map_err(failed)?;
                let secret = hmac::Key::new(hmac::HMAC_SHA256, pem("PUBLIC KEY", der.as_ref()).as_bytes());
                Ok(hmac::sign(&secret, input).as_ref().to_vec())
            }
            (Self::Rsa(pair), _) => {
                let mut signed = vec![0; pair.public_modulus_len()];
                let encoding = rsa_encoding(algorithm).ok_or_else(unknown)?;
                pair.sign(encoding, &SystemRandom::new(), input, &mut signed).map_err(failed)?;
                Ok(signed)
            }
            (Self::P256(_), _) => Err(unknown()),
        }
    }
}

fn rsa_encoding(algorithm: &str) -> Option<&'static dyn RsaEncoding> {
    match algorithm {
        "RS256" => Some(&signature::RSA_PKCS1_SHA256),
        "RS384" => Some(&signature::RSA_PKCS1_SHA384),
        "RS512" => Some(&signature::RSA_PKCS1_SHA512),
        "PS256" => Some(&signature::RSA_PSS_SHA256),
        _ => None,
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = BASE64_STANDARD.encode(der);
    let mut pem = format!("-----BEGIN {label}-----\n");
    for line in text.as_bytes().chunks(64) {
        pem.push_str(&String::from_utf8_lossy(line));
        pem.push('\n');
    }
    pem.push_str(&format!("-----END {label}-----\n"));
    pem
}

fn problem(name: &str, problem: &'static str) -> ContractError {
    ContractError::Key { name: name.to_owned(), problem }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redaction::assert_redacted;

    #[test]
    fn a_key_survives_its_pem_text() {
        let mut ring = KeyRing::new("main", "contract").unwrap();
        ring.generate("main", KeyKind::Rsa2048).unwrap();
        let (pem, jwk) = (ring.pem("main").unwrap(), ring.public_jwk("main").unwrap());
        let mut again = KeyRing::new("main", "contract").unwrap();
        again.add_pem("main", &pem).unwrap();
        assert_eq!(again.public_jwk("main").unwrap(), jwk);
        assert_eq!(jwk.as_object().unwrap().keys().collect::<Vec<_>>(), ["kty", "n", "e"]);
        assert_redacted(&format!("{ring:?}"), &[("key", &pem)]);
    }

    #[test]
    fn an_elliptic_key_has_its_point_as_a_web_key() {
        let mut ring = KeyRing::new("main", "contract").unwrap();
        ring.generate("ec", KeyKind::P256).unwrap();
        let jwk = ring.public_jwk("ec").unwrap();
        assert_eq!((&jwk["kty"], &jwk["crv"]), (&"EC".into(), &"P-256".into()));
        assert_eq!((jwk["x"].as_str().unwrap().len(), jwk["y"].as_str().unwrap().len()), (43, 43));
    }

    #[test]
    fn what_is_no_key_is_an_error() {
        let mut ring = KeyRing::new("main", "contract").unwrap();
        assert_eq!(ring.add_pem("x", "text").unwrap_err().to_string(), "key `x`: no private key in PEM");
        assert_eq!(ring.pem("x").unwrap_err().to_string(), "no key `x`");
        assert_eq!(ring.foreign().sign("RS1", b"").unwrap_err().to_string(), "no algorithm `RS1`");
    }
}
