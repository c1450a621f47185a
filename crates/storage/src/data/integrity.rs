use altinn_core::transport::{Download as Incoming, DownloadError};

use super::sha256::{Hasher, Sha256};

/// What the content of one attempt is held against: its length and hash, as far as they are known.
pub(super) struct Integrity {
    size: Option<u64>,
    expected: Option<Sha256>,
    hasher: Hasher,
}

impl Integrity {
    /// * `size`: the length that it should have, in bytes.
    /// * `expected`: the hash that it should have.
    /// * `hash`: whether its hash is wanted all the same.
    pub(super) fn new(size: Option<u64>, expected: Option<Sha256>, hash: bool) -> Self {
        Self { size, expected, hasher: Hasher::new(hash || expected.is_some()) }
    }

    pub(super) fn update(&mut self, chunk: &[u8]) {
        self.hasher.update(chunk);
    }

    /// At the end of `incoming`: its hash, if it was to be reckoned.
    pub(super) fn finish(self, incoming: &Incoming) -> Result<Option<Sha256>, DownloadError> {
        incoming.check_length(self.size)?;
        let sha256 = self.hasher.finish();
        if self.expected.is_some() && sha256 != self.expected {
            return Err(DownloadError::wrong_hash());
        }
        Ok(sha256)
    }
}
