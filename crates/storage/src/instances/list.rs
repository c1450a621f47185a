use std::future::IntoFuture;

use altinn_core::Error;
use altinn_core::transport::Transport;
use futures::future::BoxFuture;

use super::items::Items;
use super::page::Page;
use super::pages::Pages;
use super::reader::{Place, Reader};
use super::{ContinuationToken, InstanceQuery};

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
    /// Where the service is too slow for a page, or an instance in it makes the service fail or can't be read, smaller
    /// ones are asked for until it keeps up again. A page of several instances is asked for twice at most then, whatever
    /// the client's [`RetryPolicy`](altinn_core::RetryPolicy) allows; and all pages that take the place of one share the
    /// policy's [budget](altinn_core::RetryPolicy::budget). Past it none is asked for again, but each smaller size still
    /// once: a list that gave up earlier would never get past the place. See [how long that may
    /// take](crate#retries-and-time-outs).
    pub fn page_size(mut self, size: u32) -> Self {
        self.page_size = Some(size);
        self
    }

    /// Goes on where an earlier list with the same query stopped. Refused with
    /// [`newest_first`](InstanceQuery::newest_first).
    ///
    /// ```
    /// # use altinn_storage::{Client, ContinuationToken, InstanceQuery, ListInstances};
    /// # fn example(
    /// #     client: &Client<altinn_core::Read>, query: InstanceQuery, path: &str,
    /// # ) -> Result<ListInstances, Box<dyn std::error::Error>> {
    /// // What `page.next` or `items.continuation()` was, kept as a text.
    /// let kept = std::fs::read_to_string(path)?;
    /// let token: ContinuationToken = kept.trim().parse()?;
    /// let list = client.instances().list(query).resume(token);
    /// # Ok(list)
    /// # }
    /// ```
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

    /// Whether the next page is fetched while the current one is being worked on. Default yes. It is asked for before
    /// the current one is decoded, if that says early enough where the next one begins, as the service's pages do.
    /// Nothing runs in the background for it: the request is on its way, and what arrives waits in the connection.
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
        let (limit, prefetch) = (self.limit, self.prefetch);
        let (reader, first) = self.reader();
        Pages::new(reader, first, limit, prefetch)
    }

    fn reader(self) -> (Reader, Place) {
        (Reader::new(self.transport, self.query, self.page_size), self.resume.into())
    }
}

/// The first page.
impl IntoFuture for ListInstances {
    type Output = Result<Page, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let (reader, mut first) = self.reader();
        Box::pin(async move { reader.page(&mut first).await })
    }
}
