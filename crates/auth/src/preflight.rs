//! What is checked right after a fetch, because the API would say it later, and without a reason.

use crate::error::{Error, ErrorKind, Leg, scrub};
use crate::maskinporten::MaskinportenToken;
use crate::request::TokenRequest;
use crate::token::AltinnToken;

/// What every scope of a service owner begins with.
const SERVICE_OWNER: &str = "altinn:serviceowner";

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
        .build())
}

/// That a token which was given ready-made allows what its client is for. Where it doesn't say, as a token of older
/// test tools, nothing is known to be missing.
pub(crate) fn given(request: &TokenRequest, token: &AltinnToken) -> Result<(), Error> {
    let missing = missing(request, token.scopes());
    if missing.is_empty() || token.scopes().next().is_none() {
        return Ok(());
    }
    Err(Error::of(ErrorKind::ScopeNotGranted, format!("the token that was given lacks {}", missing.join(" and ")))
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

/// That the token speaks for a service owner. Storage answers a list call without that with a bare 400.
pub(crate) fn org(request: &TokenRequest, token: &AltinnToken) -> Result<(), Error> {
    let needed = request.scopes().iter().any(|scope| scope.starts_with(SERVICE_OWNER));
    if !needed || token.org().is_some() {
        return Ok(());
    }
    Err(Error::of(ErrorKind::NoOrgCode, "the Altinn token names no service owner")
        .leg(Leg::Exchange)
        .advice(
            "the organisation that owns the Maskinporten client is not on Altinn's list of service owners: ask Altinn \
             to add it",
        )
        .build())
}
