//! What a refusal of these operations most likely means.

use altinn_core::transport::Verdict;
use http::StatusCode;

use crate::advice::{common, explain, refused_or_unanswered};

/// For the history.
pub(super) fn history(status: StatusCode, words: Option<&str>) -> Verdict {
    match status {
        StatusCode::FORBIDDEN => {
            explain("the app's policy does not let the service owner read the instance, or there is no such instance")
        }
        // Its database or the decision point may be out of order as well, which passes.
        StatusCode::INTERNAL_SERVER_ERROR => explain(
            "if it comes each time, the log of the instance has an event of the process without a user or without the \
             process's state, of which the service can make no history; events can't be deleted, so read them by \
             events.list instead",
        ),
        _ => common(status, words),
    }
}

/// For the authorization's view.
///
/// The service reports any fault as 404. Here a true one has party and colon as well; it has nothing after the colon
/// when the party is another, and speaks of a missing object when there is no such instance.
pub(super) fn auth_info(status: StatusCode, words: Option<&str>) -> Verdict {
    let is_true = |words: &str| words.ends_with(':') || words.contains("Object reference not set");
    match status {
        StatusCode::NOT_FOUND if words.is_some_and(is_true) => {
            explain("there is no such instance, or it belongs to another party than the id says")
        }
        StatusCode::NOT_FOUND if words.is_some() => Verdict {
            passing: Some(true),
            ..explain("the service reports its own fault as 404: try again later, and do not treat it as gone")
        },
        _ => common(status, words),
    }
}

/// For moving.
pub(super) fn update(status: StatusCode, words: Option<&str>) -> Verdict {
    match status {
        StatusCode::FORBIDDEN => refused_or_unanswered!(
            "the process has no current task (it never began, or has ended), or the app's policy does not let the \
             service owner leave it: data needs the action write, confirmation confirm, signing sign or write, payment \
             pay or write, any other task the action of its name, and abandoning reject"
        ),
        StatusCode::NOT_FOUND => explain("there is no such instance"),
        _ => common(status, words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_true_404_is_told_from_a_fault() {
        let judge = |words| auth_info(StatusCode::NOT_FOUND, Some(words)).passing;
        assert_eq!(judge("Unable to find instance 501337/00000000-0000-4000-8000-00000000abcd:"), None);
        assert_eq!(judge("Unable to find instance 1/x: Object reference not set to an instance of an object."), None);
        assert_eq!(judge("Unable to find instance 1/x: Failed to connect to 127.0.0.1:5432"), Some(true));
        assert_eq!(auth_info(StatusCode::NOT_FOUND, None).passing, None);
    }
}
