//! Applications and their texts.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use crate::dotnet::datetime::DateTime;
use crate::dotnet::json::read_body;
use crate::kept::Kept;
use crate::storage::faults::{Fault, Faults};
use crate::storage::model::{Application, TextResource};
use crate::world::World;

/// What Studio has registered. It begins with the applications of the world.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    applications: BTreeMap<String, Arc<Application>>,
    /// In the order of registration.
    order: Vec<String>,
    texts: BTreeMap<TextKey, Arc<TextResource>>,
    /// What was read lately, as it was then. Reading is what fills it, behind a shared reference.
    kept_applications: RefCell<Kept<String, Reading>>,
    kept_texts: RefCell<Kept<TextKey, Option<Arc<TextResource>>>>,
    metadata_kept_for: SignedDuration,
    texts_kept_for: SignedDuration,
}

/// Application and language.
type TextKey = (String, String);

/// An application that was read, and when.
type Reading = (Arc<Application>, Timestamp);

impl Registry {
    pub(super) fn new(world: &World, faults: Faults) -> Self {
        let for_seconds =
            |fault, seconds: u32| SignedDuration::from_secs(if faults.shows(fault) { seconds.into() } else { 0 });
        let mut registry = Self {
            metadata_kept_for: for_seconds(Fault::MetadataIsStale, world.platform.kept_seconds.metadata),
            texts_kept_for: for_seconds(Fault::TextsAreStale, world.platform.kept_seconds.texts),
            ..Self::default()
        };
        registry.register(world, world.apps.keys(), faults);
        registry
    }

    /// Registers the applications `ids` as they are in `world`, or replaces them.
    pub(crate) fn register<'a>(&mut self, world: &World, ids: impl IntoIterator<Item = &'a String>, faults: Faults) {
        let now = DateTime::utc(Timestamp::now());
        for id in ids {
            let Some(entry) = world.app(id) else { continue };
            match application(id, world.data_types_of(id), &entry.metadata, faults) {
                Some(application) => self.put(Application {
                    valid_from: application.valid_from.or(Some(now)),
                    created: Some(now),
                    last_changed: Some(now),
                    ..application
                }),
                None => tracing::warn!(app = id, "the world's metadata of this application can't be read"),
            }
        }
    }

    /// An application as it is registered now.
    pub(crate) fn registered(&self, id: &str) -> Option<&Application> {
        self.applications.get(id).map(Arc::as_ref)
    }

    /// An application as those who look one up get it: the registration, or one that was read lately. That there is
    /// none is not kept.
    pub(crate) fn application(&self, id: &str, now: Timestamp) -> Option<Arc<Application>> {
        let key = id.to_owned();
        if let Some((kept, _)) = self.kept_applications.borrow().get(&key, now) {
            return Some(kept);
        }
        let found = self.applications.get(id).cloned()?;
        self.kept_applications.borrow_mut().put(key, (Arc::clone(&found), now), now, self.metadata_kept_for);
        Some(found)
    }

    /// All applications, in the order of registration.
    pub(crate) fn applications(&self) -> impl Iterator<Item = &Application> {
        self.order.iter().filter_map(|id| self.registered(id))
    }

    /// Registers an application, or replaces it.
    pub(crate) fn put(&mut self, application: Application) {
        let Some(id) = application.id.clone() else { return };
        if self.applications.insert(id.clone(), Arc::new(application)).is_none() {
            self.order.push(id);
        }
    }

    /// Replaces an application if it is registered. One that is only kept is no longer there to be changed.
    pub(crate) fn replace(&mut self, application: Application) {
        if application.id.as_deref().is_some_and(|id| self.applications.contains_key(id)) {
            self.put(application);
        }
    }

    /// Replaces an application, also where it is kept, and for no longer than it would have been: what retires one
    /// changes the very object that was read.
    pub(crate) fn retire(&mut self, application: Application, now: Timestamp) {
        if let Some(id) = &application.id {
            let kept = self.kept_applications.get_mut();
            if let Some((_, read)) = kept.get(id, now) {
                kept.put(id.clone(), (Arc::new(application.clone()), read), read, self.metadata_kept_for);
            }
        }
        self.replace(application);
    }

    /// Takes an application out, and its texts with it. What is kept of them stays as long as it would have.
    pub(crate) fn remove(&mut self, id: &str) {
        self.applications.remove(id);
        self.texts.retain(|(app, _), _| app != id);
        self.order.retain(|known| known != id);
    }

    /// A text as those who look one up get it: what is registered, or what was found lately, even if that was nothing.
    pub(crate) fn text(&self, app: &str, language: &str, now: Timestamp) -> Option<Arc<TextResource>> {
        let key = (app.to_owned(), language.to_owned());
        if let Some(kept) = self.kept_texts.borrow().get(&key, now) {
            return kept;
        }
        let found = self.texts.get(&key).cloned();
        self.kept_texts.borrow_mut().put(key, found.clone(), now, self.texts_kept_for);
        found
    }

    /// Whether such a text is registered now.
    pub(crate) fn has_text(&self, app: &str, language: &str) -> bool {
        self.texts.contains_key(&(app.to_owned(), language.to_owned()))
    }

    pub(crate) fn put_text(&mut self, app: &str, language: &str, text: TextResource) {
        self.texts.insert((app.to_owned(), language.to_owned()), Arc::new(text));
    }

    /// Whether there was such a text.
    pub(crate) fn remove_text(&mut self, app: &str, language: &str) -> bool {
        self.texts.remove(&(app.to_owned(), language.to_owned())).is_some()
    }
}

/// Metadata as Studio would register it, with the world's members laid over it.
fn application(id: &str, data_types: &[Value], metadata: &Map<String, Value>, faults: Faults) -> Option<Application> {
    let (org, app) = id.split_once('/')?;
    let mut document = json!({
        "id": id,
        "org": org,
        "title": {"nb": app, "nn": app, "en": app},
        "dataTypes": data_types,
    });
    document.as_object_mut()?.extend(metadata.clone());
    let mut application: Application = read_body(document.to_string().as_bytes()).ok()?;
    if !faults.shows(Fault::CountsDefaultToZero) {
        application.count_from_one(&document);
    }
    Some(application)
}
