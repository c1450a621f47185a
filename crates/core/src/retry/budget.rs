use std::sync::atomic::{AtomicU32, Ordering};

/// Limits retries over all calls of a client, so that a service in trouble is not hit several times as hard: each
/// retry takes ten tokens out of a hundred, each success puts one back.
#[derive(Debug)]
pub(crate) struct RetryBudget(AtomicU32);

impl RetryBudget {
    const FULL: u32 = 100;
    const RETRY: u32 = 10;

    /// Whether one more retry is allowed; takes its price.
    pub(crate) fn take(&self) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |tokens| tokens.checked_sub(Self::RETRY)).is_ok()
    }

    pub(crate) fn success(&self) {
        // Full already: nothing to put back.
        let _ = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |tokens| (tokens < Self::FULL).then_some(tokens + 1));
    }
}

impl Default for RetryBudget {
    fn default() -> Self {
        Self(AtomicU32::new(Self::FULL))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_storm_of_failures_runs_dry_and_successes_refill() {
        let budget = RetryBudget::default();
        assert_eq!((0..50).filter(|_| budget.take()).count(), 10);
        for _ in 0..10 {
            budget.success();
        }
        assert!(budget.take());
        assert!(!budget.take());
    }
}
