//! Advisory locks on instances.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

/// All locks that were ever taken; ended ones are kept, as the service never purges them.
#[derive(Default)]
pub(crate) struct Locks {
    by_id: HashMap<i64, Lock>,
    /// The lock last taken on an instance.
    latest: HashMap<Uuid, i64>,
    last_id: i64,
}

struct Lock {
    instance: Uuid,
    secret_hash: Vec<u8>,
    until: Timestamp,
}

/// Why a lock can't be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LockFault {
    /// No such lock on this instance.
    Unknown,
    /// Not the secret that came with it.
    WrongSecret,
    /// It has ended, by time or by release.
    Ended,
}

impl Locks {
    /// Takes a lock for `seconds`; `None` when another holds. Nobody may take it twice.
    pub(crate) fn acquire(
        &mut self,
        instance: Uuid,
        secret_hash: Vec<u8>,
        seconds: i32,
        now: Timestamp,
    ) -> Option<i64> {
        let held = self.latest.get(&instance).and_then(|id| self.by_id.get(id)).is_some_and(|lock| lock.until > now);
        if held {
            return None;
        }
        self.last_id += 1;
        self.by_id.insert(self.last_id, Lock { instance, secret_hash, until: after(now, seconds) });
        self.latest.insert(instance, self.last_id);
        Some(self.last_id)
    }

    /// Whether a lock holds on the instance that isn't the one of this id and secret.
    pub(crate) fn is_held_by_another(&self, instance: Uuid, own: Option<&(i64, Vec<u8>)>, now: Timestamp) -> bool {
        let Some(id) = self.latest.get(&instance) else { return false };
        let held = self.by_id.get(id).filter(|lock| lock.until > now);
        held.is_some_and(|lock| own.is_none_or(|(own, secret_hash)| own != id || *secret_hash != lock.secret_hash))
    }

    /// Lets a lock end `seconds` from now; 0 releases it.
    pub(crate) fn prolong(
        &mut self,
        instance: Uuid,
        id: i64,
        secret_hash: &[u8],
        seconds: i32,
        now: Timestamp,
    ) -> Result<(), LockFault> {
        let lock = self.by_id.get_mut(&id).filter(|lock| lock.instance == instance).ok_or(LockFault::Unknown)?;
        if lock.secret_hash != secret_hash {
            return Err(LockFault::WrongSecret);
        }
        if lock.until <= now {
            return Err(LockFault::Ended);
        }
        lock.until = after(now, seconds);
        Ok(())
    }
}

fn after(now: Timestamp, seconds: i32) -> Timestamp {
    now.saturating_add(SignedDuration::from_secs(seconds.into())).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holder_at_a_time() {
        let mut locks = Locks::default();
        let (instance, now) = (Uuid::from_u128(1), Timestamp::UNIX_EPOCH);
        let later = after(now, 11);
        let id = locks.acquire(instance, vec![1], 10, now).expect("a lock");
        assert_eq!(locks.acquire(instance, vec![1], 10, now), None);
        assert!(locks.acquire(Uuid::from_u128(2), vec![1], 10, now).is_some());
        assert_eq!(locks.prolong(instance, id, &[2], 10, now), Err(LockFault::WrongSecret));
        assert_eq!(locks.prolong(Uuid::from_u128(2), id, &[1], 10, now), Err(LockFault::Unknown));
        assert_eq!(locks.prolong(instance, id, &[1], 10, later), Err(LockFault::Ended));
        assert_eq!(locks.prolong(instance, id, &[1], 0, now), Ok(()));
        assert_eq!(locks.prolong(instance, id, &[1], 10, now), Err(LockFault::Ended));
        assert!(locks.acquire(instance, vec![1], 0, now).is_some());
        assert!(locks.acquire(instance, vec![1], 10, now).is_some());
    }
}
