//! The one error of the client crates.

mod advice;
mod kind;
mod problem;
mod scrub;

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use http::StatusCode;

pub use kind::ErrorKind;
pub use problem::Problem;

pub(crate) use problem::MAX_BODY;

type Source = Box<dyn StdError + Send + Sync>;

/// Why an operation failed.
///
/// One line of `Display` says the operation, the status, the service's own words and the likely cause:
///
/// ```text
/// instances.get: 403 Forbidden: the policy of the app gives … (1 attempt)
/// ```
///
/// | question | answer |
/// | --- | --- |
/// | what kind is it? | [`kind`](Self::kind) |
/// | what did the service say? | [`status`](Self::status), [`problem`](Self::problem) |
/// | what is the likely cause, and what helps? | [`advice`](Self::advice) |
/// | may I try again? | [`is_transient`](Self::is_transient): yes, later; the built-in retries are spent |
/// | may the service have acted? | [`may_have_reached_server`](Self::may_have_reached_server) |
///
/// `Display` does not repeat [`source`](StdError::source); print the chain to see both. Neither contains a token, a
/// key, a national identity number or the body of a good answer.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    operation: &'static str,
    target: Option<String>,
    status: Option<StatusCode>,
    problem: Problem,
    detail: Option<String>,
    advice: Option<&'static str>,
    transient: bool,
    reached: bool,
    attempts: u32,
    elapsed: Duration,
    source: Option<Source>,
}

impl Error {
    /// An error of `kind` in `operation`, such as `instances.get`. For the crates that build clients.
    pub fn new(kind: ErrorKind, operation: &'static str) -> Self {
        Self(Box::new(Inner {
            kind,
            operation,
            target: None,
            status: None,
            problem: Problem::default(),
            detail: None,
            advice: None,
            transient: false,
            reached: false,
            attempts: 0,
            elapsed: Duration::ZERO,
            source: None,
        }))
    }

    /// With a sentence that says what is wrong. It must hold no secret and no personal data.
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    /// With the error that caused it.
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    pub(crate) fn with_status(mut self, status: StatusCode, problem: Problem) -> Self {
        self.0.status = Some(status);
        self.0.problem = problem;
        self
    }

    pub(crate) fn with_advice(mut self, advice: Option<&'static str>) -> Self {
        self.0.advice = advice;
        self
    }

    pub(crate) fn with_transient(mut self, transient: bool) -> Self {
        self.0.transient = transient;
        self
    }

    pub(crate) fn with_reached(mut self, reached: bool) -> Self {
        self.0.reached = reached;
        self
    }

    pub(crate) fn with_call(mut self, target: String, attempts: u32, elapsed: Duration) -> Self {
        self.0.target = Some(target);
        self.0.attempts = attempts;
        self.0.elapsed = elapsed;
        self
    }

    /// What went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The operation, named after the client's method: `instances.list`, `data.upload` …
    pub fn operation(&self) -> &'static str {
        self.0.operation
    }

    /// The path that was called, without host and query. `None` where nothing was to be sent.
    pub fn target(&self) -> Option<&str> {
        self.0.target.as_deref()
    }

    /// The status of the last answer, where there was one.
    pub fn status(&self) -> Option<StatusCode> {
        self.0.status
    }

    /// The service's own words, where there were any.
    pub fn problem(&self) -> &Problem {
        &self.0.problem
    }

    /// The likely cause, and what to do about it.
    pub fn advice(&self) -> Option<&'static str> {
        self.0.advice.or_else(|| advice::general(self.0.kind, self.0.reached))
    }

    /// Whether the same call may succeed later, without anything being changed.
    ///
    /// For a call that is not repeatable (see [`may_have_reached_server`](Self::may_have_reached_server)) look first
    /// whether it took effect.
    pub fn is_transient(&self) -> bool {
        self.0.transient
    }

    /// Whether the service may have carried the call out although it failed.
    ///
    /// Matters for calls that create something: there is no idempotency key, so sending them again may create it
    /// twice. Look for the result before you repeat such a call.
    pub fn may_have_reached_server(&self) -> bool {
        self.0.reached
    }

    /// How many times the call was sent.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// How long the call took with all its attempts and waits.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MAX_SHOWN: usize = 400;
        let inner = &self.0;
        f.write_str(inner.operation)?;
        match inner.status {
            Some(status) => write!(f, ": {status}")?,
            None => write!(f, ": {}", advice::name(inner.kind))?,
        }
        if let Some(words) = inner.problem.message() {
            let shown: String = words.chars().take(MAX_SHOWN).map(|c| if c.is_control() { ' ' } else { c }).collect();
            write!(f, ": the service says \"{shown}\"")?;
        }
        if let Some(detail) = &inner.detail {
            write!(f, ": {detail}")?;
        }
        if let Some(advice) = self.advice() {
            write!(f, "; {advice}")?;
        }
        if inner.attempts > 1 {
            write!(f, " ({} attempts in {:.1} s)", inner.attempts, inner.elapsed.as_secs_f64())?;
        }
        if let Some(trace) = inner.problem.trace_id() {
            write!(f, " [trace {trace}]")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.0;
        f.debug_struct("Error")
            .field("kind", &inner.kind)
            .field("operation", &inner.operation)
            .field("target", &inner.target)
            .field("status", &inner.status)
            .field("problem", &inner.problem)
            .field("detail", &inner.detail)
            .field("transient", &inner.transient)
            .field("may_have_reached_server", &inner.reached)
            .field("attempts", &inner.attempts)
            .field("elapsed", &inner.elapsed)
            .field("source", &inner.source)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}
