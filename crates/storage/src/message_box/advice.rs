//! What a refusal of these operations most likely means.

use altinn_core::transport::Verdict;
use http::StatusCode;

use crate::advice::{common, explain, no_read};

/// For reading one message.
pub(super) fn get(status: StatusCode, words: Option<&str>) -> Verdict {
    match status {
        StatusCode::NOT_FOUND if words.is_some_and(|words| words.starts_with("Could not find instance")) => {
            explain("there is no such instance")
        }
        StatusCode::FORBIDDEN => no_read(),
        _ => common(status, words),
    }
}

/// For the events.
pub(super) fn events(status: StatusCode, words: Option<&str>) -> Verdict {
    match status {
        StatusCode::FORBIDDEN => {
            explain("the app's policy does not let the service owner read the instance, or there is no such instance")
        }
        _ => common(status, words),
    }
}
