//! The private keys that sign grants.

mod algorithm;
mod certificate;
mod der;
mod detect;
mod error;
mod expiry;
mod file;
mod jwk;
mod kid;
mod new_key;
mod parsed;
mod pem;
#[cfg(feature = "pkcs12")]
mod pkcs12;
mod ring;
mod rsa;
mod signer;

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::EncodingKey;
use jsonwebtoken::crypto::aws_lc;

use self::parsed::Parsed;
use crate::error::{Error, ErrorKind, scrub};
use crate::identifier::is_identifier;

pub use algorithm::Algorithm;
pub use error::KeyError;
pub use new_key::{KeySize, NewKey};
pub use signer::Signer;

pub(crate) use file::KeyFile;
pub(crate) use kid::GivenKid;
pub(crate) use ring::{KeyRing, identified};
pub(crate) use signer::DynSigner;

/// The private RSA key whose public half is registered on the Maskinporten client.
///
/// Cheap to clone. `Debug` shows the key id and the algorithm only, and the key's bytes are overwritten when the last
/// clone is dropped.
#[derive(Clone)]
pub struct SigningKey {
    kid: Option<Arc<str>>,
    certificates: Arc<[String]>,
    algorithm: Algorithm,
    key: Arc<EncodingKey>,
    /// As it was told.
    expires_at: Option<SystemTime>,
    certificate_expires_at: Option<SystemTime>,
}

impl SigningKey {
    /// Reads a private JWK.
    ///
    /// * `text`: a JSON object with `kty` = `RSA`, `n`, `e` and `d`, of at least 2048 bits. `p`, `q`, `dp`, `dq` and
    ///   `qi` are computed where they are absent. `alg` may be RS256 (taken when it is absent), RS384 or RS512. `exp`,
    ///   in seconds since 1970, is when the key [ends](Self::with_expiry). A set (JWKS) with one private key in it will
    ///   do. Without a `kid` in it, [`with_kid`](Self::with_kid) must follow.
    ///
    /// # Errors
    /// [`KeyError`], which says what was found instead: a public key, another type of key, too short a key, members
    /// that are missing or don't belong together.
    pub fn from_jwk(text: &str) -> Result<Self, KeyError> {
        let text = text.trim_start_matches('\u{feff}').trim();
        if text.is_empty() {
            return Err(KeyError::Empty);
        }
        if pem::is_pem(text) {
            return Err(KeyError::Pem);
        }
        one(jwk::parse(text)?)
    }

    /// Reads a private key in any form, and finds out by itself which it is.
    ///
    /// `bytes`: one of these, or its base64 in either alphabet, with or without padding and line breaks, as Azure Key
    /// Vault holds it:
    ///
    /// * a JWK, or a set (JWKS) with one private RSA key in it;
    /// * PEM: PKCS#8 (`PRIVATE KEY`) or PKCS#1 (`RSA PRIVATE KEY`). Line breaks may be spelled out as `\n`, or be lost.
    ///   Certificates beside the key become the chain by which Maskinporten knows an enterprise certificate; the
    ///   key's own is found and put in front;
    /// * DER: PKCS#8 or PKCS#1, and with the feature `pkcs12` a PKCS#12 file without a password.
    ///
    /// PEM and DER hold no key id: without certificates, [`with_kid`](Self::with_kid) must follow.
    ///
    /// # Errors
    /// [`KeyError`], which names what was found instead.
    pub fn detect(bytes: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        one(detect::parse(bytes.as_ref())?)
    }

    /// Reads a PKCS#12 file (`.p12`, `.pfx`), as enterprise certificates are delivered.
    ///
    /// * `bytes`: the file, or its base64, as Azure Key Vault gives certificates (with an empty password).
    /// * `password`: what it was exported with.
    ///
    /// # Errors
    /// [`KeyError::BadPkcs12`] when it can't be opened with the password, and others for what is in it.
    #[cfg(feature = "pkcs12")]
    pub fn from_pkcs12(bytes: impl AsRef<[u8]>, password: &altinn_core::Secret) -> Result<Self, KeyError> {
        let bytes = bytes.as_ref();
        let decoded = if bytes.first() == Some(&der::SEQUENCE) { None } else { detect::decoded(bytes) };
        let bytes = decoded.as_ref().map_or(bytes, |decoded| decoded);
        Self::checked(pkcs12::parse(bytes, password.expose())?)
    }

