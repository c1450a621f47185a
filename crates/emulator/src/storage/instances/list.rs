//! `GET instances`.

use http::StatusCode;

use super::links::page_links;
use super::query::{InstanceQuery, Page};
use crate::dotnet::number;
use crate::response;
use crate::storage::caller::Caller;
use crate::storage::context::{Answer, Context, DOWN, Refusal, forbidden, unhandled};
use crate::storage::faults::Fault;
use crate::storage::model::{Instance, QueryResponse};
use crate::storage::policy;

/// The header that names the instance owner instead of the party id.
const OWNER_HEADER: &str = "x-ai-instanceowneridentifier";
/// Every parameter that does something.
const FILTERS: [&str; 25] = [
    "org",
    "appId",
    "instanceOwner.partyId",
    "process.currentTask",
    "process.isComplete",
    "process.endEvent",
    "process.ended",
    "lastChanged",
    "created",
    "visibleAfter",
    "dueBefore",
    "excludeConfirmedBy",
    "confirmed",
    "status.isArchived",
    "status.isSoftDeleted",
    "status.isHardDeleted",
    "mainVersionInclude",
    "mainVersionExclude",
    "dataValues.A2ArchRef",
    "A3Ref",
    "searchString",
    "order",
    "size",
    "continuationToken",
    "includeDataElements",
];

/// Lists instances, page by page.
pub(crate) fn list(context: &Context) -> Answer {
    let mut binding = context.bind();
    let mut query = InstanceQuery::bind(&context.query, &mut binding.binder);
    binding.finish()?;
    if !context.shows(Fault::UnknownFilterIsIgnored) {
        only_known_filters(context)?;
    }
    let owner = context.joined_header(OWNER_HEADER).filter(|value| !value.is_empty());
    if owner.is_some() && query.party.is_some() {
        let words = "Both InstanceOwner.PartyId and InstanceOwnerIdentifier cannot be present at the same time.";
        return Err(context.message(StatusCode::BAD_REQUEST, words));
    }
    let caller = context.caller()?;
    admit(context, caller, &mut query, owner.is_some())?;
    if let Some(owner) = &owner {
        query.party = match party_of(context, owner)? {
            Some(party) => Some(party),
            None => return Ok(nothing(None)),
        };
    }
    let url = format!("{}{}", context.platform.origin(), context.path);
    let odd = context.shows(Fault::NextLinkIsOdd);
    let raw_query = context.raw_query.as_deref().unwrap_or_default();
    if !caller.sees_everything() {
        if query.is_hard_deleted == Some(true) {
            let (own, _) = page_links(&url, raw_query, &context.query, query.token.as_deref(), None, odd);
            return Ok(nothing(Some(own)));
        }
        query.is_hard_deleted = Some(false);
    }
    if query.a3_reference.as_ref().is_some_and(|reference| reference.encode_utf16().count() != 12) {
        let words = "The A3 reference needs to be exactly 12 characters long.";
        return Err(context.message(StatusCode::BAD_REQUEST, words));
    }
    if !context.shows(Fault::DeletedIsListed) {
        query.is_hard_deleted = query.is_hard_deleted.or(Some(false));
        query.is_soft_deleted = query.is_soft_deleted.or(Some(false));
        if query.visible_after.is_empty() {
            query.visible_after.push(format!("lte:{}", context.date()));
        }
    }
    if context.platform.outages.database() {
        return Err(context.message(StatusCode::INTERNAL_SERVER_ERROR, DOWN));
    }
    let faults = context.platform.storage.faults();
    let page = query.run(&context.state().rows, faults, context.now);
    let Page { instances, next } = page.map_err(|fault| context.bad_query(&fault.0))?;
    let instances = visible(context, caller, instances);
    let next = next.map(|token| token.to_string());
    let (this, next) = page_links(&url, raw_query, &context.query, query.token.as_deref(), next, odd);
    Ok(response::json(StatusCode::OK, &QueryResponse { count: instances.len(), this: Some(this), next, instances }))
}

/// Refuses parameters that no filter has: what the service's own description says, and the service does not do.
fn only_known_filters(context: &Context) -> Result<(), Refusal> {
    let known = |name: &str| FILTERS.iter().any(|filter| filter.eq_ignore_ascii_case(name));
    match context.query.pairs().find(|(name, _)| !known(name)) {
        Some((name, _)) => Err(context.message(StatusCode::BAD_REQUEST, &format!("Unknown query parameter: {name}"))),
        None => Ok(()),
    }
}

