//! One stored instance.

use uuid::Uuid;

use crate::dotnet::datetime::DateTime;
use crate::storage::model::{DataElement, Instance};

/// An instance with its elements, and the columns that queries look at.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// Ascending in the order of insertion; part of continuation tokens.
    pub(crate) number: i64,
    pub(crate) guid: Uuid,
    /// The document, without its elements.
    pub(crate) instance: Instance,
    pub(crate) elements: Vec<DataElement>,
    /// Ticks; written with the document's `lastChanged`, and kept when an update sets that to nothing.
    pub(crate) last_changed: i64,
    pub(crate) created: i64,
    /// Whether the owning organisation has confirmed. None in a row that is older than the column, whatever its document
    /// says.
    pub(crate) confirmed: Option<bool>,
    /// The task of the last creation or process update.
    pub(crate) task: Option<String>,
    pub(crate) party: i64,
    /// 3, except for what was taken over from earlier generations.
    pub(crate) main_version: i16,
    /// The document, or that of an element, holds what the service can't read.
    pub(crate) unreadable: bool,
}

impl Row {
    /// The owning organisation.
    pub(crate) fn org(&self) -> &str {
        self.instance.org.as_deref().unwrap_or_default()
    }

    /// The application's id.
    pub(crate) fn app(&self) -> &str {
        self.instance.app_id.as_deref().unwrap_or_default()
    }

    /// The owner's party id, as the instance has it.
    pub(crate) fn party_text(&self) -> &str {
        self.instance.instance_owner.as_ref().and_then(|owner| owner.party_id.as_deref()).unwrap_or_default()
    }

    /// Moves `lastChanged`, which has microseconds, and says by whom.
    pub(crate) fn touch(&mut self, now: DateTime, by: Option<String>) {
        let now = now.to_micros();
        self.last_changed = now.ticks();
        self.instance.last_changed = Some(now);
        self.instance.last_changed_by = by;
    }

    /// The document with the elements in the order of their creation.
    pub(crate) fn with_elements(&self) -> Instance {
        let mut elements = self.elements.clone();
        elements.sort_by_key(|element| element.created.map_or(0, DateTime::ticks));
        Instance { data: Some(elements), ..self.instance.clone() }
    }

    /// The document with an empty list of elements.
    pub(crate) fn without_elements(&self) -> Instance {
        Instance { data: Some(Vec::new()), ..self.instance.clone() }
    }

    /// The element of this id.
    pub(crate) fn element(&self, id: Uuid) -> Option<&DataElement> {
        let id = id.to_string();
        self.elements.iter().find(|element| element.id.as_deref() == Some(id.as_str()))
    }

    /// The element of this id, to be changed.
    pub(crate) fn element_mut(&mut self, id: Uuid) -> Option<&mut DataElement> {
        let id = id.to_string();
        self.elements.iter_mut().find(|element| element.id.as_deref() == Some(id.as_str()))
    }
}
