//! Presentation texts and data values. Both merge what is sent into what is stored, and move nothing else.

use futures::future::BoxFuture;
use http::StatusCode;
use uuid::Uuid;

use super::race::write_back;
use crate::platform::Platform;
use crate::response;
use crate::storage::caller::Caller;
use crate::storage::context::{Answer, Context, Refusal, forbidden, unhandled};
use crate::storage::faults::Fault;
use crate::storage::model::{DataValues, Instance, PresentationTexts, TextMap};
use crate::storage::policy;
use crate::storage::store::Row;

/// `PUT instances/…/presentationtexts`.
pub(crate) fn set_texts(context: &Context) -> BoxFuture<'_, Answer> {
    Box::pin(async move {
        let mut binding = context.bind();
        let body = binding.body::<PresentationTexts>(None);
        binding.finish()?;
        let texts = body.unwrap_or_default().texts;
        let texts = texts.ok_or_else(|| misformed(context, "presentationTexts"))?;
        merge(context, texts, false, |instance| instance.presentation_texts.get_or_insert_default()).await
    })
}

/// `PUT instances/…/datavalues`.
pub(crate) fn set_values(context: &Context) -> BoxFuture<'_, Answer> {
    Box::pin(async move {
        let mut binding = context.bind();
        let body = binding.body::<DataValues>(None);
        binding.finish()?;
        let values = body.unwrap_or_default().values;
        let values = values.ok_or_else(|| misformed(context, "dataValues"))?;
        merge(context, values, true, |instance| instance.data_values.get_or_insert_default()).await
    })
}

fn misformed(context: &Context, name: &str) -> Refusal {
    let words = format!("Missing parameter value: {name} is misformed or empty");
    context.message(StatusCode::BAD_REQUEST, &words)
}

async fn merge(
    context: &Context,
    sent: TextMap,
    open_to_sync_adapter: bool,
    stored: impl Fn(&mut Instance) -> &mut TextMap,
) -> Answer {
    let guid = context.instance_guid()?;
    let caller = context.caller()?;
    let keep_removed = context.shows(Fault::TextsAreNeverRemoved);
    let bypass = open_to_sync_adapter && caller.is_sync_adapter();
    let found = admit(context, guid, !bypass)?;
    context.storable(&sent)?;
    let changed = write_back(context, guid, found, |row| {
        let texts = stored(&mut row.instance);
        for (key, value) in sent {
            match value.filter(|value| !value.is_empty()) {
                Some(value) => {
                    texts.insert(key, Some(value));
                }
                None if keep_removed => {}
                None => {
                    texts.remove(&key);
                }
            }
        }
    });
    let instance = context.linked(changed.await?);
    Ok(response::json(StatusCode::OK, &instance))
}

/// The `lastChanged` of an instance whose task lets the caller work on it.
fn admit(context: &Context, guid: Uuid, asks: bool) -> Result<i64, Refusal> {
    let state = context.state();
    let row = state.rows.get(guid).ok_or_else(|| context.unknown_instance(unhandled()))?;
    if asks && task_refuses(&context.platform, row, context.caller()?) {
        return Err(forbidden());
    }
    Ok(row.last_changed)
}

/// Whether the caller lacks what the current task asks for; the right to reject does, too. Without a task it is the
/// right to write.
pub(crate) fn task_refuses(platform: &Platform, row: &Row, caller: &Caller) -> bool {
    let task = row.instance.process.as_ref().and_then(|process| process.current_task.as_ref());
    let mut actions = match task {
        Some(task) => policy::task_actions(task.altinn_task_type.as_deref()),
        None => vec!["write"],
    };
    actions.push("reject");
    !policy::permits_any(platform, row.app(), caller, &actions)
}