fn nothing(this: Option<String>) -> response::Response {
    let page = QueryResponse::<Instance> { count: 0, this, next: None, instances: Vec::new() };
    response::json(StatusCode::OK, &page)
}

/// Whether the caller may ask this at all. An organisation that names none in its query asks for the app's.
fn admit(context: &Context, caller: &Caller, query: &mut InstanceQuery, has_owner: bool) -> Result<(), Refusal> {
    let refuse = |words: &str| Err(context.message(StatusCode::BAD_REQUEST, words));
    let Some(own_org) = caller.org.as_deref() else {
        if caller.user_id.is_none() && !caller.is_system_user() {
            return Err(context.problem(StatusCode::BAD_REQUEST, None));
        }
        return if query.party.is_none() && !has_owner {
            refuse("Either InstanceOwnerPartyId or InstanceOwnerIdentifier need to be defined.")
        } else {
            Ok(())
        };
    };
    if !caller.may_list() {
        return Err(forbidden());
    }
    let org = match (&query.org, &query.app_id) {
        (Some(org), _) => org.clone(),
        (None, Some(app)) => app.split('/').next().unwrap_or_default().to_owned(),
        (None, None) => return refuse("Org or AppId must be defined."),
    };
    query.org = Some(org.clone());
    if caller.is_sync_adapter() || org.eq_ignore_ascii_case(own_org) {
        return Ok(());
    }
    let Some(app_id) = &query.app_id else { return refuse("AppId must be defined.") };
    let app = app_id.split('/').nth(1).ok_or_else(unhandled)?;
    if context.platform.outages.decision_point() {
        return Err(unhandled());
    }
    let permitted = policy::permits(&context.platform, &format!("{org}/{app}"), caller, "read");
    if permitted { Ok(()) } else { Err(forbidden()) }
}

/// The party behind `person:…` or `organisation:…`; `None` when the register knows none.
fn party_of(context: &Context, identifier: &str) -> Result<Option<i32>, Refusal> {
    let refuse = |words: &str| Err(context.message(StatusCode::BAD_REQUEST, words));
    let identifier: String = identifier.chars().filter(|character| *character != ' ').collect();
    let parts: Vec<&str> = identifier.split(':').collect();
    let &[kind, digits] = parts.as_slice() else { return refuse("Invalid InstanceOwnerIdentifier.") };
    if digits.is_empty() {
        return refuse("Invalid InstanceOwnerIdentifier.");
    }
    let are = |count: usize| digits.len() == count && digits.bytes().all(|byte| byte.is_ascii_digit());
    let world = &context.platform.world();
    let party = match kind_of(kind) {
        Some(0) if are(11) => world.party_by_person(digits),
        Some(0) => return refuse("Person number needs to be exactly 11 digits."),
        Some(1) if are(9) => world.party_by_organisation(digits),
        Some(1) => return refuse("Organization number needs to be exactly 9 digits."),
        _ => return refuse("Invalid InstanceOwnerIdentifier."),
    };
    Ok(party.and_then(|party| i32::try_from(party.party_id).ok()))
}

/// What an identifier is: 0 a person's, 1 an organisation's. In .NET it is an enumeration, which is read from its numbers,
/// too, and names with commas between are laid over each other.
fn kind_of(text: &str) -> Option<i32> {
    let named = |name: &str| match name.to_ascii_lowercase().as_str() {
        "person" => Some(0),
        "organisation" => Some(1),
        _ => None,
    };
    number::route_int32(text).or_else(|| text.split(',').try_fold(0, |all, name| Some(all | named(name)?)))
}

/// What of a page the caller sees, with links. The service cuts pages before it asks for rights.
fn visible(context: &Context, caller: &Caller, instances: Vec<Instance>) -> Vec<Instance> {
    let links = context.links();
    let everything = caller.sees_everything();
    let readable = |instance: &Instance| {
        let app = instance.app_id.as_deref().unwrap_or_default();
        policy::permits(&context.platform, app, caller, "read")
    };
    instances
        .into_iter()
        .filter(|instance| everything || readable(instance))
        .map(|mut instance| {
            if !everything && let Some(data) = &mut instance.data {
                data.retain(|element| !element.is_hard_deleted());
            }
            links.put_on(instance)
        })
        .collect()
}
