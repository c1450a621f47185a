//! What a refusal most likely means, whatever the operation.

use altinn_core::transport::Verdict;
use http::StatusCode;

/// The verdict on a 403 that means what is said, or that the service's decision point gives no answer: where the service
/// asks it in the middle of an operation, it takes silence for a no.
macro_rules! refused_or_unanswered {
    ($judgement:literal) => {
        Verdict {
            may_pass: true,
            ..$crate::advice::explain(concat!(
                $judgement,
                "; if it could a moment ago, the platform's authorization may be out of order, or have changed: decisions are \
                 kept for five minutes"
            ))
        }
    };
}
pub(crate) use refused_or_unanswered;

/// For a refusal to read.
pub(crate) fn no_read() -> Verdict {
    refused_or_unanswered!("the app's policy does not let the service owner read the instance")
}

/// A verdict that only explains: whether trying again may help stays with the status.
pub(crate) fn explain(advice: &'static str) -> Verdict {
    Verdict { advice: Some(advice), ..Verdict::default() }
}

/// For what an operation has no better words for.
pub(crate) fn common(status: StatusCode, words: Option<&str>) -> Verdict {
    let words = words.unwrap_or_default();
    match status {
        // The gateway in front of the service, not the service itself, speaks of subscriptions.
        StatusCode::UNAUTHORIZED if words.contains("subscription") => explain(
            "the gateway lets only apps make this call from outside: use the app's own API for it, or send the \
             subscription key that your organisation was given",
        ),
        // A wrong document is reported before the operation begins, with the fields that are wrong.
        StatusCode::BAD_REQUEST if words.contains("validation errors") => {
            explain("the service can't read the request: the fields that it names do not have the form it expects")
        }
        _ => Verdict::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gateway_is_told_from_the_service() {
        let gateway = "Access denied due to missing subscription key.";
        assert!(common(StatusCode::UNAUTHORIZED, Some(gateway)).advice.is_some_and(|text| text.contains("gateway")));
        assert_eq!(common(StatusCode::UNAUTHORIZED, None).advice, None);
    }
}
