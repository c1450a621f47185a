//! What sources that make no grants of their own can be asked for.

use crate::error::{Error, ErrorKind};
use crate::request::TokenRequest;

/// What a source takes beside scopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Beside {
    /// It speaks for one organisation, in one way.
    Nothing,
    /// It passes these on to Maskinporten, as a token sidecar does.
    DetailsAndOneResource,
}

/// That a source would not leave out a part of the request: its token would speak for another than it was asked for.
///
/// `source`: what it is, for the error.
pub(crate) fn check(request: &TokenRequest, source: &str, beside: Beside) -> Result<(), Error> {
    let passes_on = beside == Beside::DetailsAndOneResource;
    let parts = [
        (request.consumer().is_some(), "another organisation"),
        (request.person_number().is_some(), "a person"),
        (request.details().is_some() && !passes_on, "a system user (authorization_details)"),
        (
            request.resources().len() > usize::from(passes_on),
            if passes_on { "several resources" } else { "a resource" },
        ),
        (!request.claims().is_empty(), "claims of your own"),
    ];
    let refused: Vec<&str> = parts.into_iter().filter(|(asked, _)| *asked).map(|(_, part)| part).collect();
    if refused.is_empty() {
        return Ok(());
    }
    Err(Error::of(ErrorKind::Config, format!("{source} has no tokens for {}", refused.join(" and ")))
        .advice("for these make the credentials with a Maskinporten client's id and key")
        .into())
}

#[cfg(test)]
mod tests {
    use altinn_core::Read;
    use serde_json::json;

    use super::*;

    #[test]
    fn every_part_that_would_be_left_out_is_named() {
        let request = || TokenRequest::of::<Read>();
        let org = "405003309".parse().unwrap();
        let all = request().on_behalf_of(org).person("01017012345".parse().unwrap()).claim("a", "b").unwrap();
        let words = |request: &TokenRequest, beside| check(request, "it", beside).map_err(|error| error.to_string());
        for beside in [Beside::Nothing, Beside::DetailsAndOneResource] {
            assert_eq!(words(&request(), beside), Ok(()));
            let words = words(&all, beside).unwrap_err();
            assert!(words.contains("another organisation and a person and claims of your own"), "{words}");
            assert!(!words.contains("01017012345"), "{words}");
        }
        let details = request().authorization_details(json!({"type": "urn:altinn:consent"})).unwrap();
        assert_eq!(words(&details, Beside::DetailsAndOneResource), Ok(()));
        assert!(words(&details, Beside::Nothing).unwrap_err().contains("a system user"));
    }
}
