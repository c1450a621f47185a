//! What goes to the service and comes back, for any value: enums that the service may extend, and its own words.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper of a test fails as loudly as a test"
)]

use altinn_watch as _;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;

use altinn_auth::Credentials;
use altinn_core::{Environment, Error, Read, RetryPolicy};
use altinn_storage::reqwest_middleware::{Middleware, Next, Result as Sent};
use altinn_storage::{Client, FileScanResult, InstanceEventType, Page, ReadStatus, ReferenceType, Relation, reqwest};
use altinn_tests::owner::no_instance;
use http::Extensions;
use proptest::prelude::*;
use regex_lite::Regex;
use serde_json::{Value, json};

/// Runs a check for each enum of the models that keeps what it does not know.
macro_rules! open_enums {
    ($check:ident, $text:expr) => {
        [
            $check!($text, FileScanResult),
            $check!($text, InstanceEventType),
            $check!($text, ReadStatus),
            $check!($text, ReferenceType),
            $check!($text, Relation),
        ]
    };
}

/// The name of an enum, and whether a text comes out of it as it went in: to the letter, if it is not known.
macro_rules! comes_back {
    ($text:expr, $name:ident) => {{
        let json = serde_json::to_string($text).unwrap();
        let read: $name = serde_json::from_str(&json).unwrap();
        let written = serde_json::to_value(&read).unwrap();
        let same = match &read {
            $name::Unknown(kept) => **kept == *$text && written == *$text,
            known => written.as_str().unwrap().eq_ignore_ascii_case($text) && *known == $name::from(known.as_str()),
        };
        let again: $name = serde_json::from_value(written.clone()).unwrap();
        (
            stringify!($name),
            same && again == read && read.to_string() == written.as_str().unwrap() && read.as_str() == written,
        )
    }};
}

/// The texts on the wire that the sources list, with the names of their enums.
fn listed() -> Vec<(String, Vec<String>)> {
    let declared = Regex::new(r"(?s)open_enum! \{(.*?)\n\}").unwrap();
    let name = Regex::new(r"(?m)^    (\w+) \{$").unwrap();
    let text = Regex::new("= \"([^\"]+)\",").unwrap();
    let mut found = Vec::new();
    for of in ["instances", "data", "events", "process", "applications", "message_box"] {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../crates/storage/src/{of}/model.rs"));
        for declared in declared.captures_iter(&std::fs::read_to_string(file).unwrap()) {
            let texts = text.captures_iter(&declared[1]).map(|text| text[1].to_owned());
            found.push((name.captures(&declared[1]).unwrap()[1].to_owned(), texts.collect()));
        }
    }
    found
}

#[test]
fn every_listed_value_is_known_in_any_case_and_no_enum_is_left_out() {
    let listed = listed();
    let names: BTreeSet<&str> = listed.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, open_enums!(comes_back, "x").into_iter().map(|(name, _)| name).collect());
    macro_rules! knows {
        ($text:expr, $name:ident) => {
            (stringify!($name), !matches!($name::from($text), $name::Unknown(_)))
        };
    }
    for (name, texts) in &listed {
        for text in texts.iter().flat_map(|text| [text.clone(), text.to_lowercase(), text.to_uppercase()]) {
            let known = open_enums!(knows, &*text).into_iter().any(|(of, known)| of == name && known);
            assert!(known, "{name} does not know {text}");
            assert!(open_enums!(comes_back, &*text).into_iter().all(|(_, same)| same), "{text}");
        }
    }
}

/// Answers by itself.
#[derive(Clone)]
struct Fixed {
    status: u16,
    content_type: &'static str,
    body: String,
}

#[async_trait::async_trait]
impl Middleware for Fixed {
    async fn handle(&self, _: reqwest::Request, _: &mut Extensions, _: Next<'_>) -> Sent<reqwest::Response> {
        let answer = http::Response::builder().status(self.status).header("content-type", self.content_type);
        Ok(answer.body(self.body.clone()).unwrap().into())
    }
}

/// Makes no connection, since [`Fixed`] answers.
static HTTP: LazyLock<reqwest::Client> = LazyLock::new(reqwest::Client::new);

/// The error of a call that is answered so.
fn error_for(status: u16, content_type: &'static str, body: String) -> Error {
    let credentials = Credentials::<Read>::with_token(Environment::tt02(), "not used");
    let fixed = Fixed { status, content_type, body };
    let client = Client::builder(credentials).http(HTTP.clone()).layer(fixed).retry(RetryPolicy::none());
    let client = client.build().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(client.instances().get(no_instance())).unwrap_err()
}

fn said(error: &Error) -> String {
    error.problem().message().unwrap_or_default().to_owned()
}

/// Words without what is struck out of them: no digits, and nothing that could begin a token.
const WORDS: &str = r#"[a-zæøåÆØÅ]{1,12}( [a-zæøå",.;:'!?%&<>{}\[\]\\/()+=-]{1,12}){0,6}[a-zæøå]"#;

