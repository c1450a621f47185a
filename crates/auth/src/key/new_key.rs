use std::fmt;

use altinn_core::Secret;
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{self, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::Serialize;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::kid::written;
use super::parsed::Parsed;
use super::rsa::Rsa;
use super::{Algorithm, KeyError, SigningKey, der};
use crate::error::{Error, ErrorKind, scrub};

/// The length of a new key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum KeySize {
    /// 2048 bits, the least that Maskinporten takes.
    Bits2048,
    /// 3072 bits.
    #[default]
    Bits3072,
    /// 4096 bits.
    Bits4096,
}

/// A new key for a Maskinporten client, in all the forms that are needed to register and to keep it.
///
/// ```
/// # use altinn_auth::KeySize;
/// use altinn_auth::{Algorithm, NewKey};
///
/// # fn main() -> Result<(), altinn_auth::Error> {
/// # let size = KeySize::Bits2048;
/// # /*
/// let size = KeySize::Bits4096;
/// # */
/// let key = NewKey::generate(size, Algorithm::Rs256)?;
/// // Pasted into the self-service portal, under the client's keys:
/// println!("{}", key.public_jwk());
/// // Kept where only this program can read it, such as in a key vault:
/// let secret = key.private_base64();
/// # Ok(())
/// # }
/// ```
pub struct NewKey {
    kid: String,
    algorithm: Algorithm,
    rsa: Rsa,
}

#[derive(Serialize)]
struct Jwk<'a> {
    kty: &'static str,
    #[serde(rename = "use")]
    usage: &'static str,
    alg: Algorithm,
    kid: &'a str,
    n: Member,
    e: Member,
    #[serde(flatten)]
    private: Option<Private>,
}

#[derive(Serialize)]
struct Private {
    d: Member,
    p: Member,
    q: Member,
    dp: Member,
    dq: Member,
    qi: Member,
}

/// A number in base64url, overwritten when dropped.
struct Member(Zeroizing<String>);

impl Serialize for Member {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl Serialize for Algorithm {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl NewKey {
    /// Makes a key, with a random UUID as its key id: key ids must be unique among all customers of Maskinporten.
    ///
    /// This takes a second or so for the longer ones: keep it off the threads of an async runtime.
    ///
    /// * `size`: longer keys sign more slowly, which doesn't matter at one signature for each token.
    /// * `algorithm`: what the key will sign with.
    ///
    /// # Errors
    /// [`ErrorKind::Key`] when the system gives no random numbers.
    pub fn generate(size: KeySize, algorithm: Algorithm) -> Result<Self, Error> {
        let size = match size {
            KeySize::Bits2048 => rsa::KeySize::Rsa2048,
            KeySize::Bits3072 => rsa::KeySize::Rsa3072,
            KeySize::Bits4096 => rsa::KeySize::Rsa4096,
        };
        let failed = || Error::of(ErrorKind::Key, "a new key can't be made").build();
        let pair = KeyPair::generate(size).map_err(|_| failed())?;
        let written: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| failed())?;
        let rsa = Rsa::from_der(written.as_ref()).map_err(|_| failed())?;
        Ok(Self { kid: Uuid::new_v4().to_string(), algorithm, rsa })
    }

    /// Gives it another key id.
    ///
    /// `kid`: unique among all customers of Maskinporten. White space around it is left out, and a blank one changes
    /// nothing: a key is of no use without an id.
    #[must_use]
    pub fn with_kid(mut self, kid: impl Into<String>) -> Self {
        if let Some(kid) = written(&kid.into()) {
            kid.clone_into(&mut self.kid);
        }
        self
    }

    /// The key id.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The whole key as a JWK, for safekeeping.
    pub fn private_jwk(&self) -> Secret {
        let factors = &self.rsa.factors;
        let private = Private {
            d: member(&self.rsa.private_exponent),
            p: member(&factors.primes[0]),
            q: member(&factors.primes[1]),
            dp: member(&factors.exponents[0]),
            dq: member(&factors.exponents[1]),
            qi: member(&factors.coefficient),
        };
        Secret::new(self.jwk(Some(private)))
    }

    /// The whole key as base64 of its JWK: what goes into Azure Key Vault, which would spoil line breaks and quotes.
    pub fn private_base64(&self) -> Secret {
        Secret::new(STANDARD.encode(self.private_jwk().expose()))
    }

    /// The whole key as PEM (PKCS#8). It has no key id in it: keep that beside it.
    pub fn private_pem(&self) -> Secret {
        Secret::new(pem("PRIVATE KEY", &self.rsa.pkcs8()))
    }

    /// The public half as a JWK: what is registered on the client in the self-service portal.
    pub fn public_jwk(&self) -> String {
        self.jwk(None)
    }

    /// The public half as PEM.
    pub fn public_pem(&self) -> String {
        pem("PUBLIC KEY", &self.rsa.public_der())
    }

