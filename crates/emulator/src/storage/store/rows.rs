//! All stored instances.

use std::collections::HashMap;

use uuid::Uuid;

use super::Row;
use super::index::{Index, Order, Scope, Walk, Window};
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
    last_number: i64,
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
            confirmed: false,
            task: task.and_then(|task| task.element_id.clone()),
            party,
            main_version: 3,
            elements: Vec::new(),
            instance: Instance { data: None, ..instance },
        };
        self.index.add(&row);
        self.by_guid.insert(guid, row);
    }

    pub(crate) fn get(&self, guid: Uuid) -> Option<&Row> {
        self.by_guid.get(&guid)
    }

    /// Every instance, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Row> {
        self.by_guid.values()
    }

    /// Changes an instance; `None` when there is none.
    pub(crate) fn change<R>(&mut self, guid: Uuid, change: impl FnOnce(&mut Row) -> R) -> Option<R> {
        let row = self.by_guid.get_mut(&guid)?;
        self.index.remove(row);
        let result = change(row);
        self.index.add(row);
        Some(result)
    }

    /// Removes an instance with its elements, and gives it.
    pub(crate) fn remove(&mut self, guid: Uuid) -> Option<Row> {
        let row = self.by_guid.remove(&guid)?;
        self.index.remove(&row);
        for id in row.elements.iter().filter_map(|element| guid::parse(element.id.as_deref()?)) {
            self.homes.remove(&id);
        }
        Some(row)
    }

    /// Adds an element to the instance `guid`; `None` when there is none.
    pub(crate) fn add_element(&mut self, guid: Uuid, id: Uuid, element: DataElement) -> Option<()> {
        self.by_guid.get_mut(&guid)?.elements.push(element);
        self.homes.insert(id, guid);
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
        let row = self.by_guid.get_mut(&self.homes.remove(&id)?)?;
        let text = id.to_string();
        let at = row.elements.iter().position(|element| element.id.as_deref() == Some(text.as_str()))?;
        Some(row.elements.remove(at))
    }

    /// The rows of `scope` whose `lastChanged` is within `window`.
    pub(crate) fn walk(&self, scope: &Scope, order: Order, window: Window) -> Walk<'_> {
        self.index.walk(scope, order, window)
    }
}
