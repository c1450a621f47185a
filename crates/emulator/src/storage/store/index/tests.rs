use proptest::prelude::*;

use super::*;
use crate::storage::model::{Instance, InstanceStatus};

const ALL: Window = Window::ALL;

fn row(number: i64, last_changed: i64, confirmed: bool) -> Row {
    Row {
        number,
        guid: Uuid::from_u128(u128::from(number.unsigned_abs())),
        instance: Instance { org: Some("ttd".to_owned()), app_id: Some("ttd/a".to_owned()), ..Instance::default() },
        elements: Vec::new(),
        last_changed,
        created: 0,
        confirmed: Some(confirmed),
        task: None,
        party: 1,
        main_version: 3,
        unreadable: false,
    }
}

fn of(rows: &[Row]) -> Index {
    let mut index = Index::default();
    for row in rows {
        index.add(row.guid, Place::of(row));
    }
    index
}

fn numbers(index: &Index, fit: impl Fn(&Traits) -> bool, order: Order, window: Window) -> Vec<i64> {
    let window = |traits: &Traits| fit(traits).then_some(window);
    index.walk(&[Scope::Org("ttd".to_owned())], window, order).map(|((_, number), _)| number).collect()
}

#[test]
fn ties_come_in_the_order_of_their_numbers() {
    // Of two kinds, so that the walk is a merge.
    let rows = [(1, 10), (2, 20), (3, 20), (4, 20), (5, 30)].map(|(number, at)| row(number, at, number % 2 == 0));
    let index = of(&rows);
    assert_eq!(numbers(&index, |_| true, Order::Ascending, ALL), [1, 2, 3, 4, 5]);
    assert_eq!(numbers(&index, |_| true, Order::Descending, ALL), [5, 2, 3, 4, 1]);
    assert_eq!(numbers(&index, |traits| traits.confirmed == Some(true), Order::Descending, ALL), [2, 4]);
    assert_eq!(numbers(&index, |_| true, Order::Descending, Window { from: 11, to: 29 }), [2, 3, 4]);
    assert!(numbers(&index, |_| true, Order::Descending, Window { from: 29, to: 11 }).is_empty());
}

#[test]
fn a_row_leaves_no_trace_where_it_was() {
    let open = row(1, 10, false);
    let mut done = row(1, 11, true);
    done.task = Some("Task_1".to_owned());
    done.instance.status = Some(InstanceStatus { is_archived: true, ..InstanceStatus::default() });
    let mut index = of(std::slice::from_ref(&open));
    index.remove(&Place::of(&open));
    index.add(done.guid, Place::of(&done));
    assert!(numbers(&index, |traits| traits.confirmed == Some(false), Order::Ascending, ALL).is_empty());
    let archived = |traits: &Traits| traits.status.is_some_and(|status| status.archived);
    assert_eq!(numbers(&index, archived, Order::Ascending, ALL), [1]);
    let in_task = [Scope::TaskOfApp("ttd/a".to_owned(), "Task_1".to_owned())];
    assert_eq!(index.walk(&in_task, |_| Some(ALL), Order::Ascending).count(), 1);
    index.remove(&Place::of(&done));
    assert!(index.scopes.is_empty());
}

#[test]
fn scopes_are_merged() {
    let rows = [1, 2, 3, 4].map(|number| Row { party: number % 3, ..row(number, number, false) });
    let index = of(&rows);
    let parties = [Scope::Party(1), Scope::Party(2), Scope::Party(9)];
    let found: Vec<i64> =
        index.walk(&parties, |_| Some(ALL), Order::Descending).map(|((_, number), _)| number).collect();
    assert_eq!(found, [4, 2, 1]);
}

#[test]
fn the_time_of_creation_has_an_order_of_its_own() {
    let rows =
        [(1, 30), (2, 20), (3, 20), (4, 10)].map(|(number, at)| Row { created: at, ..row(number, number, false) });
    let mut index = of(&rows);
    let scopes = [Scope::AppOfParty(1, "ttd/a".to_owned())];
    let born = |index: &Index, from, to| -> Vec<u128> {
        index.born(&scopes, Window { from, to }).map(|guid| guid.as_u128()).collect()
    };
    assert_eq!(born(&index, 10, 20), [4, 2, 3]);
    assert_eq!(born(&index, 20, 10), []);
    index.remove(&Place::of(&rows[1]));
    assert_eq!(born(&index, 20, 30), [3, 1]);
}

proptest! {
    #[test]
    fn each_order_is_sorted_and_whole(times in proptest::collection::vec((0i64..5, any::<bool>()), 0..30)) {
        let rows: Vec<Row> = (1..).zip(&times).map(|(number, (at, confirmed))| row(number, *at, *confirmed)).collect();
        let index = of(&rows);
        let sorted = |sign: i64| {
            let mut expected: Vec<(i64, i64)> = rows.iter().map(|row| (sign * row.last_changed, row.number)).collect();
            expected.sort_unstable();
            expected.into_iter().map(|(_, number)| number).collect::<Vec<_>>()
        };
        prop_assert_eq!(numbers(&index, |_| true, Order::Descending, ALL), sorted(-1));
        prop_assert_eq!(numbers(&index, |_| true, Order::Ascending, ALL), sorted(1));
    }
}
