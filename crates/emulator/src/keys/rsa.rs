//! RSA private keys.

use std::fmt;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RsaEncoding, RsaKeyPair};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;
use serde_json::{Map, Value};

use super::base64url;

/// Why a key can't be made or used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The text holds no unencrypted private key in PEM.
    #[error("not a PEM private key (PKCS#8 or PKCS#1, unencrypted)")]
    Pem,
    /// The key is none that signs RS256: not RSA, shorter than 2048 bits, or inconsistent.
    #[error("not an RSA private key of at least 2048 bits")]
    NotRsa,
    /// The cryptographic library failed to generate a key, to sign, or to write a certificate.
    #[error("the cryptographic library failed")]
    Crypto,
    /// A JWK isn't an RSA or P-256 public key in its standard form.
    #[error("not a public RSA or P-256 JWK")]
    Jwk,
    /// A client's key has no `kid`, by which Maskinporten finds it.
    #[error("a client's key needs a kid")]
    NoKid,
    /// A client's key is none that Maskinporten's algorithms, RS256, RS384 and RS512, verify with: not RSA, or of too
    /// few or too many bits.
    #[error("not a public RSA JWK of 2048 to 8192 bits")]
    NotClientKey,
}

/// An RSA private key of at least 2048 bits with its parts, as a JWK needs them.
pub(crate) struct RsaKey {
    pair: RsaKeyPair,
    pkcs8: Vec<u8>,
    parts: Parts,
}

struct Parts {
    n: Vec<u8>,
    e: Vec<u8>,
    d: Vec<u8>,
    p: Vec<u8>,
    q: Vec<u8>,
    dp: Vec<u8>,
    dq: Vec<u8>,
    qi: Vec<u8>,
}

/// The private parts must never reach a log.
impl fmt::Debug for RsaKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RsaKey").field("bits", &(self.parts.n.len() * 8)).finish_non_exhaustive()
    }
}

impl RsaKey {
    /// A new key of 2048 bits.
    pub(crate) fn generate() -> Result<Self, KeyError> {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| KeyError::Crypto)?;
        Self::from_pair(pair)
    }

    /// Reads the first private key of a PEM text: PKCS#8 or PKCS#1, unencrypted.
    pub(crate) fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let der = PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| KeyError::Pem)?;
        let pair = match &der {
            PrivateKeyDer::Pkcs8(key) => RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()),
            PrivateKeyDer::Pkcs1(key) => RsaKeyPair::from_der(key.secret_pkcs1_der()),
            _ => return Err(KeyError::NotRsa),
        };
        Self::from_pair(pair.map_err(|_| KeyError::NotRsa)?)
    }

    fn from_pair(pair: RsaKeyPair) -> Result<Self, KeyError> {
        let der: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| KeyError::Crypto)?;
        let pkcs8 = der.as_ref().to_vec();
        let parts = parts_of(&pkcs8).ok_or(KeyError::NotRsa)?;
        Ok(Self { pair, pkcs8, parts })
    }

    /// The modulus, big-endian without leading zeros.
    pub(crate) fn n(&self) -> &[u8] {
        &self.parts.n
    }

    /// The public exponent, big-endian without leading zeros.
    pub(crate) fn e(&self) -> &[u8] {
        &self.parts.e
    }

    pub(crate) fn pkcs8_der(&self) -> &[u8] {
        &self.pkcs8
    }

    /// PKCS#8 in PEM.
    pub(crate) fn to_pem(&self) -> String {
        let body = base64url::encode_standard(&self.pkcs8);
        let lines: Vec<String> =
            body.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
        format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"))
    }

    /// The public half as a JWK with `use`, `alg` and `kid`.
    pub(crate) fn public_jwk(&self, kid: &str, alg: &str) -> Map<String, Value> {
        let mut jwk = Map::new();
        for (name, value) in [("kty", "RSA"), ("use", "sig"), ("kid", kid), ("alg", alg)] {
            jwk.insert(name.to_owned(), value.into());
        }
        jwk.insert("n".to_owned(), base64url::encode(&self.parts.n).into());
        jwk.insert("e".to_owned(), base64url::encode(&self.parts.e).into());
        jwk
    }

    /// The whole key as a JWK, private members included.
    pub(crate) fn private_jwk(&self, kid: &str, alg: &str) -> Map<String, Value> {
        let mut jwk = self.public_jwk(kid, alg);
        let parts = &self.parts;
        for (name, value) in
            [("d", &parts.d), ("p", &parts.p), ("q", &parts.q), ("dp", &parts.dp), ("dq", &parts.dq), ("qi", &parts.qi)]
        {
            jwk.insert(name.to_owned(), base64url::encode(value).into());
        }
        jwk
    }

    /// Signs with RSASSA-PKCS1-v1_5 under `alg`: `RS256`, `RS384` or `RS512`.
    pub(crate) fn sign(&self, alg: &str, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let encoding: &'static dyn RsaEncoding = match alg {
            "RS256" => &RSA_PKCS1_SHA256,
            "RS384" => &RSA_PKCS1_SHA384,
            "RS512" => &RSA_PKCS1_SHA512,
            _ => return Err(KeyError::Crypto),
        };
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair.sign(encoding, &SystemRandom::new(), message, &mut signature).map_err(|_| KeyError::Crypto)?;
        Ok(signature)
    }
}

