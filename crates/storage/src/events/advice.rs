//! What a refusal of these operations most likely means.

use altinn_core::transport::Verdict;
use http::StatusCode;

use crate::advice::{common, explain};

/// For reading.
pub(super) fn read(status: StatusCode, words: Option<&str>) -> Verdict {
    match status {
        StatusCode::FORBIDDEN => {
            explain("the app's policy does not let the service owner read the instance, or there is no such instance")
        }
        _ => common(status, words),
    }
}

/// For posting.
pub(super) fn post(status: StatusCode, words: Option<&str>) -> Verdict {
    match status {
        StatusCode::INTERNAL_SERVER_ERROR => explain(
            "the event may have been stored all the same, or one with its id was there before: look for it by its id \
             before posting it again; some environments answer this to a type that is not known, too",
        ),
        _ => read(status, words),
    }
}
