//! What a refusal of these operations most likely means.

use altinn_core::transport::Verdict;
use http::StatusCode;

use crate::advice::{common, explain, no_read, refused_or_unanswered};

const NO_WRITE: &str = "the app's policy does not let the service owner write, or there is no such instance: its policy \
                        file needs the action write for the service owner, and the data type's actionRequiredToWrite \
                        if its metadata has one";

fn undeclared(words: Option<&str>) -> bool {
    words.is_some_and(|words| words.contains("not declared"))
}

/// For listing.
pub(super) fn list(status: StatusCode, words: Option<&str>) -> Verdict {
    match status {
        StatusCode::FORBIDDEN => no_read(),
        _ => common(status, words),
    }
}

/// For downloading.
pub(super) fn download(status: StatusCode, words: Option<&str>) -> Verdict {
    match status {
        StatusCode::NOT_FOUND
            if words.is_some_and(|words| words.contains("blob storage") || words.contains("data item")) =>
        {
            explain("the content is gone, or the data element belongs to another instance")
        }
        StatusCode::FORBIDDEN => no_read(),
        _ => common(status, words),
    }
}

/// For uploading.
pub(super) fn upload(status: StatusCode, words: Option<&str>) -> Verdict {
    match status {
        StatusCode::BAD_REQUEST if undeclared(words) => {
            explain("the app's metadata does not declare this data type; its id is compared letter by letter")
        }
        StatusCode::FORBIDDEN => explain(NO_WRITE),
        StatusCode::INTERNAL_SERVER_ERROR => {
            explain("the content may have been stored all the same: list the data elements before sending it again")
        }
        _ => common(status, words),
    }
}

/// For replacing.
pub(super) fn replace(status: StatusCode, words: Option<&str>) -> Verdict {
    match status {
        StatusCode::CONFLICT => {
            explain("the data element is locked: unlock it first, if its lock is not a signature's")
        }
        StatusCode::UNPROCESSABLE_ENTITY => {
            explain("the service got an empty content, and has destroyed the stored one: replace it anew")
        }
        StatusCode::NOT_FOUND => explain("it is not there, or belongs to another instance"),
        StatusCode::FORBIDDEN => explain(NO_WRITE),
        _ => common(status, words),
    }
}

/// For deleting.
pub(super) fn delete(status: StatusCode, words: Option<&str>) -> Verdict {
    match status {
        StatusCode::BAD_REQUEST if words.is_some_and(|words| words.contains("delayed deletion")) => explain(
            "only data types whose app logic has autoDeleteOnProcessEnd in the app's metadata can be deleted with a \
             delay",
        ),
        StatusCode::NOT_FOUND => {
            explain("it is not there; an earlier attempt of the same call may have deleted it already")
        }
        StatusCode::FORBIDDEN => explain(NO_WRITE),
        _ => common(status, words),
    }
}

/// For metadata.
pub(super) fn update_metadata(status: StatusCode, words: Option<&str>) -> Verdict {
    match status {
        StatusCode::BAD_REQUEST if undeclared(words) => {
            explain("the app's metadata does not declare the data type that the element names")
        }
        StatusCode::FORBIDDEN => explain(NO_WRITE),
        _ => common(status, words),
    }
}

/// For locking.
pub(super) fn lock(status: StatusCode, words: Option<&str>) -> Verdict {
    match status {
        StatusCode::FORBIDDEN => refused_or_unanswered!(
            "the app's policy does not let the service owner work on the task in which the instance stands: it needs \
             the task's action, or the action reject"
        ),
        _ => common(status, words),
    }
}

/// For unlocking.
pub(super) fn unlock(status: StatusCode, words: Option<&str>) -> Verdict {
    match status {
        StatusCode::FORBIDDEN => refused_or_unanswered!(
            "the app's policy does not let the service owner unlock, or there is no such instance: its policy file \
             needs one of the actions write, unlock and reject for the service owner"
        ),
        _ => common(status, words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_is_told_by_its_words() {
        let bad = StatusCode::BAD_REQUEST;
        let undeclared = Some("Requested element type is not declared in application metadata");
        assert!(upload(bad, undeclared).advice.is_some_and(|text| text.contains("declare")));
        assert!(update_metadata(bad, undeclared).advice.is_some_and(|text| text.contains("declare")));
        let delayed = Some("DataType attachment does not support delayed deletion");
        assert!(delete(bad, delayed).advice.is_some_and(|text| text.contains("autoDeleteOnProcessEnd")));
        assert_eq!(upload(bad, None).advice, None);
        assert!(replace(StatusCode::CONFLICT, None).advice.is_some_and(|text| text.contains("locked")));
    }
}
