//! Tokens that outlive the process, for command-line tools.

mod entry;
mod fingerprint;
mod folder;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use self::entry::Entry;
use self::folder::Folder;
use crate::error::{Error, ErrorKind};
use crate::exchanged::Exchanged;
use crate::provider::TokenProvider;
use crate::request::TokenRequest;
use crate::token::AltinnToken;

/// Keeps tokens in a folder, so that a command that is run again and again does not fetch one each time.
///
/// It is for command-line tools, and off unless given to
/// [`CredentialsBuilder::disk_cache`](crate::CredentialsBuilder::disk_cache): a service that runs on has nothing from
/// it, and whoever can read the files can use the tokens for half an hour. On Unix only their owner can: the folder has
/// the mode 0700 and the files 0600, from the moment they are made, and others are neither read nor written.
///
/// Tokens are told apart by everything that makes them different: environment, client, key and request. What can't be
/// read, is damaged, or has less than a minute left counts as absent.
#[derive(Debug, Clone)]
pub struct DiskCache {
    folder: Folder,
}

impl DiskCache {
    /// In the user's own folder for such things: below `XDG_RUNTIME_DIR`, `XDG_CACHE_HOME`, `LOCALAPPDATA`, or
    /// `.cache` in `HOME`, the first of them that is set.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] when none is set, and as for [`at`](Self::at).
    pub fn for_user() -> Result<Self, Error> {
        let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let base = variable("XDG_RUNTIME_DIR")
            .or_else(|| variable("XDG_CACHE_HOME"))
            .or_else(|| variable("LOCALAPPDATA"))
            .or_else(|| Some(variable("HOME")?.join(".cache")));
        match base {
            Some(base) => Self::at(base.join("altinn-auth")),
            None => Err(Error::of(ErrorKind::Config, "the user has no folder for a token cache").into()),
        }
    }

    /// In a folder of your choice, which is made if it is absent.
    ///
    /// `path`: of a folder for this alone.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] when it can't be made, is a link, or belongs to someone else or is open to others.
    pub fn at(path: impl Into<PathBuf>) -> Result<Self, Error> {
        Ok(Self { folder: Folder::open(path.into())? })
    }
}

/// Credentials' source with a folder in front of it.
#[derive(Debug)]
pub(crate) struct Stored {
    folder: Folder,
    source: Exchanged,
    /// What came out of the folder, to not give it out twice: who asks again has seen it refused, or grow old.
    given: Mutex<HashMap<String, AltinnToken>>,
}

impl Stored {
    pub(crate) fn new(cache: DiskCache, source: Exchanged) -> Self {
        Self { folder: cache.folder, source, given: Mutex::default() }
    }

    fn load(&self, name: &str) -> Option<AltinnToken> {
        let token = Entry::read(&self.folder.read(name)?)?;
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        if given.get(name).is_some_and(|given| given.expose() == token.expose()) {
            return None;
        }
        given.insert(name.to_owned(), token.clone());
        Some(token)
    }
}

impl TokenProvider for Stored {
    /// The files are small, and read once in half an hour: not worth a thread.
    async fn fetch(&self, request: &TokenRequest) -> Result<AltinnToken, Error> {
        let name = fingerprint::of(&self.source.identity(), request);
        if let Some(token) = self.load(&name) {
            return Ok(token);
        }
        let token = self.source.fetch(request).await?;
        let saved = Entry::write(&token).map(|text| self.folder.write(&name, &text));
        if let Some(Err(error)) = saved {
            // The token is good all the same.
            tracing::warn!(%error, "the token can't be kept on disk");
        }
        Ok(token)
    }

    fn revision(&self) -> u64 {
        self.source.revision()
    }
}
