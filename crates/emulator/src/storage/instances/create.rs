//! `POST instances`.

use http::StatusCode;
use http::header::LOCATION;
use uuid::Uuid;

use crate::dotnet::datetime::{DateTime, Zone};
use crate::dotnet::number;
use crate::response::{self, fits_a_header, with_header};
use crate::storage::context::{Answer, Context, DOWN, forbidden, unhandled};
use crate::storage::events;
use crate::storage::model::Instance;
use crate::storage::policy;
use crate::storage::process::as_kept;

/// Creates an instance. Of the body only the owner, the dates, the status, the process and the data values count.
pub(crate) fn create(context: &Context) -> Answer {
    let mut binding = context.bind();
    let body = binding.body::<Instance>(None);
    binding.finish()?;
    let body = body.unwrap_or_default();
    let owner = body.instance_owner.ok_or_else(unhandled)?;
    let Some(party) = owner.party_id.clone().filter(|party| !party.trim().is_empty()) else {
        let words = "Cannot create an instance without an instanceOwner.PartyId.";
        return Err(context.message(StatusCode::BAD_REQUEST, words));
    };
    let party_number = number::route_int32(&party).ok_or_else(unhandled)?;
    // The service takes line feeds out. The rest of an id with a third part is dropped by the look-up.
    let app_id = context.query.text("appId").ok_or_else(unhandled)?.replace('\n', "");
    let (org, app) = app_id.split_once('/').ok_or_else(unhandled)?;
    let app = app.split('/').next().unwrap_or_default();
    let known = format!("{org}/{app}");
    if context.state().registry.application(&known, context.now).is_none() {
        let words = format!("Did not find application with appId={app_id}");
        return Err(context.message(StatusCode::NOT_FOUND, &words));
    }
    let caller = context.caller()?;
    if !policy::permits(&context.platform, &known, caller, "instantiate") {
        return Err(forbidden());
    }
    let guid = Uuid::new_v4();
    let now = context.date();
    let instance = Instance {
        id: Some(format!("{party}/{guid}")),
        app_id: Some(known),
        org: Some(org.to_owned()),
        due_before: body.due_before.map(to_utc),
        visible_after: Some(body.visible_after.map_or(now, to_utc)),
        process: body.process.map(|process| as_kept(context, process)),
        status: Some(body.status.unwrap_or_default()),
        data_values: body.data_values,
        created: Some(now),
        created_by: caller.changed_by(),
        last_changed: Some(now.to_micros()),
        last_changed_by: caller.changed_by(),
        instance_owner: Some(owner),
        ..Instance::default()
    };
    let cause = match context.storable(&instance) {
        // An instance whose event can't be stored is taken back.
        _ if context.platform.outages.database() || context.platform.outages.events() => Some(DOWN),
        Err(_) => Some("22P05: unsupported Unicode escape sequence\n\nDETAIL: \\u0000 cannot be converted to text."),
        Ok(()) => None,
    };
    if let Some(cause) = cause {
        let words = format!("Unable to create {app_id} instance for {party} due to {cause}");
        return Err(context.message(StatusCode::INTERNAL_SERVER_ERROR, &words));
    }
    let event = events::about(&instance, "Created", caller, context);
    let mut state = context.state();
    state.rows.insert(guid, party_number.into(), without_nulls(instance.clone()));
    state.events.add(guid, event);
    drop(state);
    let created = context.links().put_on(Instance { data: Some(Vec::new()), ..instance });
    let location = created.self_links.as_ref().and_then(|links| links.platform.clone()).unwrap_or_default();
    // A line break around the party's number comes through to the header, which can't hold it.
    if !fits_a_header(&location) {
        return Err(unhandled());
    }
    Ok(with_header(response::json(StatusCode::CREATED, &created), LOCATION, &location))
}

/// The database keeps no nulls, so that a key that stands for one is only seen in the answer.
fn without_nulls(mut instance: Instance) -> Instance {
    if let Some(values) = &mut instance.data_values {
        values.retain(|_, value| value.is_some());
    }
    instance
}

/// A date without a zone is taken as UTC and loses its fraction.
fn to_utc(date: DateTime) -> DateTime {
    match date.zone() {
        Zone::Unspecified => date.to_seconds().as_utc(),
        Zone::Utc | Zone::Local => date.as_utc(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_come_back_in_utc() {
        for (sent, kept) in [
            ("2030-05-01T12:00:30.5", "2030-05-01T12:00:30Z"),
            ("2030-05-01T12:00:30.5Z", "2030-05-01T12:00:30.5Z"),
            ("2020-05-01T12:00:00+02:00", "2020-05-01T10:00:00Z"),
        ] {
            let date = DateTime::parse(sent, jiff::Timestamp::UNIX_EPOCH).expect("a date");
            assert_eq!(to_utc(date).to_string(), kept);
        }
    }
}
