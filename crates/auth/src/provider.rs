use std::fmt;
use std::future::Future;
use std::pin::Pin;

use crate::error::Error;
use crate::exchanged::Exchanged;
use crate::request::TokenRequest;
use crate::token::AltinnToken;

/// A source of Altinn tokens of your own: a sidecar, a test-token generator, a token handed in from elsewhere.
///
/// Give it to [`Credentials::from_provider`](crate::Credentials::from_provider). It need not cache: it is asked only
/// when a new token is needed, never twice at the same time for the same request. It does its own retries.
///
/// ```
/// use std::time::Duration;
///
/// use altinn_auth::{AltinnToken, Credentials, Error, TokenProvider, TokenRequest};
/// use altinn_core::{Environment, Read};
///
/// #[derive(Debug)]
/// struct FromFile(std::path::PathBuf);
///
/// impl TokenProvider for FromFile {
///     async fn fetch(&self, _request: &TokenRequest) -> Result<AltinnToken, Error> {
///         let text = std::fs::read_to_string(&self.0).map_err(|error| Error::provider(error, true))?;
///         AltinnToken::with_lifetime(text.trim(), Duration::from_secs(600))
///     }
/// }
///
/// let credentials: Credentials<Read> = Credentials::from_provider(Environment::local(), FromFile("token".into()));
/// ```
pub trait TokenProvider: fmt::Debug + Send + Sync + 'static {
    /// Gets a new token.
    ///
    /// `request`: what it must allow. The caller of the credentials may be dropped while this is pending; then the
    /// future is dropped, too, and the next caller starts a new one.
    ///
    /// # Errors
    /// [`Error::provider`] with your own error in it.
    fn fetch(&self, request: &TokenRequest) -> impl Future<Output = Result<AltinnToken, Error>> + Send;

    /// A number that changes when what the tokens are got with has changed, such as a key. A refusal that is
    /// remembered is forgotten then. Always 0 unless there is something to say; it must answer at once.
    fn revision(&self) -> u64 {
        0
    }
}

pub(crate) type TokenFuture<'a> = Pin<Box<dyn Future<Output = Result<AltinnToken, Error>> + Send + 'a>>;

/// The same for use behind a pointer, which a trait with `impl Future` can't stand.
pub(crate) trait DynProvider: fmt::Debug + Send + Sync {
    fn fetch<'a>(&'a self, request: &'a TokenRequest) -> TokenFuture<'a>;
    fn revision(&self) -> u64;

    /// What the tokens are exchanged from. Of the sources only those that ask Maskinporten have that.
    fn exchanged(&self) -> Option<&Exchanged> {
        None
    }
}

impl<P: TokenProvider> DynProvider for P {
    fn fetch<'a>(&'a self, request: &'a TokenRequest) -> TokenFuture<'a> {
        Box::pin(TokenProvider::fetch(self, request))
    }

    fn revision(&self) -> u64 {
        TokenProvider::revision(self)
    }
}
