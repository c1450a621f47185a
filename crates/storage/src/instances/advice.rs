//! What a refusal of these operations most likely means.

use altinn_core::transport::{ByScope, Verdict};
use http::StatusCode;

use crate::advice::{common, explain, no_read, refused_or_unanswered};

/// For listing.
///
/// The service answers bad dates, tokens and sizes with 500, so such a one is not tried again. A 400 without a reason
/// comes for a token that names no organisation; older versions answer it when their database is too slow, with the
/// database's words.
pub(super) fn list(status: StatusCode, words: Option<&str>) -> Verdict {
    let words = words.unwrap_or_default();
    match status {
        StatusCode::BAD_REQUEST if words.contains("Exception while reading from stream") => {
            Verdict { passing: Some(true), ..explain("the service's database was too slow: ask for fewer at a time") }
        }
        _ if is_unservable(status, Some(words)) => Verdict {
            passing: Some(false),
            ..explain(
                "an instance among those asked for is stored in a form that the service itself can't read: narrow the \
                 window of lastChanged until it is left out, and report it to Altinn",
            )
        },
        StatusCode::BAD_REQUEST if words.starts_with("AppId must be defined") => explain(
            "the query's service owner is not the token's: of another one's instances only those of one app can be asked \
             for, and its policy must let this one read",
        ),
        StatusCode::BAD_REQUEST if words.is_empty() || words == "Bad Request" => explain(
            "the token names no organisation: a scope that begins with altinn:serviceowner was not granted, or the \
             organisation is not on Altinn's list of service owners",
        ),
        StatusCode::FORBIDDEN => Verdict {
            by_scope: Some(ByScope {
                has: "the app belongs to another service owner, and its policy does not let this one read",
                lacks: "lists are given for tokens alone that have it: add it to the client in the self-service portal",
            }),
            ..explain(
                "the token lacks the scope altinn:serviceowner/instances.read, or the app belongs to another service \
                 owner and its policy does not let this one read",
            )
        },
        StatusCode::INTERNAL_SERVER_ERROR if is_bad_query(words) => {
            Verdict { passing: Some(false), ..explain("the service can't read the query; trying again is of no use") }
        }
        _ => common(status, Some(words)),
    }
}

/// Whether the service says that it can't read an instance that it has stored: no page that holds it will ever come.
pub(super) fn is_unservable(status: StatusCode, words: Option<&str>) -> bool {
    let unread = words.is_some_and(|words| words.contains("could not be converted"));
    unread && matches!(status, StatusCode::BAD_REQUEST | StatusCode::INTERNAL_SERVER_ERROR)
}

/// Whether the words speak of a value that the service, or its database, can't take. Those of the database begin with a
/// code of five characters; all that begin with 22 stand for such values.
fn is_bad_query(words: &str) -> bool {
    let is_code = |word: &str| {
        let code = word.strip_suffix(':').filter(|code| code.len() == 5 && code.starts_with("22"));
        code.is_some_and(|code| code.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase()))
    };
    let signs = ["Invalid date expression", "was not in a correct format"];
    signs.iter().any(|sign| words.contains(sign)) || words.split_whitespace().any(is_code)
}

/// For reading one instance.
///
/// The service reports any fault while reading as 404: then the text names party and UUID, and a colon and the fault
/// follow. A true 404 names the UUID alone.
pub(crate) fn get(status: StatusCode, words: Option<&str>) -> Verdict {
    let fault = |words: &str| words.starts_with("Unable to find instance ") && words.contains(": ");
    match status {
        StatusCode::NOT_FOUND if words.is_some_and(fault) => Verdict {
            passing: Some(true),
            ..explain(
                "the service reports its own fault as 404: the instance is most likely there; try again later, and do \
                 not treat it as gone",
            )
        },
        StatusCode::FORBIDDEN => no_read(),
        _ => common(status, words),
    }
}

/// For confirming.
pub(super) fn confirm(status: StatusCode, words: Option<&str>) -> Verdict {
    match status {
        StatusCode::FORBIDDEN => explain(
            "the app's policy does not let the service owner confirm, or there is no such instance: the policy file \
             needs the action complete for the service owner",
        ),
        _ => common(status, words),
    }
}

/// For creating.
pub(super) fn create(status: StatusCode, words: Option<&str>) -> Verdict {
    match status {
        StatusCode::FORBIDDEN => refused_or_unanswered!(
            "the app's policy does not let the service owner create instances for this party: its policy file needs \
             the action instantiate for the service owner"
        ),
        StatusCode::NOT_FOUND => explain("no such app is deployed in this environment"),
        StatusCode::INTERNAL_SERVER_ERROR => explain(
            "the instance may have been created all the same: list the party's instances of the app before sending it \
             again",
        ),
        _ => common(status, words),
    }
}

/// For deleting.
pub(super) fn delete(status: StatusCode, words: Option<&str>) -> Verdict {
    match status {
        StatusCode::FORBIDDEN if words.is_some_and(|words| words.contains("cannot be deleted yet")) => explain(
            "the app keeps archived instances for a number of days (preventInstanceDeletionForDays in its metadata): \
             delete it after that",
        ),
        StatusCode::FORBIDDEN => explain(
            "the app's policy does not let the service owner delete, or there is no such instance: the usual policy \
             file grants the action delete to the instance owner alone",
        ),
        _ => common(status, words),
    }
}

/// For bringing back.
pub(super) fn undelete(status: StatusCode, words: Option<&str>) -> Verdict {
    match status {
        StatusCode::NOT_FOUND if words.is_some_and(|words| words.contains("permanently deleted")) => {
            explain("it was deleted for good, and that can't be undone")
        }
        _ => delete(status, words),
    }
}

