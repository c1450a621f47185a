//! Why there is no token.

mod asked;
mod builder;
mod display;
mod kind;
mod scrub;
mod service;

use std::borrow::Cow;
use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;

pub use kind::{ErrorKind, Leg, Retry};

pub(crate) use asked::Asked;
pub(crate) use builder::Builder;
pub(crate) use scrub::scrub;
pub(crate) use service::Service;

/// Why there is no token.
///
/// `Display` is one line with the server's own words, who asked where, the likely cause and the fix.
///
/// | question | answer |
/// | --- | --- |
/// | what can be done? | [`kind`](Self::kind) for programs, [`advice`](Self::advice) for people |
/// | may I try again, and when? | [`retry`](Self::retry), [`is_transient`](Self::is_transient), [`retry_after`](Self::retry_after) |
/// | what did the server say? | [`status`](Self::status), [`code`](Self::code), [`oauth_error`](Self::oauth_error), [`description`](Self::description), [`trace_id`](Self::trace_id) |
/// | who asked for what, and where? | [`client_id`](Self::client_id), [`kid`](Self::kid), [`scopes`](Self::scopes), [`endpoint`](Self::endpoint) |
///
/// Neither `Display` nor `Debug` ever holds a token, a grant, a key or a person number, or says on whose behalf was asked:
/// texts from servers are shortened and cleaned first.
///
/// Cheap to clone, because callers that waited for the same token get the same error.
#[derive(Clone)]
pub struct Error(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    leg: Option<Leg>,
    message: Cow<'static, str>,
    advice: Cow<'static, str>,
    status: Option<StatusCode>,
    code: Option<String>,
    oauth_error: Option<String>,
    description: Option<String>,
    trace_id: Option<String>,
    missing_scopes: Vec<String>,
    clock_skew: Option<i64>,
    asked: Asked,
    retry: Retry,
    retry_after: Option<Duration>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    pub(crate) fn of(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Builder {
        Builder::new(kind, message.into())
    }

    /// An error of your own [`TokenProvider`](crate::TokenProvider), of kind [`ErrorKind::Provider`].
    ///
    /// * `source`: what went wrong. Keep secrets out of its `Debug` and `Display`.
    /// * `transient`: whether trying again later may help.
    pub fn provider(source: impl StdError + Send + Sync + 'static, transient: bool) -> Self {
        Self::of(ErrorKind::Provider, "the token provider failed")
            .retry(if transient { Retry::AfterPause } else { Retry::Never })
            .source(source)
            .build()
    }

    /// An error of your own [`Signer`](crate::Signer), of kind [`ErrorKind::Key`].
    ///
    /// * `source`: what went wrong. Keep secrets out of its `Debug` and `Display`.
    /// * `transient`: whether trying again after a pause may help.
    pub fn signer(source: impl StdError + Send + Sync + 'static, transient: bool) -> Self {
        Self::of(ErrorKind::Key, "the signer failed")
            .leg(Leg::Maskinporten)
            .retry(if transient { Retry::AfterPause } else { Retry::Never })
            .source(source)
            .build()
    }

    /// What went wrong, by what can be done about it.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The step that failed; `None` when it came to no call.
    pub fn leg(&self) -> Option<Leg> {
        self.0.leg
    }

    /// The status of the server's answer, if there was one.
    pub fn status(&self) -> Option<StatusCode> {
        self.0.status
    }

    /// Maskinporten's error code, such as `MP-200`. Maskinporten gives none for some failures.
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// The `error` member of Maskinporten's answer, such as `invalid_scope`.
    pub fn oauth_error(&self) -> Option<&str> {
        self.0.oauth_error.as_deref()
    }

    /// The server's own words: at most 200 characters, without trace id, and cleaned of anything like a token.
    pub fn description(&self) -> Option<&str> {
        self.0.description.as_deref()
    }

    /// The server's trace id, which its support asks for.
    pub fn trace_id(&self) -> Option<&str> {
        self.0.trace_id.as_deref()
    }

    /// The scopes that are needed and were not granted. Empty for other kinds than [`ErrorKind::ScopeNotGranted`],
    /// and when the server did not say which.
    pub fn missing_scopes(&self) -> &[String] {
        &self.0.missing_scopes
    }

    /// How many seconds this computer's clock is ahead of the server's (negative: behind), measured from the `Date`
    /// of its answer. `None` when there was none, or the difference is below three seconds, which a measurement in
    /// whole seconds can't tell from a slow network.
    pub fn clock_skew(&self) -> Option<i64> {
        self.0.clock_skew
    }

    /// The likely cause and what to do about it. Empty when there is nothing to add to the message.
    pub fn advice(&self) -> &str {
        &self.0.advice
    }

    /// The client that asked. `None` when it came to no call, and where another has the client, as a token sidecar.
    pub fn client_id(&self) -> Option<&str> {
        self.0.asked.client_id()
    }

    /// The id of the key that the grant was signed with, where it has one.
    pub fn kid(&self) -> Option<&str> {
        self.0.asked.kid()
    }

    /// The scopes that were asked for. Empty when it came to no call.
    pub fn scopes(&self) -> &[String] {
        self.0.asked.scopes()
    }

    /// The address that was to be asked, which tells one environment from another. Without its query.
    pub fn endpoint(&self) -> Option<&str> {
        self.0.asked.endpoint()
    }

    /// Whether the same may succeed later, without anything being changed.
    pub fn is_transient(&self) -> bool {
        matches!(self.0.retry, Retry::AfterPause | Retry::WithNewToken)
    }

    /// Whether trying again may help, and what it takes.
    pub fn retry(&self) -> Retry {
        self.0.retry
    }

    /// For how long the server asked not to be asked again, counted from its answer. `None` when it said nothing of it.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Whether the host is to blame, whoever asks it: it can't be reached, is down, or asks to wait.
    pub(crate) fn is_of_host(&self) -> bool {
        let by_host = match self.0.kind {
            ErrorKind::Transport | ErrorKind::Maskinporten => true,
            // The exchange says 500 to a token that it can't read, which another client's is not.
            ErrorKind::Exchange => self.0.status != Some(StatusCode::INTERNAL_SERVER_ERROR),
            _ => false,
        };
        by_host && self.0.retry == Retry::AfterPause
    }

    /// Adds who asked for what. Left out where a caller holds the same error already, as a signer may with its own.
    pub(crate) fn with_asked(mut self, asked: impl FnOnce() -> Asked) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.0) {
            inner.asked = asked();
        }
        self
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests;
