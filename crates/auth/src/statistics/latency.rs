//! How long calls take.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// From a quick answer to the longest that a call may take.
const BOUNDS: [Duration; 9] = [
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_millis(2500),
    Duration::from_secs(5),
    Duration::from_secs(10),
    Duration::from_secs(20),
];

/// How long the calls to one address took, as a histogram.
///
/// Every attempt counts, with whatever result, until its answer was read. Those whose caller went away do not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Latency {
    /// Those within each bound and above the one before; the last are above all bounds.
    counts: [u64; BOUNDS.len() + 1],
    sum: Duration,
}

impl Latency {
    /// How many calls there were.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// How long they took together.
    pub fn sum(&self) -> Duration {
        self.sum
    }

    /// Upper bounds, from 50 ms to 20 s, each with how many calls took no longer, those of the smaller bounds among
    /// them: as Prometheus has its buckets. The one without a bound is [`count`](Self::count).
    pub fn buckets(&self) -> impl Iterator<Item = (Duration, u64)> {
        BOUNDS.iter().zip(&self.counts).scan(0, |below, (bound, count)| {
            *below += count;
            Some((*bound, *below))
        })
    }
}

/// Counts calls as they end, without a lock.
#[derive(Debug, Default)]
pub(crate) struct Histogram {
    counts: [AtomicU64; BOUNDS.len() + 1],
    microseconds: AtomicU64,
}

impl Histogram {
    /// Waits for one call, and counts it.
    pub(crate) async fn time<F: Future>(&self, call: F) -> F::Output {
        let started = Instant::now();
        let output = call.await;
        self.note(started.elapsed());
        output
    }

    fn note(&self, took: Duration) {
        let place = BOUNDS.partition_point(|bound| *bound < took);
        if let Some(count) = self.counts.get(place) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        self.microseconds.fetch_add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub(crate) fn snapshot(&self) -> Latency {
        let counts = std::array::from_fn(|place| match self.counts.get(place) {
            Some(count) => count.load(Ordering::Relaxed),
            None => 0,
        });
        Latency { counts, sum: Duration::from_micros(self.microseconds.load(Ordering::Relaxed)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_in_its_bucket_and_in_all_larger_ones() {
        let histogram = Histogram::default();
        for millis in [1, 50, 51, 900, 10_000, 10_001, 60_000] {
            histogram.note(Duration::from_millis(millis));
        }
        let latency = histogram.snapshot();
        assert_eq!(latency.buckets().map(|(_, count)| count).collect::<Vec<_>>(), [2, 3, 3, 3, 4, 4, 4, 5, 6]);
        assert_eq!((latency.count(), latency.sum()), (7, Duration::from_millis(81_003)));
        assert!(latency.buckets().map(|(bound, _)| bound).is_sorted());
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_is_timed_until_its_end_and_one_that_is_dropped_does_not_count() {
        let histogram = Histogram::default();
        let call = |seconds| histogram.time(tokio::time::sleep(Duration::from_secs(seconds)));
        call(3).await;
        assert!(tokio::time::timeout(Duration::from_secs(1), call(3)).await.is_err());
        let latency = histogram.snapshot();
        assert_eq!((latency.count(), latency.sum().as_secs()), (1, 3));
    }
}