    /// All private keys in a text of any form: several for a set (JWKS).
    pub(crate) fn detect_all(bytes: &[u8]) -> Result<Vec<Self>, KeyError> {
        detect::parse(bytes)?.into_iter().map(Self::checked).collect()
    }

    fn checked(parsed: Parsed) -> Result<Self, KeyError> {
        let der = parsed.rsa.pkcs1();
        // Refused here rather than at the first token: the library checks that the numbers belong together.
        (aws_lc::DEFAULT_PROVIDER.key_utils.rsa_pub_components_from_private_key)(&der)
            .map_err(|_| KeyError::Inconsistent)?;
        let key = Self {
            kid: None,
            // The standard alphabet, unlike everything else in a JWT: RFC 7515 wants it, and Maskinporten, too.
            certificates: parsed.certificates.iter().map(|certificate| STANDARD.encode(certificate)).collect(),
            algorithm: parsed.algorithm,
            key: Arc::new(EncodingKey::from_rsa_der(&der)),
            expires_at: parsed.expires_at,
            certificate_expires_at: parsed.certificate_expires_at,
        };
        let key = match parsed.kid {
            Some(kid) => key.with_kid(kid),
            None => key,
        };
        if key.kid().is_some_and(|kid| !is_identifier(kid)) {
            return Err(KeyError::BadKid);
        }
        Ok(key)
    }

    /// Sets the key id under which the public half is registered, in place of the one in the JWK, or of certificates:
    /// Maskinporten knows a key by one or the other.
    ///
    /// `kid`: as the self-service portal shows it. White space around it is left out, and a blank one counts as
    /// none. It stands in logs and errors, so credentials refuse a text that may be a key ([`KeyError::BadKid`]).
    #[must_use]
    pub fn with_kid(mut self, kid: impl Into<String>) -> Self {
        self.kid = kid::written(&kid.into()).map(Into::into);
        self.certificates = Arc::default();
        self.certificate_expires_at = None;
        self
    }

    /// Tells when the key ends, so that there is a warning in the last 30 days. Of an enterprise certificate that is
    /// known without.
    ///
    /// `at`: a year after its public half was added to the client, as the self-service portal shows it. From then on
    /// Maskinporten refuses it (MP-121).
    #[must_use]
    pub fn with_expiry(mut self, at: impl Into<SystemTime>) -> Self {
        self.expires_at = Some(at.into());
        self
    }

    /// Sets the algorithm that grants are signed with, in place of the one in the JWK.
    #[must_use]
    pub fn with_algorithm(mut self, algorithm: Algorithm) -> Self {
        self.algorithm = algorithm;
        self
    }

    /// The key id, if there is one.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// When the key ends, as it was [told](Self::with_expiry), or stood in the JWK's `exp`, or else as its certificate
    /// has it. `None` if that is not known.
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.expires_at.or(self.certificate_expires_at)
    }

    /// The algorithm that grants are signed with.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Signs the first two parts of a JWT. `None` when the library refuses, which it has no reason to after the check
    /// when the key was read.
    ///
    /// The library's provider is named, never its process-wide default: that one panics when another dependency
    /// turns on a second provider.
    fn signature(&self, input: &[u8]) -> Option<Vec<u8>> {
        let signer = (aws_lc::DEFAULT_PROVIDER.signer_factory)(&self.algorithm.into(), &self.key).ok()?;
        signer.try_sign(input).ok()
    }
}

impl Signer for SigningKey {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    fn kid(&self) -> Option<&str> {
        self.kid()
    }

    fn certificates(&self) -> &[String] {
        &self.certificates
    }

    fn expires_at(&self) -> Option<SystemTime> {
        self.expires_at()
    }

    async fn sign(&self, input: &[u8]) -> Result<Vec<u8>, Error> {
        // A few milliseconds, once a token: not worth a thread.
        self.signature(input).ok_or_else(|| Error::of(ErrorKind::Key, "the key does not sign").build())
    }
}

fn one(mut keys: Vec<Parsed>) -> Result<SigningKey, KeyError> {
    match (keys.len(), keys.pop()) {
        (1, Some(key)) => SigningKey::checked(key),
        (count, _) => Err(KeyError::SeveralKeys(count)),
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            // What was put in its place by mistake may be secret.
            .field("kid", &self.kid.as_deref().map(scrub))
            .field("certificates", &self.certificates.len())
            .field("algorithm", &self.algorithm)
            .field("expires_at", &self.expires_at())
            .field("key", &"[redacted]")
            .finish()
    }
}

#[cfg(test)]
mod tests;
