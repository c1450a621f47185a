//! `POST sbl/instances/search`.

use http::StatusCode;
use jiff::Timestamp;

use super::view;
use crate::dotnet::datetime::DateTime;
use crate::dotnet::guid;
use crate::response;
use crate::storage::context::{Answer, Context};
use crate::storage::instances::InstanceQuery;
use crate::storage::model::{Application, Instance, MessageBoxInstance, MessageBoxQuery};
use crate::storage::policy;
use crate::storage::store::{Row, State};

/// The most messages of one search.
const SIZE: i32 = 5000;

/// Searches messages of several parties.
pub(crate) fn search(context: &Context) -> Answer {
    let mut binding = context.bind();
    let body = binding.body::<MessageBoxQuery>(Some("queryModel"));
    if body.as_ref().is_some_and(|asked| asked.instance_owner_party_id_list.is_none()) {
        binding.required_member("InstanceOwnerPartyIdList");
    }
    binding.finish()?;
    let asked = body.unwrap_or_default();
    let Some(states) = states(&asked) else {
        return Ok(response::json(StatusCode::OK, &Vec::<MessageBoxInstance>::new()));
    };
    let parties = asked.instance_owner_party_id_list.clone().unwrap_or_default();
    let caller = context.caller()?;
    let state = context.state();
    let query = database_query(&asked, states, parties, &state);
    let page = query.run(&state.rows, context.platform.storage.faults(), context.now);
    let page = page.map_err(|fault| context.message(StatusCode::INTERNAL_SERVER_ERROR, &fault.0))?;
    let now = context.date().ticks();
    let language = view::language_of(asked.language.as_deref().map(str::to_lowercase).as_deref());
    let rows: Vec<&Row> = page
        .instances
        .iter()
        .filter(|instance| instance.visible_after.is_none_or(|date| date.ticks() <= now))
        .filter(|instance| !is_hidden(&state, instance, context.now))
        .filter_map(|instance| {
            let guid = guid::parse(instance.id.as_deref()?.rsplit('/').next()?)?;
            state.rows.get(guid)
        })
        .collect();
    // One question to the decision point for all: whether any of them can be signed decides what it is asked of each.
    let any_in_signing = rows.iter().any(|row| view::is_in_signing(&row.instance));
    let mut messages: Vec<MessageBoxInstance> = rows
        .into_iter()
        .filter(|row| policy::permits(&context.platform, row.app(), caller, "read"))
        .map(|row| {
            let message = view::message(&context.platform, &state, row, caller, &language, any_in_signing);
            let status = row.instance.status.as_ref();
            let closed = status.is_some_and(|status| status.is_archived || status.is_soft_deleted);
            let due_date_time = message.due_date_time.filter(|_| !closed);
            MessageBoxInstance { due_date_time, ..message }
        })
        .collect();
    // The service sorts by guid.
    messages.sort_by(|one, other| one.id.cmp(&other.id));
    Ok(response::json(StatusCode::OK, &messages))
}

/// The states that are asked for, as a query has them; `None` when nothing can match: a reference is one of a closed
/// instance.
fn states(asked: &MessageBoxQuery) -> Option<InstanceQuery> {
    let (mut active, mut archived, mut deleted) = (asked.include_active, asked.include_archived, asked.include_deleted);
    if asked.archive_reference.as_deref().is_some_and(|reference| !reference.is_empty()) {
        if (active, archived, deleted) == (true, false, false) {
            return None;
        }
        if active == archived && archived == deleted {
            (archived, deleted) = (true, true);
        }
        active = false;
    }
    let mut query = InstanceQuery::default();
    match (active, archived, deleted) {
        (true, true, true) | (false, false, false) => {}
        (true, true, false) => query.is_soft_deleted = Some(false),
        (true, false, true) => query.is_active_or_soft_deleted = Some(true),
        (false, true, true) => query.is_archived_or_soft_deleted = Some(true),
        (false, false, true) => query.is_soft_deleted = Some(true),
        (_, archived, false) => {
            query.is_archived = Some(archived);
            query.is_soft_deleted = Some(false);
        }
    }
    Some(query)
}

