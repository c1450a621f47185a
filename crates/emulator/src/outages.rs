//! Switches that take away what the platform's services lean on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Switches for outages behind the services. Clones share them; all are off at the start and work at once.
///
/// The real services keep the list of organisations for an hour and keys for hours, so that a short outage often goes
/// unseen. Here nothing is kept.
#[derive(Clone, Debug, Default)]
pub struct Outages {
    switches: Arc<Switches>,
}

#[derive(Debug, Default)]
struct Switches {
    orgs_list: AtomicBool,
    maskinporten_keys: AtomicBool,
}

impl Outages {
    /// Whether the list of service owners is out of order. While it is, tokens with a service-owner scope can't be
    /// exchanged; others can.
    pub fn set_orgs_list(&self, down: bool) {
        self.switches.orgs_list.store(down, Ordering::Relaxed);
    }

    /// Whether Maskinporten's keys are out of the exchange's reach. While they are, no Maskinporten token can be
    /// exchanged.
    pub fn set_maskinporten_keys(&self, down: bool) {
        self.switches.maskinporten_keys.store(down, Ordering::Relaxed);
    }

    pub(crate) fn orgs_list(&self) -> bool {
        self.switches.orgs_list.load(Ordering::Relaxed)
    }

    pub(crate) fn maskinporten_keys(&self) -> bool {
        self.switches.maskinporten_keys.load(Ordering::Relaxed)
    }
}
