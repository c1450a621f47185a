use super::ContinuationToken;

/// Notices that a list repeats itself, by Brent's method: each token is compared with the one before it and with one
/// kept from earlier, which is replaced after 1, 2, 4, 8 … tokens. It holds two tokens, however long the list.
///
/// A token that comes twice in a row is noticed at once. Any other repetition is noticed before three times as many
/// pages have come as there are different ones.
#[derive(Debug)]
pub(super) struct Repeats {
    last: Option<ContinuationToken>,
    kept: Option<ContinuationToken>,
    /// How many tokens came since `kept`, and after how many it is replaced.
    since: u64,
    replaced_after: u64,
}

impl Repeats {
    /// `first`: where the list begins, if not at its own beginning.
    pub(super) fn new(first: Option<ContinuationToken>) -> Self {
        Self { last: first.clone(), kept: first, since: 0, replaced_after: 1 }
    }

    /// Whether `token` is known to have come before.
    pub(super) fn knows(&self, token: &ContinuationToken) -> bool {
        [&self.last, &self.kept].into_iter().flatten().any(|known| known == token)
    }

    /// Takes note of the next token.
    pub(super) fn note(&mut self, token: &ContinuationToken) {
        self.since += 1;
        if self.since == self.replaced_after {
            self.kept = Some(token.clone());
            self.since = 0;
            self.replaced_after = self.replaced_after.saturating_mul(2);
        }
        self.last = Some(token.clone());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn token(n: u64) -> ContinuationToken {
        format!("638;{n}").parse().unwrap()
    }

    /// How many tokens come until one is known, at most `most`.
    fn noticed(first: Option<u64>, tokens: impl Iterator<Item = u64>, most: u64) -> Option<u64> {
        let mut repeats = Repeats::new(first.map(token));
        for (n, next) in (1..=most).zip(tokens) {
            if repeats.knows(&token(next)) {
                return Some(n);
            }
            repeats.note(&token(next));
        }
        None
    }

    #[test]
    fn a_token_that_stays_is_noticed_at_once() {
        assert_eq!(noticed(Some(7), [7].into_iter(), 9), Some(1));
        for straight in 1..50 {
            let tokens = (1..=straight).chain([straight]);
            assert_eq!(noticed(None, tokens, 99), Some(straight + 1));
        }
    }

    proptest! {
        #[test]
        fn a_circle_is_noticed_in_time(straight in 0u64..200, round in 1u64..200) {
            let place = |n: u64| if n < straight { n } else { straight + (n - straight) % round };
            let noticed = noticed(None, (0..).map(place), u64::MAX).unwrap();
            prop_assert!(straight + round < noticed, "not before a token has come twice");
            prop_assert!(noticed <= 3 * (straight + round), "{noticed}");
        }

        #[test]
        fn tokens_that_differ_are_never_taken_for_a_circle(first in any::<Option<u32>>(), many in 1u64..5_000) {
            let tokens = (1..=many).map(|n| n + u64::from(u32::MAX));
            prop_assert_eq!(noticed(first.map(u64::from), tokens, many), None);
        }
    }
}