/// For the read status. The service asks for the right to read alone.
pub(super) fn read_status(status: StatusCode, words: Option<&str>) -> Verdict {
    match status {
        StatusCode::FORBIDDEN => {
            explain("the app's policy does not let the service owner read the instance, or there is no such instance")
        }
        _ => common(status, words),
    }
}

/// For the substatus. The service asks no policy, and does not look whether there is such an instance first.
pub(super) fn substatus(status: StatusCode, words: Option<&str>) -> Verdict {
    match status {
        StatusCode::FORBIDDEN => explain(
            "only the service owner of the instance's app may set its substatus, and the token names another, or none",
        ),
        StatusCode::INTERNAL_SERVER_ERROR => explain(
            "for an instance that does not exist the service answers this, too: see by instances.get whether it does",
        ),
        _ => common(status, words),
    }
}

/// For what the current task decides: presentation texts, data values.
pub(super) fn task(status: StatusCode, words: Option<&str>) -> Verdict {
    match status {
        StatusCode::FORBIDDEN => refused_or_unanswered!(
            "the app's policy does not let the service owner work on the task in which the instance stands: data needs \
             the action write, confirmation confirm, signing sign or write, any other task the action of its name"
        ),
        StatusCode::INTERNAL_SERVER_ERROR => explain(
            "for an instance that does not exist the service answers this, too: see by instances.get whether it does",
        ),
        _ => common(status, words),
    }
}

/// For taking a lock.
pub(super) fn lock(status: StatusCode, words: Option<&str>) -> Verdict {
    match status {
        StatusCode::CONFLICT => {
            explain("somebody holds the lock, perhaps this program by an earlier call: wait until it runs out")
        }
        StatusCode::NOT_FOUND => explain("there is no such instance, or it belongs to another party than the id says"),
        StatusCode::FORBIDDEN => task(status, words),
        _ => common(status, words),
    }
}

/// For a lock that is held.
pub(super) fn held_lock(status: StatusCode, words: Option<&str>) -> Verdict {
    match status {
        StatusCode::UNPROCESSABLE_ENTITY => explain(
            "the lock has run out or was released: others may have worked on the instance since, so read it anew and \
             take a new lock",
        ),
        _ => common(status, words),
    }
}

/// For signing.
pub(super) fn sign(status: StatusCode, words: Option<&str>) -> Verdict {
    match status {
        // Not a matter of the method: so the service reports a data type that it does not find.
        StatusCode::METHOD_NOT_ALLOWED => explain(
            "the app's metadata does not declare the signature's data type, or declares it for another task than the \
             one in which the instance stands",
        ),
        StatusCode::FORBIDDEN => explain(
            "the app's policy does not let the service owner sign, or there is no such instance: its policy file needs \
             the action sign for the service owner; write does not stand in for it",
        ),
        StatusCode::INTERNAL_SERVER_ERROR => explain(
            "for an instance without a process the service answers this, too; the signature may have been made all the \
             same: look for it among the data elements before signing again",
        ),
        _ => common(status, words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(verdict: Verdict, word: &str) -> bool {
        verdict.passing.is_none() && verdict.advice.is_some_and(|advice| advice.contains(word))
    }

    #[test]
    fn a_400_of_a_list_may_have_four_causes() {
        let judge = |words| list(StatusCode::BAD_REQUEST, words);
        assert!(says(judge(None), "names no organisation"));
        for status in [StatusCode::BAD_REQUEST, StatusCode::INTERNAL_SERVER_ERROR] {
            let verdict = list(status, Some("The JSON value could not be converted to Instance. Path: $[3]"));
            assert_eq!(verdict.passing, Some(false));
            assert!(verdict.advice.unwrap().contains("report it"));
        }
        assert_eq!(judge(Some("Exception while reading from stream")).passing, Some(true));
        assert!(says(judge(Some("AppId must be defined.")), "is not the token's"));
        assert_eq!(judge(Some("Org or AppId must be defined.")).advice, None);
    }

    #[test]
    fn a_value_that_the_database_can_t_take_is_told_from_a_fault_of_the_database() {
        let judge = |words| list(StatusCode::INTERNAL_SERVER_ERROR, Some(words)).passing;
        for bad in [
            "22P02: invalid input syntax for type json\n\nDETAIL: Token \"x\" is invalid.",
            "22021: invalid byte sequence for encoding \"UTF8\": 0x00",
            "2201W: LIMIT must not be negative",
            "Npgsql.PostgresException (0x80004005): 22008: date/time field value out of range",
            "Invalid date expression: x for query key: created",
        ] {
            assert_eq!(judge(bad), Some(false), "{bad}");
        }
        for passing in ["57014: canceling statement", "Exception while reading from stream", "at 22:45: no", "1122P02:"]
        {
            assert_eq!(judge(passing), None, "{passing}");
        }
    }

    #[test]
    fn refusals_with_one_status_are_told_apart_by_their_words() {
        let forbidden = StatusCode::FORBIDDEN;
        let kept = "Instance cannot be deleted yet due to application restrictions.";
        assert!(says(delete(forbidden, Some(kept)), "preventInstanceDeletionForDays"));
        assert!(says(delete(forbidden, None), "action delete"));
        let gone = "Instance was permanently deleted and cannot be restored.";
        assert!(says(undelete(StatusCode::NOT_FOUND, Some(gone)), "for good"));
        assert_eq!(undelete(StatusCode::NOT_FOUND, None).advice, None);
        assert!(says(lock(forbidden, None), "task"));
        assert!(says(sign(StatusCode::METHOD_NOT_ALLOWED, None), "data type"));
        assert!(says(held_lock(StatusCode::UNPROCESSABLE_ENTITY, None), "run out"));
    }
}
