use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use http::{HeaderMap, StatusCode};

use super::Operation;
use super::report::Head;
use super::spec::{ByScope, RequestSpec, Verdict};
use crate::environment::is_loopback;
use crate::error::{Problem, ScopeCheck};
use crate::payload::PayloadError;
use crate::retry::retry_after;
use crate::{CredentialFailure, Error, ErrorKind, TokenScopes};

type Source = Box<dyn StdError + Send + Sync>;

/// How one attempt failed.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) kind: ErrorKind,
    /// The service may have acted on it.
    pub(super) reached: bool,
    /// Trying again may help.
    pub(super) passing: bool,
    pub(super) retry_after: Option<Duration>,
    /// The answer's, if one came.
    head: Option<Head>,
    problem: Problem,
    may_pass: bool,
    advice: Option<&'static str>,
    by_scope: Option<ByScope>,
    scope: Option<ScopeCheck>,
    detail: Option<String>,
    source: Option<Source>,
}

impl Fault {
    fn new(kind: ErrorKind, reached: bool, passing: bool) -> Self {
        Self {
            kind,
            reached,
            passing,
            retry_after: None,
            head: None,
            problem: Problem::default(),
            may_pass: false,
            advice: None,
            by_scope: None,
            scope: None,
            detail: None,
            source: None,
        }
    }

