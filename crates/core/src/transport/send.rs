use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use reqwest_middleware::ClientWithMiddleware;
use serde::de::DeserializeOwned;
use tokio::time::Instant;
use tracing::Instrument;
use url::Url;

use super::answer::Answer;
use super::attempt::Fault;
use super::progress::Progress;
use super::read;
use super::spec::{RequestBody, RequestSpec};
use crate::error::MAX_BODY;
use crate::retry::{Backoff, RetryBudget, RetryPolicy};
use crate::{Error, ErrorKind};

/// Sends request descriptions to one service and reads its answers. Cheap to clone; clones share connections and the
/// limit on retries.
#[derive(Debug, Clone)]
pub struct Transport {
    http: ClientWithMiddleware,
    base: Url,
    retry: RetryPolicy,
    budget: Arc<RetryBudget>,
    idle: Duration,
}

/// After how long without progress an attempt is given up.
const IDLE: Duration = Duration::from_secs(60);

impl Transport {
    /// To the service below `base`, through `http` with all its layers.
    pub fn new(http: ClientWithMiddleware, base: Url, retry: RetryPolicy) -> Self {
        Self { http, base, retry, budget: Arc::default(), idle: IDLE }
    }

    /// Gives an attempt up after this long without progress: no byte sent, none received. Default 60 s.
    #[must_use]
    pub fn idle_timeout(mut self, idle: Duration) -> Self {
        self.idle = idle;
        self
    }

