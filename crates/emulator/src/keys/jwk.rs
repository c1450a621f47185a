//! Public keys, as key sets publish them.

use std::ops::RangeInclusive;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaParameters,
    RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde_json::{Map, Value};

use super::{KeyError, RsaKey, base64url};

/// What the parameters below verify with.
const RSA_BITS: RangeInclusive<usize> = 2048..=8192;

/// A public key with the id it is published under.
#[derive(Clone, Debug)]
pub(crate) struct PublicKey {
    kid: Option<String>,
    numbers: Numbers,
}

#[derive(Clone, Debug)]
enum Numbers {
    Rsa {
        n: Vec<u8>,
        e: Vec<u8>,
    },
    /// The uncompressed point.
    P256(Vec<u8>),
}

impl PublicKey {
    /// Reads the public members of a JWK. Private ones, if there are any, are not looked at.
    pub(crate) fn from_jwk(jwk: &Map<String, Value>) -> Result<Self, KeyError> {
        let text = |name| jwk.get(name).and_then(Value::as_str);
        let number = |name| text(name).and_then(base64url::decode).ok_or(KeyError::Jwk);
        let numbers = match text("kty") {
            Some("RSA") => Numbers::Rsa { n: number("n")?, e: number("e")? },
            Some("EC") if text("crv") == Some("P-256") => Numbers::P256([vec![4], number("x")?, number("y")?].concat()),
            _ => return Err(KeyError::Jwk),
        };
        Ok(Self { kid: text("kid").map(str::to_owned), numbers })
    }

    /// A key to be registered on a client of Maskinporten. One that no grant could ever be verified with is refused.
    pub(crate) fn of_client(jwk: &Map<String, Value>) -> Result<Self, KeyError> {
        let key = Self::from_jwk(jwk).map_err(|_| KeyError::NotClientKey)?;
        if !key.numbers.sign_grants() {
            return Err(KeyError::NotClientKey);
        }
        if key.kid().is_none_or(str::is_empty) {
            return Err(KeyError::NoKid);
        }
        Ok(key)
    }

    /// The same from JSON text.
    pub(crate) fn of_client_text(jwk: &str) -> Result<Self, KeyError> {
        Self::of_client(&serde_json::from_str(jwk).map_err(|_| KeyError::NotClientKey)?)
    }

    pub(crate) fn from_rsa(key: &RsaKey, kid: &str) -> Self {
        Self::from_rsa_numbers(key.n(), key.e(), Some(kid))
    }

    pub(crate) fn from_rsa_numbers(n: &[u8], e: &[u8], kid: Option<&str>) -> Self {
        Self { kid: kid.map(str::to_owned), numbers: Numbers::Rsa { n: n.to_vec(), e: e.to_vec() } }
    }

    pub(crate) fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// Whether `signature` is this key's over `message` under the JOSE algorithm `alg`.
    /// An algorithm that doesn't fit the key is a signature that doesn't fit.
    pub(crate) fn verifies(&self, alg: &str, message: &[u8], signature: &[u8]) -> bool {
        match &self.numbers {
            Numbers::Rsa { n, e } => rsa_parameters(alg).is_some_and(|parameters| {
                RsaPublicKeyComponents { n, e }.verify(parameters, message, signature).is_ok()
            }),
            Numbers::P256(point) => {
                alg == "ES256"
                    && UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature).is_ok()
            }
        }
    }
}

impl Numbers {
    fn sign_grants(&self) -> bool {
        let Self::Rsa { n, e } = self else { return false };
        let is_odd = |number: &[u8]| number.last().is_some_and(|byte| byte % 2 == 1);
        RSA_BITS.contains(&bits(n)) && is_odd(n) && is_odd(e) && bits(e) > 1
    }
}

fn bits(number: &[u8]) -> usize {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    let significant = number.get(zeros..).unwrap_or_default();
    significant.first().map_or(0, |first| significant.len() * 8 - first.leading_zeros() as usize)
}

fn rsa_parameters(alg: &str) -> Option<&'static RsaParameters> {
    Some(match alg {
        "RS256" => &RSA_PKCS1_2048_8192_SHA256,
        "RS384" => &RSA_PKCS1_2048_8192_SHA384,
        "RS512" => &RSA_PKCS1_2048_8192_SHA512,
        "PS256" => &RSA_PSS_2048_8192_SHA256,
        "PS384" => &RSA_PSS_2048_8192_SHA384,
        "PS512" => &RSA_PSS_2048_8192_SHA512,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jwk(text: &str) -> Map<String, Value> {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn forms_that_are_no_public_key_are_refused() {
        for text in [
            "{}",
            r#"{"kty":"RSA","n":"AQAB"}"#,
            r#"{"kty":"RSA","n":"a+b=","e":"AQAB"}"#,
            r#"{"kty":"EC","crv":"P-384","x":"AA","y":"AA"}"#,
            r#"{"kty":"oct","k":"AA"}"#,
        ] {
            assert!(PublicKey::from_jwk(&jwk(text)).is_err(), "{text}");
        }
    }

    #[test]
    fn a_client_has_only_keys_that_can_sign_its_grants() {
        let rsa = |bytes: usize, more: &str| {
            let n = base64url::encode(&vec![0xff; bytes]);
            PublicKey::of_client(&jwk(&format!(r#"{{"kty":"RSA","n":"{n}",{more}}}"#)))
        };
        let usual = r#""kid":"k","e":"AQAB""#;
        assert!(rsa(256, usual).is_ok() && rsa(1024, usual).is_ok());
        assert!(matches!(rsa(255, usual), Err(KeyError::NotClientKey)));
        assert!(matches!(rsa(1025, usual), Err(KeyError::NotClientKey)));
        assert!(matches!(rsa(256, r#""e":"AQAB""#), Err(KeyError::NoKid)));
        assert!(matches!(rsa(256, r#""kid":"","e":"AQAB""#), Err(KeyError::NoKid)));
        for e in ["", "AQ", "Ag"] {
            assert!(matches!(rsa(256, &format!(r#""kid":"k","e":"{e}""#)), Err(KeyError::NotClientKey)), "{e}");
        }
        let ec = jwk(r#"{"kty":"EC","crv":"P-256","kid":"k","x":"AQ","y":"AQ"}"#);
        assert!(matches!(PublicKey::of_client(&ec), Err(KeyError::NotClientKey)));
        assert!(matches!(PublicKey::of_client_text("no JSON"), Err(KeyError::NotClientKey)));
    }

    #[test]
    fn senseless_numbers_verify_nothing() {
        for text in [
            r#"{"kty":"RSA","n":"","e":""}"#,
            r#"{"kty":"RSA","n":"AQ","e":"AQ"}"#,
            r#"{"kty":"EC","crv":"P-256","x":"AQ","y":"AQ"}"#,
        ] {
            let key = PublicKey::from_jwk(&jwk(text)).unwrap();
            assert!(!key.verifies("RS256", b"m", b"s") && !key.verifies("ES256", b"m", b"s"));
        }
    }
}
