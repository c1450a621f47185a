//! Rows by what queries ask for, in the order of `lastChanged`, so that a page costs what it holds and not what the
//! store holds.

mod walk;

use std::cmp::Ordering;
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
    /// Of an organisation, owned by a party.
    OrgOfParty(i64, String),
    /// Of an application, owned by a party.
    AppOfParty(i64, String),
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

/// A place in the order of creation: `created` in ticks, then the row's number.
type Birth = (i64, i64);

/// Ascending or descending `lastChanged`. Rows that share it come in the order of their numbers both ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Ascending,
    Descending,
}

impl Order {
    /// Which of two rows comes first.
    pub(crate) fn compare(self, one: Position, other: Position) -> Ordering {
        let by_time = match self {
            Self::Ascending => one.0.cmp(&other.0),
            Self::Descending => other.0.cmp(&one.0),
        };
        by_time.then(one.1.cmp(&other.1))
    }
}

/// Bounds of a time in ticks, both inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) from: i64,
    pub(crate) to: i64,
}

impl Window {
    /// Every time there is.
    pub(crate) const ALL: Self = Self { from: i64::MIN, to: i64::MAX };

    /// What both hold.
    pub(crate) fn and(self, other: Self) -> Self {
        Self { from: self.from.max(other.from), to: self.to.min(other.to) }
    }
}

/// Where a row stands in the index.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place {
    scopes: Vec<Scope>,
    traits: Traits,
    position: Position,
    birth: Birth,
}

impl Place {
    pub(super) fn of(row: &Row) -> Self {
        let (org, app) = (row.org().to_owned(), row.app().to_owned());
        let mut scopes = vec![
            Scope::All,
            Scope::Party(row.party),
            Scope::OrgOfParty(row.party, org.clone()),
            Scope::AppOfParty(row.party, app.clone()),
        ];
        if let Some(task) = &row.task {
            scopes.push(Scope::TaskOfOrg(org.clone(), task.clone()));
            scopes.push(Scope::TaskOfApp(app.clone(), task.clone()));
        }
        scopes.extend([Scope::Org(org), Scope::App(app)]);
        Self {
            scopes,
            traits: Traits::of(row),
            position: (row.last_changed, row.number),
            birth: (row.created, row.number),
        }
    }
}

/// Rows with the same traits.
type Sorted = BTreeMap<Position, Uuid>;

/// The rows of one scope.
#[derive(Debug, Default)]
struct Shelf {
    kinds: BTreeMap<Traits, Sorted>,
    born: BTreeMap<Birth, Uuid>,
}

/// All scopes.
#[derive(Debug, Default)]
pub(super) struct Index {
    scopes: HashMap<Scope, Shelf>,
}

impl Index {
    pub(super) fn add(&mut self, guid: Uuid, place: Place) {
        for scope in place.scopes {
            let shelf = self.scopes.entry(scope).or_default();
            shelf.kinds.entry(place.traits).or_default().insert(place.position, guid);
            shelf.born.insert(place.birth, guid);
        }
    }

    pub(super) fn remove(&mut self, place: &Place) {
        for scope in &place.scopes {
            let Some(shelf) = self.scopes.get_mut(scope) else { continue };
            shelf.born.remove(&place.birth);
            if let Some(rows) = shelf.kinds.get_mut(&place.traits) {
                rows.remove(&place.position);
                if rows.is_empty() {
                    shelf.kinds.remove(&place.traits);
                }
            }
            if shelf.kinds.is_empty() {
                self.scopes.remove(scope);
            }
        }
    }

    /// The rows of `scopes`, of which no two may overlap, whose traits have a window, and that are within it.
    pub(super) fn walk(&self, scopes: &[Scope], window: impl Fn(&Traits) -> Option<Window>, order: Order) -> Walk<'_> {
        let kinds = scopes.iter().filter_map(|scope| self.scopes.get(scope)).flat_map(|shelf| &shelf.kinds);
        let runs = kinds.filter_map(|(traits, rows)| Some(Run::new(rows, order, window(traits)?)));
        Walk::new(order, runs)
    }

    /// The rows of `scopes` that were created within `window`.
    pub(super) fn born(&self, scopes: &[Scope], window: Window) -> impl Iterator<Item = Uuid> + use<'_> {
        let shelves: Vec<&Shelf> = scopes.iter().filter_map(|scope| self.scopes.get(scope)).collect();
        shelves.into_iter().filter(move |_| window.from <= window.to).flat_map(move |shelf| {
            shelf.born.range((window.from, i64::MIN)..=(window.to, i64::MAX)).map(|(_, guid)| *guid)
        })
    }
}

#[cfg(test)]
mod tests;
