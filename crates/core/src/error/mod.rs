//! The one error of the client crates.

mod advice;
mod display;
mod kind;
mod problem;
mod scope_check;
mod scrub;

use std::error::Error as StdError;
use std::time::Duration;

use http::StatusCode;

pub use display::with_causes;
pub use kind::ErrorKind;
pub use problem::Problem;
pub use scrub::scrub;

pub(crate) use problem::MAX_BODY;
pub(crate) use scope_check::ScopeCheck;

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
/// | what did the service say? | [`status`](Self::status), [`problem`](Self::problem), [`request_id`](Self::request_id) |
/// | what is the likely cause, and what helps? | [`advice`](Self::advice) |
/// | may I try again? | [`is_transient`](Self::is_transient): yes, later; the built-in retries are spent |
/// | how much later? | [`retry_after`](Self::retry_after), if the service says |
/// | is it final? | not if [`may_pass`](Self::may_pass): some faults look like a refusal |
/// | is it the token's scopes? | [`missing_scope`](Self::missing_scope) |
/// | may the service have acted? | [`may_have_reached_server`](Self::may_have_reached_server) |
/// | why is there no token? | [`credential_error`](Self::credential_error) |
///
/// `Display` does not repeat [`source`](StdError::source); `{:?}` is the same line with all causes behind it, as a `main`
/// that returns the error prints it, and `{:#?}` all that is known, by name. None contains a token, a key, a national
/// identity number or the body of a good answer.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    operation: &'static str,
    target: Option<String>,
    status: Option<StatusCode>,
    request_id: Option<String>,
    problem: Problem,
    detail: Option<String>,
    advice: Option<&'static str>,
    scope: Option<ScopeCheck>,
    transient: bool,
    may_pass: bool,
    retry_after: Option<Duration>,
    reached: bool,
    repeatable: bool,
    attempts: u32,
    elapsed: Duration,
    source: Option<Source>,
}

impl Error {
    /// An error of `kind` in `operation`: an [`Operation`](crate::transport::Operation), or a name such as
    /// `instances.get`. For the crates that build clients.
    pub fn new(kind: ErrorKind, operation: impl Into<&'static str>) -> Self {
        Self(Box::new(Inner {
            kind,
            operation: operation.into(),
            target: None,
            status: None,
            request_id: None,
            problem: Problem::default(),
            detail: None,
            advice: None,
            scope: None,
            transient: false,
            may_pass: false,
            retry_after: None,
            reached: false,
            repeatable: false,
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

    pub(crate) fn with_answer(mut self, status: StatusCode, request_id: Option<String>) -> Self {
        self.0.status = Some(status);
        self.0.request_id = request_id;
        self
    }

    pub(crate) fn with_problem(mut self, problem: Problem) -> Self {
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

    pub(crate) fn with_may_pass(mut self, may_pass: bool) -> Self {
        self.0.may_pass = may_pass;
        self
    }

    pub(crate) fn with_retry_after(mut self, wait: Option<Duration>) -> Self {
        self.0.retry_after = wait;
        self
    }

    pub(crate) fn with_scope(mut self, scope: Option<ScopeCheck>) -> Self {
        self.0.scope = scope;
        self
    }

    pub(crate) fn with_reached(mut self, reached: bool) -> Self {
        self.0.reached = reached;
        self
    }

    pub(crate) fn with_repeatable(mut self, repeatable: bool) -> Self {
        self.0.repeatable = repeatable;
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

    /// The status of the last answer, where there was one: a successful one if the content was what failed.
    pub fn status(&self) -> Option<StatusCode> {
        self.0.status
    }

    /// The id under which the service has logged the last attempt, to quote in a support case: from the answer's
    /// headers, or else the [trace id](Problem::trace_id) that it gives with an explanation.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref().or(self.0.problem.trace_id())
    }

    /// The service's own words, where there were any.
    pub fn problem(&self) -> &Problem {
        &self.0.problem
    }

    /// The likely cause, and what to do about it.
    pub fn advice(&self) -> Option<&'static str> {
        let Inner { advice, kind, reached, repeatable, scope, .. } = &*self.0;
        advice.or_else(|| advice::general(*kind, *reached && !*repeatable, scope.is_some()))
    }

    /// Whether the same call may succeed later, without anything being changed.
    ///
    /// For a call that is not repeatable (see [`may_have_reached_server`](Self::may_have_reached_server)) look first
    /// whether it took effect.
    pub fn is_transient(&self) -> bool {
        self.0.transient
    }

    /// Whether it may be gone later although it looks final: `true` for all that [is transient](Self::is_transient), and
    /// for refusals that the service answers in the same way when something behind it is out of order, as it does with
    /// a 403 when nobody can tell it what the policy allows.
    ///
    /// A program that goes through many instances leaves such a one for its next pass. If it comes every time, it is the
    /// refusal that it looks like; the [advice](Self::advice) says what to do then.
    pub fn may_pass(&self) -> bool {
        self.0.transient || self.0.may_pass
    }

    /// For how long the service asked not to be asked again, counted from its answer: for a missing token, whoever gives it
    /// out. `None` when it said nothing of it.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The scope that the call needs and its token lacks, after a 401 or 403. `None` when the token has it, and when it
    /// is not known what the token has; the error's text tells these apart.
    pub fn missing_scope(&self) -> Option<&'static str> {
        self.0.scope.filter(|check| !check.held).map(|check| check.scope)
    }

    /// Whether the service may have carried the call out although it failed.
    ///
    /// Matters for calls that create something: there is no idempotency key, so sending them again may create it
    /// twice. Look for the result before you repeat such a call.
    pub fn may_have_reached_server(&self) -> bool {
        self.0.reached
    }

    /// The error of whoever should have given out a token, for [`ErrorKind::Credential`]: `altinn_auth::Error`, unless you
    /// have a layer of your own for that. Its text is part of this error's, so that it is no [`source`](StdError::source).
    pub fn credential_error(&self) -> Option<&(dyn StdError + Send + Sync + 'static)> {
        self.0.source.as_deref().filter(|_| self.0.kind == ErrorKind::Credential)
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

impl StdError for Error {
    /// The next cause that the text does not hold: of [a missing token](Error::credential_error) what is behind its own
    /// error.
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let source = self.0.source.as_deref()?;
        if self.0.kind == ErrorKind::Credential { source.source() } else { Some(source) }
    }
}
