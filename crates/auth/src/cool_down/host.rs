use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{self, OwnedMutexGuard};
use tokio::time::Instant;
use url::{Origin, Url};

use super::Rest;
use crate::error::{Error, ErrorKind, Retry};
use crate::retry::Budget;

/// How many hosts are remembered. A program has a few; more come about where environments are made on the way.
const MOST: usize = 64;
/// How long after a rest the next failure still counts as another in a row.
const MEMORY: Duration = Duration::from_secs(60);

/// Of the whole process: a host that is down is spared by all clients together, however many a program makes.
static HOSTS: LazyLock<Mutex<Rests>> = LazyLock::new(Mutex::default);

/// A host by scheme, name and port, and the rest that it is given after it failed.
#[derive(Debug)]
pub(crate) struct Host(Origin);

impl Host {
    /// The host of an address.
    pub(crate) fn of(address: &Url) -> Self {
        Self(address.origin())
    }

    /// Waits until the host may be asked. After a rest one goes alone and finds out whether it works; the others wait
    /// for what that one [notes](Self::note).
    ///
    /// # Errors
    /// [`ErrorKind::Transport`], transient, when that takes longer than what is left of `budget`.
    pub(crate) async fn pass(&self, budget: &Budget) -> Result<Pass, Error> {
        loop {
            let Some(Resting { rest, probe }) = hosts().get(&self.0) else { return Ok(Pass { _alone: None }) };
            if !budget.wait(rest.left()).await {
                return Err(self.left_alone());
            }
            let Ok(alone) = tokio::time::timeout(budget.left(), probe.lock_owned()).await else {
                return Err(self.left_alone());
            };
            // The one before may have found that it works, or that it needs another rest.
            if hosts().get(&self.0).is_some_and(|resting| resting.rest.left().is_zero()) {
                return Ok(Pass { _alone: Some(alone) });
            }
        }
    }

    fn left_alone(&self) -> Error {
        let message = format!("{} failed a moment ago, and is left alone for now", self.0.ascii_serialization());
        Error::of(ErrorKind::Transport, message)
            .advice("the error of the call that failed says why; the host is asked again within 10 s")
            .retry(Retry::AfterPause)
            .build()
    }

    /// Takes note of how all tries of one step ended.
    ///
    /// `begun`: when the first was begun.
    pub(crate) fn note<T>(&self, begun: Instant, result: &Result<T, Error>) {
        match result {
            Err(error) if error.is_of_host() => hosts().after_failure(&self.0, begun, error.retry_after()),
            // A refusal is an answer, too: the host works.
            Ok(_) => hosts().forget(&self.0),
            Err(error) if error.status().is_some() => hosts().forget(&self.0),
            Err(_) => {}
        }
    }
}

/// Leave to ask a host, until it is dropped.
#[derive(Debug)]
pub(crate) struct Pass {
    /// Held by the one that finds out whether the host works.
    _alone: Option<OwnedMutexGuard<()>>,
}

fn hosts() -> MutexGuard<'static, Rests> {
    HOSTS.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Debug, Default)]
struct Rests(HashMap<Origin, Resting>);

#[derive(Debug, Default, Clone)]
struct Resting {
    rest: Rest,
    /// Held by the one that finds out whether the host works.
    probe: Arc<sync::Mutex<()>>,
}

impl Rests {
    fn get(&self, host: &Origin) -> Option<Resting> {
        self.0.get(host).filter(|resting| !resting.is_over()).cloned()
    }

    fn forget(&mut self, host: &Origin) {
        self.0.remove(host);
    }

    fn after_failure(&mut self, host: &Origin, begun: Instant, asked: Option<Duration>) {
        let mut resting = self.0.remove(host).filter(|resting| !resting.is_over()).unwrap_or_default();
        resting.rest.after_failure(begun, asked);
        if self.0.len() >= MOST {
            self.make_room();
        }
        self.0.insert(host.clone(), resting);
    }

    /// Forgets those that no longer count, or else the one whose rest is over first.
    fn make_room(&mut self) {
        self.0.retain(|_, resting| !resting.is_over());
        if self.0.len() >= MOST
            && let Some(first) =
                self.0.iter().min_by_key(|(_, resting)| resting.rest.until).map(|(host, _)| host.clone())
        {
            self.0.remove(&first);
        }
    }
}

impl Resting {
    /// Whether it counts no longer.
    fn is_over(&self) -> bool {
        self.rest.until.is_none_or(|until| Instant::now() >= until + MEMORY)
    }
}

#[cfg(test)]
mod tests;
