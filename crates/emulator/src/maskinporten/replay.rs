//! Grants that have been used.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

/// How long after its end a grant is remembered.
const MEMORY: SignedDuration = SignedDuration::from_secs(180);

/// What has been used, per client, until well after it would be refused for its age anyway.
#[derive(Debug, Default)]
pub(crate) struct UsedGrants {
    /// Client id and grant id to the time it is forgotten.
    used: HashMap<(String, String), Timestamp>,
    /// When to look for grants that can be forgotten.
    next_sweep: Option<Timestamp>,
}

impl UsedGrants {
    /// Marks the grant `id` of `client` as used. False if it was already.
    pub(crate) fn claim(&mut self, client: &str, id: &str, expires: Timestamp, now: Timestamp) -> bool {
        self.sweep(now);
        let until = expires.saturating_add(MEMORY).unwrap_or(Timestamp::MAX);
        let key = (client.to_owned(), id.to_owned());
        match self.used.get(&key) {
            Some(end) if *end >= now => false,
            _ => {
                self.used.insert(key, until);
                true
            }
        }
    }

    fn sweep(&mut self, now: Timestamp) {
        if self.next_sweep.is_none_or(|next| next <= now) {
            self.used.retain(|_, until| *until >= now);
            self.next_sweep = Some(now.saturating_add(MEMORY).unwrap_or(Timestamp::MAX));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_grant_is_single_use_per_client() {
        let mut used = UsedGrants::default();
        assert!(used.claim("a", "1", at(100), at(0)));
        assert!(!used.claim("a", "1", at(100), at(50)));
        assert!(used.claim("b", "1", at(100), at(50)));
        assert!(used.claim("a", "2", at(100), at(50)));
    }

    #[test]
    fn old_grants_take_no_room() {
        let mut used = UsedGrants::default();
        for n in 0..100 {
            used.claim("a", &n.to_string(), at(100), at(0));
        }
        used.claim("a", "late", at(1_100), at(1_000));
        assert_eq!(used.used.len(), 1);
    }
}
