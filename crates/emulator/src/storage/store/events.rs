//! Events of all instances.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use crate::storage::model::InstanceEvent;

/// Events by instance, in the order of their arrival.
#[derive(Debug, Default)]
pub(crate) struct Events {
    by_instance: HashMap<Uuid, Vec<InstanceEvent>>,
    homes: HashMap<Uuid, Uuid>,
}

impl Events {
    /// Files an event, which has its id, under an instance.
    pub(crate) fn add(&mut self, instance: Uuid, event: InstanceEvent) {
        if let Some(id) = event.id {
            self.homes.insert(id, instance);
        }
        self.by_instance.entry(instance).or_default().push(event);
    }

    /// Whether the ids of these are new, and no two of them alike: the database refuses a second event of an id.
    pub(crate) fn are_new<'e>(&self, events: impl IntoIterator<Item = &'e InstanceEvent>) -> bool {
        let mut seen = HashSet::new();
        events.into_iter().filter_map(|event| event.id).all(|id| seen.insert(id) && !self.homes.contains_key(&id))
    }

    /// An event of any instance.
    pub(crate) fn get(&self, id: Uuid) -> Option<&InstanceEvent> {
        self.by_instance.get(self.homes.get(&id)?)?.iter().find(|event| event.id == Some(id))
    }

    /// The events of an instance, sorted by the text of `created`.
    pub(crate) fn of(&self, instance: Uuid) -> Vec<InstanceEvent> {
        let mut events = self.by_instance.get(&instance).cloned().unwrap_or_default();
        events.sort_by_cached_key(|event| event.created.map(|created| created.to_string()));
        events
    }

    /// Forgets the events of an instance.
    pub(crate) fn remove(&mut self, instance: Uuid) {
        for event in self.by_instance.remove(&instance).unwrap_or_default() {
            if let Some(id) = event.id {
                self.homes.remove(&id);
            }
        }
    }
}
