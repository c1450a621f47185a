//! The documents in `openapi/` against the list of what covers their operations.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper of a test fails as loudly as a test"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Cover {
    Method(String),
    Absent(String),
}

fn read(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi").join(name)).unwrap()
}

#[test]
fn every_operation_has_a_method_or_a_reason() {
    let covers: BTreeMap<String, BTreeMap<String, Cover>> = toml::from_str(&read("operations.toml")).unwrap();
    for (service, covers) in covers {
        let document: Value = serde_json::from_str(&read(&format!("{service}.json"))).unwrap();
        let mut operations = BTreeMap::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap().iter().filter(|(name, _)| *name != "parameters") {
                let id = operation["operationId"].as_str().unwrap();
                operations.insert(format!("{} {path}", method.to_uppercase()), id.to_owned());
            }
        }
        let documented: BTreeSet<&String> = operations.keys().collect();
        assert_eq!(documented, covers.keys().collect(), "{service}");
        for (operation, cover) in &covers {
            match cover {
                // `instances.list` is `Client::instances().list`, so that names are the same everywhere.
                Cover::Method(method) => {
                    let named = method.strip_prefix("Client::").unwrap().replace("()", "");
                    assert_eq!(named, operations[operation], "{operation}");
                }
                Cover::Absent(reason) => assert!(reason.len() > 20, "{operation} has no reason worth reading"),
            }
        }
    }
}

#[test]
fn every_reference_in_a_document_leads_somewhere() {
    fn walk<'a>(value: &'a Value, out: &mut Vec<&'a str>) {
        match value {
            Value::Object(members) => {
                out.extend(members.get("$ref").and_then(Value::as_str));
                members.values().for_each(|value| walk(value, out));
            }
            Value::Array(items) => items.iter().for_each(|value| walk(value, out)),
            _ => {}
        }
    }
    let document: Value = serde_json::from_str(&read("storage.json")).unwrap();
    let mut references = Vec::new();
    walk(&document, &mut references);
    assert!(references.len() > 10);
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}
