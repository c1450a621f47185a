use std::error::Error as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use super::expiry::Reminder;
use super::{DynSigner, KeyFile};
use crate::error::Error;

pub(super) type Key = Arc<dyn DynSigner>;

/// The keys of one client: the one in use first, then those to try when Maskinporten does not know it.
#[derive(Debug)]
pub(crate) struct KeyRing {
    keys: Mutex<Vec<Key>>,
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
        let ring = Self { keys: Mutex::new(keys), file, revision: AtomicU64::new(0), reminder: Reminder::new() };
        ring.remind();
        ring
    }

    /// The next key that is not among `tried`, and whether there is one.
    pub(crate) fn next(&self, tried: &[Key]) -> Option<Key> {
        self.look(false);
        self.remind();
        let keys = lock(&self.keys);
        keys.iter().find(|key| !tried.iter().any(|tried| Arc::ptr_eq(tried, key))).cloned()
    }

    /// Has `key` come first from now on.
    pub(crate) fn promote(&self, key: &Key) {
        let mut keys = lock(&self.keys);
        if let Some(place) = keys.iter().position(|other| Arc::ptr_eq(other, key)) {
            keys[..=place].rotate_right(1);
        }
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
        lock(&self.keys).first()?.expires_at()
    }

    /// Of the key in use alone: of two, the other one is on its way out.
    fn remind(&self) {
        let first = lock(&self.keys).first().cloned();
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
                *lock(&self.keys) = keys;
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

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether Maskinporten can find the key.
pub(crate) fn identified(key: &(impl DynSigner + ?Sized)) -> bool {
    key.kid().is_some_and(|kid| !kid.trim().is_empty()) || !key.certificates().is_empty()
}

#[cfg(test)]
mod tests;
