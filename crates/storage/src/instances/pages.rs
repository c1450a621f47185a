use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use altinn_core::{Error, ErrorKind};
use futures::Stream;
use futures::future::BoxFuture;
use futures::stream::FusedStream;

use super::page::Page;
use super::reader::{Arrived, Place, Reader, is_too_much};
use super::repeats::Repeats;
use super::{ContinuationToken, LIST};

/// Pages of a list, as a stream. The end is where the service announces no next page, never merely an empty page.
///
/// After an error the stream stays where it was: asking again fetches the same page again.
///
/// A service that gives the same pages over and over is noticed, so that no list is read for ever: at once if a page
/// leads to itself, and otherwise before three times as many pages have come as there are different ones. The good
/// pages come first, then an error of the kind [`Protocol`](ErrorKind::Protocol).
#[must_use = "a stream does nothing unless it is read"]
pub struct Pages {
    reader: Arc<Reader>,
    state: State,
    /// The page that is given next.
    place: Place,
    repeats: Repeats,
    /// How many instances are still wanted, if not all.
    left: Option<u64>,
    prefetch: bool,
}

enum State {
    Idle,
    Busy(BoxFuture<'static, Fetched>),
    Fetched(Fetched),
    /// A token came twice. Said after the page that it came with, which is good.
    Endless,
    Done,
}

struct Fetched {
    place: Place,
    result: Result<Arrived, Error>,
}

impl Pages {
    pub(super) fn new(reader: Reader, place: Place, limit: Option<u64>, prefetch: bool) -> Self {
        let state = if limit == Some(0) { State::Done } else { State::Idle };
        let repeats = Repeats::new(place.token.clone());
        Self { reader: Arc::new(reader), state, place, repeats, left: limit, prefetch }
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
        self.place.token.as_ref()
    }

    /// Less at the same place, after a page that can't be decoded.
    fn fetch_less(&self, mut place: Place, error: Error) -> BoxFuture<'static, Fetched> {
        let reader = Arc::clone(&self.reader);
        Box::pin(async move {
            let result = reader.fetch_less(&mut place, error).await.map(Arrived::Page);
            Fetched { place, result }
        })
    }

    fn fetch(&self, mut place: Place) -> BoxFuture<'static, Fetched> {
        let reader = Arc::clone(&self.reader);
        Box::pin(async move {
            let result = reader.fetch(&mut place).await;
            Fetched { place, result }
        })
    }

    /// A fetch that is on its way: a future sends nothing before it is polled.
    fn send(&self, place: Place, context: &mut Context<'_>) -> State {
        let mut fetch = self.fetch(place);
        match fetch.as_mut().poll(context) {
            Poll::Ready(fetched) => State::Fetched(fetched),
            Poll::Pending => State::Busy(fetch),
        }
    }

    /// Sends for the page after `arrived` before that is decoded, so that the service works meanwhile. `None` where
    /// only the decoded page tells whether, or where, the list goes on.
    fn send_early(
        &self,
        place: &Place,
        arrived: &Arrived,
        context: &mut Context<'_>,
    ) -> Option<(ContinuationToken, State)> {
        if !self.prefetch {
            return None;
        }
        let announced = arrived.announced()?;
        let goes_on = self.left.is_none_or(|left| announced.count.is_some_and(|count| count < left));
        if !goes_on || self.repeats.knows(&announced.next) {
            return None;
        }
        let state = self.send(place.at(Some(announced.next.clone())), context);
        Some((announced.next, state))
    }

    /// Gives out what was fetched. After a good page the next fetch is on its way. `None` if it can't be decoded: then
    /// less is fetched in its stead.
    fn give(&mut self, fetched: Fetched, context: &mut Context<'_>) -> Option<Result<Page, Error>> {
        let Fetched { place, result } = fetched;
        self.state = State::Idle;
        self.place = place;
        let arrived = match result {
            Ok(arrived) => arrived,
            Err(error) => return Some(Err(error)),
        };
        let early = self.send_early(&self.place, &arrived, context);
        let page = match arrived.read(&mut self.place) {
            Ok(page) => page,
            Err(error) if is_too_much(&error) => {
                self.state = State::Busy(self.fetch_less(self.place.clone(), error));
                return None;
            }
            Err(error) => return Some(Err(error)),
        };
        self.place = self.place.at(page.next.clone());
        self.left = self.left.map(|left| left.saturating_sub(page.instances.len() as u64));
        self.state = match &page.next {
            None => State::Done,
            Some(_) if self.left == Some(0) => State::Done,
            Some(token) if self.repeats.knows(token) => State::Endless,
            Some(token) => {
                self.repeats.note(token);
                match early {
                    Some((announced, sent)) if announced == *token => sent,
                    _ if self.prefetch => self.send(self.place.clone(), context),
                    _ => State::Idle,
                }
            }
        };
        Some(Ok(page))
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
                    this.place = this.place.at(None);
                    return Poll::Ready(Some(Err(Error::new(ErrorKind::Protocol, LIST)
                        .with_detail("a continuation token came twice, so the list would never end"))));
                }
                State::Idle => this.state = State::Busy(this.fetch(this.place.clone())),
                State::Busy(next) => {
                    let fetched = ready!(next.as_mut().poll(context));
                    this.state = State::Fetched(fetched);
                }
                State::Fetched(_) => {
                    if let State::Fetched(fetched) = std::mem::replace(&mut this.state, State::Idle)
                        && let Some(given) = this.give(fetched, context)
                    {
                        return Poll::Ready(Some(given));
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
        f.debug_struct("Pages").field("next", &self.place.token).finish_non_exhaustive()
    }
}
