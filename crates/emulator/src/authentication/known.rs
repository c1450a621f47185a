//! What Authentication has read elsewhere, and goes by for a while instead of asking again.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::orgs::{self, Codes};
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
    codes: Remembered<Codes>,
    main_keys: Remembered<Vec<PublicKey>>,
    alternative_keys: Remembered<Vec<PublicKey>>,
}

impl Known {
    /// The service owners' codes. None when the list has to be read and can't be used.
    pub(super) fn codes(&self, platform: &Platform) -> Option<Arc<Codes>> {
        let kept = platform.storage.faults().shows(Fault::OrgsListIsKept).then_some(LIST_KEPT);
        self.codes.get(platform.clock.now(), kept, || orgs::read(&platform.outages.orgs_list().read(&platform.world)?))
    }

    /// The keys that tokens of `service` are verified with. None when they have to be read and are out of reach. A
    /// `kid` that is not among them does not make the service read them again.
    pub(super) fn keys_of(&self, service: Service, platform: &Platform) -> Option<Arc<Vec<PublicKey>>> {
        let known = match service {
            Service::Main => &self.main_keys,
            Service::Alternative => &self.alternative_keys,
        };
        let kept = platform.storage.faults().shows(Fault::KeysAreKept).then_some(KEYS_KEPT);
        known.get(platform.clock.now(), kept, || match platform.outages.keys_of(service) {
            true => None,
            false => platform.maskinporten.published_by(service),
        })
    }
}

/// One thing, with the time until which it counts.
#[derive(Debug)]
struct Remembered<T>(Mutex<Option<(Arc<T>, Timestamp)>>);

impl<T> Default for Remembered<T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<T> Remembered<T> {
    /// What was read within the time that it is `kept`, else what `read` gives. That it gave nothing is not kept.
    fn get(&self, now: Timestamp, kept: Option<SignedDuration>, read: impl FnOnce() -> Option<T>) -> Option<Arc<T>> {
        let Some(kept) = kept else { return read().map(Arc::new) };
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((value, until)) = known.as_ref()
            && now < *until
        {
            return Some(Arc::clone(value));
        }
        let value = Arc::new(read()?);
        let until = now.saturating_add(kept).unwrap_or(Timestamp::MAX);
        *known = Some((Arc::clone(&value), until));
        Some(value)
    }
}
