use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::{DynSigner, KeyError, SigningKey};
use crate::error::{Error, ErrorKind};

/// How often a file is looked at. It is read whole: a mounted secret is replaced by swapping a link, which neither
/// its own time nor a watch on it shows.
const CHECK_EVERY: Duration = Duration::from_secs(30);
/// A chain of certificates has some ten kilobytes.
const MAX_FILE: u64 = 1024 * 1024;

type Key = Arc<dyn DynSigner>;

/// The keys of one client: the one in use first, then those to try when Maskinporten does not know it.
#[derive(Debug)]
pub(crate) struct KeyRing {
    keys: Mutex<Vec<Key>>,
    file: Option<Mutex<KeyFile>>,
    /// Goes up when the keys are replaced.
    revision: AtomicU64,
}

impl KeyRing {
    pub(crate) fn new(keys: Vec<Key>) -> Self {
        Self { keys: Mutex::new(keys), file: None, revision: AtomicU64::new(0) }
    }

    /// Keys that are read again when the file changes.
    pub(crate) fn of_file(mut file: KeyFile) -> Result<Self, Error> {
        let keys = file.read()?.unwrap_or_default();
        Ok(Self { file: Some(Mutex::new(file)), ..Self::new(keys) })
    }

    /// The next key that is not among `tried`, and whether there is one.
    pub(crate) fn next(&self, tried: &[Key]) -> Option<Key> {
        self.look(false);
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

    /// A new file that can't be used changes nothing: the old key is good as long as Maskinporten takes it.
    fn look(&self, now: bool) {
        let Some(file) = &self.file else { return };
        let mut file = lock(file);
        if !now && file.checked.elapsed() < CHECK_EVERY {
            return;
        }
        match file.read() {
            Ok(Some(keys)) => {
                tracing::info!(path = %file.path.display(), kid = keys.first().and_then(|key| key.kid()), "new key");
                *lock(&self.keys) = keys;
                self.revision.fetch_add(1, Ordering::Release);
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "the key file has changed and can't be used; the old key stays"),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How the content of a file becomes keys.
type Decode = dyn Fn(&[u8]) -> Result<Vec<SigningKey>, KeyError> + Send + Sync;

/// A file with keys in it, and what it held last.
pub(crate) struct KeyFile {
    path: PathBuf,
    decode: Box<Decode>,
    kid: Option<String>,
    hash: Option<[u8; 32]>,
    checked: Instant,
}

impl KeyFile {
    /// A file with keys in any form.
    pub(crate) fn new(path: PathBuf) -> Self {
        Self::with(path, SigningKey::detect_all)
    }

    /// `kid`: for keys that have none of their own.
    pub(crate) fn named(self, kid: Option<String>) -> Self {
        Self { kid, ..self }
    }

    /// A PKCS#12 file, whose key Maskinporten knows by its certificates.
    #[cfg(feature = "pkcs12")]
    pub(crate) fn pkcs12(path: PathBuf, password: altinn_core::Secret) -> Self {
        Self::with(path, move |bytes| Ok(vec![SigningKey::from_pkcs12(bytes, &password)?]))
    }

    pub(crate) fn with(
        path: PathBuf,
        decode: impl Fn(&[u8]) -> Result<Vec<SigningKey>, KeyError> + Send + Sync + 'static,
    ) -> Self {
        Self { path, decode: Box::new(decode), kid: None, hash: None, checked: Instant::now() }
    }

    /// The keys, if the content is another than last time.
    fn read(&mut self) -> Result<Option<Vec<Key>>, Error> {
        self.checked = Instant::now();
        let path = self.path.display();
        let failed = || Error::of(ErrorKind::Key, format!("the key file {path} can't be used"));
        let size = std::fs::metadata(&self.path).map_err(|error| failed().source(error).build())?.len();
        if size > MAX_FILE {
            return Err(failed().advice("it is far too long for a key").into());
        }
        let bytes = Zeroizing::new(std::fs::read(&self.path).map_err(|error| failed().source(error).build())?);
        let hash = digest(&SHA256, &bytes).as_ref().try_into().ok();
        if hash == self.hash {
            return Ok(None);
        }
        // Kept for a bad file, too, so that it is complained about once.
        self.hash = hash;
        let keys = (self.decode)(&bytes).map_err(|error| failed().source(error).build())?;
        let named = |key: SigningKey| match &self.kid {
            Some(kid) if !identified(&key) => key.with_kid(kid),
            _ => key,
        };
        let keys: Vec<_> = keys.into_iter().map(named).collect();
        if keys.iter().any(|key| !identified(key)) {
            return Err(failed().advice("there is no key id (kid) in it, nor was one given beside it").into());
        }
        Ok(Some(keys.into_iter().map(|key| Arc::new(key) as Key).collect()))
    }
}

/// Whether Maskinporten can find the key.
pub(crate) fn identified(key: &(impl DynSigner + ?Sized)) -> bool {
    key.kid().is_some_and(|kid| !kid.trim().is_empty()) || !key.certificates().is_empty()
}

impl fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyFile").field("path", &self.path).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::Value;

    use super::*;

    const JWK: &str = include_str!("../../tests/keys/rsa-2048.json");

    fn named(kid: &str) -> Value {
        let mut jwk: Value = serde_json::from_str(JWK).unwrap();
        jwk["kid"] = kid.into();
        jwk
    }

    fn ring(path: &Path) -> Result<KeyRing, Error> {
        KeyRing::of_file(KeyFile::new(path.to_owned()))
    }

    fn kid(ring: &KeyRing) -> String {
        ring.next(&[]).unwrap().kid().unwrap().to_owned()
    }

    #[test]
    fn each_key_is_tried_once_and_the_good_one_comes_first() {
        let key = |kid| Arc::new(SigningKey::from_jwk(JWK).unwrap().with_kid(kid)) as Key;
        let ring = KeyRing::new(vec![key("a"), key("b"), key("c")]);
        let first = ring.next(&[]).unwrap();
        let second = ring.next(&[Arc::clone(&first)]).unwrap();
        assert_eq!((first.kid(), second.kid()), (Some("a"), Some("b")));
        ring.promote(&second);
        assert_eq!(kid(&ring), "b");
        let all: Vec<Key> = lock(&ring.keys).clone();
        assert!(ring.next(&all).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_changed_file_is_seen_after_half_a_minute_or_at_once_when_asked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, named("one").to_string()).unwrap();
        let ring = ring(&path).unwrap();
        std::fs::write(&path, named("two").to_string()).unwrap();
        assert_eq!((kid(&ring), ring.revision()), ("one".to_owned(), 0));
        tokio::time::advance(CHECK_EVERY).await;
        assert_eq!((kid(&ring), ring.revision()), ("two".to_owned(), 1));

        std::fs::write(&path, named("three").to_string()).unwrap();
        ring.reload();
        assert_eq!((kid(&ring), ring.revision()), ("three".to_owned(), 2));
        ring.reload();
        assert_eq!(ring.revision(), 2);
    }

    #[cfg(unix)]
    #[tokio::test(start_paused = true)]
    async fn a_swapped_link_is_a_changed_file() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for kid in ["one", "two"] {
            std::fs::write(at(kid), named(kid).to_string()).unwrap();
        }
        std::os::unix::fs::symlink(at("one"), at("key")).unwrap();
        let ring = ring(&at("key")).unwrap();
        std::os::unix::fs::symlink(at("two"), at("new")).unwrap();
        std::fs::rename(at("new"), at("key")).unwrap();
        tokio::time::advance(CHECK_EVERY).await;
        assert_eq!(kid(&ring), "two");
    }

    #[tokio::test(start_paused = true)]
    async fn a_bad_new_file_leaves_the_old_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, named("one").to_string()).unwrap();
        let ring = ring(&path).unwrap();
        for bad in ["", "{}", &JWK.replace("\"kid\"", "\"other\"")] {
            std::fs::write(&path, bad).unwrap();
            ring.reload();
            assert_eq!((kid(&ring), ring.revision()), ("one".to_owned(), 0));
        }
        std::fs::remove_file(&path).unwrap();
        ring.reload();
        assert_eq!(kid(&ring), "one");
    }

    #[test]
    fn a_file_that_is_bad_at_the_start_is_an_error_with_its_path() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let refused = || ring(&path).unwrap_err();
        assert!(refused().to_string().contains("key file"));
        std::fs::write(&path, "no key").unwrap();
        assert_eq!(refused().kind(), ErrorKind::Key);
        std::fs::write(&path, vec![b'x'; MAX_FILE as usize + 1]).unwrap();
        assert!(refused().to_string().contains("too long"));
    }

    #[test]
    fn all_keys_of_a_set_are_in_the_ring() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, serde_json::json!({ "keys": [named("one"), named("two")] }).to_string()).unwrap();
        let ring = ring(&path).unwrap();
        assert_eq!(lock(&ring.keys).len(), 2);
        assert_eq!(kid(&ring), "one");
    }
}
