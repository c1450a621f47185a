//! Checks that the real service leaves out. Each is made when the fault of leaving it out is switched off.

use http::request::Parts;
use http::{Method, StatusCode};
use uuid::Uuid;

use super::caller::Caller;
use super::context::{Refusal, UNKNOWN_INSTANCE, forbidden};
use super::faults::Fault;
use super::locks::{LockToken, TOKEN_HEADER};
use crate::dotnet::{guid, number};
use crate::platform::Platform;
use crate::response::{self, ProblemType};
use crate::routing::RouteValues;

/// All of them, for a request whose caller has been let in.
pub(super) fn all(
    platform: &Platform,
    parts: &Parts,
    values: &RouteValues,
    problems: ProblemType,
    caller: Option<&Caller>,
) -> Result<(), Refusal> {
    let faults = platform.storage.faults();
    let guid = guid::parse(values.get("instanceGuid"));
    if let Some(guid) = guid.filter(|_| !faults.shows(Fault::PartyInPathIsIgnored)) {
        same_party(platform, values, guid, problems)?;
    }
    if let Some(caller) = caller.filter(|_| !faults.shows(Fault::ScopesAreNotChecked)) {
        has_scope(parts, caller)?;
    }
    if let Some(guid) = guid.filter(|_| !faults.shows(Fault::LockProtectsNothing)) {
        holds_lock(platform, parts, guid, problems)?;
    }
    Ok(())
}

/// The party in the path has to be the instance's.
fn same_party(platform: &Platform, values: &RouteValues, guid: Uuid, problems: ProblemType) -> Result<(), Refusal> {
    let Some(party) = number::route_int32(values.get("instanceOwnerPartyId")) else { return Ok(()) };
    let owner = platform.storage.lock().rows.get(guid).map(|row| row.party);
    if owner.is_some_and(|owner| owner != i64::from(party)) {
        return Err(response::problem(problems, StatusCode::NOT_FOUND, Some(UNKNOWN_INSTANCE)).into());
    }
    Ok(())
}

/// A service owner needs the scope for what it does. Others have theirs from the app.
fn has_scope(parts: &Parts, caller: &Caller) -> Result<(), Refusal> {
    let path = parts.uri.path().trim_end_matches('/').to_ascii_lowercase();
    let reads = parts.method == Method::GET || path.ends_with("/v1/sbl/instances/search");
    let fits = caller.org.is_none() || if reads { caller.may_list() } else { caller.may_write() };
    if fits || !(path.contains("/v1/instances") || path.contains("/v1/sbl/")) { Ok(()) } else { Err(forbidden()) }
}

/// While an instance is locked only who sends the lock's token may change it.
fn holds_lock(platform: &Platform, parts: &Parts, guid: Uuid, problems: ProblemType) -> Result<(), Refusal> {
    let about_the_lock = parts.method == Method::PATCH || parts.method == Method::POST;
    let path = parts.uri.path().trim_end_matches('/');
    if parts.method == Method::GET || (about_the_lock && path.to_ascii_lowercase().ends_with("/lock")) {
        return Ok(());
    }
    let sent = parts.headers.get(TOKEN_HEADER).and_then(|token| token.to_str().ok()).and_then(LockToken::decode);
    let (now, state) = (platform.clock.now(), platform.storage.lock());
    if state.locks.is_held_by_another(guid, sent.as_ref(), now) {
        return Err(response::problem(problems, StatusCode::CONFLICT, Some("The instance is locked.")).into());
    }
    Ok(())
}
