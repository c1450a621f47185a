use std::collections::HashSet;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use altinn_core::{Error, ErrorKind};
use futures::Stream;
use futures::future::BoxFuture;
use futures::stream::FusedStream;

use super::list::Page;
use super::reader::Reader;
use super::{ContinuationToken, LIST};

/// Pages of a list, as a stream. The end is where the service announces no next page, never merely an empty page.
///
/// After an error the stream stays where it was: asking again fetches the same page again.
#[must_use = "a stream does nothing unless it is read"]
pub struct Pages {
    state: State,
    /// Where the page that is given next begins.
    next: Option<ContinuationToken>,
    /// Every token so far, so that a service that repeats itself is noticed instead of read for ever.
    seen: HashSet<ContinuationToken>,
    /// How many instances are still wanted.
    left: u64,
    prefetch: bool,
}

enum State {
    Idle(Box<Reader>),
    Busy(BoxFuture<'static, Fetched>),
    Fetched(Box<Fetched>),
    /// A token came twice. Said after the page that it came with, which is good.
    Endless,
    Done,
}

struct Fetched {
    reader: Box<Reader>,
    result: Result<Page, Error>,
}

fn fetch(mut reader: Box<Reader>) -> BoxFuture<'static, Fetched> {
    Box::pin(async move {
        let result = reader.next().await;
        Fetched { reader, result }
    })
}

impl Pages {
    pub(super) fn new(reader: Reader, limit: u64, prefetch: bool) -> Self {
        let next = reader.token().cloned();
        let state = if limit == 0 { State::Done } else { State::Idle(Box::new(reader)) };
        Self { state, seen: next.iter().cloned().collect(), next, left: limit, prefetch }
    }

    /// The next page; `None` at the end.
    ///
    /// # Errors
    /// As for [`Instances::list`](super::Instances::list).
    pub async fn try_next(&mut self) -> Result<Option<Page>, Error> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await.transpose()
    }

    /// Where the page that comes next begins. `None` before the first page and after the last one.
    pub fn continuation(&self) -> Option<&ContinuationToken> {
        self.next.as_ref()
    }

    /// Gives out what was fetched. After a good page the next fetch is on its way.
    fn give(&mut self, fetched: Fetched, context: &mut Context<'_>) -> Result<Page, Error> {
        let Fetched { reader, result } = fetched;
        let page = match result {
            Ok(page) => page,
            Err(error) => {
                self.state = State::Idle(reader);
                return Err(error);
            }
        };
        self.next.clone_from(&page.next);
        self.left = self.left.saturating_sub(page.instances.len() as u64);
        self.state = match &page.next {
            None => State::Done,
            Some(_) if self.left == 0 => State::Done,
            Some(token) if !self.seen.insert(token.clone()) => State::Endless,
            Some(_) if !self.prefetch => State::Idle(reader),
            Some(_) => {
                let mut next = fetch(reader);
                match next.as_mut().poll(context) {
                    Poll::Ready(fetched) => State::Fetched(Box::new(fetched)),
                    Poll::Pending => State::Busy(next),
                }
            }
        };
        Ok(page)
    }
}

impl Stream for Pages {
    type Item = Result<Page, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            match &mut this.state {
                State::Done => return Poll::Ready(None),
                State::Endless => {
                    this.state = State::Done;
                    this.next = None;
                    return Poll::Ready(Some(Err(Error::new(ErrorKind::Protocol, LIST)
                        .with_detail("a continuation token came twice, so the list would never end"))));
                }
                State::Idle(_) => {
                    if let State::Idle(reader) = std::mem::replace(&mut this.state, State::Done) {
                        this.state = State::Busy(fetch(reader));
                    }
                }
                State::Busy(next) => {
                    let fetched = ready!(next.as_mut().poll(context));
                    this.state = State::Fetched(Box::new(fetched));
                }
                State::Fetched(_) => {
                    if let State::Fetched(fetched) = std::mem::replace(&mut this.state, State::Done) {
                        return Poll::Ready(Some(this.give(*fetched, context)));
                    }
                }
            }
        }
    }
}

impl FusedStream for Pages {
    fn is_terminated(&self) -> bool {
        matches!(self.state, State::Done)
    }
}

impl fmt::Debug for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages").field("next", &self.next).finish_non_exhaustive()
    }
}
