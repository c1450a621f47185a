use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::vec;

use altinn_core::Error;
use futures::Stream;
use futures::stream::FusedStream;

use super::pages::Pages;
use super::unreadable::Unreadable;
use super::{ContinuationToken, Instance};

/// Instances of a list one by one, as a stream. Holds one page, and at most one more that is on its way.
///
/// An instance that can't be had comes as an error of the kind [`Unreadable`](altinn_core::ErrorKind::Unreadable) after
/// the others of its page, and the list goes on after it. [`Unreadable::of`] says which one it is, or where it lies. Any
/// other error is the page's: if it [is transient](Error::is_transient), asking again fetches the same page again; if not,
/// the list ends with it, and its [continuation](Self::continuation) is where it stood.
#[must_use = "a stream does nothing unless it is read"]
pub struct Items {
    pages: Pages,
    instances: vec::IntoIter<Instance>,
    unreadable: vec::IntoIter<Unreadable>,
    /// Where the page begins that the instance is of which was given out last.
    page_token: Option<ContinuationToken>,
    left: u64,
}

impl Items {
    pub(super) fn new(pages: Pages, limit: u64) -> Self {
        let (instances, unreadable) = (Vec::new().into_iter(), Vec::new().into_iter());
        let page_token = pages.continuation().cloned();
        Self { pages, instances, unreadable, page_token, left: limit }
    }

    /// The next instance; `None` at the end.
    ///
    /// # Errors
    /// As for [`Instances::list`](super::Instances::list); and [`Unreadable`](altinn_core::ErrorKind::Unreadable) for one
    /// instance that can't be had, after which the list goes on.
    pub async fn try_next(&mut self) -> Result<Option<Instance>, Error> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await.transpose()
    }

    /// Where to go on after a break: the beginning of the page of the instance that was given out last, so that resuming
    /// repeats some instances rather than skips any. It moves on when the next instance is asked for, so it may be kept
    /// before as well as after the last one is worked on. `None` while that is the beginning of the list, and after its
    /// end.
    pub fn continuation(&self) -> Option<&ContinuationToken> {
        self.page_token.as_ref()
    }

    fn held(&self) -> usize {
        self.instances.len() + self.unreadable.len()
    }
}

impl Stream for Items {
    type Item = Result<Instance, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            // Whoever asks for another one is done with those that were given out.
            if this.held() == 0 {
                this.page_token = this.pages.continuation().cloned();
            }
            if this.left == 0 {
                return Poll::Ready(None);
            }
            if let Some(instance) = this.instances.next() {
                this.left -= 1;
                return Poll::Ready(Some(Ok(instance)));
            }
            if let Some(unreadable) = this.unreadable.next() {
                return Poll::Ready(Some(Err(unreadable.into())));
            }
            match ready!(Pin::new(&mut this.pages).poll_next(context)) {
                Some(Ok(page)) => {
                    this.instances = page.instances.into_iter();
                    this.unreadable = page.unreadable.into_iter();
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}

impl FusedStream for Items {
    fn is_terminated(&self) -> bool {
        self.left == 0 || (self.held() == 0 && self.pages.is_terminated())
    }
}

impl fmt::Debug for Items {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items").field("pages", &self.pages).field("held", &self.held()).finish_non_exhaustive()
    }
}
