//! `GET instances/…` by id.

use http::StatusCode;

use crate::response;
use crate::storage::context::{Answer, Context, Refusal, UNREADABLE, forbidden, unhandled};
use crate::storage::decisions::Asked;
use crate::storage::faults::Fault;
use crate::storage::policy;

/// What an exception while reading becomes: the service says that there is no such instance, and why.
pub(crate) fn reading_fault(context: &Context, cause: &str) -> Refusal {
    if !context.shows(Fault::ReadingFaultIs404) {
        return unhandled();
    }
    let guid = context.values.get("instanceGuid");
    let id = match context.values.get("instanceOwnerPartyId") {
        "" => guid.to_owned(),
        party => format!("{party}/{guid}"),
    };
    context.message(StatusCode::NOT_FOUND, &format!("Unable to find instance {id}: {cause}"))
}

/// Reads one instance, found by its guid alone. That it doesn't exist is told before the rights are asked.
pub(crate) fn read(context: &Context) -> Answer {
    let caller = context.caller()?;
    let guid = context.instance_guid()?;
    if context.platform.outages.database() {
        let cause = "Npgsql.NpgsqlException (0x80004005): Failed to connect to 127.0.0.1:5432\n   at Npgsql.Internal";
        return Err(reading_fault(context, cause));
    }
    let found = context.state().rows.get(guid).map(|row| (Asked::of(row), row.unreadable, row.with_elements()));
    let Some((asked, unreadable, mut instance)) = found else {
        return Err(context.message(StatusCode::NOT_FOUND, &format!("Unable to find instance {guid}")));
    };
    if unreadable {
        return Err(reading_fault(context, &format!("System.Text.Json.JsonException: {UNREADABLE}")));
    }
    if !caller.is_sync_adapter() && !policy::lets_read(&context.platform, &asked, caller) {
        return Err(forbidden());
    }
    let owner = caller.is_org(instance.org.as_deref().unwrap_or_default());
    if !owner
        && !caller.is_sync_adapter()
        && let Some(data) = &mut instance.data
    {
        data.retain(|element| !element.is_hard_deleted());
    }
    Ok(response::json(StatusCode::OK, &context.links().put_on(instance)))
}
