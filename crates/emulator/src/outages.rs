//! Switches that take away what the platform's services lean on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Switches for outages behind the services. Clones share them; all are off at the start and work at once.
///
/// The real exchange keeps the list of organisations for an hour and keys for hours, so that a short outage often goes
/// unseen. Here neither is kept.
#[derive(Clone, Debug, Default)]
pub struct Outages {
    switches: Arc<Switches>,
}

#[derive(Debug, Default)]
struct Switches {
    orgs_list: AtomicBool,
    maskinporten_keys: AtomicBool,
    database: AtomicBool,
    decision_point: AtomicBool,
    blobs: AtomicBool,
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

    /// Whether Storage's database is out of reach. Reading an instance is answered with 404 then, as if there were none,
    /// unless [`Fault::ReadingFaultIs404`](crate::Fault::ReadingFaultIs404) is switched off; lists and creations with
    /// 500 and a text, everything else with 500. The metadata of one app comes from a cache all the same.
    pub fn set_database(&self, down: bool) {
        self.switches.database.store(down, Ordering::Relaxed);
    }

    /// Whether the decision point, which Storage asks whether the policy allows something, gives no answer. Part of the
    /// operations take that for a no, 403, and part fail with 500; a service owner's own lists ask nobody. What it said
    /// within the last five minutes counts still, as does that it said nothing: see
    /// [`Fault::DecisionsAreKept`](crate::Fault::DecisionsAreKept) and
    /// [`Fault::FailedDecisionIsKept`](crate::Fault::FailedDecisionIsKept).
    pub fn set_decision_point(&self, down: bool) {
        self.switches.decision_point.store(down, Ordering::Relaxed);
    }

    /// Whether the storage of content is out of reach. Uploads, downloads, replacements and deletions of data elements
    /// are answered with 500 then, and change nothing.
    pub fn set_blobs(&self, down: bool) {
        self.switches.blobs.store(down, Ordering::Relaxed);
    }

    pub(crate) fn orgs_list(&self) -> bool {
        self.switches.orgs_list.load(Ordering::Relaxed)
    }

    pub(crate) fn maskinporten_keys(&self) -> bool {
        self.switches.maskinporten_keys.load(Ordering::Relaxed)
    }

    pub(crate) fn database(&self) -> bool {
        self.switches.database.load(Ordering::Relaxed)
    }

    pub(crate) fn decision_point(&self) -> bool {
        self.switches.decision_point.load(Ordering::Relaxed)
    }

    pub(crate) fn blobs(&self) -> bool {
        self.switches.blobs.load(Ordering::Relaxed)
    }
}
