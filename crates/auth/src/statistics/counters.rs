//! What is counted as it happens. Single counts are all that matters, so their order among threads is left open.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::{Failure, Statistics, TokenKind};
use crate::error::Error;

/// How many failures are told apart. The codes come from outside, so there must be an end to them.
const MOST: usize = 100;

#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) served_from_cache: SpreadCounter,
    pub(crate) fetched: Counter,
    pub(crate) renewed_early: Counter,
    pub(crate) maskinporten_served_from_cache: Counter,
    pub(crate) maskinporten_fetched: Counter,
    pub(crate) spared: Counter,
    failures: Mutex<Vec<Failure>>,
}

impl Counters {
    /// `token`: what was to be fetched.
    pub(crate) fn note_failure(&self, token: TokenKind, error: &Error) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let full = failures.len() >= MOST;
        let mut failure = Failure::of(token, error);
        match failures.iter_mut().find(|known| known.is_like(&failure)) {
            Some(known) => known.count += 1,
            None if !full => failures.push(failure),
            None => {
                failure = failure.without_code();
                match failures.iter_mut().find(|known| known.is_like(&failure)) {
                    Some(known) => known.count += 1,
                    // There are few of these: a kind of token, of error and a status.
                    None => failures.push(failure),
                }
            }
        }
    }

    pub(crate) fn snapshot(&self) -> Statistics {
        Statistics {
            served_from_cache: self.served_from_cache.get(),
            fetched: self.fetched.get(),
            renewed_early: self.renewed_early.get(),
            maskinporten_served_from_cache: self.maskinporten_served_from_cache.get(),
            maskinporten_fetched: self.maskinporten_fetched.get(),
            failures: self.failures.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            spared: self.spared.get(),
            ..Statistics::default()
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

/// Over how many counts threads are spread.
const SHARDS: usize = 8;

/// A count of what many threads do at the same time, each in a place of its own: one place would go back and forth
/// between the processors' caches.
#[derive(Debug, Default)]
pub(crate) struct SpreadCounter([Shard; SHARDS]);

/// Alone in its line of a processor's cache.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Shard(Counter);

impl SpreadCounter {
    pub(crate) fn count(&self) {
        if let Some(Shard(counter)) = self.0.get(own_shard()) {
            counter.count();
        }
    }

    fn get(&self) -> u64 {
        self.0.iter().map(|Shard(counter)| counter.get()).sum()
    }
}

/// Threads take turns.
fn own_shard() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static OWN: Cell<usize> = const { Cell::new(usize::MAX) };
    }
    // A thread that is ending has none any more.
    let own = OWN.try_with(|own| {
        if own.get() == usize::MAX {
            own.set(NEXT.fetch_add(1, Ordering::Relaxed) % SHARDS);
        }
        own.get()
    });
    own.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    const THREADS: u64 = 8;

    #[test]
    fn no_thread_s_count_is_lost() {
        let counters = Counters::default();
        let error = Error::of(ErrorKind::Transport, "down").build();
        std::thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    for _ in 0..1000 {
                        counters.served_from_cache.count();
                        counters.fetched.count();
                        counters.note_failure(TokenKind::Altinn, &error);
                    }
                });
            }
        });
        let statistics = counters.snapshot();
        let all = 1000 * THREADS;
        assert_eq!((statistics.served_from_cache(), statistics.fetched(), statistics.failed()), (all, all, all));
    }

    #[test]
    fn a_server_that_invents_codes_fills_no_memory() {
        let counters = Counters::default();
        for number in 0..10 * MOST {
            let error = Error::of(ErrorKind::Maskinporten, "refused").code(Some(&format!("MP-{number}"))).build();
            counters.note_failure(TokenKind::Maskinporten, &error);
        }
        let statistics = counters.snapshot();
        assert_eq!((statistics.failed(), statistics.failures().count()), (10 * MOST as u64, MOST + 1));
        let rest = statistics.failures().find(|failure| failure.code().is_none()).unwrap();
        assert_eq!(rest.count(), 9 * MOST as u64);
    }
}
