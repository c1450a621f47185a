use uuid::Uuid;

use super::*;
use crate::storage::model::{Instance, InstanceStatus, ProcessElementInfo, ProcessState};

const COUNT: i64 = 1000;

fn date(ticks: i64) -> DateTime {
    let at = Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_secs(ticks);
    DateTime::utc(at)
}

/// One in a hundred is unconfirmed, another unfinished, another of an app of its own, another deleted; one of all is
/// of an earlier generation.
fn rows() -> Rows {
    let mut rows = Rows::default();
    for number in 1..=COUNT {
        let kind = number % 100;
        let app = if kind == 3 { "ttd/a" } else { "ttd/b" };
        let guid = Uuid::from_u128(u128::from(number.unsigned_abs()) * 0x1_0000_0001);
        let finished = kind != 2;
        let task = ProcessElementInfo { element_id: Some("Task_1".to_owned()), ..ProcessElementInfo::default() };
        let instance = Instance {
            org: Some("ttd".to_owned()),
            app_id: Some(app.to_owned()),
            process: Some(ProcessState {
                ended: finished.then(|| date(number)),
                current_task: (!finished).then_some(task),
                ..ProcessState::default()
            }),
            status: Some(InstanceStatus {
                is_archived: finished,
                is_soft_deleted: kind == 4,
                ..InstanceStatus::default()
            }),
            created: Some(date(number)),
            last_changed: Some(date(number)),
            ..Instance::default()
        };
        rows.insert(guid, number / 10, instance);
        rows.change(guid, |row| {
            row.confirmed = Some(kind != 1);
            row.main_version = if number == 7 { 2 } else { 3 };
        });
    }
    rows
}

fn of_org() -> InstanceQuery {
    InstanceQuery { org: Some("ttd".to_owned()), ..InstanceQuery::default() }
}

fn of_app(app: &str) -> InstanceQuery {
    InstanceQuery { app_id: Some(app.to_owned()), ..InstanceQuery::default() }
}

/// What the real service has an index for is found without looking at what else there is.
#[test]
fn nothing_is_looked_at_that_does_not_match() {
    let rows = rows();
    let from = format!("gte:{}", date(500));
    for (query, expected) in [
        (of_app("ttd/a"), 10),
        (InstanceQuery { party: Some(50), ..of_org() }, 10),
        (InstanceQuery { parties: Some(vec![50, 51, 50]), ..InstanceQuery::default() }, 20),
        (InstanceQuery { confirmed: Some(false), ..of_org() }, 10),
        (InstanceQuery { exclude_confirmed_by: Some("TTD".to_owned()), ..of_org() }, 10),
        (InstanceQuery { confirmed: Some(false), is_complete: Some(true), ..of_app("ttd/b") }, 10),
        (InstanceQuery { is_complete: Some(false), ..of_org() }, 10),
        (InstanceQuery { is_archived: Some(false), ..of_org() }, 10),
        (InstanceQuery { is_soft_deleted: Some(true), ..of_org() }, 10),
        (InstanceQuery { is_hard_deleted: Some(true), ..of_org() }, 0),
        (InstanceQuery { task: Some("Task_1".to_owned()), ..of_org() }, 10),
        (InstanceQuery { task: Some("Task_1".to_owned()), ..of_app("ttd/b") }, 10),
        (InstanceQuery { main_version_include: Some(2), ..of_org() }, 1),
        (InstanceQuery { a3_reference: Some("000200000002".to_owned()), ..of_org() }, 1),
        (InstanceQuery { a3_reference: Some("+00200000002".to_owned()), ..of_org() }, 0),
        (InstanceQuery { reference: Some("000A0000000A".to_owned()), ..of_org() }, 1),
        (InstanceQuery { last_changed: vec![from.clone(), format!("lt:{}", date(520))], ..of_org() }, 20),
    ] {
        let filter = ready(&query);
        for order in [Order::Ascending, Order::Descending] {
            // Either bound of the window may be one that only the filter knows to be outside.
            let edge = usize::from(!query.last_changed.is_empty());
            let looked_at = query.candidates(&rows, &filter, order, Window::ALL).count();
            let taken = query.candidates(&rows, &filter, order, Window::ALL);
            let taken = taken.filter(|(_, guid)| filter.takes(rows.get(*guid).expect("a row"))).count();
            assert_eq!(taken, expected, "{query:?}");
            assert!(looked_at <= expected + edge, "{looked_at} of {COUNT} for {query:?}");
        }
    }
}

