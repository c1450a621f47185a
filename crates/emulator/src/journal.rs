//! What has been asked, as counts.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use http::{Method, StatusCode};

/// So many different paths are told apart; more go under one name. It keeps a process that runs for weeks small.
const MAX_PATHS: usize = 4_096;
const OTHER_PATHS: &str = "(other)";

/// Counts of the requests that an emulator has answered. Clones share them. It holds no bodies, no tokens and no
/// query strings.
#[derive(Clone, Debug, Default)]
pub struct Journal {
    counts: Arc<Mutex<BTreeMap<(String, String), Counts>>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    succeeded: u64,
    failed: u64,
}

/// How often one method was used on one path.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// The method, as `GET`.
    pub method: String,
    /// The path in lower case. A segment that is a number or a UUID is written `{number}` or `{uuid}`.
    pub path: String,
    /// Answers with a status below 400.
    pub succeeded: u64,
    /// Answers with a status of 400 or above.
    pub failed: u64,
}

impl Journal {
    /// All entries, ordered by method and path.
    pub fn entries(&self) -> Vec<Entry> {
        self.lock()
            .iter()
            .map(|((method, path), counts)| Entry {
                method: method.clone(),
                path: path.clone(),
                succeeded: counts.succeeded,
                failed: counts.failed,
            })
            .collect()
    }

    /// The entry of one method (as `GET`) and path (as `/token`, in the form of [`Entry::path`]). Without any such
    /// request its counts are zero.
    pub fn entry(&self, method: &str, path: &str) -> Entry {
        let key = (method.to_owned(), path.to_owned());
        let counts = self.lock().get(&key).copied().unwrap_or_default();
        Entry { method: key.0, path: key.1, succeeded: counts.succeeded, failed: counts.failed }
    }

    /// Requests for a Maskinporten token.
    pub fn token_requests(&self) -> Entry {
        self.entry("POST", "/token")
    }

    /// Exchanges of Maskinporten tokens for Altinn tokens.
    pub fn exchanges(&self) -> Entry {
        self.entry("GET", "/authentication/api/v1/exchange/maskinporten")
    }

    /// Forgets everything.
    pub fn clear(&self) {
        self.lock().clear();
    }

    pub(crate) fn record(&self, method: &Method, path: &str, status: StatusCode) {
        let path = generalised(path);
        let mut counts = self.lock();
        let mut key = (method.to_string(), path);
        if counts.len() >= MAX_PATHS && !counts.contains_key(&key) {
            OTHER_PATHS.clone_into(&mut key.1);
        }
        let entry = counts.entry(key).or_default();
        if status.as_u16() < 400 {
            entry.succeeded += 1;
        } else {
            entry.failed += 1;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<(String, String), Counts>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn generalised(path: &str) -> String {
    let segments = path.trim_end_matches('/').split('/').map(|segment| {
        if uuid::Uuid::try_parse(segment).is_ok() {
            "{uuid}".to_owned()
        } else if !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_digit()) {
            "{number}".to_owned()
        } else {
            segment.to_ascii_lowercase()
        }
    });
    let joined = segments.collect::<Vec<_>>().join("/");
    if joined.is_empty() { "/".to_owned() } else { joined }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_fall_together_and_statuses_apart() {
        let journal = Journal::default();
        for (id, status) in [
            ("7a0c0000-3333-4444-8555-dddddddddddd", StatusCode::OK),
            ("7A0C0000-3333-4444-8555-EEEEEEEEEEEE", StatusCode::NOT_FOUND),
        ] {
            journal.record(&Method::GET, &format!("/storage/API/v1/instances/510001/{id}/"), status);
        }
        let entries = journal.entries();
        assert_eq!(entries.len(), 1);
        assert_eq!(entries[0].path, "/storage/api/v1/instances/{number}/{uuid}");
        assert_eq!((entries[0].succeeded, entries[0].failed), (1, 1));
    }

    #[test]
    fn different_paths_without_end_take_bounded_room() {
        let journal = Journal::default();
        for n in 0..MAX_PATHS + 100 {
            journal.record(&Method::GET, &format!("/x{n}"), StatusCode::NOT_FOUND);
        }
        assert_eq!(journal.entry("GET", OTHER_PATHS).failed, 100);
        journal.clear();
        assert_eq!(journal.token_requests().failed, 0);
        assert!(journal.entries().is_empty());
    }
}
