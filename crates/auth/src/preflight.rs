//! What is checked right after a fetch, because the API would say it later, and without a reason.

use crate::error::{Builder, Error, ErrorKind, Leg, scrub};
use crate::maskinporten::MaskinportenToken;
use crate::request::TokenRequest;
use crate::token::AltinnToken;

/// What every scope of a service owner begins with.
const SERVICE_OWNER: &str = "altinn:serviceowner";

/// The fictitious service owner, which Altinn lets one organisation alone speak for.
const TEST_DEPARTMENT: &str = "ttd";
const FOR_THE_TEST_DEPARTMENT: &str =
    "the test department (ttd) is spoken for by a client of Digdir's, with test_organisation(true)";
const GIVE_ANOTHER: &str = "give a token of the service owner that is expected, or expect the right one";

/// That Maskinporten granted all that was asked for. Where it doesn't say, nothing is known to be missing.
pub(crate) fn scopes(request: &TokenRequest, token: &MaskinportenToken) -> Result<(), Error> {
    let Some(granted) = token.scope() else { return Ok(()) };
    let missing = missing(request, granted.split_ascii_whitespace());
    if missing.is_empty() {
        return Ok(());
    }
    Err(Error::of(ErrorKind::ScopeNotGranted, format!("Maskinporten did not grant {}", missing.join(" and ")))
        .leg(Leg::Maskinporten)
        .missing_scopes(missing)
        .advice("add it to the client in the self-service portal")
        .build()
        .with_asked(|| token.asked().clone()))
}

/// That a token which was got elsewhere allows what its client is for. Where it doesn't say, as a token of older test tools,
/// nothing is known to be missing.
pub(crate) fn given(request: &TokenRequest, token: &AltinnToken) -> Result<(), Error> {
    let missing = missing(request, token.scopes());
    if missing.is_empty() || token.scopes().next().is_none() {
        return Ok(());
    }
    Err(Error::of(ErrorKind::ScopeNotGranted, format!("the token lacks {}", missing.join(" and ")))
        .missing_scopes(missing)
        .advice("get one with it, or ask for less access (Read instead of ReadWrite)")
        .build())
}

fn missing<'a>(request: &TokenRequest, granted: impl Iterator<Item = &'a str>) -> Vec<String> {
    let granted: Vec<&str> = granted.collect();
    request.scopes().iter().filter(|scope| !granted.contains(&scope.as_str())).cloned().collect()
}

/// The scopes that Maskinporten granted beyond those asked for, as one text; `None` if there are none. They do no harm
/// by themselves, but whoever gets hold of the token can do more with it than was meant.
pub(crate) fn surplus(request: &TokenRequest, token: &MaskinportenToken) -> Option<String> {
    let asked = |scope: &&str| request.scopes().iter().any(|asked| asked == scope);
    let surplus: Vec<&str> = token.scopes().filter(|scope| !asked(scope)).collect();
    (!surplus.is_empty()).then(|| scrub(&surplus.join(" ")))
}

/// That the token speaks for a service owner, and for the expected one. Storage answers a list call without a service
/// owner with a bare 400.
///
/// * `expected`: the code that was configured.
/// * `leg`: the step that the token comes from; `None` for one that was not got from Maskinporten here.
pub(crate) fn org(
    request: &TokenRequest,
    expected: Option<&str>,
    token: &AltinnToken,
    leg: Option<Leg>,
) -> Result<(), Error> {
    if !request.scopes().iter().any(|scope| scope.starts_with(SERVICE_OWNER)) {
        return Ok(());
    }
    // On behalf of another organisation the token names that one.
    let on_behalf = request.consumer().is_some();
    let expected = expected.filter(|_| !on_behalf);
    let Some(found) = token.org() else { return Err(no_org(expected, on_behalf, leg)) };
    match expected.filter(|expected| !expected.eq_ignore_ascii_case(found)) {
        Some(expected) => Err(other_org(expected, found, leg)),
        None => Ok(()),
    }
}

fn no_org(expected: Option<&str>, on_behalf: bool, leg: Option<Leg>) -> Error {
    let advice = match (expected, leg) {
        (_, None) => GIVE_ANOTHER,
        _ if on_behalf => {
            "the organisation on whose behalf the token was asked for is not on Altinn's list of service owners, so the token \
             gives no access to a service owner's instances"
        }
        (Some(TEST_DEPARTMENT), _) => FOR_THE_TEST_DEPARTMENT,
        _ => {
            "the organisation that owns the Maskinporten client is not on Altinn's list of service owners: ask Altinn to \
             add it"
        }
    };
    got(leg, Error::of(ErrorKind::NoOrgCode, "the Altinn token names no service owner").advice(advice))
}

fn other_org(expected: &str, found: &str, leg: Option<Leg>) -> Error {
    let advice = match (expected, leg) {
        (_, None) => GIVE_ANOTHER,
        (TEST_DEPARTMENT, _) => FOR_THE_TEST_DEPARTMENT,
        _ => {
            "the Maskinporten client belongs to another organisation, or Altinn's list of service owners has another \
             code for it"
        }
    };
    let message = format!("the Altinn token names the service owner {}, and not {}", scrub(found), scrub(expected));
    got(leg, Error::of(ErrorKind::WrongOrgCode, message).advice(advice))
}

fn got(leg: Option<Leg>, error: Builder) -> Error {
    match leg {
        Some(leg) => error.leg(leg).build(),
        None => error.build(),
    }
}