/// An instance with everything in it that may be an object.
fn whole_instance() -> Value {
    json!({
        "id": "501337/3d241248-9d65-4471-8b76-85b73ad99035",
        "instanceOwner": {"partyId": "501337"},
        "selfLinks": {"apps": "a", "platform": "b"},
        "process": {
            "started": "2026-01-01T08:00:00Z",
            "currentTask": {"elementId": "Task_1", "validated": {"canCompleteTask": true}},
        },
        "status": {"isArchived": false, "substatus": {"label": "a", "description": "b"}},
        "completeConfirmations": [{"stakeholderId": "ttd", "confirmedOn": "2026-01-01T08:00:00Z"}],
        "data": [{
            "id": "00000000-0000-4000-8000-000000000002",
            "selfLinks": {"platform": "c"},
            "userDefinedMetadata": [{"key": "a", "value": "b"}],
            "metadata": [{"key": "a", "value": "b"}],
            "deleteStatus": {"isHardDeleted": true, "hardDeleted": "2026-01-01T08:00:00Z"},
            "references": [{"value": "Task_1", "relation": "GeneratedFrom", "valueType": "Task"}],
        }],
        "presentationTexts": {"navn": "Åse"},
        "dataValues": {"a": "1"},
    })
}

const NEW: &str = "nyttMedlem";

/// Adds a member that nobody knows to each object.
fn extend(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.values_mut().for_each(extend);
            members.insert(NEW.to_owned(), json!("blåbær"));
        }
        Value::Array(items) => items.iter_mut().for_each(extend),
        _ => {}
    }
}

/// Where that member is.
fn extended(value: &Value, place: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get(NEW).filter(|new| **new == json!("blåbær")).map(|_| place.to_owned()));
            members.iter().for_each(|(name, value)| extended(value, &format!("{place}/{name}"), found));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(n, item)| extended(item, &format!("{place}/{n}"), found));
        }
        _ => {}
    }
}

#[test]
fn a_new_member_of_any_object_comes_back() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("contract/storage/page-of-100.json");
    let page: Value = serde_json::from_str(&std::fs::read_to_string(page).unwrap()).unwrap();
    let mut instances = page["instances"].clone();
    instances.as_array_mut().unwrap().push(whole_instance());
    extend(&mut instances);
    let places = |value: &Value| {
        let mut found = BTreeSet::new();
        extended(value, "", &mut found);
        found
    };
    let expected = places(&instances);
    assert!(expected.len() > 500 && expected.contains("/100/process/currentTask/validated"), "{}", expected.len());

    let json = json!({"instances": instances.clone()});
    // As the service writes it, and in a form that is left to serde.
    for json in [json.to_string(), serde_json::to_string_pretty(&json).unwrap()] {
        let page = Page::from_json(json.as_bytes()).unwrap();
        assert_eq!((page.instances.len(), page.unreadable.len()), (101, 0));
        assert_eq!(places(&serde_json::to_value(&page.instances).unwrap()), expected);
    }
}

proptest! {
    #[test]
    fn any_value_of_an_open_enum_comes_back(text in "\\PC{0,30}") {
        for (name, same) in open_enums!(comes_back, &*text) {
            prop_assert!(same, "{} with {:?}", name, text);
        }
    }

    #[test]
    fn the_number_of_a_value_without_a_name_is_kept(number in any::<i32>()) {
        let status: ReadStatus = serde_json::from_str(&number.to_string()).unwrap();
        prop_assert_eq!(status.as_str(), number.to_string());
    }

    #[test]
    fn the_service_s_words_arrive_in_every_form(
        (title, detail, field, fault) in (WORDS, WORDS, "[a-zA-Z.]{1,20}", WORDS),
        trace in "00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]",
        status in 400_u16..600,
        problem_type in any::<bool>(),
    ) {
        let kind = if problem_type { "application/problem+json; charset=utf-8" } else { "application/json; charset=utf-8" };
        let json = |value: &Value| error_for(status, kind, value.to_string());

        let error = json(&json!({"type": "about:blank", "title": title, "status": status, "traceId": trace}));
        prop_assert_eq!(said(&error), title.clone());
        prop_assert_eq!(error.problem().trace_id(), Some(&*trace));
        let error = json(&json!({"title": title, "detail": detail, "status": status}));
        prop_assert_eq!(said(&error), format!("{title}: {detail}"));
        let error = json(&json!({"title": title, "errors": {&*field: [fault.clone(), detail.clone()]}}));
        prop_assert_eq!(said(&error), format!("{title}: {field}: {fault} {detail}"));
        prop_assert_eq!(said(&json(&json!(detail))), detail.clone());
        for content_type in ["text/plain; charset=utf-8", kind] {
            prop_assert_eq!(said(&error_for(status, content_type, detail.clone())), detail.clone());
        }
        prop_assert_eq!(said(&error_for(status, kind, String::new())), "");
        prop_assert_eq!(said(&error_for(status, "text/html", format!("<p>{detail}</p>"))), "");
        prop_assert!(json(&json!(detail)).to_string().contains(&*detail.chars().take(20).collect::<String>()));
    }

    #[test]
    fn any_bytes_of_a_refusal_are_an_error_with_its_status(status in 400_u16..600, body in "\\PC{0,200}") {
        let error = error_for(status, "application/json", body);
        prop_assert_eq!(error.status().map(|status| status.as_u16()), Some(status));
        prop_assert!(!error.to_string().is_empty());
    }
}
