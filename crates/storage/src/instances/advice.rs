//! What a refusal of these operations most likely means.

use altinn_core::transport::Verdict;
use http::StatusCode;

/// For listing.
///
/// The service answers bad dates, tokens and sizes with 500, so such a one is not tried again. A 400 without a reason
/// comes for a token that names no organisation.
pub(super) fn list(status: StatusCode, words: Option<&str>) -> Verdict {
    let words = words.unwrap_or_default();
    match status {
        StatusCode::BAD_REQUEST if !words.contains("defined") && !words.contains("value") => Verdict {
            passing: None,
            advice: Some(
                "the token names no organisation: a scope that begins with altinn:serviceowner was not granted, or \
                 the organisation is not on Altinn's list of service owners",
            ),
        },
        StatusCode::FORBIDDEN => Verdict {
            passing: None,
            advice: Some(
                "the token lacks the scope altinn:serviceowner/instances.read, or the app belongs to another service \
                 owner and its policy does not let this one read",
            ),
        },
        StatusCode::INTERNAL_SERVER_ERROR if is_bad_query(words) => Verdict {
            passing: Some(false),
            advice: Some("the service can't read the query; trying again is of no use"),
        },
        _ => Verdict::default(),
    }
}

fn is_bad_query(words: &str) -> bool {
    ["Invalid date expression", "2201W", "was not in a correct format"].iter().any(|sign| words.contains(sign))
}

/// For reading one instance.
///
/// The service reports any fault while reading as 404: then the text names party and UUID, and a colon and the fault
/// follow. A true 404 names the UUID alone.
pub(super) fn get(status: StatusCode, words: Option<&str>) -> Verdict {
    let fault = |words: &str| words.starts_with("Unable to find instance ") && words.contains(": ");
    match status {
        StatusCode::NOT_FOUND if words.is_some_and(fault) => Verdict {
            passing: Some(true),
            advice: Some(
                "the service reports its own fault as 404: the instance is most likely there; try again later, and do \
                 not treat it as gone",
            ),
        },
        _ => Verdict::default(),
    }
}

/// For confirming.
pub(super) fn confirm(status: StatusCode, _words: Option<&str>) -> Verdict {
    match status {
        StatusCode::FORBIDDEN => Verdict {
            passing: None,
            advice: Some(
                "the app's policy does not let the service owner confirm: its policy file needs the action complete \
                 for the service owner",
            ),
        },
        _ => Verdict::default(),
    }
}
