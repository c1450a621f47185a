use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::future::IntoFuture;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use altinn_core::transport::Transport;
use altinn_core::{Error, ErrorKind};
use futures::Stream;
use futures::future::BoxFuture;
use futures::stream::FusedStream;
use serde::Deserialize;

use super::LIST;
use super::{ContinuationToken, Instance, InstanceQuery};

/// A list to be read: set it up, then take [`items`](Self::items), [`pages`](Self::pages), or `.await` the first page.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent before a page is asked for"]
pub struct ListInstances {
    transport: Transport,
    query: InstanceQuery,
    page_size: Option<u32>,
    resume: Option<ContinuationToken>,
    limit: Option<u64>,
}

impl ListInstances {
    pub(super) fn new(transport: Transport, query: InstanceQuery) -> Self {
        Self { transport, query, page_size: None, resume: None, limit: None }
    }

    /// How many instances a page holds. The service's own default is 100, and it sets no limit; 0 is refused.
    pub fn page_size(mut self, size: u32) -> Self {
        self.page_size = Some(size);
        self
    }

    /// Goes on where an earlier list with the same query stopped.
    pub fn resume(mut self, token: ContinuationToken) -> Self {
        self.resume = Some(token);
        self
    }

    /// At most this many instances. Holds for [`items`](Self::items).
    pub fn limit(mut self, limit: u64) -> Self {
        self.limit = Some(limit);
        self
    }

    /// The instances one by one.
    pub fn items(self) -> Items {
        let limit = self.limit.unwrap_or(u64::MAX);
        Items { pages: self.pages(), page: VecDeque::new(), page_token: None, left: limit }
    }

    /// The instances page by page.
    pub fn pages(self) -> Pages {
        Pages {
            next: Some(self.resume.clone()),
            seen: self.resume.iter().cloned().collect(),
            list: self,
            in_flight: None,
            endless: false,
        }
    }
}

/// The first page.
impl IntoFuture for ListInstances {
    type Output = Result<Page, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { fetch(self.transport, self.query, self.page_size, self.resume).await })
    }
}

/// A part of a list.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Page {
    /// The instances. May be none although others follow.
    pub instances: Vec<Instance>,
    /// Where the next page begins; none after the last one.
    pub next: Option<ContinuationToken>,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    next: Option<String>,
    #[serde(default)]
    instances: Vec<Instance>,
}

async fn fetch(
    transport: Transport,
    query: InstanceQuery,
    page_size: Option<u32>,
    token: Option<ContinuationToken>,
) -> Result<Page, Error> {
    let spec = query.spec(page_size, token.as_ref().map(ContinuationToken::as_str))?;
    let answer: Answer = transport.json(&spec).await?;
    let next = match answer.next.as_deref() {
        None | Some("") => None,
        // A `next` that can't be read must not pass for the end of the list.
        Some(next) => Some(
            ContinuationToken::from_next(next)
                .ok_or_else(|| Error::new(ErrorKind::Protocol, LIST).with_detail("its next page carries no token"))?,
        ),
    };
    Ok(Page { instances: answer.instances, next })
}

/// Pages of a list, as a stream. The end is where the service announces no next page, never merely an empty page.
///
/// After an error the stream stays where it was: asking again fetches the same page again.
#[must_use = "a stream does nothing unless it is read"]
pub struct Pages {
    list: ListInstances,
    /// Where the next page begins: `Some(None)` is the list's beginning, `None` its end.
    next: Option<Option<ContinuationToken>>,
    in_flight: Option<BoxFuture<'static, Result<Page, Error>>>,
    /// Every token so far, so that a service that repeats itself is noticed instead of read for ever.
    seen: HashSet<ContinuationToken>,
    /// A token came twice. Said after the page that it came with, which is good.
    endless: bool,
}

impl Pages {
    /// The next page; `None` at the end.
    ///
    /// # Errors
    /// As for [`Instances::list`](super::Instances::list).
    pub async fn try_next(&mut self) -> Result<Option<Page>, Error> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await.transpose()
    }

    /// Where the page that comes next begins. `None` before the first page and after the last one.
    pub fn continuation(&self) -> Option<&ContinuationToken> {
        self.next.as_ref()?.as_ref()
    }

    fn advance(&mut self, page: &Page) {
        self.endless = page.next.as_ref().is_some_and(|token| !self.seen.insert(token.clone()));
        self.next = if self.endless { None } else { page.next.clone().map(Some) };
    }
}

impl Stream for Pages {
    type Item = Result<Page, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if std::mem::take(&mut this.endless) {
            return Poll::Ready(Some(Err(Error::new(ErrorKind::Protocol, LIST)
                .with_detail("a continuation token came twice, so the list would never end"))));
        }
        let Some(token) = &this.next else { return Poll::Ready(None) };
        let list = &this.list;
        let in_flight = this.in_flight.get_or_insert_with(|| {
            Box::pin(fetch(list.transport.clone(), list.query.clone(), list.page_size, token.clone()))
        });
        let result = ready!(in_flight.as_mut().poll(context));
        this.in_flight = None;
        Poll::Ready(Some(result.inspect(|page| this.advance(page))))
    }
}

impl FusedStream for Pages {
    fn is_terminated(&self) -> bool {
        self.next.is_none() && !self.endless
    }
}

impl fmt::Debug for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages").field("next", &self.next).finish_non_exhaustive()
    }
}

/// Instances of a list one by one, as a stream. Holds one page at a time.
#[must_use = "a stream does nothing unless it is read"]
pub struct Items {
    pages: Pages,
    page: VecDeque<Instance>,
    page_token: Option<ContinuationToken>,
    left: u64,
}

impl Items {
    /// The next instance; `None` at the end.
    ///
    /// # Errors
    /// As for [`Instances::list`](super::Instances::list).
    pub async fn try_next(&mut self) -> Result<Option<Instance>, Error> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await.transpose()
    }

    /// Where to go on after a break: the beginning of the page that is being read, so that resuming repeats some
    /// instances rather than skips any. `None` while that is the beginning of the list, and after its end.
    pub fn continuation(&self) -> Option<&ContinuationToken> {
        if self.page.is_empty() { self.pages.continuation() } else { self.page_token.as_ref() }
    }
}

impl Stream for Items {
    type Item = Result<Instance, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            if this.left == 0 {
                return Poll::Ready(None);
            }
            if let Some(instance) = this.page.pop_front() {
                this.left -= 1;
                return Poll::Ready(Some(Ok(instance)));
            }
            let token = this.pages.continuation().cloned();
            match ready!(Pin::new(&mut this.pages).poll_next(context)) {
                Some(Ok(page)) => {
                    this.page = page.instances.into();
                    this.page_token = token;
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}

impl FusedStream for Items {
    fn is_terminated(&self) -> bool {
        self.left == 0 || (self.page.is_empty() && self.pages.is_terminated())
    }
}

impl fmt::Debug for Items {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items").field("pages", &self.pages).field("held", &self.page.len()).finish_non_exhaustive()
    }
}
