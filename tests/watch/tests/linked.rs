//! No test of the workspace is left out.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails as loudly as a test")]

use altinn_watch as _;

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

const LINE: &str = "use altinn_watch";

/// The folders of the workspace's members and what is to be known of them.
fn workspace() -> Value {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--no-deps", "--offline", "--format-version", "1"]).current_dir(env!("CARGO_MANIFEST_DIR"));
    let output = cargo.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// All packages but this one: its own unit tests have the listener in them.
fn packages(workspace: &Value) -> impl Iterator<Item = &Value> {
    workspace["packages"].as_array().unwrap().iter().filter(|package| package["name"] != env!("CARGO_PKG_NAME"))
}

#[test]
fn every_test_binary_is_linked_with_the_listener() {
    let workspace = workspace();
    let (mut linked, mut missing) = (0, Vec::new());
    for package in packages(&workspace) {
        for target in package["targets"].as_array().unwrap().iter().filter(|target| target["test"] == true) {
            let path = target["src_path"].as_str().unwrap();
            let source = std::fs::read_to_string(path).unwrap();
            match source.lines().any(|line| line.starts_with(LINE)) {
                true => linked += 1,
                false => missing.push(path.to_owned()),
            }
        }
    }
    assert!(missing.is_empty(), "without `{LINE} as _;`: {missing:#?}");
    assert!(linked > 20, "only {linked} test binaries were found");
}

#[test]
fn every_doc_test_that_starts_a_server_is_linked_with_the_listener() {
    let workspace = workspace();
    let (mut linked, mut missing) = (0, Vec::new());
    for package in packages(&workspace) {
        let folder = Path::new(package["manifest_path"].as_str().unwrap()).parent().unwrap();
        for path in sources(folder) {
            let source = std::fs::read_to_string(&path).unwrap();
            for example in examples(&source).filter(|example| example.contains("::start(")) {
                match example.lines().any(|line| line.trim_start_matches("# ").starts_with(LINE)) {
                    true => linked += 1,
                    false => missing.push(path.display().to_string()),
                }
            }
        }
    }
    assert!(missing.is_empty(), "without a hidden `{LINE} as _;`: {missing:#?}");
    assert!(linked > 3, "only {linked} doc tests were found");
}

/// What stands between fences in doc comments and is run.
fn examples(source: &str) -> impl Iterator<Item = String> {
    let docs: Vec<&str> = source
        .lines()
        .map(|line| line.trim_start())
        .filter_map(|line| line.strip_prefix("//!").or_else(|| line.strip_prefix("///")))
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .collect();
    let text = docs.join("\n");
    let blocks: Vec<String> = text.split("```").skip(1).step_by(2).map(str::to_owned).collect();
    blocks.into_iter().filter(|block| block.starts_with('\n'))
}

/// A subscriber of one thread would hear what the listener then does not: a recording is for tests that want to read.
#[test]
fn nothing_listens_in_a_thread_of_its_own() {
    let workspace = workspace();
    let mut looked_at = 0;
    for package in packages(&workspace) {
        let folder = Path::new(package["manifest_path"].as_str().unwrap()).parent().unwrap();
        for path in sources(folder) {
            let source = std::fs::read_to_string(&path).unwrap();
            for way in ["tracing::dispatcher", "tracing::subscriber", "with_default(", "set_default("] {
                assert!(!source.contains(way), "{}: {way}", path.display());
            }
            looked_at += 1;
        }
    }
    assert!(looked_at > 100, "only {looked_at} files were found");
}

/// The Rust files below `folder`, without those of another package.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.join("Cargo.toml").exists() && !path.ends_with("node_modules") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found
}
