//! Applications and their texts.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::dotnet::datetime::DateTime;
use crate::dotnet::json::read_body;
use crate::storage::model::{Application, TextResource};
use crate::world::World;

/// What Studio has registered. It begins with the applications of the world.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    applications: BTreeMap<String, Application>,
    /// In the order of registration.
    order: Vec<String>,
    texts: BTreeMap<(String, String), TextResource>,
}

impl Registry {
    pub(super) fn new(world: &World) -> Self {
        let mut registry = Self::default();
        let now = DateTime::utc(Timestamp::now());
        for (id, entry) in &world.apps {
            match application(id, world.data_types_of(id), &entry.metadata) {
                Some(application) => registry.put(Application {
                    valid_from: application.valid_from.or(Some(now)),
                    created: Some(now),
                    last_changed: Some(now),
                    ..application
                }),
                None => tracing::warn!(app = id, "the world's metadata of this application can't be read"),
            }
        }
        registry
    }

    pub(crate) fn application(&self, id: &str) -> Option<&Application> {
        self.applications.get(id)
    }

    /// All applications, in the order of registration.
    pub(crate) fn applications(&self) -> impl Iterator<Item = &Application> {
        self.order.iter().filter_map(|id| self.applications.get(id))
    }

    /// Registers an application, or replaces it.
    pub(crate) fn put(&mut self, application: Application) {
        let Some(id) = application.id.clone() else { return };
        if self.applications.insert(id.clone(), application).is_none() {
            self.order.push(id);
        }
    }

    /// Takes an application out.
    pub(crate) fn remove(&mut self, id: &str) {
        self.applications.remove(id);
        self.order.retain(|known| known != id);
    }

    pub(crate) fn text(&self, app: &str, language: &str) -> Option<&TextResource> {
        self.texts.get(&(app.to_owned(), language.to_owned()))
    }

    pub(crate) fn put_text(&mut self, app: &str, language: &str, text: TextResource) {
        self.texts.insert((app.to_owned(), language.to_owned()), text);
    }

    /// Whether there was such a text.
    pub(crate) fn remove_text(&mut self, app: &str, language: &str) -> bool {
        self.texts.remove(&(app.to_owned(), language.to_owned())).is_some()
    }
}

/// Metadata as Studio would register it, with the world's members laid over it.
fn application(id: &str, data_types: &[Value], metadata: &Map<String, Value>) -> Option<Application> {
    let (org, app) = id.split_once('/')?;
    let mut document = json!({
        "id": id,
        "org": org,
        "title": {"nb": app, "nn": app, "en": app},
        "dataTypes": data_types,
    });
    document.as_object_mut()?.extend(metadata.clone());
    read_body(document.to_string().as_bytes()).ok()
}
