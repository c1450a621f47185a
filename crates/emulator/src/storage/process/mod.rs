//! The process of an instance: updates, history, and what the decision point is told.

mod history;
mod update;

use http::StatusCode;

use super::context::{Answer, Context, UNREADABLE};
use super::instances::reading_fault;
use super::model::AuthInfo;
use crate::response;

pub(super) use history::history;
pub(super) use update::{as_kept, update, update_with_events};

/// `GET instances/…/process/authinfo`, open to anyone. Here the party is compared, as a text.
pub(super) fn auth_info(context: &Context) -> Answer {
    let (party, guid) = (context.party(), context.instance_guid()?);
    if context.platform.outages.database() {
        return Err(reading_fault(context, "Failed to connect to 127.0.0.1:5432"));
    }
    let found = context.state().rows.get(guid).map(|row| {
        let info = AuthInfo { process: row.instance.process.clone(), app_id: row.instance.app_id.clone() };
        (row.unreadable, row.party_text() == party.to_string(), info)
    });
    let words = match found {
        Some((true, ..)) => UNREADABLE,
        Some((_, true, info)) => return Ok(response::json(StatusCode::OK, &info)),
        Some((_, false, _)) => "",
        None => "Object reference not set to an instance of an object.",
    };
    Err(context.message(StatusCode::NOT_FOUND, &format!("Unable to find instance {party}/{guid}: {words}")))
}
