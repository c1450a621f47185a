//! The list of what covers each operation, `openapi/operations.toml`.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails as loudly as a test")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

/// What there is for an operation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cover {
    /// This method calls it.
    Method(String),
    /// Nothing calls it, for this reason.
    Absent(String),
}

/// What covers the operations of each service: by service, and by method and path.
///
/// # Panics
/// When the list can't be read.
pub fn covers() -> BTreeMap<String, BTreeMap<String, Cover>> {
    toml::from_str(&read_file("operations.toml")).unwrap()
}

/// The ids of the operations in a service's document, by method and path.
///
/// # Panics
/// When the document can't be read, or has two of them.
pub fn ids(service: &str) -> BTreeMap<String, String> {
    let document: Value = serde_json::from_str(&read_file(&format!("{service}.json"))).unwrap();
    let mut ids = BTreeMap::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap().iter().filter(|(name, _)| *name != "parameters") {
            let id = operation["operationId"].as_str().unwrap().to_owned();
            assert!(ids.insert(format!("{} {path}", method.to_uppercase()), id).is_none());
        }
    }
    ids
}

/// The ids of a service's operations that a method covers.
///
/// # Panics
/// When there is no such service.
pub fn covered(service: &str) -> BTreeSet<String> {
    let (covers, ids) = (covers().remove(service).unwrap(), ids(service));
    covers.iter().filter(|(_, cover)| matches!(cover, Cover::Method(_))).map(|(one, _)| ids[one].clone()).collect()
}

/// A file of `openapi/`.
///
/// # Panics
/// When there is none.
pub fn read_file(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi").join(name)).unwrap()
}
