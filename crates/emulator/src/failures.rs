//! Failures on order: what a network and a gateway do to requests now and then.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures::{Stream, StreamExt};
use http::{HeaderName, HeaderValue, StatusCode};

/// What happens to one request. For [`Emulator::fail_next`](crate::Emulator::fail_next).
#[derive(Clone, Debug)]
pub struct Failure {
    happens: Happens,
    delay: Duration,
}

#[derive(Clone, Debug)]
enum Happens {
    /// Something in front of the service answers in its place.
    Answered { status: StatusCode, headers: Vec<(HeaderName, HeaderValue)>, body: Bytes },
    /// The service does its work, and its answer is lost.
    Lost,
    /// The service does its work, and its answer breaks off after so many bytes.
    Cut(usize),
    /// The service does its work, and its answer stops coming after so many bytes.
    Stalled(usize),
    /// The service does its work, and nothing is lost.
    Nothing,
}

impl Failure {
    fn of(happens: Happens) -> Self {
        Self { happens, delay: Duration::ZERO }
    }

    /// Something in front of the service answers with this status, and the service sees nothing of the request.
    /// A number that is no status counts as 500.
    pub fn status(status: u16) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self::of(Happens::Answered { status, headers: Vec::new(), body: Bytes::new() })
    }

    /// The service does its work, but the connection closes before a byte of the answer arrives.
    pub fn lost_answer() -> Self {
        Self::of(Happens::Lost)
    }

    /// The service does its work, but the connection closes after so many bytes of the answer's body.
    pub fn cut_after(bytes: usize) -> Self {
        Self::of(Happens::Cut(bytes))
    }

    /// The service does its work, but nothing more comes after so many bytes of the answer's body, and the connection
    /// stays open.
    pub fn stalled_after(bytes: usize) -> Self {
        Self::of(Happens::Stalled(bytes))
    }

    /// The answer is good, but late.
    pub fn delayed(by: Duration) -> Self {
        Self::of(Happens::Nothing).after(by)
    }

    /// Adds a header to the answer of [`status`](Self::status), such as `retry-after`. What can't be a header is left
    /// out.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let Happens::Answered { headers, .. } = &mut self.happens
            && let (Ok(name), Ok(value)) = (name.parse(), HeaderValue::from_str(value))
        {
            headers.push((name, value));
        }
        self
    }

    /// Gives the answer of [`status`](Self::status) a body.
    #[must_use]
    pub fn body(mut self, text: impl Into<String>) -> Self {
        if let Happens::Answered { body, .. } = &mut self.happens {
            *body = Bytes::from(text.into());
        }
        self
    }

    /// Waits this long before anything happens.
    #[must_use]
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// What happens to a request, whose good answer `answer` would be.
    pub(crate) async fn happen(self, answer: impl Future<Output = Response>) -> Response {
        if !self.delay.is_zero() {
            tokio::time::sleep(self.delay).await;
        }
        match self.happens {
            Happens::Nothing => answer.await,
            Happens::Answered { status, headers, body } => {
                let mut response = Response::new(Body::from(body));
                *response.status_mut() = status;
                response.headers_mut().extend(headers);
                response
            }
            // The head is sent with the first bytes of the body, so an error before them closes the connection alone.
            Happens::Lost => answer.await.map(|_| broken()),
            Happens::Cut(bytes) => answer.await.map(|body| ending(body, bytes, cut())),
            Happens::Stalled(bytes) => answer.await.map(|body| ending(body, bytes, futures::stream::pending())),
        }
    }
}

type Chunk = std::io::Result<Bytes>;

/// An error, on which the server closes the connection.
fn cut() -> impl Stream<Item = Chunk> + Send {
    futures::stream::once(std::future::ready(Err(std::io::Error::other("cut on order"))))
}

/// A body that closes the connection before a byte of the answer is sent.
pub(crate) fn broken() -> Body {
    ending(Body::empty(), 0, cut())
}

/// `body` up to `bytes`, and then `end`.
fn ending(body: Body, bytes: usize, end: impl Stream<Item = Chunk> + Send + 'static) -> Body {
    let mut left = bytes;
    let kept = body.into_data_stream().map(move |chunk| {
        let chunk = chunk.map_err(std::io::Error::other)?;
        let chunk = chunk.slice(..chunk.len().min(left));
        left -= chunk.len();
        Ok(chunk)
    });
    let kept = kept.take_while(|chunk: &Chunk| std::future::ready(chunk.as_ref().is_ok_and(|chunk| !chunk.is_empty())));
    Body::from_stream(kept.chain(end))
}

/// What was ordered, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Failures {
    ordered: Arc<Mutex<VecDeque<(String, Failure)>>>,
}

impl Failures {
    pub(crate) fn order(&self, path: String, failure: Failure) {
        self.ordered.lock().unwrap_or_else(PoisonError::into_inner).push_back((path, failure));
    }

    /// Forgets what was ordered, and tells how many orders that were.
    pub(crate) fn clear(&self) -> usize {
        self.ordered.lock().unwrap_or_else(PoisonError::into_inner).drain(..).count()
    }

    /// Takes what was ordered first for a path that begins so.
    pub(crate) fn take(&self, path: &str) -> Option<Failure> {
        let mut ordered = self.ordered.lock().unwrap_or_else(PoisonError::into_inner);
        let place = ordered.iter().position(|(begins, _)| path.starts_with(begins.as_str()))?;
        ordered.remove(place).map(|(_, failure)| failure)
    }
}
