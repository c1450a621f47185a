use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use altinn_core::Error;
use futures::Stream;
use futures::stream::FusedStream;

use super::pages::Pages;
use super::{ContinuationToken, Instance};

/// Instances of a list one by one, as a stream. Holds one page, and at most one more that is on its way.
///
/// An instance that can't be read comes as an error after the others of its page, and the list goes on after it.
#[must_use = "a stream does nothing unless it is read"]
pub struct Items {
    pages: Pages,
    page: VecDeque<Result<Instance, Error>>,
    page_token: Option<ContinuationToken>,
    left: u64,
}

impl Items {
    pub(super) fn new(pages: Pages, limit: u64) -> Self {
        Self { pages, page: VecDeque::new(), page_token: None, left: limit }
    }

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
            if let Some(item) = this.page.pop_front() {
                this.left -= u64::from(item.is_ok());
                return Poll::Ready(Some(item));
            }
            let token = this.pages.continuation().cloned();
            match ready!(Pin::new(&mut this.pages).poll_next(context)) {
                Some(Ok(page)) => {
                    let unreadable = page.unreadable.into_iter().map(|unreadable| Err(unreadable.error));
                    this.page = page.instances.into_iter().map(Ok).chain(unreadable).collect();
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
