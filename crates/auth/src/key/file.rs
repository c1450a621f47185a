//! A file with keys in it, which may be replaced while the program runs.

use std::fmt;
use std::fs::{File, Metadata};
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_lc_rs::digest::{SHA256, digest};
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::ring::{Key, identified};
use super::{GivenKid, KeyError, SigningKey};
use crate::error::{Builder, Error, ErrorKind};

/// How often a file is looked at. It is read whole: a mounted secret is replaced by swapping a link, which neither
/// its own time nor a watch on it shows.
pub(super) const CHECK_EVERY: Duration = Duration::from_secs(30);
/// A chain of certificates has some ten kilobytes.
pub(super) const MAX_FILE: u64 = 1024 * 1024;
/// To read and to write, for group and others.
const OTHERS: u32 = 0o066;

/// How the content of a file becomes keys.
type Decode = dyn Fn(&[u8]) -> Result<Vec<SigningKey>, KeyError> + Send + Sync;

/// A file with keys in it, and what it held last.
pub(crate) struct KeyFile {
    path: PathBuf,
    decode: Box<Decode>,
    kid: Option<GivenKid>,
    /// Of the key that is in the file at first.
    expires_at: Option<SystemTime>,
    /// Whether a file that is open to others is refused.
    strict: bool,
    /// Whether there was a warning about that already.
    warned: bool,
    /// As the file was when it was last looked at, good or bad: a bad one is complained about once.
    seen: Option<Seen>,
    /// Whether that was bad by the clock alone, and may be good later.
    untimely: bool,
    /// The content that the keys in use are from.
    loaded: Option<[u8; 32]>,
    checked: Instant,
}

#[derive(Clone, Copy, PartialEq)]
struct Seen {
    hash: [u8; 32],
    mode: u32,
}

impl KeyFile {
    /// A file with keys in any form.
    pub(crate) fn new(path: PathBuf) -> Self {
        Self::with(path, SigningKey::detect_all)
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
        Self {
            path,
            decode: Box::new(decode),
            kid: None,
            expires_at: None,
            strict: false,
            warned: false,
            seen: None,
            untimely: false,
            loaded: None,
            checked: Instant::now(),
        }
    }

    pub(crate) fn named(self, kid: GivenKid) -> Self {
        Self { kid: Some(kid), ..self }
    }

    /// `expires_at`: when the key ends that is in the file at first. Those that come later have a year of their own.
    pub(crate) fn expiring(self, expires_at: Option<SystemTime>) -> Self {
        Self { expires_at, ..self }
    }

    /// `strict`: whether to refuse a file that group or others can read or change, and not only to warn.
    pub(crate) fn strict(self, strict: bool) -> Self {
        Self { strict, ..self }
    }

    pub(super) fn path(&self) -> &PathBuf {
        &self.path
    }

    /// Whether it is time to look at it again.
    pub(super) fn is_due(&self) -> bool {
        self.checked.elapsed() >= CHECK_EVERY
    }

    /// The keys, if the content is another than that of the keys in use.
    pub(super) fn read(&mut self) -> Result<Option<Vec<Key>>, Error> {
        self.checked = Instant::now();
        let (bytes, mode) = self.content()?;
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, &bytes).as_ref());
        let seen = Seen { hash, mode };
        let known = self.seen.replace(seen) == Some(seen);
        if known && !self.untimely {
            return Ok(None);
        }
        self.untimely = false;
        self.check(mode)?;
        if self.loaded == Some(hash) {
            return Ok(None);
        }
        let keys = match self.keys(&bytes) {
            // It was complained about when it came.
            Err(_) if known && self.untimely => return Ok(None),
            keys => keys?,
        };
        self.loaded = Some(hash);
        Ok(Some(keys))
    }

    /// What is in the file, and its mode. Both are of the same file, should it be replaced meanwhile.
    fn content(&self) -> Result<(Zeroizing<Vec<u8>>, u32), Error> {
        let unreadable = |error| self.failed().source(error).build();
        let too_long = || self.failed().advice("it is far too long for a key").build();
        let file = File::open(&self.path).map_err(unreadable)?;
        let metadata = file.metadata().map_err(unreadable)?;
        let length = usize::try_from(metadata.len().min(MAX_FILE)).unwrap_or_default();
        // Reserved at once: growing would leave copies of the key behind that nothing overwrites.
        let mut bytes = Zeroizing::new(Vec::with_capacity(length + 1));
        file.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        if bytes.len() as u64 > MAX_FILE {
            return Err(too_long());
        }
        Ok((bytes, mode(&metadata)))
    }

    /// Whoever can read the file can get the client's tokens; whoever can change it can have it use another key.
    fn check(&mut self, mode: u32) -> Result<(), Error> {
        if mode & OTHERS == 0 {
            return Ok(());
        }
        if self.strict {
            let advice = format!(
                "others than its owner can read or change it (mode {mode:04o}): chmod 600, or defaultMode 0400 for a \
                 mounted secret"
            );
            return Err(self.failed().advice(advice).source(KeyError::OpenToOthers { mode }).build());
        }
        if !self.warned {
            tracing::warn!(
                path = %self.path.display(),
                mode = format_args!("{mode:04o}"),
                "others than its owner can read or change the key file: chmod 600, or defaultMode 0400 for a mounted \
                 secret"
            );
            self.warned = true;
        }
        Ok(())
    }

    fn keys(&mut self, bytes: &[u8]) -> Result<Vec<Key>, Error> {
        let keys = (self.decode)(bytes).and_then(|keys| match &self.kid {
            Some(kid) => kid.apply(keys),
            None => Ok(keys),
        });
        self.untimely = matches!(keys, Err(KeyError::CertificateNotValid { .. }));
        let mut keys = keys.map_err(|error| self.failed().source(error).build())?;
        if !keys.iter().all(identified) {
            return Err(self.failed().advice("there is no key id (kid) in it, nor was one given beside it").into());
        }
        if let (Some(end), false) = (self.expires_at.take(), keys.is_empty()) {
            let first = keys.remove(0);
            keys.insert(0, first.with_expiry(end));
        }
        Ok(keys.into_iter().map(|key| Arc::new(key) as Key).collect())
    }

    fn failed(&self) -> Builder {
        Error::of(ErrorKind::Key, format!("the key file {} can't be used", self.path.display()))
    }
}

#[cfg(unix)]
fn mode(metadata: &Metadata) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o777
}

/// Elsewhere access is no matter of a mode.
#[cfg(not(unix))]
fn mode(_metadata: &Metadata) -> u32 {
    0
}

impl fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyFile").field("path", &self.path).field("strict", &self.strict).finish_non_exhaustive()
    }
}
