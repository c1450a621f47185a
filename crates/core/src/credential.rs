use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

/// Why a request got no token. The way an authentication layer tells the transport what went wrong.
///
/// A middleware can only fail with an opaque error. A layer that wraps its own error in this one is recognised, and
/// its failure becomes [`ErrorKind::Credential`](crate::ErrorKind::Credential) with the layer's error as its
/// [`credential_error`](crate::Error::credential_error).
#[derive(Debug)]
pub struct CredentialFailure {
    transient: bool,
    retry_after: Option<Duration>,
    source: Box<dyn StdError + Send + Sync>,
}

impl CredentialFailure {
    /// Wraps a layer's own error. `transient` says whether trying again later may help.
    pub fn new(source: impl StdError + Send + Sync + 'static, transient: bool) -> Self {
        Self { transient, retry_after: None, source: Box::new(source) }
    }

    /// With how long whoever gives out tokens asked not to be asked again.
    #[must_use]
    pub fn with_retry_after(mut self, wait: Option<Duration>) -> Self {
        self.retry_after = wait;
        self
    }

    /// Whether trying again later may help.
    pub fn is_transient(&self) -> bool {
        self.transient
    }

    /// How long to wait before that. `None` when nobody said.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    pub(crate) fn into_source(self) -> Box<dyn StdError + Send + Sync> {
        self.source
    }
}

impl fmt::Display for CredentialFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no token could be had for the request")
    }
}

impl StdError for CredentialFailure {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(self.source.as_ref())
    }
}
