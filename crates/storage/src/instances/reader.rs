use altinn_core::transport::{Answer, Backoff, Transport};
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

/// A page that has come.
pub(super) enum Arrived {
    /// To be decoded. `asked` is what was known of sizes before it came.
    Answer { answer: Box<Answer>, asked: PageSize },
    /// Less than was asked for first, and decoded, since that is what shows whether it is little enough.
    Page(Page),
}

impl Reader {
    pub(super) fn new(transport: Transport, query: InstanceQuery, wanted: Option<u32>) -> Self {
        Self { transport, query, wanted }
    }

    pub(super) fn backoff(&self) -> Backoff {
        self.transport.backoff()
    }

    /// Fetches the page at `place`, which keeps its token, and learns what size the service can stand.
    pub(super) async fn fetch(&self, place: &mut Place) -> Result<Arrived, Error> {
        let transport = self.transport.clone().together();
        match self.ask(&transport, place).await {
            Ok(answer) => {
                let asked = place.size.clone();
                place.size.served(self.wanted);
                Ok(Arrived::Answer { answer: Box::new(answer), asked })
            }
            Err(error) => self.less(&transport, place, error).await.map(Arrived::Page),
        }
    }

    /// Fetches less at `place`, where `error` tells why the page that came can't be decoded.
    pub(super) async fn fetch_less(&self, place: &mut Place, error: Error) -> Result<Page, Error> {
        self.less(&self.transport.clone().together(), place, error).await
    }

    /// Fetches the page at `place`, and decodes it.
    pub(super) async fn page(&self, place: &mut Place) -> Result<Page, Error> {
        match self.fetch(place).await?.read(place) {
            Err(error) if is_too_much(&error) => self.fetch_less(place, error).await,
            read => read,
        }
    }

    async fn ask(&self, transport: &Transport, place: &Place) -> Result<Answer, Error> {
        let token = place.token.as_ref().map(ContinuationToken::as_str);
        let spec = self.query.spec(place.size.asked(self.wanted), token)?;
        // A smaller page is worth more than another try: the service may take half a minute to give up.
        let spec = if place.size.current(self.wanted) > 1 { spec.hasty(is_slow) } else { spec };
        transport.answer(&spec).await
    }

    /// Smaller pages until one comes that can be decoded, after one that failed with `error`.
    async fn less(&self, transport: &Transport, place: &mut Place, mut error: Error) -> Result<Page, Error> {
        let mut passed = false;
        loop {
            if !is_too_much(&error) {
                return Err(error);
            }
            let size = place.size.current(self.wanted);
            if place.size.shrink(self.wanted) {
                tracing::debug!(size, "a page of this size can't be had; trying a smaller one");
            } else {
                // A single instance is too much, so that one is what fails; unless everything does.
                let mut disturbed = None;
                match isolate::first(transport, &self.query, place.token.as_ref(), &mut disturbed).await? {
                    Outcome::Found { time, row } => {
                        // Nothing was wrong with the size.
                        place.size = PageSize::default();
                        let unreadable = vec![Unreadable { id: None, from: Some(time), through: Some(time), error }];
                        let next = Some(ContinuationToken::at(time, row));
                        return Ok(Page { instances: Vec::new(), unreadable, next });
                    }
                    Outcome::Served(page) => {
                        place.size.served(self.wanted);
                        return Ok(*page);
                    }
                    Outcome::Passed if !passed => passed = true,
                    // Trouble that passes may have led the search astray, so that another one is of use.
                    Outcome::Passed | Outcome::Unclear => return Err(disturbed.unwrap_or(error)),
                }
            }
            match self.ask(transport, place).await.and_then(|answer| Page::from_answer(&answer)) {
                Ok(page) => {
                    place.size.served(self.wanted);
                    return Ok(page);
                }
                Err(failed) => error = failed,
            }
        }
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
            Self::Answer { answer, .. } => Announced::read(answer.bytes()),
            Self::Page(_) => None,
        }
    }

    /// Decodes it. Where that fails, `place` takes back that a page of this size was served.
    pub(super) fn read(self, place: &mut Place) -> Result<Page, Error> {
        match self {
            Self::Answer { answer, asked } => Page::from_answer(&answer).inspect_err(|_| place.size = asked),
            Self::Page(page) => Ok(page),
        }
    }
}

/// Whether the service gave up on its database, or did not answer in time. When its database is gone altogether it says
/// the same.
pub(super) fn is_slow(kind: ErrorKind, status: Option<StatusCode>) -> bool {
    kind == ErrorKind::Timeout || matches!(status.map(|status| status.as_u16()), Some(400 | 408 | 499 | 500 | 504))
}

/// Whether a smaller page may succeed: one that the service can serve, or one without the instance whose text breaks the
/// whole page. This is a guess that a smaller page puts to the test.
pub(super) fn is_too_much(error: &Error) -> bool {
    let slow = error.is_transient() && is_slow(error.kind(), error.status());
    let unservable = || error.status().is_some_and(|status| is_unservable(status, error.problem().message()));
    slow || error.kind() == ErrorKind::Decode || unservable()
}
