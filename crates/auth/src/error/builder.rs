use std::borrow::Cow;
use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;

use super::{Asked, Error, ErrorKind, Inner, Leg, Retry, scrub};

/// Puts an [`Error`] together; every text from outside passes [`scrub`] here.
pub(crate) struct Builder(Inner);

impl Builder {
    pub(super) fn new(kind: ErrorKind, message: Cow<'static, str>) -> Self {
        Self(Inner {
            kind,
            leg: None,
            message,
            advice: Cow::Borrowed(""),
            status: None,
            code: None,
            oauth_error: None,
            description: None,
            trace_id: None,
            missing_scopes: Vec::new(),
            clock_skew: None,
            asked: Asked::default(),
            retry: Retry::Never,
            retry_after: None,
            source: None,
        })
    }

    /// In place of the message that it was made with.
    pub(crate) fn message(mut self, message: impl Into<Cow<'static, str>>) -> Self {
        self.0.message = message.into();
        self
    }

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
