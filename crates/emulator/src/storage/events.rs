//! Instance events.

use std::ops::RangeInclusive;

use http::StatusCode;
use http::header::LOCATION;
use uuid::Uuid;

use super::caller::Caller;
use super::context::{Answer, Context, Refusal, forbidden, unhandled};
use super::faults::Fault;
use super::model::{Instance, InstanceEvent, InstanceEventList, PlatformUser};
use super::policy;
use crate::dotnet::datetime::{DateTime, MAX_TICKS};
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
    if (nameless || caller.auth_level().is_none()) && context.shows(Fault::UnnamedWriterFailsLate) {
        return Err(unhandled());
    }
    Ok(InstanceEvent { data_id: Some(data_id.to_string()), ..about(instance, event_type, caller, context) })
}

/// `POST instances/…/events`.
pub(crate) fn post(context: &Context) -> Answer {
    let mut binding = context.bind();
    binding.path_int("instanceOwnerPartyId");
    let body = binding.body::<InstanceEvent>(Some("instanceEvent"));
    binding.finish()?;
    let mut event = body.unwrap_or_default();
    if event.instance_id.is_none() {
        let words = "Missing parameter values: instance event must exist and instanceId must be set";
        return Err(context.message(StatusCode::BAD_REQUEST, words));
    }
    let instance = instance_of(&event).ok_or_else(unhandled)?;
    if context.instance_guid()? != instance && !context.shows(Fault::EventPathIsIgnored) {
        let words = "The event's instanceId does not match the path.";
        return Err(context.message(StatusCode::BAD_REQUEST, words));
    }
    if !context.shows(Fault::EventsNeedOnlyRead) && !may_write(context, instance)? {
        return Err(forbidden());
    }
    let id = event.id.unwrap_or_else(Uuid::new_v4);
    event.id = Some(id);
    event.created = Some(event.created.map_or_else(|| context.date(), |created| created.as_utc()));
    context.storable(&event)?;
    let mut state = context.state();
    if !state.events.are_new([&event]) {
        return Err(unhandled());
    }
    context.tell(&mut state, instance, event.clone())?;
    if !context.shows(Fault::LastChangedStays) {
        let by = context.caller()?.changed_by();
        state.rows.change(instance, |row| row.touch(context.date(), by));
    }
    drop(state);
    let path = format!("instances/{}/{instance}/events/{id}", context.party());
    let location = context.location(&id.to_string(), &path);
    Ok(with_header(response::json(StatusCode::CREATED, &event), LOCATION, &location))
}

fn may_write(context: &Context, instance: Uuid) -> Result<bool, Refusal> {
    let app = context.state().rows.get(instance).map(|row| row.app().to_owned());
    let caller = context.caller()?;
    Ok(app.is_some_and(|app| policy::permits(&context.platform, &app, caller, "write")))
}

/// `GET instances/…/events/{guid}`.
pub(crate) fn read(context: &Context) -> Answer {
    let mut binding = context.bind();
    binding.path_int("instanceOwnerPartyId");
    binding.finish()?;
    let id = guid::parse(context.values.get("eventGuid")).ok_or_else(unhandled)?;
    let any = context.shows(Fault::EventPathIsIgnored);
    let guid = context.instance_guid()?;
    match context.state().events.get(id).filter(|event| any || instance_of(event) == Some(guid)) {
        Some(event) => Ok(response::json(StatusCode::OK, event)),
        None => Err(context.problem(StatusCode::NOT_FOUND, None)),
    }
}

/// The instance that an event names, with the party before it or without.
fn instance_of(event: &InstanceEvent) -> Option<Uuid> {
    guid::parse(event.instance_id.as_deref()?.rsplit('/').next()?)
}

/// `GET instances/…/events`.
pub(crate) fn list(context: &Context) -> Answer {
    let mut binding = context.bind();
    binding.path_int("instanceOwnerPartyId");
    binding.finish()?;
    let period = period(context)?;
    let types = context.query.list("eventTypes");
    context.storable(&types)?;
    let mut events = context.state().events.of(context.instance_guid()?);
    events.retain(|event| {
        let of_type = types.is_empty() || event.event_type.as_deref().is_some_and(|name| types.contains(&name));
        // The database rounds what it reads from a document; the driver cuts what it is given.
        let created = event.created.map_or(0, |created| created.round_to_micros().ticks());
        of_type && period.contains(&created)
    });
    Ok(response::json(StatusCode::OK, &InstanceEventList { instance_events: events }))
}

/// From when to when, in ticks. The service heeds a period only when both its ends are given.
fn period(context: &Context) -> Result<RangeInclusive<i64>, Refusal> {
    let (from, to) = (context.query.text("from"), context.query.text("to"));
    if (from.is_none() || to.is_none()) && context.shows(Fault::HalfOpenPeriodIsIgnored) {
        return Ok(i64::MIN..=i64::MAX);
    }
    let read = |text| {
        query_date(text, context.now).map(|date| date.to_micros().ticks()).ok_or_else(|| {
            let words = "Unable to perform query. Invalid format for time span. Use string format of UTC.";
            context.message(StatusCode::BAD_REQUEST, words)
        })
    };
    Ok(from.map_or(Ok(0), read)?..=to.map_or(Ok(MAX_TICKS), read)?)
}
