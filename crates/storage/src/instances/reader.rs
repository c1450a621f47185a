use altinn_core::transport::{Answer, Transport};
use altinn_core::{Error, ErrorKind};
use http::StatusCode;

use super::advice::is_unservable;
use super::announced::Announced;
use super::isolate::{self, Outcome};
use super::page::Page;
use super::page_size::PageSize;
use super::unreadable::Unreadable;
use super::{ContinuationToken, InstanceQuery};

/// Fetches a list's pages, in the sizes that the service can stand.
#[derive(Debug)]
pub(super) struct Reader {
    transport: Transport,
    query: InstanceQuery,
    wanted: Option<u32>,
}

/// Where a list stands.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// Where the page begins that comes next.
    pub(super) token: Option<ContinuationToken>,
    size: PageSize,
}

impl From<Option<ContinuationToken>> for Place {
    fn from(token: Option<ContinuationToken>) -> Self {
        Self { token, size: PageSize::default() }
    }
}

/// A page that has come, or what stands for it.
pub(super) enum Arrived {
    /// To be decoded.
    Page(Box<Answer>),
    /// The service fails on an instance, which is all that this page tells.
    Isolated(Page),
}

impl Reader {
    pub(super) fn new(transport: Transport, query: InstanceQuery, wanted: Option<u32>) -> Self {
        Self { transport, query, wanted }
    }

    /// Fetches the page at `place`, which keeps its token, and learns what size the service can stand.
    pub(super) async fn fetch(&self, place: &mut Place) -> Result<Arrived, Error> {
        let token = place.token.as_ref();
        let mut passed = false;
        loop {
            let spec = self.query.spec(place.size.asked(self.wanted), token.map(ContinuationToken::as_str))?;
            let size = place.size.current(self.wanted);
            // A smaller page is worth more than another try: the service may take half a minute to give up.
            let spec = if size > 1 { spec.hasty(is_slow) } else { spec };
            let error = match self.transport.answer(&spec).await {
                Ok(answer) => return Ok(self.arrived(Box::new(answer), &mut place.size)),
                Err(error) => error,
            };
            if !is_too_much(&error) {
                return Err(error);
            }
            if place.size.shrink(self.wanted) {
                tracing::debug!(size, "the service can't serve a page of this size; trying a smaller one");
                continue;
            }
            // A single instance is too much, so that one is what the service fails on; unless it fails on everything.
            match isolate::first(&self.transport, &self.query, token).await? {
                Outcome::Found { time, row } => {
                    // Nothing was wrong with the size.
                    place.size = PageSize::default();
                    let unreadable = vec![Unreadable { id: None, from: Some(time), through: Some(time), error }];
                    let next = Some(ContinuationToken::at(time, row));
                    return Ok(Arrived::Isolated(Page { instances: Vec::new(), unreadable, next }));
                }
                Outcome::Served(answer) => return Ok(self.arrived(answer, &mut place.size)),
                Outcome::Passed if !passed => passed = true,
                Outcome::Passed | Outcome::Unclear => return Err(error),
            }
        }
    }

    fn arrived(&self, answer: Box<Answer>, size: &mut PageSize) -> Arrived {
        size.served(self.wanted);
        Arrived::Page(answer)
    }
}

impl Place {
    /// The same list at another page.
    pub(super) fn at(&self, token: Option<ContinuationToken>) -> Self {
        Self { token, size: self.size.clone() }
    }
}

impl Arrived {
    /// What the page says of the next one before it is decoded.
    pub(super) fn announced(&self) -> Option<Announced> {
        match self {
            Self::Page(answer) => Announced::read(answer.bytes()),
            Self::Isolated(_) => None,
        }
    }

    /// Decodes it.
    pub(super) fn read(self) -> Result<Page, Error> {
        match self {
            Self::Page(answer) => Page::from_answer(&answer),
            Self::Isolated(page) => Ok(page),
        }
    }
}

/// Whether the service gave up on its database, or did not answer in time. When its database is gone altogether it says
/// the same.
pub(super) fn is_slow(kind: ErrorKind, status: Option<StatusCode>) -> bool {
    kind == ErrorKind::Timeout || matches!(status.map(|status| status.as_u16()), Some(400 | 408 | 499 | 500 | 504))
}

/// Whether a smaller page may succeed. This is a guess that a smaller page puts to the test.
pub(super) fn is_too_much(error: &Error) -> bool {
    let slow = error.is_transient() && is_slow(error.kind(), error.status());
    slow || error.status().is_some_and(|status| is_unservable(status, error.problem().message()))
}
