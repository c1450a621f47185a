use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::error::ErrorKind;

/// How often tokens were asked for, and what came of it, from the making of the credentials until
/// [`Credentials::statistics`](crate::Credentials::statistics) was called.
///
/// Clones of credentials count together; those [for another request](crate::Credentials::with_request) count apart. The
/// numbers are for monitoring: taken while others ask for tokens they need not add up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Statistics {
    served_from_cache: u64,
    fetched: u64,
    renewed_early: u64,
    maskinporten_fetched: u64,
    failed: HashMap<ErrorKind, u64>,
    spared: u64,
}

impl Statistics {
    /// Calls that got an Altinn token without fetching one: it was there, or another call fetched it meanwhile.
    pub fn served_from_cache(&self) -> u64 {
        self.served_from_cache
    }

    /// Altinn tokens that were fetched because there was no good one, and callers had to wait.
    pub fn fetched(&self) -> u64 {
        self.fetched
    }

    /// Altinn tokens that were fetched while the old one was still good, so that only one caller waited.
    pub fn renewed_early(&self) -> u64 {
        self.renewed_early
    }

    /// Maskinporten tokens that were fetched for
    /// [`maskinporten_token`](crate::Credentials::maskinporten_token), besides those on the way to an Altinn token.
    pub fn maskinporten_fetched(&self) -> u64 {
        self.maskinporten_fetched
    }

    /// Fetches that failed, of tokens of both kinds. One fetch may be several tries.
    pub fn failed(&self) -> u64 {
        self.failed.values().sum()
    }

    /// Fetches that failed with an error of this kind.
    pub fn failed_with(&self, kind: ErrorKind) -> u64 {
        self.failed.get(&kind).copied().unwrap_or_default()
    }

    /// The kinds of errors that there were, in no order, with how often each came.
    pub fn failures(&self) -> impl Iterator<Item = (ErrorKind, u64)> {
        self.failed.iter().map(|(kind, count)| (*kind, *count))
    }

    /// Calls that got the error of a fetch that was not theirs: one that they waited for, or a refusal that is
    /// remembered.
    pub fn spared(&self) -> u64 {
        self.spared
    }
}

/// What is counted as it happens. Single counts are all that matters, so their order among threads is left open.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) served_from_cache: Counter,
    pub(crate) fetched: Counter,
    pub(crate) renewed_early: Counter,
    pub(crate) maskinporten_fetched: Counter,
    pub(crate) spared: Counter,
    failed: Mutex<HashMap<ErrorKind, u64>>,
}

impl Counters {
    pub(crate) fn note_failure(&self, kind: ErrorKind) {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        *failed.entry(kind).or_default() += 1;
    }

    pub(crate) fn snapshot(&self) -> Statistics {
        Statistics {
            served_from_cache: self.served_from_cache.get(),
            fetched: self.fetched.get(),
            renewed_early: self.renewed_early.get(),
            maskinporten_fetched: self.maskinporten_fetched.get(),
            failed: self.failed.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            spared: self.spared.get(),
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn count(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THREADS: u64 = 8;

    #[test]
    fn no_thread_s_count_is_lost() {
        let counters = Counters::default();
        std::thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    for _ in 0..1000 {
                        counters.served_from_cache.count();
                        counters.fetched.count();
                        counters.note_failure(ErrorKind::Transport);
                    }
                });
            }
        });
        let statistics = counters.snapshot();
        let all = 1000 * THREADS;
        assert_eq!((statistics.served_from_cache(), statistics.fetched(), statistics.failed()), (all, all, all));
    }
}
