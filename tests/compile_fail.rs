//! What must not compile: operations that a client's access does not allow, each with an explanation.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper of a test fails as loudly as a test"
)]

use altinn_watch as _;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use regex_lite::Regex;

/// Where clients have methods that ask for access.
const SOURCES: [&str; 7] = ["client", "instances", "data", "process", "events", "applications", "message_box"];

/// Each access by its name in the files, with the traits that it has.
const ACCESSES: [(&str, &str, &[&str]); 3] = [
    ("read", "Read", &["CanRead"]),
    ("read_confirm", "ReadConfirm", &["CanRead", "CanConfirm"]),
    ("write", "Write", &["CanWrite", "CanConfirm"]),
];

/// What the compiler says to a missing trait: what can't be done, and what to build instead.
const WORDS: [(&str, &str, &str); 3] = [
    (
        "CanRead",
        "cannot read",
        "= note: build the credentials with `Credentials::<Read>`, `Credentials::<ReadConfirm>`",
    ),
    (
        "CanWrite",
        "cannot write",
        "= note: build the credentials with `Credentials::<ReadWrite>` (or `Credentials::<Write>`)",
    ),
    ("CanConfirm", "cannot confirm", "= note: build the credentials with `Credentials::<ReadConfirm>`, or with"),
];

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The methods of clients, each with the traits that it asks of the access: `Data::upload`, `CanWrite`.
fn methods() -> BTreeMap<String, BTreeSet<String>> {
    let owner = Regex::new(r"^impl<('a, )?S: Scope> (\w+)<('a, )?S> \{").unwrap();
    let method = Regex::new(r"^ +pub (async )?fn (\w+)").unwrap();
    let bound = Regex::new(r"^ +S: (Can[\w +]*),$").unwrap();
    let mut found = BTreeMap::new();
    for source in SOURCES {
        let (mut of, mut name) = (String::new(), String::new());
        for line in read(&format!("../crates/storage/src/{source}/mod.rs")).lines() {
            if let Some(owner) = owner.captures(line) {
                owner[2].clone_into(&mut of);
            } else if let Some(method) = method.captures(line) {
                method[2].clone_into(&mut name);
            } else if let Some(bound) = bound.captures(line) {
                found.insert(format!("{of}::{name}"), bound[1].split(" + ").map(str::to_owned).collect());
            }
        }
    }
    found
}

#[test]
fn access_decides_which_methods_exist() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("compile_fail/*.rs");
}

/// Each method fails for each access that does not allow it, with the words that are meant for it.
#[test]
fn no_method_is_without_a_case() {
    let methods = methods();
    for (file, access, has) in ACCESSES {
        let path = format!("compile_fail/every_method_with_{file}");
        let tried = Regex::new(&format!(r"let _ = (\w+)::<('static, )?{access}>::(\w+);")).unwrap();
        let source = read(&format!("{path}.rs"));
        let tried: BTreeSet<String> =
            tried.captures_iter(&source).map(|one| format!("{}::{}", &one[1], &one[3])).collect();
        let lacks = |bounds: &BTreeSet<String>| bounds.iter().any(|bound| !has.contains(&bound.as_str()));
        let forbidden = methods.iter().filter(|(_, bounds)| lacks(bounds)).map(|(method, _)| method.clone());
        assert_eq!(tried, forbidden.collect(), "{path}.rs does not try what this access forbids");

        let said = read(&format!("{path}.stderr"));
        let said: Vec<&str> = said.split("error[").skip(1).collect();
        assert_eq!(said.len(), tried.len(), "{path}.stderr has not one error for each method");
        for method in &tried {
            let (of, name) = method.split_once("::").unwrap();
            let call = [format!("{of}::<{access}>::{name};"), format!("{of}::<'static, {access}>::{name};")];
            let error = said.iter().find(|error| call.iter().any(|call| error.contains(call.as_str())));
            let error = error.unwrap_or_else(|| panic!("{path}.stderr says nothing of {method}"));
            let missing = methods[method].iter().find(|bound| !has.contains(&bound.as_str())).unwrap();
            let (_, cannot, instead) = WORDS.iter().find(|(bound, ..)| bound == missing).unwrap();
            assert!(error.contains(cannot) && error.contains(instead), "{method} with {access}: {error}");
        }
    }
}

/// The list that the cases are held against knows every method that covers an operation.
#[test]
fn every_covered_operation_asks_for_access() {
    let methods: BTreeSet<String> =
        methods().into_keys().map(|method| method.to_lowercase().replace('_', "")).collect();
    let covers: toml::Table = toml::from_str(&read("../openapi/operations.toml")).unwrap();
    for (operation, cover) in covers["storage"].as_table().unwrap() {
        let Some(method) = cover.get("method").and_then(toml::Value::as_str) else { continue };
        // `Client::message_box().get` is `MessageBox::get`; what a lock can do, only those can who may take it.
        let mut parts = method.strip_prefix("Client::").unwrap().split("().");
        let named = format!("{}::{}", parts.next().unwrap(), parts.next().unwrap()).replace('_', "");
        assert!(methods.contains(&named), "{operation}: {method}");
    }
}
