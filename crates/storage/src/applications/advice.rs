//! What a refusal of these operations most likely means.

use altinn_core::transport::Verdict;
use http::StatusCode;

use crate::advice::{common, explain};

/// For metadata.
pub(super) fn read(status: StatusCode, words: Option<&str>) -> Verdict {
    match status {
        StatusCode::NOT_FOUND => explain("no such app is deployed in this environment"),
        _ => common(status, words),
    }
}

/// For texts.
pub(super) fn text(status: StatusCode, words: Option<&str>) -> Verdict {
    match status {
        StatusCode::NOT_FOUND => explain(
            "the app has no texts in this language, or is not deployed in this environment; that it has none is \
                     remembered for an hour",
        ),
        _ => common(status, words),
    }
}
