//! The clean-up: where what is marked as deleted for good really goes.

use http::StatusCode;
use uuid::Uuid;

use super::context::{Answer, Context};
use super::store::{Row, State};
use crate::dotnet::datetime::DateTime;
use crate::dotnet::guid;
use crate::response;

/// How long what is deleted and confirmed is kept.
const DAYS: i64 = 7;

/// `DELETE cleanup/cleanupinstances`.
pub(crate) fn instances(context: &Context) -> Answer {
    let limit = context.date().minus_days(DAYS);
    let mut state = context.state();
    let due: Vec<Uuid> = state.rows.hard_deleted().filter(|row| is_due(row, limit)).map(|row| row.guid).collect();
    remove_all(&mut state, due);
    Ok(response::empty(StatusCode::OK))
}

/// `DELETE cleanup/cleanupinstancesforapp/{app}`: all of them, whatever their state. An app id has a slash, and the
/// path can't carry one, so that the service never finds any.
pub(crate) fn instances_of_app(context: &Context) -> Answer {
    let mut state = context.state();
    let due: Vec<Uuid> = state.rows.of_app(context.values.get("appId")).map(|row| row.guid).collect();
    remove_all(&mut state, due);
    Ok(response::empty(StatusCode::OK))
}

/// `DELETE cleanup/cleanupdataelements`.
pub(crate) fn data_elements(context: &Context) -> Answer {
    let now = context.date();
    let limit = now.minus_days(DAYS);
    let mut state = context.state();
    let due: Vec<(Uuid, Uuid, Option<String>)> = state
        .rows
        .with_marked_elements()
        .filter(|row| confirmed_by_owner(row, limit))
        .flat_map(|row| row.elements.iter().map(move |element| (row.guid, element)))
        .filter(|(_, element)| {
            let status = element.delete_status.as_ref().filter(|status| status.is_hard_deleted);
            status.and_then(|status| status.hard_deleted).is_some_and(|date| date.ticks() <= limit.ticks())
        })
        .filter_map(|(home, element)| {
            Some((home, guid::parse(element.id.as_deref()?)?, element.last_changed_by.clone()))
        })
        .collect();
    for (home, id, by) in due {
        if let Some(path) = state.rows.remove_element(id).and_then(|element| element.blob_storage_path) {
            state.blobs.remove(&path);
        }
        state.rows.change(home, |row| row.touch(now, by));
    }
    Ok(response::empty(StatusCode::OK))
}

/// What was never archived goes at once; the rest when its owner has confirmed it long enough ago.
fn is_due(row: &Row, limit: DateTime) -> bool {
    let Some(status) = row.instance.status.as_ref().filter(|status| status.is_hard_deleted) else { return false };
    if !status.is_archived {
        return true;
    }
    let old = status.hard_deleted.is_some_and(|date| date.ticks() <= limit.ticks());
    old && confirmed_by_owner(row, limit)
}

fn confirmed_by_owner(row: &Row, limit: DateTime) -> bool {
    row.instance.complete_confirmations.iter().flatten().any(|confirmation| {
        let by_owner = confirmation.stakeholder_id.as_deref().is_some_and(|id| id.to_lowercase() == row.org());
        by_owner && confirmation.confirmed_on.ticks() <= limit.ticks()
    })
}

fn remove_all(state: &mut State, guids: Vec<Uuid>) {
    for guid in guids {
        remove(state, guid);
    }
}

/// Removes an instance with its content; its events only if the application deletes itself at the end.
fn remove(state: &mut State, guid: Uuid) {
    let Some(row) = state.rows.remove(guid) else { return };
    for path in row.elements.iter().filter_map(|element| element.blob_storage_path.as_ref()) {
        state.blobs.remove(path);
    }
    if state.registry.registered(row.app()).is_some_and(|application| application.auto_delete_on_process_end) {
        state.events.remove(guid);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::model::{CompleteConfirmation, DataElement, DeleteStatus, Instance, InstanceStatus};
    use crate::storage::store::Rows;

    const DAY: i64 = 86_400 * crate::dotnet::datetime::TICKS_PER_SECOND;

    fn row(archived: bool, deleted_day: Option<i64>, confirmed_day: Option<i64>) -> Row {
        let instance = Instance {
            org: Some("ttd".to_owned()),
            status: Some(InstanceStatus {
                is_archived: archived,
                is_hard_deleted: deleted_day.is_some(),
                hard_deleted: deleted_day.map(|day| DateTime::from_ticks(day * DAY)),
                ..InstanceStatus::default()
            }),
            complete_confirmations: confirmed_day.map(|day| {
                let confirmed_on = DateTime::from_ticks(day * DAY);
                vec![CompleteConfirmation { stakeholder_id: Some("TTD".to_owned()), confirmed_on }]
            }),
            ..Instance::default()
        };
        let mut rows = Rows::default();
        rows.insert(Uuid::nil(), 1, instance);
        rows.get(Uuid::nil()).cloned().expect("the row")
    }

    /// Otherwise it would be slower, and hold everyone up for longer, the more instances there are.
    #[test]
    fn only_what_is_marked_or_of_the_app_is_looked_at() {
        let mut rows = Rows::default();
        let (instance, element) = (|n: u128| Uuid::from_u128(n), |n: u128| Uuid::from_u128(1000 + n));
        for n in 0..100 {
            let app = if n % 20 == 3 { "ttd/a" } else { "ttd/b" };
            let status = InstanceStatus { is_hard_deleted: n % 50 == 7, ..InstanceStatus::default() };
            let app = Some(app.to_owned());
            rows.insert(instance(n), 1, Instance { app_id: app, status: Some(status), ..Instance::default() });
            let kept = DataElement { id: Some(element(n).to_string()), ..DataElement::default() };
            rows.add_element(instance(n), element(n), kept).unwrap();
        }
        assert_eq!((rows.hard_deleted().count(), rows.of_app("ttd/a").count(), rows.of_app("").count()), (2, 5, 0));
        assert_eq!(rows.with_marked_elements().count(), 0);
        let mark = |rows: &mut Rows, n: u128, is_hard_deleted: bool| {
            let status = Some(DeleteStatus { is_hard_deleted, hard_deleted: None });
            rows.change(instance(n), |row| row.element_mut(element(n)).unwrap().delete_status = status).unwrap();
        };
        for n in 10..15 {
            mark(&mut rows, n, true);
        }
        // Metadata without the mark, the element gone, the instance gone.
        mark(&mut rows, 11, false);
        rows.remove_element(element(12)).unwrap();
        rows.remove(instance(13)).unwrap();
        let marked: Vec<Uuid> = rows.with_marked_elements().map(|row| row.guid).collect();
        assert_eq!(marked, [instance(10), instance(14)]);
    }

    #[test]
    fn what_was_archived_waits_for_its_owner() {
        let limit = DateTime::from_ticks(10 * DAY);
        assert!(!is_due(&row(false, None, Some(1)), limit));
        assert!(is_due(&row(false, Some(20), None), limit));
        assert!(!is_due(&row(true, Some(1), None), limit));
        assert!(!is_due(&row(true, Some(1), Some(11)), limit));
        assert!(!is_due(&row(true, Some(11), Some(1)), limit));
        assert!(is_due(&row(true, Some(10), Some(10)), limit));
    }
}
