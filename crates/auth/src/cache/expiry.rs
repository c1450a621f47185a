use std::time::Duration;

use crate::random;
use crate::token::AltinnToken;

/// The parts of a token's life. All are proportions of it with a cap, so that no lifetime is too short to be used: a
/// fixed margin of two minutes would make a token of two minutes useless.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Expiry {
    /// From this age on it should be renewed, though it is still good.
    soft: Duration,
    /// From this age on it is not handed out any more.
    hard: Duration,
}

/// Where a token is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Fresh,
    Due,
    Over,
}

const MARGIN: Duration = Duration::from_secs(30);
const WINDOW: Duration = Duration::from_secs(300);

impl Expiry {
    /// For a token that lasts `lifetime`. Renewal starts up to a twentieth of it earlier by chance, so that many
    /// processes that were started together don't ask together.
    pub(super) fn of(lifetime: Duration) -> Self {
        Self::with_jitter(lifetime, random::below(lifetime / 20))
    }

    fn with_jitter(lifetime: Duration, jitter: Duration) -> Self {
        let hard = lifetime - (lifetime / 5).min(MARGIN);
        Self { soft: hard - (lifetime / 5).min(WINDOW) - jitter, hard }
    }

    /// Whether a token is not handed out any more.
    pub(crate) fn is_over(token: &AltinnToken) -> bool {
        Self::with_jitter(token.lifetime(), Duration::ZERO).phase(token.age()) == Phase::Over
    }

    pub(super) fn phase(&self, age: Duration) -> Phase {
        if age >= self.hard {
            Phase::Over
        } else if age >= self.soft {
            Phase::Due
        } else {
            Phase::Fresh
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn seconds(lifetime: u64) -> (u64, u64) {
        let expiry = Expiry::with_jitter(Duration::from_secs(lifetime), Duration::ZERO);
        (expiry.soft.as_secs(), expiry.hard.as_secs())
    }

    #[test]
    fn margins_are_proportions() {
        assert_eq!(seconds(1800), (1470, 1770));
        assert_eq!(seconds(120), (72, 96));
        assert_eq!(seconds(5), (3, 4));
    }

    proptest! {
        #[test]
        fn no_lifetime_is_too_short_or_too_long(millis in 0_u64..u64::MAX / 2) {
            let lifetime = Duration::from_millis(millis);
            let expiry = Expiry::of(lifetime);
            prop_assert!(expiry.soft <= expiry.hard && expiry.hard <= lifetime);
            prop_assert!(expiry.soft >= lifetime / 2);
            prop_assert_eq!(expiry.phase(lifetime), Phase::Over);
        }
    }
}
