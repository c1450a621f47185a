use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::StatusCode;
use reqwest_middleware::ClientWithMiddleware;
use serde::de::DeserializeOwned;
use tokio::time::Instant;
use tracing::{Instrument, Span};
use url::Url;

use super::answer::Answer;
use super::attempt::Fault;
use super::attended::attended;
use super::clock::ServiceClock;
use super::progress::Progress;
use super::read;
use super::report::{Call, CallReport, Head, Observers};
use super::spec::{RequestBody, RequestSpec};
use crate::error::MAX_BODY;
use crate::retry::{Backoff, RetryBudget, RetryPolicy};
use crate::{Error, ErrorKind, Timestamp, TokenScopes};

/// Sends request descriptions to one service and reads its answers. Cheap to clone; clones share connections and the
/// limit on retries.
#[derive(Debug, Clone)]
pub struct Transport {
    http: ClientWithMiddleware,
    base: Url,
    retry: RetryPolicy,
    budget: Arc<RetryBudget>,
    idle: Duration,
    observers: Observers,
    clock: Arc<ServiceClock>,
    /// For how long calls that share a policy's budget were attended to so far.
    taken: Option<Arc<Mutex<Duration>>>,
}

/// After how long without progress an attempt is given up.
const IDLE: Duration = Duration::from_secs(60);

impl Transport {
    /// To the service below `base`, through `http` with all its layers.
    pub fn new(http: ClientWithMiddleware, base: Url, retry: RetryPolicy) -> Self {
        Self {
            http,
            base,
            retry,
            budget: Arc::default(),
            idle: IDLE,
            observers: Observers::default(),
            clock: Arc::default(),
            taken: None,
        }
    }