    /// With another policy, as for one call of many.
    #[must_use]
    pub fn retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
        self
    }

    /// Sends, and reads the answer as JSON.
    ///
    /// # Errors
    /// Any kind of [`Error`]; [`ErrorKind::Decode`] when the answer is not what it should be.
    pub async fn json<T: DeserializeOwned>(&self, spec: &RequestSpec) -> Result<T, Error> {
        self.answer(spec).await?.json()
    }

    /// Sends, and reads the answer's body whole.
    ///
    /// # Errors
    /// Any kind of [`Error`] but [`ErrorKind::Decode`].
    pub async fn answer(&self, spec: &RequestSpec) -> Result<Answer, Error> {
        let read = async |mut answer: reqwest::Response, progress: Progress| {
            let (status, headers) = (answer.status(), std::mem::take(answer.headers_mut()));
            let body = read::whole(answer, &progress, self.idle).await?;
            Ok((status, headers, body))
        };
        let ((status, headers, body), call) = self.run(spec, read).await?;
        let Call { target, attempts, elapsed } = call;
        Ok(Answer { operation: spec.operation, target, attempts, elapsed, status, headers, body })
    }

    /// Sends, and hands each attempt's answer to `receive` as its content arrives. Should the content break off,
    /// the attempt counts as failed, and `receive` gets the next answer from its beginning.
    ///
    /// # Errors
    /// Any kind of [`Error`].
    pub async fn download<T, F, Fut>(&self, spec: &RequestSpec, receive: F) -> Result<T, Error>
    where
        F: Fn(read::Download) -> Fut,
        Fut: Future<Output = Result<T, read::DownloadError>>,
    {
        let read = |answer, _| {
            let received = receive(read::Download::new(spec.operation, answer, self.idle));
            async { received.await.map_err(read::DownloadError::into_fault) }
        };
        self.run(spec, read).await.map(|(received, _)| received)
    }

    async fn run<T, F, Fut>(&self, spec: &RequestSpec, read: F) -> Result<(T, Call), Error>
    where
        F: Fn(reqwest::Response, Progress) -> Fut,
        Fut: Future<Output = Result<T, Fault>>,
    {
        let url = spec.url(&self.base)?;
        let begun = Instant::now();
        let mut backoff = Backoff::new(&self.retry);
        let mut renewed = false;
        let mut reached = false;
        let mut attempts = 0;
        loop {
            attempts += 1;
            let span =
                tracing::debug_span!("altinn", otel.name = spec.operation, op = spec.operation, attempt = attempts);
            let fault = match self.attempt(spec, &url, &read).instrument(span).await {
                Ok(value) => {
                    self.budget.success();
                    let target = url.path().to_owned();
                    return Ok((value, Call { target, attempts, elapsed: begun.elapsed() }));
                }
                Err(fault) => fault,
            };
            // What an earlier attempt may have done stays done, whatever the last one met.
            reached |= fault.reached;
            // The authentication layer has dropped the refused token. It repeats the request itself where it can
            // copy the body; a body that is rebuilt for each attempt it can't copy.
            if fault.kind == ErrorKind::Unauthorized && !renewed && rebuilt_per_attempt(&spec.body) {
                renewed = true;
                continue;
            }
            let wait = self.wait(spec, &fault, attempts, begun, &mut backoff);
            tracing::debug!(op = spec.operation, attempt = attempts, kind = ?fault.kind, ?wait, "attempt failed");
            match wait {
                Some(wait) => tokio::time::sleep(wait).await,
                None => {
                    let target = url.path().to_owned();
                    let error = fault.into_error(spec.operation).with_reached(reached);
                    return Err(error.with_call(target, attempts, begun.elapsed()));
                }
            }
        }
    }

    /// How long to wait before the next attempt; `None` if there is to be none.
    fn wait(
        &self,
        spec: &RequestSpec,
        fault: &Fault,
        attempts: u32,
        begun: Instant,
        backoff: &mut Backoff,
    ) -> Option<Duration> {
        let fresh = match &spec.body {
            RequestBody::Payload(payload) => payload.is_fresh(),
            RequestBody::Empty | RequestBody::Json(_) => true,
        };
        if attempts > self.retry.max_retries || !fresh || !fault.worth_repeating(spec.repeatable) {
            return None;
        }
        let wait = backoff.next().max(fault.retry_after.unwrap_or_default());
        let in_time = begun.elapsed() + wait < self.retry.budget;
        (in_time && self.budget.take()).then_some(wait)
    }

    async fn attempt<T, F, Fut>(&self, spec: &RequestSpec, url: &Url, read: &F) -> Result<T, Fault>
    where
        F: Fn(reqwest::Response, Progress) -> Fut,
        Fut: Future<Output = Result<T, Fault>>,
    {
        let progress = Progress::start();
        let mut request = self.http.request(spec.method.clone(), url.clone()).headers(spec.headers.clone());
        request = match &spec.body {
            RequestBody::Empty => request,
            RequestBody::Json(json) => request.body(json.clone()),
            RequestBody::Payload(payload) => request.body(payload.open(&progress).await.map_err(Fault::payload)?),
        };
        let sent = progress.watch(self.idle, request.send()).await;
        let answer = sent.ok_or_else(|| Fault::timeout(self.idle))?.map_err(Fault::broken)?;
        let status = answer.status();
        tracing::debug!(status = status.as_u16(), "answered");
        if status.is_success() {
            return read(answer, progress).await;
        }
        Err(self.refusal(spec, status, answer, &progress).await)
    }

    async fn refusal(
        &self,
        spec: &RequestSpec,
        status: StatusCode,
        answer: reqwest::Response,
        progress: &Progress,
    ) -> Fault {
        let headers = answer.headers().clone();
        match read::bounded(answer, MAX_BODY, progress, self.idle).await {
            Ok(body) => Fault::refused(status, &headers, &body, spec.judge),
            // A 404 may be true, or a passing fault of the service: only its explanation tells.
            Err(broken) if status == StatusCode::NOT_FOUND => broken,
            // Any other status counts even if its explanation breaks off.
            Err(_) => Fault::refused(status, &headers, &[], spec.judge),
        }
    }
}

/// What is known of a call beside its answer.
struct Call {
    target: String,
    attempts: u32,
    elapsed: Duration,
}

fn rebuilt_per_attempt(body: &RequestBody) -> bool {
    matches!(body, RequestBody::Payload(payload) if payload.is_fresh())
}