/// Takes the RSAPrivateKey out of its PKCS#8 wrapper: the library signs with it but doesn't give its numbers.
fn parts_of(pkcs8: &[u8]) -> Option<Parts> {
    let inner = yasna::parse_der(pkcs8, |reader| {
        reader.read_sequence(|reader| {
            reader.next().read_u8()?;
            reader.next().read_der()?;
            reader.next().read_bytes()
        })
    })
    .ok()?;
    yasna::parse_der(&inner, |reader| {
        reader.read_sequence(|reader| {
            reader.next().read_u8()?;
            let mut number = || Ok(unsigned(reader.next().read_bigint_bytes()?.0));
            Ok(Parts {
                n: number()?,
                e: number()?,
                d: number()?,
                p: number()?,
                q: number()?,
                dp: number()?,
                dq: number()?,
                qi: number()?,
            })
        })
    })
    .ok()
}

/// DER puts a zero byte before a number whose first bit is set; JWK and certificate numbers have none.
fn unsigned(mut bytes: Vec<u8>) -> Vec<u8> {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.drain(..zeros.min(bytes.len().saturating_sub(1)));
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::PublicKey;

    #[test]
    fn a_signature_verifies_with_the_public_half_only_under_its_algorithm() {
        let key = RsaKey::generate().unwrap();
        let public = PublicKey::from_jwk(&key.public_jwk("k", "RS256")).unwrap();
        for alg in ["RS256", "RS384", "RS512"] {
            let signature = key.sign(alg, b"message").unwrap();
            assert!(public.verifies(alg, b"message", &signature));
            assert!(!public.verifies(alg, b"another", &signature));
        }
        assert!(!public.verifies("RS384", b"message", &key.sign("RS256", b"message").unwrap()));
        assert!(key.sign("HS256", b"message").is_err());
    }

    #[test]
    fn the_private_jwk_has_every_member_and_debug_has_none_of_them() {
        let key = RsaKey::generate().unwrap();
        let jwk = key.private_jwk("k", "RS256");
        let shown = format!("{key:?}");
        for member in ["d", "p", "q", "dp", "dq", "qi"] {
            let value = jwk[member].as_str().unwrap();
            assert!(value.len() > 100);
            assert!(!shown.contains(value));
        }
        assert_eq!(jwk["e"], "AQAB");
        assert_eq!(base64url::decode(jwk["n"].as_str().unwrap()).unwrap().len(), 256);
    }

    #[test]
    fn what_is_no_rsa_key_is_refused() {
        assert!(matches!(RsaKey::from_pem("hello"), Err(KeyError::Pem)));
        let ec = rcgen::KeyPair::generate().unwrap();
        let body = base64url::encode_standard(ec.serialized_der());
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n");
        assert!(matches!(RsaKey::from_pem(&pem), Err(KeyError::NotRsa)));
    }

    #[test]
    fn a_key_comes_back_from_pem() {
        let key = RsaKey::generate().unwrap();
        assert_eq!(RsaKey::from_pem(&key.to_pem()).unwrap().n(), key.n());
    }
}
