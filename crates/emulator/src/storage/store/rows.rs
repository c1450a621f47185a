//! All stored instances.

use std::collections::{BTreeSet, HashMap};

use uuid::Uuid;

use super::Row;
use super::index::{Index, Order, Place, Position, Scope, Traits, Walk, Window};
use crate::dotnet::datetime::DateTime;
use crate::dotnet::guid;
use crate::storage::model::{DataElement, Instance};

/// Instances by guid, with their indexes.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    by_guid: HashMap<Uuid, Row>,
    /// Which instance an element belongs to.
    homes: HashMap<Uuid, Uuid>,
    index: Index,
    /// The instances with an element that is marked as deleted for good.
    marked: BTreeSet<Uuid>,
    /// The last twelve hexadecimal digits of each guid, which are an instance's reference to the public.
    endings: BTreeSet<(u64, Uuid)>,
    last_number: i64,
}

/// How much of a guid [`Rows::endings`] holds.
const ENDING: u128 = 0xffff_ffff_ffff;

fn ending(guid: Uuid) -> u64 {
    u64::try_from(guid.as_u128() & ENDING).unwrap_or_default()
}

impl Rows {
    /// Stores a new instance of `party`. Its elements come from [`Self::add_element`].
    pub(crate) fn insert(&mut self, guid: Uuid, party: i64, instance: Instance) {
        self.last_number += 1;
        let task = instance.process.as_ref().and_then(|process| process.current_task.as_ref());
        let row = Row {
            number: self.last_number,
            guid,
            last_changed: instance.last_changed.map_or(0, DateTime::ticks),
            created: instance.created.map_or(0, DateTime::ticks),
            confirmed: Some(false),
            task: task.and_then(|task| task.element_id.clone()),
            party,
            main_version: 3,
            unreadable: false,
            elements: Vec::new(),
            instance: Instance { data: None, ..instance },
        };
        self.index.add(guid, Place::of(&row));
        self.endings.insert((ending(guid), guid));
        self.by_guid.insert(guid, row);
    }

    pub(crate) fn get(&self, guid: Uuid) -> Option<&Row> {
        self.by_guid.get(&guid)
    }

    /// The instances that are marked as deleted for good.
    pub(crate) fn hard_deleted(&self) -> impl Iterator<Item = &Row> {
        let marked = |traits: &Traits| traits.status.is_some_and(|status| status.hard_deleted).then_some(Window::ALL);
        self.rows_of(self.walk(&[Scope::All], marked, Order::Ascending))
    }

    /// The instances of an application.
    pub(crate) fn of_app(&self, app: &str) -> impl Iterator<Item = &Row> {
        self.rows_of(self.walk(&[Scope::App(app.to_owned())], |_| Some(Window::ALL), Order::Ascending))
    }

    fn rows_of<'r>(&'r self, walk: Walk<'r>) -> impl Iterator<Item = &'r Row> {
        walk.filter_map(|(_, guid)| self.by_guid.get(&guid))
    }

    /// The instances with an element that is marked as deleted for good.
    pub(crate) fn with_marked_elements(&self) -> impl Iterator<Item = &Row> {
        self.marked.iter().filter_map(|guid| self.by_guid.get(guid))
    }

    /// Changes an instance; `None` when there is none.
    pub(crate) fn change<R>(&mut self, guid: Uuid, change: impl FnOnce(&mut Row) -> R) -> Option<R> {
        let row = self.by_guid.get_mut(&guid)?;
        let before = Place::of(row);
        let result = change(row);
        let after = Place::of(row);
        if before != after {
            self.index.remove(&before);
            self.index.add(guid, after);
        }
        self.mark(guid);
        Some(result)
    }

    /// Notes whether an element of the instance is marked as deleted for good.
    fn mark(&mut self, guid: Uuid) {
        let marked = |row: &Row| row.elements.iter().any(DataElement::is_hard_deleted);
        match self.by_guid.get(&guid).is_some_and(marked) {
            true => self.marked.insert(guid),
            false => self.marked.remove(&guid),
        };
    }

    /// Removes an instance with its elements, and gives it.
    pub(crate) fn remove(&mut self, guid: Uuid) -> Option<Row> {
        let row = self.by_guid.remove(&guid)?;
        self.index.remove(&Place::of(&row));
        self.endings.remove(&(ending(guid), guid));
        self.marked.remove(&guid);
        for id in row.elements.iter().filter_map(|element| guid::parse(element.id.as_deref()?)) {
            self.homes.remove(&id);
        }
        Some(row)
    }

    /// Adds an element to the instance `guid`; `None` when there is none.
    pub(crate) fn add_element(&mut self, guid: Uuid, id: Uuid, element: DataElement) -> Option<()> {
        self.by_guid.get_mut(&guid)?.elements.push(element);
        self.homes.insert(id, guid);
        self.mark(guid);
        Some(())
    }

    /// The instance that the element belongs to.
    pub(crate) fn home_of(&self, element: Uuid) -> Option<Uuid> {
        self.homes.get(&element).copied()
    }

    /// An element, wherever it is.
    pub(crate) fn element(&self, id: Uuid) -> Option<&DataElement> {
        self.by_guid.get(self.homes.get(&id)?)?.element(id)
    }

    /// Removes an element, and gives it.
    pub(crate) fn remove_element(&mut self, id: Uuid) -> Option<DataElement> {
        let home = self.homes.remove(&id)?;
        let row = self.by_guid.get_mut(&home)?;
        let text = id.to_string();
        let at = row.elements.iter().position(|element| element.id.as_deref() == Some(text.as_str()))?;
        let element = row.elements.remove(at);
        self.mark(home);
        Some(element)
    }

    /// The rows of `scopes`, of which no two may overlap, whose traits have a window, and whose `lastChanged` is within
    /// it.
    pub(crate) fn walk(&self, scopes: &[Scope], window: impl Fn(&Traits) -> Option<Window>, order: Order) -> Walk<'_> {
        self.index.walk(scopes, window, order)
    }

    /// The rows of `scopes`, of which no two may overlap, that were created within `window`, in no order that `walk` has.
    pub(crate) fn born(&self, scopes: &[Scope], window: Window) -> impl Iterator<Item = (Position, Uuid)> + use<'_> {
        let rows = self.index.born(scopes, window).filter_map(|guid| self.by_guid.get(&guid));
        rows.map(|row| ((row.last_changed, row.number), row.guid))
    }

    /// The rows whose guid ends in these twelve hexadecimal digits, in order; none when the text is anything else.
    pub(crate) fn ending_in(&self, digits: &str, order: Order) -> Vec<(Position, Uuid)> {
        let is_ending = digits.len() == 12 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        let Some(ending) = u64::from_str_radix(digits, 16).ok().filter(|_| is_ending) else { return Vec::new() };
        let guids = self.endings.range((ending, Uuid::nil())..=(ending, Uuid::max())).map(|(_, guid)| guid);
        let rows = guids.filter_map(|guid| self.by_guid.get(guid));
        let mut found: Vec<_> = rows.map(|row| ((row.last_changed, row.number), row.guid)).collect();
        found.sort_unstable_by(|(one, _), (other, _)| order.compare(*one, *other));
        found
    }
}
