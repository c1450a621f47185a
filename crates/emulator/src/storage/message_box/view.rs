//! An instance as a message.

use crate::dotnet::datetime::DateTime;
use crate::platform::Platform;
use crate::storage::caller::Caller;
use crate::storage::model::{Instance, MessageBoxInstance, Substatus, TextResource};
use crate::storage::policy;
use crate::storage::store::{Row, State};

/// The language of texts when nobody says, or names one that the portal doesn't have.
const DEFAULT_LANGUAGE: &str = "nb";
const LANGUAGES: [&str; 3] = ["en", "nb", "nn"];

/// The language that texts are looked up in, spelled as it was asked for: in upper case it is known, but has no texts.
pub(super) fn language_of(asked: Option<&str>) -> String {
    let known = |asked: &&str| LANGUAGES.contains(&asked.to_lowercase().as_str());
    asked.filter(known).unwrap_or(DEFAULT_LANGUAGE).to_owned()
}

/// What the portal shows of an instance, and what the caller may do with it. `signing`: whether it is asked who may sign.
pub(super) fn message(
    platform: &Platform,
    state: &State,
    row: &Row,
    caller: &Caller,
    language: &str,
    signing: bool,
) -> MessageBoxInstance {
    let instance = &row.instance;
    let status = instance.status.clone().unwrap_or_default();
    let permits = |action| policy::permits(platform, row.app(), caller, action);
    let created = instance.created.unwrap_or_else(|| DateTime::from_ticks(0));
    let app_name = row.app().rsplit('/').next().unwrap_or_default();
    let texts = state.registry.text(row.app(), language, platform.clock.now());
    let texts = texts.as_deref();
    let presentation_text = instance.presentation_texts.as_ref().map(|texts| {
        let mut texts: Vec<_> = texts.iter().collect();
        // The database keeps the members of an object in this order.
        texts.sort_by_key(|(name, _)| (name.len(), *name));
        let texts: Vec<&str> = texts.iter().map(|(_, text)| text.as_deref().unwrap_or_default()).collect();
        texts.join(", ")
    });
    MessageBoxInstance {
        id: row.guid.to_string(),
        instance_owner_id: Some(row.party_text().to_owned()),
        org: instance.org.clone(),
        app_name: app_name.to_owned(),
        title: Some(title(texts, app_name, presentation_text.as_deref())),
        process_current_task: task_name(instance),
        created_date_time: instance.visible_after.filter(|date| date.ticks() > created.ticks()).unwrap_or(created),
        last_changed_by: instance.last_changed_by.clone(),
        due_date_time: instance.due_before,
        delete_status: u8::from(status.soft_deleted.is_some()),
        read_status: status.read_status,
        allow_delete: permits("delete"),
        allow_new_copy: false,
        authorized_for_write: permits("write"),
        authorized_for_sign: signing && permits("sign"),
        archived_date_time: status.archived,
        deleted_date_time: status.soft_deleted,
        substatus: status.substatus.map(|substatus| in_words(texts, substatus)),
        presentation_text,
        data_values: instance.data_values.clone(),
    }
}

/// Whether a copy can be made of it: for archived instances of apps that allow it.
pub(super) fn can_be_copied(platform: &Platform, state: &State, row: &Row, caller: &Caller) -> bool {
    let application = state.registry.application(row.app(), platform.clock.now());
    let settings = application.as_ref().and_then(|known| known.copy_instance_settings.as_ref());
    row.instance.status.as_ref().is_some_and(|status| status.is_archived)
        && settings.is_some_and(|settings| settings.enabled)
        && policy::permits(platform, row.app(), caller, "instantiate")
}

/// The app's name in its texts, or in its id, with the presentation texts behind it.
fn title(texts: Option<&TextResource>, app_name: &str, presentation_text: Option<&str>) -> String {
    let named = text(texts, "appName").or_else(|| text(texts, "ServiceName")).unwrap_or(app_name);
    match presentation_text.filter(|text| !text.trim().is_empty()) {
        Some(presentation_text) => format!("{named}, {presentation_text}"),
        None => named.to_owned(),
    }
}

/// Label and description may be keys of texts.
fn in_words(texts: Option<&TextResource>, substatus: Substatus) -> Substatus {
    let word = |key: Option<String>| key.map(|key| text(texts, &key).map(str::to_owned).unwrap_or(key));
    Substatus { label: word(substatus.label), description: word(substatus.description) }
}

fn text<'t>(texts: Option<&'t TextResource>, id: &str) -> Option<&'t str> {
    let mut resources = texts?.resources.as_ref()?.iter().flatten();
    resources.find(|resource| resource.id.as_deref() == Some(id))?.value.as_deref()
}

/// Whether it waits for signatures.
pub(super) fn is_in_signing(instance: &Instance) -> bool {
    task_name(instance) == "Signing"
}

fn task_name(instance: &Instance) -> &'static str {
    let Some(process) = &instance.process else { return "default" };
    if process.ended.is_some() {
        let archived = instance.status.as_ref().is_some_and(|status| status.archived.is_some());
        return if archived { "Archived" } else { "Submit" };
    }
    let task = process.current_task.as_ref().and_then(|task| task.altinn_task_type.as_deref());
    match task.map(str::to_lowercase).as_deref() {
        Some("confirmation") => "Confirmation",
        Some("feedback") => "Feedback",
        Some("signing") => "Signing",
        _ => "FormFilling",
    }
}
