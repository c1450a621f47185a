//! What every handler shares.

use std::sync::{Arc, PoisonError, RwLock};

use url::Url;

use crate::authentication::Known;
use crate::clock::Clock;
use crate::failures::Failures;
use crate::journal::Journal;
use crate::keys::SigningKeys;
use crate::maskinporten::Maskinporten;
use crate::outages::Outages;
use crate::storage::Store;
use crate::world::World;

/// One emulated platform: its fixed content, its keys and its state.
#[derive(Debug)]
pub(crate) struct Platform {
    /// What the services know. It can be added to, so whoever asks gets it as it is then.
    world: RwLock<Arc<World>>,
    pub(crate) clock: Clock,
    /// The keys that Altinn signs its own tokens with, and that every platform service trusts.
    pub(crate) keys: SigningKeys,
    pub(crate) maskinporten: Maskinporten,
    /// What Authentication has read of others.
    pub(crate) known: Known,
    pub(crate) storage: Store,
    pub(crate) journal: Journal,
    pub(crate) outages: Outages,
    pub(crate) failures: Failures,
    /// Where this process listens, with a slash at the end.
    pub(crate) base_url: Url,
    /// The host name in links and issuers, when the world sets one; otherwise they point at `base_url`.
    pub(crate) hostname: Option<String>,
}

/// The parts that a platform starts with.
pub(crate) struct Parts {
    pub(crate) world: World,
    pub(crate) clock: Clock,
    pub(crate) keys: SigningKeys,
    pub(crate) maskinporten: Maskinporten,
    pub(crate) storage: Store,
    pub(crate) base_url: Url,
}

impl Platform {
    pub(crate) fn new(parts: Parts) -> Self {
        Self {
            hostname: parts.world.hostname.clone(),
            world: RwLock::new(Arc::new(parts.world)),
            clock: parts.clock,
            keys: parts.keys,
            maskinporten: parts.maskinporten,
            known: Known::default(),
            storage: parts.storage,
            journal: Journal::default(),
            outages: Outages::default(),
            failures: Failures::default(),
            base_url: parts.base_url,
        }
    }

    /// What the services know now.
    pub(crate) fn world(&self) -> Arc<World> {
        Arc::clone(&self.world.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes what the services know from now on; who has asked before goes on with what there was.
    pub(crate) fn change_world(&self, change: impl FnOnce(&mut World)) {
        let mut world = self.world.write().unwrap_or_else(PoisonError::into_inner);
        change(Arc::make_mut(&mut world));
    }

    /// The origin of the platform services, without a slash at the end: what links and issuers begin with.
    pub(crate) fn origin(&self) -> String {
        match &self.hostname {
            Some(hostname) => format!("https://platform.{hostname}"),
            None => self.base_url.as_str().trim_end_matches('/').to_owned(),
        }
    }

    /// The issuer of Altinn tokens.
    pub(crate) fn issuer(&self) -> String {
        format!("{}/authentication/api/v1/openid/", self.origin())
    }
}