    pub(super) fn detail(kind: ErrorKind, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..Self::new(kind, true, false) }
    }

    pub(super) fn io(detail: impl Into<String>, source: io::Error) -> Self {
        Self { detail: Some(detail.into()), source: Some(source.into()), ..Self::new(ErrorKind::Io, true, false) }
    }

    /// Fewer bytes came than were announced: the transfer broke, so it is worth another try.
    pub(super) fn incomplete(detail: String) -> Self {
        Self { detail: Some(detail), ..Self::new(ErrorKind::Integrity, true, true) }
    }

    pub(super) fn timeout(idle: Duration) -> Self {
        Self {
            detail: Some(format!("nothing happened for {} s", idle.as_secs())),
            ..Self::new(ErrorKind::Timeout, true, true)
        }
    }

    pub(super) fn payload(error: PayloadError) -> Self {
        Self { source: Some(error.into()), ..Self::new(ErrorKind::PayloadSource, false, false) }
    }

    /// From an answer that is no success.
    pub(super) fn refused(
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
        judge: fn(StatusCode, Option<&str>) -> Verdict,
    ) -> Self {
        let problem = Problem::read(body);
        let verdict = judge(status, problem.message());
        let by_status = matches!(status.as_u16(), 408 | 429 | 499 | 500 | 502 | 503 | 504);
        let passing = verdict.passing.unwrap_or(by_status);
        let kind = match status.as_u16() {
            401 => ErrorKind::Unauthorized,
            429 => ErrorKind::RateLimited,
            _ if passing => ErrorKind::Server,
            403 => ErrorKind::Forbidden,
            404 | 410 => ErrorKind::NotFound,
            409 => ErrorKind::Conflict,
            400 | 405 | 413 | 415 | 422 => ErrorKind::Rejected,
            500..=599 => ErrorKind::Server,
            _ => ErrorKind::UnexpectedStatus,
        };
        // A refusal (4xx) comes before the service acts; a fault may come after it has written.
        let reached = kind == ErrorKind::Server || status.is_success();
        Self {
            retry_after: retry_after(headers, jiff::Timestamp::now()),
            head: Some(Head::new(status, headers)),
            problem,
            may_pass: verdict.may_pass,
            advice: verdict.advice,
            by_scope: verdict.by_scope,
            ..Self::new(kind, reached, passing)
        }
    }

    /// Holds a refusal against the scopes of the token, where they are known.
    pub(super) fn of_token(self, scopes: Option<&TokenScopes>, spec: &RequestSpec) -> Self {
        let refused = matches!(self.kind, ErrorKind::Unauthorized | ErrorKind::Forbidden);
        let Some(scopes) = scopes.filter(|_| refused) else { return self };
        let check = ScopeCheck { scope: spec.scope, held: scopes.allow(spec.scope) };
        let advice = self.by_scope.map(|by| if check.held { by.has } else { by.lacks });
        Self { scope: Some(check), advice: advice.or(self.advice), ..self }
    }

    /// The answer's status, if one came.
    pub(super) fn status(&self) -> Option<StatusCode> {
        self.head.as_ref().map(|head| head.status)
    }

    /// The service's own id of the request, if it stands in the explanation.
    pub(super) fn trace_id(&self) -> Option<&str> {
        self.problem.trace_id()
    }

    /// Of an answer whose head was good, and whose content was not.
    pub(super) fn after(self, head: Head) -> Self {
        Self { head: Some(head), ..self }
    }

    /// From a request that got no answer, or whose answer broke off.
    pub(super) fn broken(error: reqwest_middleware::Error) -> Self {
        match error {
            reqwest_middleware::Error::Reqwest(error) => Self::from_reqwest(error),
            reqwest_middleware::Error::Middleware(error) => match error.downcast::<CredentialFailure>() {
                Ok(failure) => Self {
                    passing: failure.is_transient(),
                    retry_after: failure.retry_after(),
                    source: Some(failure.into_source()),
                    ..Self::new(ErrorKind::Credential, false, false)
                },
                Err(error) => match error.downcast::<reqwest::Error>() {
                    Ok(error) => Self::from_reqwest(error),
                    Err(error) => Self { source: Some(error.into()), ..Self::new(ErrorKind::Layer, true, false) },
                },
            },
        }
    }

    pub(super) fn from_reqwest(error: reqwest::Error) -> Self {
        let nearby = error.url().is_some_and(is_loopback);
        // The address may hold a party id or a search text.
        let error = error.without_url();
        if cause::<PayloadError>(&error).is_some() {
            return Self { source: Some(error.into()), ..Self::new(ErrorKind::PayloadSource, true, false) };
        }
        let (kind, reached, passing) = if error.is_builder() {
            (ErrorKind::Config, false, false)
        } else if error.is_connect() {
            (ErrorKind::Connect, false, true)
        } else if error.is_timeout() {
            (ErrorKind::Timeout, true, true)
        } else {
            (ErrorKind::Transport, true, true)
        };
        let refused = |io: &io::Error| io.kind() == io::ErrorKind::ConnectionRefused;
        let nobody = kind == ErrorKind::Connect && nearby && cause::<io::Error>(&error).is_some_and(refused);
        let advice =
            nobody.then_some("nothing listens at this address on this computer: is it running, and on this port?");
        Self { source: Some(error.into()), advice, ..Self::new(kind, reached, passing) }
    }

    /// Whether another attempt is right for an operation that is, or is not, harmless to repeat.
    ///
    /// Inside auth everything that passes has been retried already, so a missing token is final here.
    pub(super) fn worth_repeating(&self, repeatable: bool) -> bool {
        self.passing
            && self.kind != ErrorKind::Credential
            && (repeatable || !self.reached || self.kind == ErrorKind::RateLimited)
    }

    pub(super) fn into_error(self, operation: Operation) -> Error {
        let mut error = Error::new(self.kind, operation)
            .with_transient(self.passing)
            .with_reached(self.reached)
            .with_problem(self.problem)
            .with_may_pass(self.may_pass)
            .with_retry_after(self.retry_after)
            .with_advice(self.advice)
            .with_scope(self.scope);
        if let Some(head) = self.head {
            error = error.with_answer(head.status, head.request_id);
        }
        if let Some(detail) = self.detail {
            error = error.with_detail(detail);
        }
        match self.source {
            Some(source) => error.with_source(source),
            None => error,
        }
    }
}

/// The first error of this type in the chain.
fn cause<'e, E: StdError + 'static>(error: &'e (dyn StdError + 'static)) -> Option<&'e E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}
