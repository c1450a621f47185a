//! Recordings as they stand in their files, for tests that send nothing.

#![allow(clippy::expect_used, reason = "what a test is built on fails as loudly as a test")]

use std::path::Path;

use serde_json::Value;

/// The scenarios that were recorded of a service, in the plain state of its world.
///
/// # Panics
/// When a file can't be read.
pub fn recorded(service: &str) -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("contract").join(service).join("recorded");
    let files = std::fs::read_dir(folder).expect("a folder of recordings");
    let texts = files.map(|file| std::fs::read(file.expect("a recording").path()).expect("a file"));
    texts.map(|text| serde_json::from_slice(&text).expect("JSON")).collect()
}
