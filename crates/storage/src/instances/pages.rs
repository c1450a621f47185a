use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use altinn_core::transport::Backoff;
use altinn_core::{Error, ErrorKind};
use futures::future::{BoxFuture, MaybeDone, maybe_done};
use futures::stream::FusedStream;
use futures::{FutureExt, Stream};
use tokio::time::Instant;

use super::page::Page;
use super::reader::{Arrived, Place, Reader, is_too_much};
use super::repeats::Repeats;
use super::{ContinuationToken, LIST};

/// Pages of a list, as a stream. The end is where the service announces no next page, never merely an empty page.
///
/// After an error that [is transient](Error::is_transient) the stream stays where it was: asking again fetches the same
/// page again, but not before the time that the service [asked for](Error::retry_after), and after each further error
/// later, by the waits of the client's [`RetryPolicy`](altinn_core::RetryPolicy). Any other error ends it, so that nobody who reads on asks for ever; where it stood is its
/// [continuation](Self::continuation).
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
    trouble: Option<Trouble>,
}

/// What keeps somebody who reads on after each error from asking a service in trouble over and over.
struct Trouble {
    waits: Backoff,
    /// When the page may be asked for again.
    until: Instant,
}

type Fetch = MaybeDone<BoxFuture<'static, Fetched>>;

enum State {
    Idle,
    Busy(Fetch),
    Here(Undecoded),
    /// A token came twice. Said after the page that it came with, which is good.
    Endless,
    Done,
}

struct Fetched {
    place: Place,
    result: Result<Arrived, Error>,
}

/// A page that has come, and the fetch of the next one, which is to be on its way before this one is decoded.
struct Undecoded {
    fetched: Fetched,
    early: Option<(ContinuationToken, Fetch)>,
    stand_back: MaybeDone<BoxFuture<'static, ()>>,
}

/// Gives way to the connection before a page is decoded. It is another task: where both have the same thread, it needs turns
/// to be free again after the last answer and to send the next request, and the service would wait for the decoding. The
/// runtime's own way, since a task that wakes itself is taken for work by other threads, which then wake and take it.
fn stand_back() -> MaybeDone<BoxFuture<'static, ()>> {
    maybe_done(Box::pin(tokio::task::yield_now()))
}

impl Pages {
    pub(super) fn new(reader: Reader, place: Place, limit: Option<u64>, prefetch: bool) -> Self {
        let state = if limit == Some(0) { State::Done } else { State::Idle };
        let repeats = Repeats::new(place.token.clone());
        Self { reader: Arc::new(reader), state, place, repeats, left: limit, prefetch, trouble: None }
    }

    /// The next page; `None` at the end.
    ///
    /// # Errors
    /// As for [`Instances::list`](super::Instances::list).
    pub async fn try_next(&mut self) -> Result<Option<Page>, Error> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await.transpose()
    }

    /// Where the page that comes next begins. `None` before the first page and after the last one. After an error it is
    /// the page that failed.
    pub fn continuation(&self) -> Option<&ContinuationToken> {
        self.place.token.as_ref()
    }

    /// Less at the same place, after a page that can't be decoded.
    fn fetch_less(&self, mut place: Place, error: Error) -> Fetch {
        let reader = Arc::clone(&self.reader);
        maybe_done(Box::pin(async move {
            let result = reader.fetch_less(&mut place, error).await.map(Arrived::Page);
            Fetched { place, result }
        }))
    }

    fn fetch(&self, mut place: Place) -> Fetch {
        let reader = Arc::clone(&self.reader);
        let until = self.trouble.as_ref().map(|trouble| trouble.until);
        maybe_done(Box::pin(async move {
            if let Some(until) = until {
                tokio::time::sleep_until(until).await;
            }
            let result = reader.fetch(&mut place).await;
            Fetched { place, result }
        }))
    }

    /// The fetch of the page after this one, not sent yet. `None` where only the decoded page tells whether, or where,
    /// the list goes on.
    fn early(&self, fetched: &Fetched) -> Option<(ContinuationToken, Fetch)> {
        if !self.prefetch {
            return None;
        }
        let announced = fetched.result.as_ref().ok()?.announced()?;
        let goes_on = self.left.is_none_or(|left| announced.count.is_some_and(|count| count < left));
        if !goes_on || self.repeats.knows(&announced.next) {
            return None;
        }
        let fetch = self.fetch(fetched.place.at(Some(announced.next.clone())));
        Some((announced.next, fetch))
    }

    fn failed(&mut self, error: Error) -> Error {
        if error.is_transient() {
            let mut waits = self.trouble.take().map_or_else(|| self.reader.backoff(), |trouble| trouble.waits);
            let wait = waits.wait().max(error.retry_after().unwrap_or_default());
            self.trouble = Some(Trouble { waits, until: Instant::now() + wait });
        } else {
            self.state = State::Done;
        }
        error
    }

    /// Gives out what was fetched. After a good page the next fetch is on its way. `None` if it can't be decoded: then
    /// less is fetched in its stead.
    fn give(&mut self, here: Undecoded, context: &mut Context<'_>) -> Option<Result<Page, Error>> {
        let Undecoded { fetched: Fetched { place, result }, early, .. } = here;
        self.place = place;
        let arrived = match result {
            Ok(arrived) => arrived,
            Err(error) => return Some(Err(self.failed(error))),
        };
        let page = match arrived.read(&mut self.place) {
            Ok(page) => page,
            Err(error) if is_too_much(&error) => {
                self.state = State::Busy(self.fetch_less(self.place.clone(), error));
                return None;
            }
            Err(error) => return Some(Err(self.failed(error))),
        };
        self.trouble = None;
        self.place = self.place.at(page.next.clone());
        self.left = self.left.map(|left| left.saturating_sub(page.instances.len() as u64));
        self.state = match &page.next {
            None => State::Done,
            Some(_) if self.left == Some(0) => State::Done,
            Some(token) if self.repeats.knows(token) => State::Endless,
            Some(token) => {
                self.repeats.note(token);
                match early {
                    Some((announced, sent)) if announced == *token => State::Busy(sent),
                    _ if self.prefetch => {
                        let mut fetch = self.fetch(self.place.clone());
                        let _ = fetch.poll_unpin(context);
                        State::Busy(fetch)
                    }
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
                    return Poll::Ready(Some(Err(Error::new(ErrorKind::Protocol, LIST)
                        .with_detail("a continuation token came twice, so the list would never end"))));
                }
                State::Idle => this.state = State::Busy(this.fetch(this.place.clone())),
                State::Busy(fetch) => {
                    ready!(fetch.poll_unpin(context));
                    this.state = match Pin::new(fetch).take_output() {
                        Some(fetched) => {
                            let early = this.early(&fetched);
                            State::Here(Undecoded { fetched, early, stand_back: stand_back() })
                        }
                        None => State::Idle,
                    };
                }
                State::Here(here) => {
                    if let Some((_, fetch)) = &mut here.early {
                        // A future sends nothing before it is polled.
                        let _ = fetch.poll_unpin(context);
                        ready!(here.stand_back.poll_unpin(context));
                    }
                    if let State::Here(here) = std::mem::replace(&mut this.state, State::Idle)
                        && let Some(given) = this.give(here, context)
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
