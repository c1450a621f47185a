//! Instance events.

use http::StatusCode;
use http::header::LOCATION;
use uuid::Uuid;

use super::caller::Caller;
use super::context::{Answer, Context, Refusal, unhandled};
use super::model::{Instance, InstanceEvent, InstanceEventList, PlatformUser};
use crate::dotnet::datetime::DateTime;
use crate::dotnet::guid;
use crate::dotnet::query::query_date;
use crate::response::{self, with_header};

/// An event of this type about an instance, by the caller, with the process as it is now.
pub(crate) fn about(instance: &Instance, event_type: &str, caller: &Caller, context: &Context) -> InstanceEvent {
    event(instance, event_type, caller.platform_user(), context.event_date())
}

/// An event of this type about an instance, by `user`, with the process as it is now.
pub(super) fn event(instance: &Instance, event_type: &str, user: PlatformUser, created: DateTime) -> InstanceEvent {
    InstanceEvent {
        id: Some(Uuid::new_v4()),
        instance_id: instance.id.clone(),
        created: Some(created),
        event_type: Some(event_type.to_owned()),
        instance_owner_party_id: instance.instance_owner.as_ref().and_then(|owner| owner.party_id.clone()),
        user: Some(user),
        process_info: instance.process.clone(),
        ..InstanceEvent::default()
    }
}

/// An event about a data element. A caller without identity or authentication level can't be named in one, which the
/// service notices only after the work is done.
pub(crate) fn about_element(
    instance: &Instance,
    event_type: &str,
    data_id: Uuid,
    caller: &Caller,
    context: &Context,
) -> Result<InstanceEvent, Refusal> {
    let nameless = caller.user_id.is_none() && caller.org.is_none() && !caller.is_system_user();
    if nameless || caller.auth_level().is_none() {
        return Err(unhandled());
    }
    Ok(InstanceEvent { data_id: Some(data_id.to_string()), ..about(instance, event_type, caller, context) })
}

/// `POST instances/…/events`. The event is filed under the instance that its body names.
pub(crate) fn post(context: &Context) -> Answer {
    let mut binding = context.bind();
    binding.path_int("instanceOwnerPartyId");
    let body = binding.body::<InstanceEvent>(Some("instanceEvent"));
    binding.finish()?;
    let mut event = body.unwrap_or_default();
    let Some(instance_id) = event.instance_id.as_deref().filter(|id| !id.is_empty()) else {
        let words = "Missing parameter values: instance event must exist and instanceId must be set";
        return Err(context.message(StatusCode::BAD_REQUEST, words));
    };
    let instance = instance_id.rsplit('/').next().and_then(guid::parse).ok_or_else(unhandled)?;
    let id = event.id.unwrap_or_else(Uuid::new_v4);
    event.id = Some(id);
    event.created = Some(event.created.map_or_else(|| context.date(), |created| created.as_utc()));
    context.storable(&event)?;
    let mut state = context.state();
    // Event ids are unique, and the database refuses a second one.
    if state.events.get(id).is_some() {
        return Err(unhandled());
    }
    state.events.add(instance, event.clone());
    drop(state);
    Ok(with_header(response::json(StatusCode::CREATED, &event), LOCATION, &id.to_string()))
}

/// `GET instances/…/events/{guid}`: any event, whatever the instance in the path.
pub(crate) fn read(context: &Context) -> Answer {
    let mut binding = context.bind();
    binding.path_int("instanceOwnerPartyId");
    binding.finish()?;
    let id = guid::parse(context.values.get("eventGuid")).ok_or_else(unhandled)?;
    match context.state().events.get(id) {
        Some(event) => Ok(response::json(StatusCode::OK, event)),
        None => Err(context.problem(StatusCode::NOT_FOUND, None)),
    }
}

/// `GET instances/…/events`. The period counts only when both its ends are given.
pub(crate) fn list(context: &Context) -> Answer {
    let mut binding = context.bind();
    binding.path_int("instanceOwnerPartyId");
    binding.finish()?;
    let period = match (context.query.text("from"), context.query.text("to")) {
        (Some(from), Some(to)) => {
            let bad = || {
                let words = "Unable to perform query. Invalid format for time span. Use string format of UTC.";
                context.message(StatusCode::BAD_REQUEST, words)
            };
            let read = |text| query_date(text, context.now).map(|date| date.to_micros().ticks()).ok_or_else(bad);
            Some((read(from)?, read(to)?))
        }
        _ => None,
    };
    let types: Vec<&str> = context.query.all("eventTypes").collect();
    let mut events = context.state().events.of(context.instance_guid()?);
    events.retain(|event| {
        let of_type = types.is_empty() || event.event_type.as_deref().is_some_and(|name| types.contains(&name));
        let created = event.created.map_or(0, |created| created.to_micros().ticks());
        of_type && period.is_none_or(|(from, to)| (from..=to).contains(&created))
    });
    Ok(response::json(StatusCode::OK, &InstanceEventList { instance_events: events }))
}
