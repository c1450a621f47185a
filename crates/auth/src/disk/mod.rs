//! Tokens that outlive the process, for command-line tools.

mod entry;
mod fingerprint;
mod folder;
mod lock;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use url::Url;

use self::entry::Entry;
use self::folder::Folder;
use crate::cache::Expiry;
use crate::error::{Error, ErrorKind};
use crate::exchanged::Exchanged;
use crate::provider::{DynProvider, TokenFuture};
use crate::request::TokenRequest;
use crate::token::AltinnToken;

/// How many tokens are remembered as given out.
const MOST_GIVEN: usize = 1000;

/// Keeps tokens in a folder, so that a command that is run again and again does not fetch one each time.
///
/// It is for command-line tools, and off unless given to
/// [`CredentialsBuilder::disk_cache`](crate::CredentialsBuilder::disk_cache): a service that runs on has nothing from
/// it, and whoever can read the files can use the tokens for half an hour. On Unix only their owner can: the folder has
/// the mode 0700 and the files 0600, from the moment they are made, and others are neither read nor written.
///
/// Tokens are told apart by everything that makes them different: environment, client, key and request. What can't be
/// read, is damaged, has less than a minute and a half left, or is a token that another platform than the environment's
/// issued counts as absent. So a custom environment in which Altinn issues tokens under another address than its
/// platform's keeps none.
///
/// # Several processes
///
/// They may share a folder. Those that find no good token at the same time make one call between them: the first locks
/// the token's name, and the others wait and then take what it has written. The system frees the lock of a process that
/// ends, and one that hangs is waited for no longer than 30 s; who does not get the lock, also because the file system has
/// none, fetches a token of its own. Different tokens don't wait for each other.
///
/// A file is replaced in one step, so that a reader has the old token or the new one, whole. A process reads a file once
/// for each token in it: it keeps what it has in memory until that grows old or is refused, and then takes what another
/// process has written since, or fetches a new token and writes that. A refused token is not taken back from the file by
/// the process that saw it refused; others find out for themselves.
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
    /// Of Altinn tokens in this environment.
    issuer: String,
    /// What was given out last, to not give it out twice: who asks again has seen it refused, or grow old.
    given: Mutex<HashMap<String, AltinnToken>>,
}

impl Stored {
    /// `platform`: the base address of the platform that issues the tokens.
    pub(crate) fn new(cache: DiskCache, source: Exchanged, platform: &Url) -> Self {
        let issuer = format!("{platform}authentication/api/v1/openid/");
        Self { folder: cache.folder, source, issuer, given: Mutex::default() }
    }

    /// Whether the token is of this environment, as far as it says: a file may have been put into the place of another.
    fn is_own(&self, token: &AltinnToken) -> bool {
        token.claims().issuer.as_ref().is_none_or(|issuer| *issuer == self.issuer)
    }

    fn load(&self, name: &str, request: &TokenRequest) -> Option<AltinnToken> {
        let token = Entry::read(&self.folder.read(name)?).filter(|token| self.is_own(token))?;
        // The cache in front would give it out once, and come back.
        if Expiry::is_over(&token) {
            return None;
        }
        self.source.check_org(request, &token).ok()?;
        self.is_new(name, &token).then_some(token)
    }

    /// Whether the token is another than the last of that name, which it becomes.
    fn is_new(&self, name: &str, token: &AltinnToken) -> bool {
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        if given.get(name).is_some_and(|given| given.expose() == token.expose()) {
            return false;
        }
        if given.len() >= MOST_GIVEN {
            // At worst a token that was refused is tried once more.
            given.clear();
        }
        given.insert(name.to_owned(), token.clone());
        true
    }

    /// The files are small, and read once in half an hour: not worth a thread.
    async fn token(&self, request: &TokenRequest) -> Result<AltinnToken, Error> {
        let name = fingerprint::of(&self.source.identity(), request);
        if let Some(token) = self.load(&name, request) {
            return Ok(token);
        }
        let _lock = self.folder.lock(&name).await;
        // Another process may have written one since.
        if let Some(token) = self.load(&name, request) {
            return Ok(token);
        }
        let token = self.source.altinn_token(request).await?;
        self.is_new(&name, &token);
        let text = Entry::write(&token).filter(|_| self.is_own(&token));
        let saved = text.map(|text| self.folder.write(&name, &text));
        if let Some(Err(error)) = saved {
            // The token is good all the same.
            tracing::warn!(%error, "the token can't be kept on disk");
        }
        Ok(token)
    }
}

impl DynProvider for Stored {
    fn fetch<'a>(&'a self, request: &'a TokenRequest) -> TokenFuture<'a> {
        Box::pin(self.token(request))
    }

    fn revision(&self) -> u64 {
        self.source.revision()
    }

    /// Maskinporten's tokens last two minutes, too short to be worth a file.
    fn exchanged(&self) -> Option<&Exchanged> {
        Some(&self.source)
    }
}
