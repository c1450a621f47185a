//! What is kept in memory for a while instead of being asked for again.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;

use jiff::{SignedDuration, Timestamp};

/// How many entries are no reason yet to look for those that are over.
const FEW: usize = 1024;

/// Answers by question, each until its time is over.
pub(crate) struct Kept<K, V> {
    entries: HashMap<K, (V, Timestamp)>,
    /// At how many entries those that are over are thrown out.
    sweep_at: usize,
}

/// Neither questions nor answers are for logs.
impl<K, V> fmt::Debug for Kept<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept").field("entries", &self.entries.len()).finish_non_exhaustive()
    }
}

impl<K, V> Default for Kept<K, V> {
    fn default() -> Self {
        Self { entries: HashMap::new(), sweep_at: FEW }
    }
}

impl<K: Eq + Hash, V: Clone> Kept<K, V> {
    /// The answer, if it is kept and its time not over.
    pub(crate) fn get(&self, question: &K, now: Timestamp) -> Option<V> {
        self.entries.get(question).filter(|(_, until)| now < *until).map(|(answer, _)| answer.clone())
    }

    /// Keeps an answer for some time, or not at all when that is none. What is over goes now and then, so that memory
    /// follows what is asked within the time that answers are kept.
    pub(crate) fn put(&mut self, question: K, answer: V, now: Timestamp, time: SignedDuration) {
        if !time.is_positive() {
            return;
        }
        if self.entries.len() >= self.sweep_at {
            self.entries.retain(|_, (_, until)| now < *until);
            self.sweep_at = FEW.max(self.entries.len() * 2);
        }
        let until = now.saturating_add(time).unwrap_or(Timestamp::MAX);
        self.entries.insert(question, (answer, until));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_counts_no_more_and_goes() {
        let mut kept = Kept::default();
        let mut now = Timestamp::UNIX_EPOCH;
        for question in 0..10_000 {
            let time = SignedDuration::from_secs(10);
            kept.put(question, "yes", now, time);
            assert_eq!(kept.get(&question, now), Some("yes"));
            assert_eq!(kept.get(&question, now + time), None);
            now += SignedDuration::from_secs(1);
        }
        assert!(kept.entries.len() <= FEW, "{kept:?}");
        kept.put(-1, "yes", now, SignedDuration::ZERO);
        assert!(!kept.entries.contains_key(&-1));
    }
}
