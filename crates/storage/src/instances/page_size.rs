/// How large a page is asked for: the wanted size, and less while the service can't serve that.
///
/// A size that was too much is not tried again after every good page, since it may cost half a minute each time: only
/// after 8 good ones in a row, and after twice as many whenever that was in vain.
#[derive(Debug, Clone, Default)]
pub(super) struct PageSize {
    /// What is asked for instead of the wanted size.
    reduced: Option<u32>,
    /// What was served last, and not been too much since.
    good: Option<u32>,
    /// What was too much last.
    too_much: Option<u32>,
    /// Pages served since.
    streak: u32,
    /// How often a size that had been too much, or a larger one, was too much again.
    in_vain: u32,
}

/// The service's own page size.
const DEFAULT: u32 = 100;
/// How many good pages come before a size that was too much is tried again, at first and at most.
const PATIENCE: u32 = 8;
const MOST_PATIENCE: u32 = 256;

impl PageSize {
    /// What to ask for where `wanted` is wanted; `None` leaves it to the service.
    pub(super) fn asked(&self, wanted: Option<u32>) -> Option<u32> {
        self.reduced.or(wanted)
    }

    /// What is asked for, in figures.
    pub(super) fn current(&self, wanted: Option<u32>) -> u32 {
        self.asked(wanted).unwrap_or(DEFAULT)
    }

    /// Takes note of a page that was served.
    pub(super) fn served(&mut self, wanted: Option<u32>) {
        let Some(too_much) = self.too_much else { return };
        let size = self.current(wanted);
        self.streak = self.streak.saturating_add(1);
        let patient = self.streak >= PATIENCE.saturating_mul(1 << self.in_vain.min(16)).min(MOST_PATIENCE);
        if self.reduced.is_none() && patient {
            *self = Self::default();
            return;
        }
        self.good = Some(size);
        let larger = size.saturating_mul(2);
        if self.reduced.is_some() && (larger < too_much || patient) {
            self.reduced = Some(larger).filter(|larger| *larger < wanted.unwrap_or(DEFAULT));
        }
    }

    /// Takes note of a page that was too much. `false` if there is nothing smaller.
    pub(super) fn shrink(&mut self, wanted: Option<u32>) -> bool {
        let size = self.current(wanted);
        if size <= 1 {
            return false;
        }
        if self.streak > 0 && self.too_much.is_some_and(|too_much| size >= too_much) {
            self.in_vain = self.in_vain.saturating_add(1);
        }
        let good = self.good.take().filter(|good| *good < size);
        self.reduced = Some(good.unwrap_or(size / 4).max(1));
        (self.too_much, self.streak) = (Some(size), 0);
        true
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The sizes that are asked for from a service that serves at most `most` at a time.
    fn asked(size: &mut PageSize, wanted: Option<u32>, most: u32, requests: usize) -> Vec<u32> {
        let mut asked = Vec::new();
        for _ in 0..requests {
            asked.push(size.current(wanted));
            if size.current(wanted) <= most {
                size.served(wanted);
            } else {
                size.shrink(wanted);
            }
        }
        asked
    }

    #[test]
    fn it_shrinks_to_what_is_served_and_seldom_tries_more() {
        let mut size = PageSize::default();
        assert_eq!(asked(&mut size, None, 30, 4), [100, 25, 50, 25], "half of what was too much is tried at once");
        let asked = asked(&mut size, None, 30, 400);
        let in_vain: Vec<_> = (0..400).filter(|n| asked[*n] > 30).collect();
        assert!(in_vain.windows(2).all(|pair| pair[1] - pair[0] >= 17), "{in_vain:?}");
        assert!(in_vain.len() <= 6, "{in_vain:?}");
    }

    #[test]
    fn it_is_back_when_the_trouble_is_over() {
        for wanted in [None, Some(7), Some(100), Some(5_000)] {
            let mut size = PageSize::default();
            asked(&mut size, wanted, 3, 4);
            let asked = asked(&mut size, wanted, u32::MAX, 100);
            assert!(size.asked(wanted) == wanted, "{asked:?}");
            let back = asked.iter().position(|asked| *asked == wanted.unwrap_or(DEFAULT)).unwrap();
            assert!(back <= 20, "{asked:?}");
        }
    }

    #[test]
    fn there_is_nothing_smaller_than_one() {
        let mut size = PageSize::default();
        assert!(size.shrink(Some(2)));
        assert_eq!(size.asked(Some(2)), Some(1));
        assert!(!size.shrink(Some(2)));
        assert!(!PageSize::default().shrink(Some(1)));
    }

    proptest! {
        #[test]
        fn it_always_lies_between_one_and_what_is_wanted(
            wanted in proptest::option::of(1..u32::MAX),
            served in proptest::collection::vec(any::<bool>(), 0..200),
        ) {
            let mut size = PageSize::default();
            for served in served {
                if served {
                    size.served(wanted);
                } else {
                    size.shrink(wanted);
                }
                prop_assert!((1..=wanted.unwrap_or(DEFAULT)).contains(&size.current(wanted)));
            }
        }
    }
}
