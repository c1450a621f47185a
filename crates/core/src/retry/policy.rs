use std::time::Duration;

/// How often and how long a client tries again.
///
/// A call is tried again when nothing reached the service, after 429, and, if sending it twice does no harm, after
/// 408, 500, 502, 503, 504, a time-out or a broken connection. Calls that create something are never sent again once
/// they may have reached the service. The wait is random up to a ceiling that doubles each time, and never shorter
/// than the service's `Retry-After`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryPolicy {
    pub(crate) max_retries: u32,
    pub(crate) first_wait: Duration,
    pub(crate) longest_wait: Duration,
    pub(crate) budget: Duration,
}

impl RetryPolicy {
    /// Never try again.
    pub const fn none() -> Self {
        Self { max_retries: 0, first_wait: Duration::ZERO, longest_wait: Duration::ZERO, budget: Duration::ZERO }
    }

    /// At most this many tries after the first. Default 4.
    pub const fn max_retries(mut self, retries: u32) -> Self {
        self.max_retries = retries;
        self
    }

    /// The ceiling of the first wait and of any wait. Default 200 ms and 20 s.
    pub const fn waits(mut self, first: Duration, longest: Duration) -> Self {
        self.first_wait = first;
        self.longest_wait = longest;
        self
    }

    /// How long all tries may take together; no new one begins after that. Default 2 minutes. Time in which the caller
    /// does not await the call, as while it works on the page before, does not count. Calls of which one takes another's
    /// place, as smaller pages do for a large one, share it.
    pub const fn budget(mut self, budget: Duration) -> Self {
        self.budget = budget;
        self
    }
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_retries: 4,
            first_wait: Duration::from_millis(200),
            longest_wait: Duration::from_secs(20),
            budget: Duration::from_secs(120),
        }
    }
}