/// All of one party; one in a hundred of an app, another of an organisation of its own. Each was changed long after its
/// creation, in an order of its own.
fn of_one_party() -> Rows {
    let mut rows = Rows::default();
    for number in 1..=COUNT {
        let (org, app) = match number % 100 {
            3 => ("ttd", "ttd/a"),
            4 => ("nav", "nav/a"),
            _ => ("ttd", "ttd/b"),
        };
        let instance = Instance {
            org: Some(org.to_owned()),
            app_id: Some(app.to_owned()),
            status: Some(InstanceStatus { is_archived: number % 100 != 5, ..InstanceStatus::default() }),
            created: Some(date(number)),
            last_changed: Some(date(COUNT + number * 7 % COUNT)),
            ..Instance::default()
        };
        rows.insert(Uuid::from_u128(u128::from(number.unsigned_abs())), 7, instance);
    }
    rows
}

#[test]
fn of_a_party_with_many_the_rest_is_not_looked_at() {
    let rows = of_one_party();
    let of_party = || InstanceQuery { party: Some(7), ..InstanceQuery::default() };
    let within = |from, to| vec![format!("gte:{}", date(from)), format!("lt:{}", date(to))];
    for (query, expected, looked_at_most) in [
        (InstanceQuery { party: Some(7), ..of_app("ttd/a") }, 10, 10),
        (InstanceQuery { parties: Some(vec![7, 8]), ..of_app("ttd/a") }, 10, 10),
        (InstanceQuery { org: Some("nav".to_owned()), ..of_party() }, 10, 10),
        // What is walked until all of the window is seen, and that.
        (InstanceQuery { created: within(500, 520), ..of_party() }, 20, 42),
        (InstanceQuery { created: within(500, 520), ..of_app("ttd/b") }, 18, 38),
        (InstanceQuery { created: within(520, 500), ..of_party() }, 0, 0),
        // By the last change, but for the ten that aren't archived.
        (InstanceQuery { message_interval: within(COUNT + 500, COUNT + 520), ..of_party() }, 20, 32),
    ] {
        let filter = ready(&query);
        for order in [Order::Ascending, Order::Descending] {
            let found: Vec<_> = query.candidates(&rows, &filter, order, Window::ALL).collect();
            assert!(found.is_sorted_by(|(one, _), (other, _)| order.compare(*one, *other).is_lt()), "{query:?}");
            let taken = found.iter().filter(|(_, guid)| filter.takes(rows.get(*guid).expect("a row"))).count();
            assert_eq!(taken, expected, "{query:?}");
            assert!(found.len() <= looked_at_most, "{} of {COUNT} for {query:?}", found.len());
        }
    }
}

/// A page is what is walked until it is full, whatever the filter that no index knows.
#[test]
fn nothing_is_looked_at_behind_a_full_page() {
    let rows = of_one_party();
    let query = InstanceQuery { party: Some(7), created: vec![format!("gte:{}", date(1))], ..of_app("ttd/b") };
    let filter = ready(&query);
    let looked_at = std::cell::Cell::new(0);
    let candidates = query.candidates(&rows, &filter, Order::Descending, Window::ALL);
    let candidates = candidates.inspect(|_| looked_at.set(looked_at.get() + 1));
    let taken = candidates.filter(|(_, guid)| filter.takes(rows.get(*guid).expect("a row"))).take(50).count();
    assert_eq!((taken, looked_at.get()), (50, 50));
}

fn ready(query: &InstanceQuery) -> Filter<'_> {
    let mut filter = Filter::new(query, Faults::default(), Timestamp::now()).expect("no fault");
    filter.set_versions(query.main_versions()).expect("no fault");
    filter
}

/// A page deep in a list is found as fast as the first.
#[test]
fn a_page_begins_where_its_token_says() {
    let rows = rows();
    // With the token's own row, and without the one of an earlier generation.
    for (order, left) in [("asc:lastChanged", 501), ("desc:lastChanged", 499)] {
        let ticks = date(500).ticks();
        let query = InstanceQuery {
            order: Some(order.to_owned()),
            token: Some(format!("{ticks};500")),
            size: Some(1),
            ..of_org()
        };
        let filter = ready(&query);
        let token = ContinuationToken { ticks, number: 500 };
        let direction = query.order(Faults::default());
        let window = InstanceQuery::rest(token, direction);
        assert_eq!(query.candidates(&rows, &filter, direction, window).count(), left);
        let page = query.run(&rows, Faults::default(), Timestamp::now()).expect("no fault");
        let next = page.instances.first().and_then(|instance| instance.created);
        assert_eq!(next, Some(date(if order.starts_with("asc") { 501 } else { 499 })));
    }
}
