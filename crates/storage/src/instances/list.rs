use std::future::IntoFuture;

use altinn_core::transport::Transport;
use altinn_core::{Error, InstanceId, Timestamp};
use futures::future::BoxFuture;

use super::items::Items;
use super::pages::Pages;
use super::reader::Reader;
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
    prefetch: bool,
}

impl ListInstances {
    pub(super) fn new(transport: Transport, query: InstanceQuery) -> Self {
        Self { transport, query, page_size: None, resume: None, limit: None, prefetch: true }
    }

    /// How many instances a page holds. The service's own default is 100, and it sets no limit; 0 is refused.
    ///
    /// Where the service is too slow for a page, smaller ones are asked for until it keeps up again.
    pub fn page_size(mut self, size: u32) -> Self {
        self.page_size = Some(size);
        self
    }

    /// Goes on where an earlier list with the same query stopped.
    pub fn resume(mut self, token: ContinuationToken) -> Self {
        self.resume = Some(token);
        self
    }

    /// At most this many instances, and no requests for more. The last page of [`pages`](Self::pages) may hold some
    /// beyond it.
    pub fn limit(mut self, limit: u64) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Whether the next page is fetched while the current one is being worked on. Default yes. Nothing runs in the
    /// background for it: the request is on its way, and what arrives waits in the connection.
    pub fn prefetch(mut self, prefetch: bool) -> Self {
        self.prefetch = prefetch;
        self
    }

    /// The instances one by one.
    pub fn items(self) -> Items {
        let limit = self.limit.unwrap_or(u64::MAX);
        Items::new(self.pages(), limit)
    }

    /// The instances page by page.
    pub fn pages(self) -> Pages {
        let (limit, prefetch) = (self.limit.unwrap_or(u64::MAX), self.prefetch);
        Pages::new(self.reader(), limit, prefetch)
    }

    fn reader(self) -> Reader {
        Reader::new(self.transport, self.query, self.page_size, self.resume)
    }
}

/// The first page.
impl IntoFuture for ListInstances {
    type Output = Result<Page, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let mut reader = self.reader();
        Box::pin(async move { reader.next().await })
    }
}

/// A part of a list.
#[derive(Debug)]
#[non_exhaustive]
pub struct Page {
    /// The instances. May be none although others follow.
    pub instances: Vec<Instance>,
    /// What could not be read, while the rest could.
    pub unreadable: Vec<Unreadable>,
    /// Where the next page begins; none after the last one.
    pub next: Option<ContinuationToken>,
}

/// An instance that a list could not give: the service fails on it, or sends it in a form that can't be read.
///
/// One such instance does not keep the others back. Report it; its window says where it lies.
#[derive(Debug)]
#[non_exhaustive]
pub struct Unreadable {
    /// Its id, where that much could be read.
    pub id: Option<InstanceId>,
    /// It last changed at this time or later, where that is known.
    pub from: Option<Timestamp>,
    /// It last changed at this time or earlier, where that is known.
    pub through: Option<Timestamp>,
    /// What went wrong.
    pub error: Error,
}
