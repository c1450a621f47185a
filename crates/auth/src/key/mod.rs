//! The private key that signs grants.

mod der;
mod error;
mod jwk;

use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::crypto::aws_lc;
use jsonwebtoken::{Algorithm, EncodingKey};

pub use error::KeyError;

/// The private RSA key whose public half is registered on the Maskinporten client.
///
/// Cheap to clone. `Debug` shows the key id and the algorithm only, and the key's bytes are overwritten when the last
/// clone is dropped.
#[derive(Clone)]
pub struct SigningKey {
    kid: Option<Arc<str>>,
    algorithm: Algorithm,
    key: Arc<EncodingKey>,
}

impl SigningKey {
    /// Reads a private JWK.
    ///
    /// * `text`: a JSON object with `kty` = `RSA` and all of `n`, `e`, `d`, `p`, `q`, `dp`, `dq`, `qi`, of at least
    ///   2048 bits. `alg` may be RS256 (taken when it is absent), RS384 or RS512. Without a `kid` in it,
    ///   [`with_kid`](Self::with_kid) must follow.
    ///
    /// # Errors
    /// [`KeyError`], which says what was found instead: a public key, another type of key, too short a key, members
    /// that are missing or don't belong together.
    pub fn from_jwk(text: &str) -> Result<Self, KeyError> {
        let parsed = jwk::parse(text)?;
        // Refused here rather than at the first token: the library checks that the numbers belong together.
        (aws_lc::DEFAULT_PROVIDER.key_utils.rsa_pub_components_from_private_key)(&parsed.der)
            .map_err(|_| KeyError::Inconsistent)?;
        let key =
            Self { kid: None, algorithm: parsed.algorithm, key: Arc::new(EncodingKey::from_rsa_der(&parsed.der)) };
        Ok(key.with_kid(parsed.kid.unwrap_or_default()))
    }

    /// Sets the key id under which the public half is registered, in place of the one in the JWK.
    ///
    /// `kid`: as the self-service portal shows it. A blank one counts as none.
    #[must_use]
    pub fn with_kid(mut self, kid: impl Into<String>) -> Self {
        let kid = kid.into();
        let kid = kid.trim();
        self.kid = (!kid.is_empty()).then(|| kid.into());
        self
    }

    /// The key id, if there is one.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The algorithm that grants are signed with: `RS256`, `RS384` or `RS512`.
    pub fn algorithm(&self) -> &'static str {
        match self.algorithm {
            Algorithm::RS384 => "RS384",
            Algorithm::RS512 => "RS512",
            _ => "RS256",
        }
    }

    /// Signs the first two parts of a JWT; the signature comes as base64url. `None` when the library refuses, which
    /// it has no reason to after the check in [`from_jwk`](Self::from_jwk).
    ///
    /// The library's provider is named, never its process-wide default: that one panics when another dependency
    /// turns on a second provider.
    pub(crate) fn sign(&self, input: &str) -> Option<String> {
        let signer = (aws_lc::DEFAULT_PROVIDER.signer_factory)(&self.algorithm, &self.key).ok()?;
        let signature = signer.try_sign(input.as_bytes()).ok()?;
        Some(URL_SAFE_NO_PAD.encode(signature))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("kid", &self.kid)
            .field("algorithm", &self.algorithm())
            .field("key", &"[redacted]")
            .finish()
    }
}

#[cfg(test)]
mod tests;
