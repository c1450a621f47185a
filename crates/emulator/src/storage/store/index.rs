//! Rows by what queries ask for first, in the order of `lastChanged`, so that a page costs what it holds and not what
//! the store holds.

use std::collections::{BTreeMap, HashMap};

use uuid::Uuid;

use super::Row;

/// A set of rows with an index of its own.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Scope {
    All,
    Org(String),
    App(String),
    Party(i64),
    /// Of an organisation, and not confirmed by it.
    OpenOrg(String),
    /// Of an application, and not confirmed by its owner.
    OpenApp(String),
}

/// `lastChanged` in ticks, then the row's number.
pub(crate) type Position = (i64, i64);

/// Ascending or descending `lastChanged`. Rows that share it come in the order of their numbers both ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Ascending,
    Descending,
}

/// Bounds of `lastChanged` in ticks, both inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) from: i64,
    pub(crate) to: i64,
}

/// All indexes.
#[derive(Debug, Default)]
pub(super) struct Index {
    scopes: HashMap<Scope, BTreeMap<Position, Uuid>>,
}

impl Index {
    pub(super) fn add(&mut self, row: &Row) {
        for scope in scopes(row) {
            self.scopes.entry(scope).or_default().insert((row.last_changed, row.number), row.guid);
        }
    }

    pub(super) fn remove(&mut self, row: &Row) {
        for scope in scopes(row) {
            let Some(rows) = self.scopes.get_mut(&scope) else { continue };
            rows.remove(&(row.last_changed, row.number));
            if rows.is_empty() {
                self.scopes.remove(&scope);
            }
        }
    }

    /// The rows of `scope` within `window`, one after the other.
    pub(super) fn walk(&self, scope: &Scope, order: Order, window: Window) -> Walk<'_> {
        let rows = self.scopes.get(scope).filter(|_| window.from <= window.to);
        Walk { rows, order, window, tied: None }
    }
}

fn scopes(row: &Row) -> Vec<Scope> {
    let (org, app) = (row.org().to_owned(), row.app().to_owned());
    let mut scopes = vec![Scope::All, Scope::Party(row.party)];
    if !row.confirmed {
        scopes.extend([Scope::OpenOrg(org.clone()), Scope::OpenApp(app.clone())]);
    }
    scopes.extend([Scope::Org(org), Scope::App(app)]);
    scopes
}

/// A walk through an index.
#[derive(Debug)]
pub(crate) struct Walk<'i> {
    rows: Option<&'i BTreeMap<Position, Uuid>>,
    order: Order,
    window: Window,
    /// Where to go on among rows that share `lastChanged`, when descending.
    tied: Option<Position>,
}

impl Iterator for Walk<'_> {
    type Item = (Position, Uuid);

    fn next(&mut self) -> Option<Self::Item> {
        let rows = self.rows?;
        let found = match self.order {
            Order::Ascending => {
                let start = self.tied.map_or((self.window.from, i64::MIN), |(ticks, number)| (ticks, number + 1));
                rows.range(start..=(self.window.to, i64::MAX)).next()
            }
            Order::Descending => {
                let same =
                    self.tied.and_then(|(ticks, number)| rows.range((ticks, number + 1)..=(ticks, i64::MAX)).next());
                same.or_else(|| {
                    let below = self.tied.map_or(Some(self.window.to), |(ticks, _)| ticks.checked_sub(1))?;
                    if below < self.window.from {
                        return None;
                    }
                    let (&(ticks, _), _) = rows.range((self.window.from, i64::MIN)..=(below, i64::MAX)).next_back()?;
                    rows.range((ticks, i64::MIN)..=(ticks, i64::MAX)).next()
                })
            }
        };
        match found {
            Some((position, guid)) => {
                self.tied = Some(*position);
                Some((*position, *guid))
            }
            None => {
                self.rows = None;
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::storage::model::Instance;

    fn row(number: i64, last_changed: i64, confirmed: bool) -> Row {
        Row {
            number,
            guid: Uuid::from_u128(u128::from(number.unsigned_abs())),
            instance: Instance { org: Some("ttd".to_owned()), app_id: Some("ttd/a".to_owned()), ..Instance::default() },
            elements: Vec::new(),
            last_changed,
            created: 0,
            confirmed,
            task: None,
            party: 1,
            main_version: 3,
        }
    }

    fn numbers(index: &Index, order: Order, window: Window) -> Vec<i64> {
        index.walk(&Scope::Org("ttd".to_owned()), order, window).map(|((_, number), _)| number).collect()
    }

    #[test]
    fn ties_come_in_the_order_of_their_numbers() {
        let mut index = Index::default();
        for (number, changed) in [(1, 10), (2, 20), (3, 20), (4, 20), (5, 30)] {
            index.add(&row(number, changed, false));
        }
        let all = Window { from: i64::MIN, to: i64::MAX };
        assert_eq!(numbers(&index, Order::Ascending, all), [1, 2, 3, 4, 5]);
        assert_eq!(numbers(&index, Order::Descending, all), [5, 2, 3, 4, 1]);
        assert_eq!(numbers(&index, Order::Descending, Window { from: 11, to: 29 }), [2, 3, 4]);
        assert!(numbers(&index, Order::Descending, Window { from: 29, to: 11 }).is_empty());
    }

    #[test]
    fn confirmed_rows_leave_the_open_ones() {
        let mut index = Index::default();
        let (open, done) = (row(1, 10, false), row(1, 11, true));
        index.add(&open);
        index.remove(&open);
        index.add(&done);
        let all = Window { from: i64::MIN, to: i64::MAX };
        assert_eq!(index.walk(&Scope::OpenApp("ttd/a".to_owned()), Order::Ascending, all).count(), 0);
        assert_eq!(index.walk(&Scope::App("ttd/a".to_owned()), Order::Ascending, all).count(), 1);
        index.remove(&done);
        assert!(index.scopes.is_empty());
    }

    proptest! {
        #[test]
        fn descending_is_sorted_and_whole(times in proptest::collection::vec(0i64..5, 0..30)) {
            let mut index = Index::default();
            let mut expected: Vec<(i64, i64)> = Vec::new();
            for (number, changed) in times.iter().enumerate() {
                let number = i64::try_from(number).expect("a small number") + 1;
                index.add(&row(number, *changed, false));
                expected.push((-changed, number));
            }
            expected.sort_unstable();
            let expected: Vec<i64> = expected.into_iter().map(|(_, number)| number).collect();
            let all = Window { from: i64::MIN, to: i64::MAX };
            prop_assert_eq!(numbers(&index, Order::Descending, all), expected);
        }
    }
}
