use super::algorithm::Algorithm;
use super::rsa::Rsa;

/// What a text says of a key, before the signing library has seen it.
pub(super) struct Parsed {
    pub(super) rsa: Rsa,
    pub(super) algorithm: Algorithm,
    pub(super) kid: Option<String>,
    /// The chain of certificates in DER, the key's own first. Empty for a key that is known by its key id.
    pub(super) certificates: Vec<Vec<u8>>,
}

impl Parsed {
    pub(super) fn new(rsa: Rsa, algorithm: Algorithm, kid: Option<String>) -> Self {
        Self { rsa, algorithm, kid, certificates: Vec::new() }
    }
}
