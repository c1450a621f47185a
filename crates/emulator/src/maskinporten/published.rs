//! The keys that Maskinporten signs with and publishes.

use std::sync::Arc;

use crate::keys::{PublicKey, RsaKey};

/// A key with the id it is published under.
#[derive(Clone, Debug)]
pub(super) struct SigningKey {
    pub(super) key: Arc<RsaKey>,
    pub(super) kid: String,
}

impl SigningKey {
    /// `kid` None gives the key a name.
    pub(super) fn new(key: Arc<RsaKey>, kid: Option<String>) -> Self {
        Self { key, kid: kid.unwrap_or_else(|| uuid::Uuid::new_v4().to_string()) }
    }
}

/// The key that tokens are signed with, and those of the world's main Maskinporten, whose tokens come from elsewhere.
#[derive(Debug)]
pub(super) struct Published {
    signing: SigningKey,
    others: Vec<PublicKey>,
}

impl Published {
    pub(super) fn new(signing: SigningKey, others: Vec<PublicKey>) -> Self {
        Self { signing, others }
    }

    pub(super) fn signing(&self) -> &SigningKey {
        &self.signing
    }

    pub(super) fn public(&self) -> Vec<PublicKey> {
        let own = PublicKey::from_rsa(&self.signing.key, &self.signing.kid);
        std::iter::once(own).chain(self.others.iter().cloned()).collect()
    }
}
