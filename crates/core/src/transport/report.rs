use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, StatusCode};
use tracing::Span;

use crate::error::scrub;
use crate::{Error, ErrorKind};

/// What is known of an answer beside its content.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) status: StatusCode,
    pub(super) request_id: Option<String>,
}

/// Under which names gateways and services send the id that they log a request with. Storage itself sends none with a
/// good answer; what stands in front of it may.
const REQUEST_ID: [&str; 3] = ["x-request-id", "request-id", "x-correlation-id"];
/// How much of an id is kept, in characters.
const MAX_ID: usize = 200;

impl Head {
    pub(super) fn new(status: StatusCode, headers: &HeaderMap) -> Self {
        let id = REQUEST_ID.into_iter().find_map(|name| headers.get(name)?.to_str().ok());
        let request_id = id.filter(|id| !id.is_empty()).map(|id| scrub(id).chars().take(MAX_ID).collect());
        Self { status, request_id }
    }

    pub(super) fn record_in(&self, span: &Span) {
        span.record("status", self.status.as_u16());
        if let Some(id) = &self.request_id {
            span.record("request_id", id.as_str());
        }
    }
}

/// A call that succeeded, beside its answer's content.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) operation: &'static str,
    pub(super) target: String,
    pub(super) head: Head,
    pub(super) attempts: u32,
    pub(super) elapsed: Duration,
}

/// How a call ended: what an [observer](super::Transport::observed) gets.
///
/// It holds nothing of what was sent or came, but the path with the ids in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallReport {
    operation: &'static str,
    target: String,
    status: Option<StatusCode>,
    request_id: Option<String>,
    attempts: u32,
    elapsed: Duration,
    error_kind: Option<ErrorKind>,
}

impl CallReport {
    fn succeeded(call: &Call) -> Self {
        Self {
            operation: call.operation,
            target: call.target.clone(),
            status: Some(call.head.status),
            request_id: call.head.request_id.clone(),
            attempts: call.attempts,
            elapsed: call.elapsed,
            error_kind: None,
        }
    }

    fn failed(error: &Error) -> Self {
        Self {
            operation: error.operation(),
            target: error.target().unwrap_or_default().to_owned(),
            status: error.status(),
            request_id: error.request_id().map(str::to_owned),
            attempts: error.attempts(),
            elapsed: error.elapsed(),
            error_kind: Some(error.kind()),
        }
    }

    /// The operation, named after the client's method: `instances.list`, `data.upload` …
    pub fn operation(&self) -> &'static str {
        self.operation
    }

    /// The path that was called, without host and query.
    pub fn target(&self) -> &str {
        &self.target
    }

    /// The status of the last answer; `None` where none came.
    pub fn status(&self) -> Option<StatusCode> {
        self.status
    }

    /// The id under which the service has logged the last attempt, to quote in a support case. See
    /// [`Error::request_id`].
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// How many times the call was sent.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// How long the call took with all its attempts and waits.
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// Why it failed; `None` where it succeeded.
    pub fn error_kind(&self) -> Option<ErrorKind> {
        self.error_kind
    }
}

type Observer = dyn Fn(&CallReport) + Send + Sync;

/// Who is told how calls end.
#[derive(Clone, Default)]
pub(super) struct Observers(Option<Arc<Observer>>);

impl Observers {
    /// Those, and then `last`.
    pub(super) fn and(self, last: impl Fn(&CallReport) + Send + Sync + 'static) -> Self {
        Self(Some(match self.0 {
            Some(first) => Arc::new(move |report: &CallReport| {
                first(report);
                last(report);
            }),
            None => Arc::new(last),
        }))
    }

    pub(super) fn succeeded(&self, call: &Call) {
        if let Some(observer) = &self.0 {
            observer(&CallReport::succeeded(call));
        }
    }

    pub(super) fn failed(&self, error: &Error) {
        if let Some(observer) = &self.0 {
            observer(&CallReport::failed(error));
        }
    }
}

impl fmt::Debug for Observers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Some(_)" } else { "None" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(name: &'static str, value: &'static str) -> Option<String> {
        let headers = HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())]);
        Head::new(StatusCode::OK, &headers).request_id
    }

    #[test]
    fn an_id_is_read_under_any_of_its_names_bounded_and_scrubbed() {
        for name in REQUEST_ID {
            assert_eq!(id(name, "0HN7:00000001").as_deref(), Some("0HN7:00000001"));
        }
        assert_eq!(id("request-context", "appId="), None);
        assert_eq!(id("x-request-id", ""), None);
        assert_eq!(id("x-request-id", "for 01039012345").as_deref(), Some("for [redacted]"));
        let long: &'static str = "a".repeat(5_000).leak();
        assert_eq!(id("x-request-id", long).unwrap().len(), MAX_ID);
    }
}
