use altinn_core::transport::Transport;
use altinn_core::{Error, Timestamp};
use jiff::Timestamp as Instant;

use super::page::Page;
use super::reader::{is_slow, is_too_much};
use super::{ContinuationToken, InstanceQuery, Window};

/// What came of looking for the instance that can't be had: the service fails on it, or what it sends of it breaks the page.
pub(super) enum Outcome {
    /// It last changed at `time`, and its row has this number.
    Found { time: Timestamp, row: i64 },
    /// The service serves it in a window, so that this is the next page: one of a single instance.
    Served(Box<Page>),
    /// The service does not fail any more.
    Passed,
    /// It fails without any instance as well, or the order does not allow to tell.
    Unclear,
}

/// The service stores nothing older than this, in microseconds since 1970. What was moved from Altinn 2 keeps the time of
/// its last change there, so this is the second day of the year 1: the oldest time but for those that the service's
/// database may take for minus infinity.
const BEGINNING: i64 = -62_135_510_400_000_000;
/// And nothing later than this: 2200. A time may lie ahead, since clients set some of them.
const END: i64 = 7_258_118_400_000_000;

/// Finds the first instance after `token`, which can't be had. The service is said to fail on it here also where what it
/// sends can't be decoded.
///
/// First its time, by asking for windows that end earlier and earlier: one that ends before it is answered, and is
/// empty. Then its row among those of the same time, by beginning further and further behind it. Both ends of what is
/// found are asked for once more at last, since trouble that comes or goes meanwhile leads anywhere.
///
/// `disturbed`: gets the last passing failure on the way, which the search takes for one of the instance.
///
/// # Errors
/// Whatever else the service, or what lies before it, refuses. Nothing follows from such an answer.
pub(super) async fn first(
    transport: &Transport,
    query: &InstanceQuery,
    token: Option<&ContinuationToken>,
    disturbed: &mut Option<Error>,
) -> Result<Outcome, Error> {
    let after = match token.map(ContinuationToken::position) {
        _ if query.is_newest_first() => return Ok(Outcome::Unclear),
        Some(None) => return Ok(Outcome::Unclear),
        Some(Some(position)) => Some(position),
        None => None,
    };
    let mut search = Search { transport, query, token, disturbed };
    let begin = after.map(|(time, _)| time.as_jiff().as_microsecond()).or(query.window().first());
    let before = begin.map_or(BEGINNING, |begin| begin.saturating_sub(1).max(BEGINNING));
    let through = query.window().last().unwrap_or(END);
    let micros = match search.narrow(By::Time, before, through).await? {
        Ok(micros) => micros,
        Err(outcome) => return Ok(outcome),
    };
    let Ok(time) = Instant::from_microsecond(micros).map(Timestamp::from) else { return Ok(Outcome::Unclear) };
    let seen = after.filter(|(last, _)| *last == time).map_or(0, |(_, row)| row);
    let Some(behind) = search.behind(time, seen).await? else { return Ok(Outcome::Unclear) };
    Ok(match search.narrow(By::Row(time), behind, seen).await? {
        // The last place that still leads to it, so that it is the next one.
        Ok(place) => Outcome::Found { time, row: place.saturating_add(1) },
        Err(outcome) => outcome,
    })
}

/// By what the place of the instance is narrowed down.
#[derive(Clone, Copy)]
enum By {
    /// The end of the window, in microseconds since 1970.
    Time,
    /// The row after which those of this time begin.
    Row(Timestamp),
}

/// How a page of one instance fared.
enum Fared {
    Empty,
    Served(Box<Page>),
    Failed,
}

struct Search<'a> {
    transport: &'a Transport,
    query: &'a InstanceQuery,
    token: Option<&'a ContinuationToken>,
    disturbed: &'a mut Option<Error>,
}

impl Search<'_> {
    /// The value nearest to `good` at which the service fails, as it does at `bad`, while it answers `good` with
    /// nothing; or else what else there is to say.
    async fn narrow(&mut self, by: By, mut good: i64, mut bad: i64) -> Result<Result<i64, Outcome>, Error> {
        if let Some(outcome) = self.contradiction(by, good, bad).await? {
            return Ok(Err(outcome));
        }
        while good.abs_diff(bad) > 1 {
            let middle = good.midpoint(bad);
            match self.ask(by, middle).await? {
                Fared::Failed => bad = middle,
                Fared::Empty => good = middle,
                Fared::Served(page) => return Ok(Err(Outcome::Served(page))),
            }
        }
        Ok(self.contradiction(by, good, bad).await?.map_or(Ok(bad), Err))
    }

    /// Why the instance does not lie between the two; `None` if it does.
    async fn contradiction(&mut self, by: By, good: i64, bad: i64) -> Result<Option<Outcome>, Error> {
        Ok(match self.ask(by, bad).await? {
            Fared::Served(page) => Some(Outcome::Served(page)),
            Fared::Empty => Some(Outcome::Passed),
            Fared::Failed => match self.ask(by, good).await? {
                Fared::Served(page) => Some(Outcome::Served(page)),
                Fared::Empty => None,
                Fared::Failed => Some(Outcome::Unclear),
            },
        })
    }

    /// A row of `time` after which the service does not fail, in steps that double from `seen`.
    async fn behind(&mut self, time: Timestamp, seen: i64) -> Result<Option<i64>, Error> {
        for row in (0..i64::BITS - 1).map_while(|doubled| seen.checked_add(1 << doubled)) {
            if !matches!(self.ask(By::Row(time), row).await?, Fared::Failed) {
                return Ok(Some(row));
            }
        }
        Ok(None)
    }

    async fn ask(&mut self, by: By, value: i64) -> Result<Fared, Error> {
        match by {
            By::Time => {
                let Ok(through) = Instant::from_microsecond(value) else { return Ok(Fared::Empty) };
                self.page(self.query.window().through(through.into()), self.token).await
            }
            By::Row(time) => {
                let token = ContinuationToken::at(time, value);
                Ok(match self.page(Window::from(time).through(time), Some(&token)).await? {
                    // Of the rows behind it, if there are any.
                    Fared::Served(_) => Fared::Empty,
                    fared => fared,
                })
            }
        }
    }

    async fn page(&mut self, window: Window, token: Option<&ContinuationToken>) -> Result<Fared, Error> {
        let query = self.query.clone().last_changed(window);
        let spec = query.spec(Some(1), token.map(ContinuationToken::as_str))?.hasty(is_slow);
        match self.transport.answer(&spec).await.and_then(|answer| Page::from_answer(&answer)) {
            Ok(page) if page.instances.is_empty() && page.unreadable.is_empty() => Ok(Fared::Empty),
            Ok(page) => Ok(Fared::Served(Box::new(page))),
            Err(error) if is_too_much(&error) => {
                if error.is_transient() {
                    *self.disturbed = Some(error);
                }
                Ok(Fared::Failed)
            }
            Err(error) => Err(error),
        }
    }
}
