//! Why there is no token.

mod kind;
mod scrub;

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;

pub use kind::{ErrorKind, Leg};

pub(crate) use kind::Retry;
pub(crate) use scrub::scrub;

/// Why there is no token.
///
/// [`kind`](Self::kind) says what can be done; the accessors give what the server said. `Display` is one line with
/// the server's own words, the likely cause and the fix. Neither it nor `Debug` ever holds a token, a grant, a key or
/// a person number: texts from servers are shortened and cleaned of them first.
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
    retry: Retry,
    retry_after: Option<Duration>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    pub(crate) fn of(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Builder {
        Builder(Inner {
            kind,
            leg: None,
            message: message.into(),
            advice: Cow::Borrowed(""),
            status: None,
            code: None,
            oauth_error: None,
            description: None,
            trace_id: None,
            missing_scopes: Vec::new(),
            clock_skew: None,
            retry: Retry::Never,
            retry_after: None,
            source: None,
        })
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

    /// The server's own words: at most 300 characters, without trace id, and cleaned of anything like a token.
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

    /// Whether trying again later may help.
    pub fn is_transient(&self) -> bool {
        matches!(self.0.retry, Retry::AfterPause | Retry::WithNewToken)
    }

    /// Whether the host is to blame, whoever asks it: it can't be reached, is down, or asks to wait.
    pub(crate) fn is_of_host(&self) -> bool {
        let by_host = matches!(self.0.kind, ErrorKind::Transport | ErrorKind::Maskinporten | ErrorKind::Exchange);
        by_host && self.0.retry == Retry::AfterPause
    }

    pub(crate) fn retry(&self) -> Retry {
        self.0.retry
    }

    pub(crate) fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.0;
        f.write_str(&inner.message)?;
        let known = [inner.status.as_ref().map(StatusCode::as_str), self.oauth_error(), self.code()];
        let mut separator = " (";
        for part in known.into_iter().flatten() {
            write!(f, "{separator}{part}")?;
            separator = ", ";
        }
        if separator == ", " {
            f.write_str(")")?;
        }
        if let Some(description) = &inner.description {
            write!(f, ": \"{description}\"")?;
        }
        if let Some(trace_id) = &inner.trace_id {
            write!(f, " [trace id {trace_id}]")?;
        }
        match inner.clock_skew {
            Some(ahead @ 1..) => write!(f, "; this computer's clock is {ahead} s ahead of the server's")?,
            Some(behind) => {
                write!(f, "; this computer's clock is {} s behind the server's", behind.unsigned_abs())?;
            }
            None => {}
        }
        if !inner.advice.is_empty() {
            write!(f, "; {}", inner.advice)?;
        }
        Ok(())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

/// Puts an [`Error`] together; every text from outside passes [`scrub`] here.
pub(crate) struct Builder(Inner);

impl Builder {
    pub(crate) fn leg(mut self, leg: Leg) -> Self {
        self.0.leg = Some(leg);
        self
    }

    pub(crate) fn advice(mut self, advice: impl Into<Cow<'static, str>>) -> Self {
        self.0.advice = advice.into();
        self
    }

    pub(crate) fn status(mut self, status: StatusCode) -> Self {
        self.0.status = Some(status);
        self
    }

    pub(crate) fn code(mut self, code: Option<&str>) -> Self {
        self.0.code = code.map(scrub);
        self
    }

    pub(crate) fn oauth_error(mut self, error: Option<&str>) -> Self {
        self.0.oauth_error = error.map(scrub);
        self
    }

    pub(crate) fn description(mut self, description: Option<&str>) -> Self {
        self.0.description = description.map(scrub).filter(|text| !text.is_empty());
        self
    }

    pub(crate) fn trace_id(mut self, trace_id: Option<&str>) -> Self {
        self.0.trace_id = trace_id.map(scrub);
        self
    }

    pub(crate) fn missing_scopes(mut self, scopes: Vec<String>) -> Self {
        self.0.missing_scopes = scopes;
        self
    }

    pub(crate) fn clock_skew(mut self, seconds: Option<i64>) -> Self {
        self.0.clock_skew = seconds;
        self
    }

    pub(crate) fn retry(mut self, retry: Retry) -> Self {
        self.0.retry = retry;
        self
    }

    pub(crate) fn retry_after(mut self, wait: Option<Duration>) -> Self {
        self.0.retry_after = wait;
        self
    }

    pub(crate) fn source(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.0.source = Some(Box::new(source));
        self
    }

    pub(crate) fn build(self) -> Error {
        Error(Arc::new(self.0))
    }
}

impl From<Builder> for Error {
    fn from(builder: Builder) -> Self {
        builder.build()
    }
}

#[cfg(test)]
mod tests;
