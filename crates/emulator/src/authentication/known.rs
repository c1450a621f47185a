//! What Authentication has read elsewhere, and goes by for a while instead of asking again.

use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::SignedDuration;

use super::orgs::{self, Codes};
use crate::kept::Kept;
use crate::keys::PublicKey;
use crate::maskinporten::Service;
use crate::platform::Platform;
use crate::storage::Fault;

const LIST_KEPT: SignedDuration = SignedDuration::from_hours(1);

/// As long as the library keeps a key set that the service uses.
const KEYS_KEPT: SignedDuration = SignedDuration::from_hours(12);

/// The list of service owners and both Maskinporten's keys, as they were when they were read last.
#[derive(Debug, Default)]
pub(crate) struct Known {
    codes: Mutex<Kept<(), Arc<Codes>>>,
    keys: Mutex<Kept<Service, Arc<Vec<PublicKey>>>>,
}

impl Known {
    /// The service owners' codes. None when the list has to be read and can't be used.
    pub(super) fn codes(&self, platform: &Platform) -> Option<Arc<Codes>> {
        let time =
            if platform.storage.faults().shows(Fault::OrgsListIsKept) { LIST_KEPT } else { SignedDuration::ZERO };
        get(&self.codes, (), platform, time, || orgs::read(&platform.outages.orgs_list().read(&platform.world())?))
    }

    /// The keys that tokens of `service` are verified with. None when they have to be read and are out of reach. A
    /// `kid` that is not among them does not make the service read them again.
    pub(super) fn keys_of(&self, service: Service, platform: &Platform) -> Option<Arc<Vec<PublicKey>>> {
        let time = if platform.storage.faults().shows(Fault::KeysAreKept) { KEYS_KEPT } else { SignedDuration::ZERO };
        get(&self.keys, service, platform, time, || match platform.outages.keys_of(service) {
            true => None,
            false => platform.maskinporten.published_by(service),
        })
    }
}

/// What is kept, else what `read` gives, which is kept for `time` then. That it gave nothing is not kept.
fn get<K: Eq + Hash, V>(
    kept: &Mutex<Kept<K, Arc<V>>>,
    question: K,
    platform: &Platform,
    time: SignedDuration,
    read: impl FnOnce() -> Option<V>,
) -> Option<Arc<V>> {
    let now = platform.clock.now();
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = kept.get(&question, now) {
        return Some(known);
    }
    let value = Arc::new(read()?);
    kept.put(question, Arc::clone(&value), now, time);
    Some(value)
}
