use std::time::SystemTime;

use super::algorithm::Algorithm;
use super::certificate;
use super::error::KeyError;
use super::rsa::Rsa;

/// What a text says of a key, before the signing library has seen it.
pub(super) struct Parsed {
    pub(super) rsa: Rsa,
    pub(super) algorithm: Algorithm,
    pub(super) kid: Option<String>,
    /// The chain of certificates in DER, the key's own first. Empty for a key that is known by its key id.
    pub(super) certificates: Vec<Vec<u8>>,
    pub(super) certificate_expires_at: Option<SystemTime>,
    /// What the text itself says of its end.
    pub(super) expires_at: Option<SystemTime>,
}

impl Parsed {
    pub(super) fn new(rsa: Rsa, algorithm: Algorithm, kid: Option<String>) -> Self {
        Self { rsa, algorithm, kid, certificates: Vec::new(), certificate_expires_at: None, expires_at: None }
    }

    /// `certificates`: beside the key, in any order; none of them for a key that is known by its key id.
    pub(super) fn certified(mut self, certificates: Vec<Vec<u8>>) -> Result<Self, KeyError> {
        if !certificates.is_empty() {
            let chain = certificate::chain(certificates, &self.rsa)?;
            (self.certificates, self.certificate_expires_at) = (chain.certificates, Some(chain.expires_at));
        }
        Ok(self)
    }
}