fn database_query(asked: &MessageBoxQuery, states: InstanceQuery, parties: Vec<i32>, state: &State) -> InstanceQuery {
    let bound =
        |operator: &str, date: Option<DateTime>| date.map(|date| format!("{operator}:{}", date.to_seconds().as_utc()));
    let bounds = |from, to| bound("gte", from).into_iter().chain(bound("lte", to)).collect();
    let text = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let search = text(&asked.search_string);
    let (party, parties) = match parties.as_slice() {
        [party] => (Some(*party), None),
        _ => (None, Some(parties)),
    };
    InstanceQuery {
        party,
        parties,
        app_id: text(&asked.app_id),
        titled: search.as_deref().map(|search| apps_titled(state, search)),
        search,
        reference: text(&asked.archive_reference),
        last_changed: bounds(asked.from_last_changed, asked.to_last_changed),
        message_interval: bounds(asked.from_created, asked.to_created),
        // The portal shows what was taken over from earlier generations, too, unless it is asked not to.
        main_version_include: (asked.filter_migrated == Some(true)).then_some(3),
        main_version_exclude: (asked.filter_migrated != Some(true)).then_some(0),
        is_hard_deleted: Some(false),
        size: Some(SIZE),
        ..states
    }
}

/// The apps that have the text in one of their titles.
fn apps_titled(state: &State, search: &str) -> Vec<String> {
    let search = search.trim().to_lowercase();
    let has = |title: &Option<String>| title.as_deref().is_some_and(|title| title.to_lowercase().contains(&search));
    let titled = |application: &&Application| application.title.iter().flat_map(|titles| titles.values()).any(has);
    state.registry.applications().filter(titled).filter_map(|application| application.id.clone()).collect()
}

fn is_hidden(state: &State, instance: &Instance, now: Timestamp) -> bool {
    let application = state.registry.application(instance.app_id.as_deref().unwrap_or_default(), now);
    let config = application.as_ref().and_then(|application| application.message_box_config.as_ref());
    let Some(hide) = config.and_then(|config| config.hide_settings.as_ref()) else { return false };
    let task = instance.process.as_ref().and_then(|process| process.current_task.as_ref());
    let task = task.and_then(|task| task.element_id.as_ref());
    hide.hide_always
        || task.is_some_and(|task| hide.hide_on_task.iter().flatten().flatten().any(|hidden| hidden == task))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::storage::faults::Faults;
    use crate::storage::model::InstanceStatus;

    const ALL: [(&str, bool, bool); 4] = [
        ("active", false, false),
        ("archived", true, false),
        ("deleted", false, true),
        ("archived and deleted", true, true),
    ];

    /// Which of the four states a query of these is answered with.
    fn taken(active: bool, archived: bool, deleted: bool, reference: Option<&str>) -> Option<Vec<&'static str>> {
        let asked = MessageBoxQuery {
            include_active: active,
            include_archived: archived,
            include_deleted: deleted,
            archive_reference: reference.map(str::to_owned),
            ..MessageBoxQuery::default()
        };
        let mut state = State::default();
        for (number, (_, is_archived, is_soft_deleted)) in (0_u8..).zip(ALL) {
            let status = InstanceStatus { is_archived, is_soft_deleted, ..InstanceStatus::default() };
            let guid = Uuid::from_bytes([number; 16]);
            let id = Some(format!("1/{guid}"));
            state.rows.insert(guid, 1, Instance { id, status: Some(status), ..Instance::default() });
        }
        let query = database_query(&asked, states(&asked)?, vec![1], &state);
        let page = query.run(&state.rows, Faults::default(), Timestamp::UNIX_EPOCH).unwrap();
        let mut ids: Vec<_> = page.instances.into_iter().filter_map(|instance| instance.id).collect();
        ids.sort();
        let number = |id: &String| usize::from(guid::parse(&id[2..]).unwrap().as_bytes()[0]);
        Some(ids.iter().map(|id| ALL[number(id)].0).collect())
    }

    #[test]
    fn states_are_combined() {
        let everything = ["active", "archived", "deleted", "archived and deleted"];
        for (asked, expected) in [
            ((false, false, false), &everything[..]),
            ((true, true, true), &everything),
            ((true, false, false), &["active"]),
            ((false, true, false), &["archived"]),
            ((false, false, true), &["deleted", "archived and deleted"]),
            ((true, true, false), &["active", "archived"]),
            ((true, false, true), &["active", "deleted", "archived and deleted"]),
            ((false, true, true), &["archived", "deleted", "archived and deleted"]),
        ] {
            assert_eq!(taken(asked.0, asked.1, asked.2, None).as_deref(), Some(expected), "{asked:?}");
        }
    }

    #[test]
    fn a_reference_is_never_one_of_an_active_instance() {
        assert_eq!(taken(true, false, false, Some("0")), None);
        let closed = ["archived", "deleted", "archived and deleted"];
        for (asked, expected) in [
            ((true, true, true), &closed[..]),
            ((false, false, false), &closed),
            ((true, true, false), &["archived"]),
            ((true, false, true), &["deleted", "archived and deleted"]),
        ] {
            assert_eq!(taken(asked.0, asked.1, asked.2, Some("%")).as_deref(), Some(expected), "{asked:?}");
        }
    }
}
