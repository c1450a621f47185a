//! Switches that take away what the platform's services lean on.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::cdn::OrgsList;
use crate::maskinporten::Service;

/// Switches for outages behind the services. Clones share them; all are off at the start and work at once.
///
/// What the exchange has read of the list of service owners counts for an hour, and Maskinporten's keys for twelve, so
/// that it does not see an outage which comes later: see [`Fault::OrgsListIsKept`](crate::Fault::OrgsListIsKept) and
/// [`Fault::KeysAreKept`](crate::Fault::KeysAreKept), which can be switched off.
#[derive(Clone, Debug, Default)]
pub struct Outages {
    switches: Arc<Switches>,
}

#[derive(Debug, Default)]
struct Switches {
    orgs_list: Mutex<OrgsList>,
    main_keys: AtomicBool,
    alternative_keys: AtomicBool,
    database: AtomicBool,
    events: AtomicBool,
    decision_point: AtomicBool,
    blobs: AtomicBool,
}

impl Outages {
    /// Whether the list of service owners is out of order, and answers 500. An exchange that has not read it before
    /// refuses tokens with a service-owner scope meanwhile, at once where the real one takes seven to ten seconds for
    /// repeating its own request; others are exchanged.
    pub fn set_orgs_list(&self, down: bool) {
        self.set_orgs_list_answer(if down { OrgsList::status(500) } else { OrgsList::of_world() });
    }

    /// What the list of service owners is answered with from now on; the last call, or that of
    /// [`set_orgs_list`](Self::set_orgs_list), counts. A list that the exchange can't use has it refuse tokens with a
    /// service-owner scope, and is asked for again by the next one.
    pub fn set_orgs_list_answer(&self, answer: OrgsList) {
        *self.switches.orgs_list.lock().unwrap_or_else(PoisonError::into_inner) = answer;
    }

    /// Whether Maskinporten's keys are out of the exchange's reach, those of the world's alternative Maskinporten
    /// included. An exchange that has not read them before exchanges no Maskinporten token meanwhile.
    pub fn set_maskinporten_keys(&self, down: bool) {
        self.set_main_maskinporten_keys(down);
        self.set_alternative_maskinporten_keys(down);
    }

    /// Whether the keys of the main Maskinporten, which is the emulator's own or the world's `maskinporten.main`, are
    /// out of the exchange's reach. The other one's tokens are exchanged all the same.
    pub fn set_main_maskinporten_keys(&self, down: bool) {
        self.switches.main_keys.store(down, Ordering::Relaxed);
    }

    /// Whether the keys of the world's `maskinporten.alternative` are out of the exchange's reach. The main one's
    /// tokens are exchanged all the same.
    pub fn set_alternative_maskinporten_keys(&self, down: bool) {
        self.switches.alternative_keys.store(down, Ordering::Relaxed);
    }

    /// Whether Storage's database is out of reach. Reading an instance is answered with 404 then, as if there were none,
    /// unless [`Fault::ReadingFaultIs404`](crate::Fault::ReadingFaultIs404) is switched off; lists and creations with
    /// 500 and a text, everything else with 500. The metadata of one app comes from a cache all the same.
    pub fn set_database(&self, down: bool) {
        self.switches.database.store(down, Ordering::Relaxed);
    }

    /// Whether Storage's database refuses instance events, and nothing else. What is changed is changed all the same, and
    /// the answer is 500, unless [`Fault::EventsAreStoredApart`](crate::Fault::EventsAreStoredApart) is switched off:
    /// then whatever may leave an event is answered with 500 before anything is changed. An instance that was to be
    /// created, and a process that comes with its events, are refused either way. What leaves no event, such as
    /// presentation texts and locks, goes on.
    pub fn set_events(&self, down: bool) {
        self.switches.events.store(down, Ordering::Relaxed);
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
    /// and signatures are answered with 500 then, and change nothing.
    pub fn set_blobs(&self, down: bool) {
        self.switches.blobs.store(down, Ordering::Relaxed);
    }

    pub(crate) fn orgs_list(&self) -> OrgsList {
        self.switches.orgs_list.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn keys_of(&self, service: Service) -> bool {
        let switch = match service {
            Service::Main => &self.switches.main_keys,
            Service::Alternative => &self.switches.alternative_keys,
        };
        switch.load(Ordering::Relaxed)
    }

    pub(crate) fn database(&self) -> bool {
        self.switches.database.load(Ordering::Relaxed)
    }

    pub(crate) fn events(&self) -> bool {
        self.switches.events.load(Ordering::Relaxed)
    }

    pub(crate) fn decision_point(&self) -> bool {
        self.switches.decision_point.load(Ordering::Relaxed)
    }

    pub(crate) fn blobs(&self) -> bool {
        self.switches.blobs.load(Ordering::Relaxed)
    }
}