    /// The key for use in this program.
    ///
    /// # Errors
    /// [`KeyError::BadKid`] when the key id that was [given](Self::with_kid) can't be one; others when the signing library
    /// refuses the key, which it has no reason to.
    pub fn into_signing_key(self) -> Result<SigningKey, KeyError> {
        SigningKey::checked(Parsed::new(self.rsa, self.algorithm, Some(self.kid)))
    }

    fn jwk(&self, private: Option<Private>) -> String {
        let jwk = Jwk {
            kty: "RSA",
            usage: "sig",
            alg: self.algorithm,
            kid: &self.kid,
            n: member(&self.rsa.modulus),
            e: member(&self.rsa.public_exponent),
            private,
        };
        // Reserved at once: growing would leave copies of the key behind that nothing overwrites. Each of the eight
        // numbers is at most as long as the modulus, and base64 makes four letters of three bytes.
        let mut json = Vec::with_capacity(self.rsa.modulus.len() * 11 + 512 + self.kid.len() * 6);
        // Texts under names that are texts: there is nothing in it that could fail.
        match serde_json::to_writer(&mut json, &jwk) {
            Ok(()) => String::from_utf8(json).unwrap_or_default(),
            Err(_) => String::new(),
        }
    }
}

fn member(number: &[u8]) -> Member {
    Member(Zeroizing::new(URL_SAFE_NO_PAD.encode(der::significant(number))))
}

fn pem(label: &str, der: &[u8]) -> String {
    const LINE: usize = 64;
    let base64 = Zeroizing::new(STANDARD.encode(der));
    let mut text = String::with_capacity(base64.len() + base64.len() / LINE + 2 * (label.len() + 20));
    text.push_str(&format!("-----BEGIN {label}-----\n"));
    let mut rest = base64.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(LINE));
        text.push_str(line);
        text.push('\n');
        rest = after;
    }
    text.push_str(&format!("-----END {label}-----\n"));
    text
}

impl fmt::Debug for NewKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewKey")
            .field("kid", &scrub(&self.kid))
            .field("algorithm", &self.algorithm)
            .field("key", &"[redacted]")
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn every_form_is_the_same_key() {
        let key = NewKey::generate(KeySize::Bits2048, Algorithm::Rs512).unwrap();
        assert!(Uuid::parse_str(key.kid()).is_ok());
        let (jwk, base64, pem) = (key.private_jwk(), key.private_base64(), key.private_pem());
        let public: Value = serde_json::from_str(&key.public_jwk()).unwrap();
        assert_eq!(
            (&public["kid"], &public["alg"], &public["use"]),
            (&key.kid().into(), &"RS512".into(), &"sig".into())
        );
        assert!(public.get("d").is_none() && public.as_object().unwrap().len() == 6);
        let shown = format!("{key:?}");

        let own = key.into_signing_key().unwrap();
        let signature = own.signature(b"a.b");
        for text in [&jwk, &base64] {
            let read = SigningKey::detect(text.expose()).unwrap();
            assert_eq!((read.kid(), read.algorithm()), (own.kid(), Algorithm::Rs512));
            assert_eq!(read.signature(b"a.b"), signature);
        }
        let read = SigningKey::detect(pem.expose()).unwrap().with_algorithm(Algorithm::Rs512);
        assert_eq!(read.signature(b"a.b"), signature);

        let private: Value = serde_json::from_str(jwk.expose()).unwrap();
        assert!(!shown.contains(private["d"].as_str().unwrap()));
        assert_eq!(private["n"], public["n"]);
    }

    #[test]
    fn a_key_id_counts_as_it_does_for_the_signing_key() {
        let mut key = NewKey::generate(KeySize::Bits2048, Algorithm::Rs256).unwrap();
        let generated = key.kid().to_owned();
        for blank in ["", " ", "\t\r\n"] {
            key = key.with_kid(blank);
            assert_eq!(key.kid(), generated);
        }
        let key = key.with_kid(" \tmy key\n");
        assert_eq!(key.kid(), "my key");
        for jwk in [key.public_jwk().as_str(), key.private_jwk().expose()] {
            assert_eq!(serde_json::from_str::<Value>(jwk).unwrap()["kid"], "my key");
        }
        assert_eq!(SigningKey::detect(key.private_base64().expose()).unwrap().kid(), Some("my key"));
        assert_eq!(key.into_signing_key().unwrap().with_kid(" \tmy key\n").kid(), Some("my key"));
    }

    #[test]
    fn the_public_pem_is_the_public_half() {
        let key = NewKey::generate(KeySize::Bits2048, Algorithm::Rs256).unwrap();
        let text = key.public_pem();
        assert!(text.starts_with("-----BEGIN PUBLIC KEY-----\nMIIBIjAN"), "{text}");
        assert!(text.lines().all(|line| line.len() <= 64));
        assert_eq!(SigningKey::detect(&text).unwrap_err(), KeyError::PublicOnly);
    }
}
