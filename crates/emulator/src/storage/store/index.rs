//! Rows by what queries ask for, in the order of `lastChanged`, so that a page costs what it holds and not what the
//! store holds.

mod walk;

use std::collections::{BTreeMap, HashMap};

use uuid::Uuid;

use super::Row;
use walk::Run;
pub(crate) use walk::Walk;

/// A set of rows that is kept sorted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Scope {
    All,
    Org(String),
    App(String),
    Party(i64),
    /// Of an organisation, in a task.
    TaskOfOrg(String, String),
    /// Of an application, in a task.
    TaskOfApp(String, String),
}

/// What rows of a scope are kept apart by: few of all combinations occur, and a query reads those that can match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Traits {
    /// None for a row that is older than the column, which queries for either value pass by.
    pub(crate) confirmed: Option<bool>,
    pub(crate) main_version: i16,
    /// Whether the process has ended.
    pub(crate) ended: bool,
    /// Whether the process has a current task.
    pub(crate) in_task: bool,
    /// None for a row without a status.
    pub(crate) status: Option<StatusTraits>,
}

/// The flags of an instance's status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct StatusTraits {
    pub(crate) archived: bool,
    pub(crate) soft_deleted: bool,
    pub(crate) hard_deleted: bool,
}

impl Traits {
    pub(crate) fn of(row: &Row) -> Self {
        let process = row.instance.process.as_ref();
        Self {
            confirmed: row.confirmed,
            main_version: row.main_version,
            ended: process.is_some_and(|process| process.ended.is_some()),
            in_task: process.is_some_and(|process| process.current_task.is_some()),
            status: row.instance.status.as_ref().map(|status| StatusTraits {
                archived: status.is_archived,
                soft_deleted: status.is_soft_deleted,
                hard_deleted: status.is_hard_deleted,
            }),
        }
    }
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

/// Where a row stands in the index.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place {
    scopes: Vec<Scope>,
    traits: Traits,
    position: Position,
}

impl Place {
    pub(super) fn of(row: &Row) -> Self {
        let (org, app) = (row.org().to_owned(), row.app().to_owned());
        let mut scopes = vec![Scope::All, Scope::Party(row.party)];
        if let Some(task) = &row.task {
            scopes.push(Scope::TaskOfOrg(org.clone(), task.clone()));
            scopes.push(Scope::TaskOfApp(app.clone(), task.clone()));
        }
        scopes.extend([Scope::Org(org), Scope::App(app)]);
        Self { scopes, traits: Traits::of(row), position: (row.last_changed, row.number) }
    }
}

/// Rows with the same traits.
type Sorted = BTreeMap<Position, Uuid>;

/// All scopes.
#[derive(Debug, Default)]
pub(super) struct Index {
    scopes: HashMap<Scope, BTreeMap<Traits, Sorted>>,
}

impl Index {
    pub(super) fn add(&mut self, guid: Uuid, place: Place) {
        for scope in place.scopes {
            self.scopes.entry(scope).or_default().entry(place.traits).or_default().insert(place.position, guid);
        }
    }

    pub(super) fn remove(&mut self, place: &Place) {
        for scope in &place.scopes {
            let Some(kinds) = self.scopes.get_mut(scope) else { continue };
            let Some(rows) = kinds.get_mut(&place.traits) else { continue };
            rows.remove(&place.position);
            if rows.is_empty() {
                kinds.remove(&place.traits);
            }
            if kinds.is_empty() {
                self.scopes.remove(scope);
            }
        }
    }

    /// The rows of `scopes`, of which no two may overlap, that have fitting traits and are within `window`.
    pub(super) fn walk(
        &self,
        scopes: &[Scope],
        fit: impl Fn(&Traits) -> bool,
        order: Order,
        window: Window,
    ) -> Walk<'_> {
        let kinds = scopes.iter().filter_map(|scope| self.scopes.get(scope)).flatten();
        let runs = kinds.filter(|(traits, _)| fit(traits)).map(|(_, rows)| Run::new(rows, order, window));
        Walk::new(order, runs)
    }
}

#[cfg(test)]
mod tests;