    /// For calls that take each other's place: from here on they share the policy's budget. Once it is used up a call is
    /// still sent, but not again.
    #[must_use]
    pub fn together(mut self) -> Self {
        self.taken = Some(Arc::default());
        self
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

    /// With somebody who is told how each call ends, after those who are told already.
    ///
    /// A call ends with its answer read or with its error, however many attempts it takes: a download when its
    /// content is received, or, where the content is passed on as it arrives, when it begins to. A call that is refused
    /// before it is sent, and one that the caller drops, is not reported.
    ///
    /// `observer` is called on the caller's task, so it must not block.
    #[must_use]
    pub fn observed(mut self, observer: impl Fn(&CallReport) + Send + Sync + 'static) -> Self {
        self.observers = self.observers.and(observer);
        self
    }

    /// The waits of somebody who asks again after a call has failed for a passing reason, as the policy has them.
    pub fn backoff(&self) -> Backoff {
        Backoff::new(&self.retry)
    }

    /// The present by the service's clock, as its last answer showed it; by this computer's as long as none came.
    pub fn service_now(&self) -> Timestamp {
        self.clock.now().into()
    }

    /// Sends, and reads the answer as JSON.
    ///
    /// # Errors
    /// Any kind of [`Error`]; [`ErrorKind::Decode`] when the answer is not what it should be.
    pub async fn json<T: DeserializeOwned>(&self, spec: &RequestSpec) -> Result<T, Error> {
        let answer = self.fetch(spec).await?;
        let read = answer.json();
        match &read {
            Ok(_) => self.observers.succeeded(&answer.call),
            Err(error) => self.observers.failed(error),
        }
        read
    }

    /// Sends, and reads the answer's body whole.
    ///
    /// # Errors
    /// Any kind of [`Error`] but [`ErrorKind::Decode`].
    pub async fn answer(&self, spec: &RequestSpec) -> Result<Answer, Error> {
        let answer = self.fetch(spec).await?;
        self.observers.succeeded(&answer.call);
        Ok(answer)
    }

    /// Leaves it to the caller to report a success.
    async fn fetch(&self, spec: &RequestSpec) -> Result<Answer, Error> {
        let read = async |mut answer: reqwest::Response, progress: Progress| {
            let headers = std::mem::take(answer.headers_mut());
            let body = read::whole(answer, &progress, self.idle).await?;
            Ok((headers, body))
        };
        let ((headers, body), call) = self.run(spec, read).await?;
        Ok(Answer { call, headers, body })
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
        let (received, call) = self.run(spec, read).await?;
        self.observers.succeeded(&call);
        Ok(received)
    }

    /// Reports a failure, but no success, since the answer may turn out to be unreadable.
    async fn run<T, F, Fut>(&self, spec: &RequestSpec, read: F) -> Result<(T, Call), Error>
    where
        F: Fn(reqwest::Response, Progress) -> Fut,
        Fut: Future<Output = Result<T, Fault>>,
    {
        let url = spec.url(&self.base)?;
        let begun = Instant::now();
        let earlier = self.taken_earlier();
        let mut backoff = Backoff::new(&self.retry);
        let mut renewed = false;
        let mut reached = false;
        let mut attempts = 0;
        let mut absent = Duration::ZERO;
        loop {
            attempts += 1;
            let span = spec.operation.span(attempts);
            // Boxed, or every caller's future would be larger by all that an attempt holds.
            let attempt = Box::pin(self.attempt(spec, &url, &read, &span).instrument(span.clone()));
            let (attempt, left_alone) = attended(attempt).await;
            absent += left_alone;
            let fault = match attempt {
                Ok((value, head)) => {
                    self.budget.success();
                    self.add_taken(begun.elapsed().saturating_sub(absent));
                    let (operation, target) = (spec.operation.name(), url.path().to_owned());
                    return Ok((value, Call { operation, target, head, attempts, elapsed: begun.elapsed() }));
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
            let taken = begun.elapsed().saturating_sub(absent);
            let wait = self.wait(spec, &fault, attempts, earlier + taken, &mut backoff);
            let op = spec.operation.name();
            tracing::debug!(parent: &span, op, attempt = attempts, kind = ?fault.kind, ?wait, "attempt failed");
            // The wait is no part of the attempt.
            drop(span);
            match wait {
                Some(wait) => absent += attended(tokio::time::sleep(wait)).await.1,
                None => {
                    self.add_taken(taken);
                    let target = url.path().to_owned();
                    let error = fault.into_error(spec.operation).with_reached(reached).with_repeatable(spec.repeatable);
                    let error = error.with_call(target, attempts, begun.elapsed());
                    self.observers.failed(&error);
                    return Err(error);
                }
            }
        }
    }

    fn taken_earlier(&self) -> Duration {
        self.taken.as_ref().map(|taken| *taken.lock().unwrap_or_else(PoisonError::into_inner)).unwrap_or_default()
    }

    fn add_taken(&self, more: Duration) {
        if let Some(taken) = &self.taken {
            *taken.lock().unwrap_or_else(PoisonError::into_inner) += more;
        }
    }

    /// How long to wait before the next attempt; `None` if there is to be none. `taken`: for how long the call, and those
    /// with which it shares the budget, were attended to.
    fn wait(
        &self,
        spec: &RequestSpec,
        fault: &Fault,
        attempts: u32,
        taken: Duration,
        backoff: &mut Backoff,
    ) -> Option<Duration> {
        let fresh = match &spec.body {
            RequestBody::Payload(payload) => payload.is_fresh(),
            RequestBody::Empty | RequestBody::Json(_) => true,
        };
        let most = if (spec.hasty)(fault.kind, fault.status()) { 1 } else { u32::MAX };
        if attempts > self.retry.max_retries.min(most) || !fresh || !fault.worth_repeating(spec.repeatable) {
            return None;
        }
        let wait = backoff.wait().max(fault.retry_after.unwrap_or_default());
        let in_time = taken + wait < self.retry.budget;
        (in_time && self.budget.take()).then_some(wait)
    }

    async fn attempt<T, F, Fut>(&self, spec: &RequestSpec, url: &Url, read: &F, span: &Span) -> Result<(T, Head), Fault>
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
        self.clock.observe(answer.headers());
        let status = answer.status();
        let head = Head::new(status, answer.headers());
        head.record_in(span);
        tracing::debug!(status = status.as_u16(), "answered");
        if status.is_success() {
            return match read(answer, progress).await {
                Ok(value) => Ok((value, head)),
                Err(fault) => Err(fault.after(head)),
            };
        }
        let fault = self.refusal(spec, status, answer, &progress).await;
        if let Some(id) = fault.trace_id().filter(|_| head.request_id.is_none()) {
            span.record("request_id", id);
        }
        Err(fault)
    }

    async fn refusal(
        &self,
        spec: &RequestSpec,
        status: StatusCode,
        answer: reqwest::Response,
        progress: &Progress,
    ) -> Fault {
        let headers = answer.headers().clone();
        let scopes = answer.extensions().get::<TokenScopes>().cloned();
        let fault = match read::bounded(answer, MAX_BODY, progress, self.idle).await {
            Ok(body) => Fault::refused(status, &headers, &body, spec.judge),
            // A 404 may be true, or a passing fault of the service: only its explanation tells.
            Err(broken) if status == StatusCode::NOT_FOUND => broken,
            // Any other status counts even if its explanation breaks off.
            Err(_) => Fault::refused(status, &headers, &[], spec.judge),
        };
        fault.of_token(scopes.as_ref(), spec)
    }
}

fn rebuilt_per_attempt(body: &RequestBody) -> bool {
    matches!(body, RequestBody::Payload(payload) if payload.is_fresh())
}
