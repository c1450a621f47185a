use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::time::Duration;

use super::RetryPolicy;

/// The waits of one call: full jitter under a doubling ceiling, so that many callers that failed together do not come
/// back together.
#[derive(Debug)]
pub struct Backoff {
    ceiling: Duration,
    longest: Duration,
    state: u64,
}

impl Backoff {
    pub(crate) fn new(policy: &RetryPolicy) -> Self {
        // The standard library's hasher keys are random, which is all the randomness that a wait needs.
        let seed = RandomState::new().build_hasher().finish();
        Self { ceiling: policy.first_wait, longest: policy.longest_wait, state: seed | 1 }
    }

    /// The next wait.
    pub fn wait(&mut self) -> Duration {
        let wait = self.ceiling.min(self.longest).mul_f64(self.fraction());
        self.ceiling = self.ceiling.saturating_mul(2);
        wait
    }

    /// A number in 0..1, by xorshift.
    fn fraction(&mut self) -> f64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_stay_under_a_doubling_ceiling() {
        let policy = RetryPolicy::default().waits(Duration::from_millis(100), Duration::from_secs(1));
        let mut seen_different = false;
        let mut first = None;
        for _ in 0..200 {
            let mut backoff = Backoff::new(&policy);
            for n in 0..8_u32 {
                let wait = backoff.wait();
                let ceiling = Duration::from_millis(100 * 2_u64.pow(n)).min(Duration::from_secs(1));
                assert!(wait <= ceiling, "{wait:?} > {ceiling:?}");
                if n == 0 {
                    seen_different |= first.replace(wait).is_some_and(|before| before != wait);
                }
            }
        }
        assert!(seen_different, "every caller waits the same time");
    }
}
