//! Outcomes that are refusals.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails as loudly as a test")]

use altinn_core::{Error, ErrorKind};

/// That `outcome` is an error of this kind that says `word`.
#[track_caller]
pub fn refused<T: std::fmt::Debug>(outcome: Result<T, Error>, kind: ErrorKind, word: &str) {
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.to_string().contains(word), "{error}");
}
