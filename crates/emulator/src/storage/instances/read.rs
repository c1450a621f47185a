//! `GET instances/…` by id.

use http::StatusCode;

use crate::response;
use crate::storage::context::{Answer, Context, forbidden};
use crate::storage::policy;

/// Reads one instance, found by its guid alone. That it doesn't exist is told before the rights are asked.
pub(crate) fn read(context: &Context) -> Answer {
    let caller = context.caller()?;
    let guid = context.instance_guid()?;
    let found = context.state().rows.get(guid).map(|row| (row.app().to_owned(), row.with_elements()));
    let Some((app, mut instance)) = found else {
        return Err(context.message(StatusCode::NOT_FOUND, &format!("Unable to find instance {guid}")));
    };
    if !policy::guards(&context.platform, Some(&app), caller, "read") {
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
