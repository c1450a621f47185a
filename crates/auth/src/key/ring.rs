use std::error::Error as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::expiry::Reminder;
use super::{DynSigner, KeyFile};
use crate::error::Error;

pub(super) type Key = Arc<dyn DynSigner>;

/// How long another key than the first is preferred once it was the one that worked. A new key is the first one, and
/// Maskinporten knows it some minutes after it was added.
const PREFERRED: Duration = Duration::from_secs(15 * 60);

/// The keys of one client.
#[derive(Debug)]
pub(crate) struct KeyRing {
    keys: Mutex<Keys>,
    file: Option<Mutex<KeyFile>>,
    /// Goes up when the keys are replaced.
    revision: AtomicU64,
    reminder: Reminder,
}

impl KeyRing {
    pub(crate) fn new(keys: Vec<Key>) -> Self {
        Self::with(keys, None)
    }

    /// Keys that are read again when the file changes.
    pub(crate) fn of_file(mut file: KeyFile) -> Result<Self, Error> {
        let keys = file.read()?.unwrap_or_default();
        Ok(Self::with(keys, Some(Mutex::new(file))))
    }

    fn with(keys: Vec<Key>, file: Option<Mutex<KeyFile>>) -> Self {
        let ring =
            Self { keys: Mutex::new(Keys::new(keys)), file, revision: AtomicU64::new(0), reminder: Reminder::new() };
        ring.remind();
        ring
    }

    /// The next key that is not among `tried`, and whether there is one.
    pub(crate) fn next(&self, tried: &[Key]) -> Option<Key> {
        self.look(false);
        self.remind();
        let keys = lock(&self.keys);
        keys.in_turn().find(|key| !tried.iter().any(|tried| Arc::ptr_eq(tried, key))).cloned()
    }

    /// Takes note that Maskinporten took `key`.
    pub(crate) fn worked(&self, key: &Key) {
        lock(&self.keys).worked(key);
    }

    /// Reads the file at once, however short ago it was read.
    pub(crate) fn reload(&self) {
        self.look(true);
    }

    /// A number that changes with the keys.
    pub(crate) fn revision(&self) -> u64 {
        self.look(false);
        self.revision.load(Ordering::Acquire)
    }

    /// When the key in use ends, if that is known.
    pub(crate) fn expires_at(&self) -> Option<SystemTime> {
        lock(&self.keys).in_turn().next()?.expires_at()
    }

    /// Of the key in use alone: of two, the other one is on its way out.
    fn remind(&self) {
        let first = lock(&self.keys).in_turn().next().cloned();
        if let Some(key) = first {
            self.reminder.remind(&*key, SystemTime::now());
        }
    }

    /// A new file that can't be used changes nothing: the old key is good as long as Maskinporten takes it.
    fn look(&self, now: bool) {
        let Some(file) = &self.file else { return };
        let mut file = lock(file);
        if !now && !file.is_due() {
            return;
        }
        match file.read() {
            Ok(Some(keys)) => {
                tracing::info!(path = %file.path().display(), kid = keys.first().and_then(|key| key.kid()), "new key");
                *lock(&self.keys) = Keys::new(keys);
                self.revision.fetch_add(1, Ordering::Release);
                self.reminder.reset();
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(
                %error,
                cause = error.source().map(tracing::field::display),
                "the key file can't be used as it is now; the old key stays"
            ),
        }
    }
}

/// The keys as they were given, and which of them to begin with.
#[derive(Debug)]
struct Keys {
    given: Vec<Key>,
    /// The place of one that worked when those before it did not, and until when it comes first.
    preferred: Option<(usize, Instant)>,
}

impl Keys {
    fn new(given: Vec<Key>) -> Self {
        Self { given, preferred: None }
    }

    fn preferred(&self) -> Option<usize> {
        self.preferred.filter(|(_, until)| Instant::now() < *until).map(|(place, _)| place)
    }

    /// In the order in which they are tried.
    fn in_turn(&self) -> impl Iterator<Item = &Key> {
        let preferred = self.preferred();
        let others =
            self.given.iter().enumerate().filter(move |(place, _)| Some(*place) != preferred).map(|(_, key)| key);
        preferred.and_then(|place| self.given.get(place)).into_iter().chain(others)
    }

    fn worked(&mut self, key: &Key) {
        let place = self.given.iter().position(|other| Arc::ptr_eq(other, key));
        // The time of one that is preferred already runs on: at its end the first key has its turn again.
        if place.is_some() && place != self.preferred() {
            self.preferred = place.filter(|place| *place > 0).map(|place| (place, Instant::now() + PREFERRED));
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether Maskinporten can find the key.
pub(crate) fn identified(key: &(impl DynSigner + ?Sized)) -> bool {
    key.kid().is_some_and(|kid| !kid.trim().is_empty()) || !key.certificates().is_empty()
}

#[cfg(test)]
mod tests;
