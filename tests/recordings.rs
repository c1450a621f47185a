//! Everything that the real Storage was recorded to answer decodes, with nothing left over.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper of a test fails as loudly as a test"
)]

use altinn_watch as _;

use std::collections::BTreeSet;
use std::path::Path;

use altinn_storage::{
    Application, AuthInfo, DataElement, Instance, InstanceEvent, Message, MessageEvent, ProcessHistoryItem,
    ProcessState, TextResource,
};
use altinn_tests::contract::recorded;
use altinn_tests::surface::Surface;
use http::{HeaderName, HeaderValue, Method, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

const TIMES: [&str; 15] = [
    "created",
    "createdDateTime",
    "lastChanged",
    "started",
    "ended",
    "archived",
    "softDeleted",
    "hardDeleted",
    "dueBefore",
    "visibleAfter",
    "confirmedOn",
    "timestamp",
    "occured",
    "validFrom",
    "validTo",
];

/// Puts values where a recording has names for what differs from run to run.
fn fill(key: &str, value: &mut Value) {
    match value {
        Value::String(text) if key == "size" && text == "<masked>" => *value = Value::from(1),
        Value::String(text) if text.contains("{{") || text.contains('<') => {
            *text = if TIMES.contains(&key) {
                "2024-05-01T12:00:00.1234567Z".to_owned()
            } else {
                let mut filled = text.replace("<uuid>", "00000000-0000-4000-8000-000000000000");
                // The beginning of an id that a scenario makes itself.
                filled = filled.replace("{{run}}", "00000000");
                while let (Some(start), Some(end)) = (filled.find("{{"), filled.find("}}")) {
                    filled.replace_range(start..end + 2, "00000000-0000-4000-8000-000000000000");
                }
                filled
            };
        }
        Value::Array(items) => items.iter_mut().for_each(|item| fill(key, item)),
        Value::Object(members) => members.iter_mut().for_each(|(key, item)| fill(key, item)),
        _ => {}
    }
}

fn leftovers_of_process(process: Option<&ProcessState>, at: &str, out: &mut Vec<String>) {
    let Some(process) = process else { return };
    out.extend(process.extra.keys().map(|key| format!("{at} process.{key}")));
    if let Some(task) = &process.current_task {
        out.extend(task.extra.keys().map(|key| format!("{at} process.currentTask.{key}")));
    }
}

fn element(value: Value, at: &str, out: &mut Vec<String>) {
    // Asked to lock or change an element that does not exist, the service answers an empty one without an id.
    if at.contains("an unknown element") && value.get("id").is_none() {
        return;
    }
    match serde_json::from_value::<DataElement>(value) {
        Ok(element) => out.extend(element.extra.keys().map(|key| format!("{at} data.{key}"))),
        Err(error) => out.push(format!("{at}: no data element: {error}")),
    }
}

fn instance(value: Value, at: &str, out: &mut Vec<String>) {
    let instance = match serde_json::from_value::<Instance>(value) {
        Ok(instance) => instance,
        Err(error) => return out.push(format!("{at}: no instance: {error}")),
    };
    out.extend(instance.extra.keys().map(|key| format!("{at} {key}")));
    for element in &instance.data {
        out.extend(element.extra.keys().map(|key| format!("{at} data.{key}")));
    }
    if let Some(owner) = &instance.instance_owner {
        out.extend(owner.extra.keys().map(|key| format!("{at} instanceOwner.{key}")));
    }
    if let Some(status) = &instance.status {
        out.extend(status.extra.keys().map(|key| format!("{at} status.{key}")));
    }
    leftovers_of_process(instance.process.as_ref(), at, out);
}

fn other<T: DeserializeOwned>(
    value: Value,
    at: &str,
    extra: impl FnOnce(T) -> Vec<Map<String, Value>>,
    out: &mut Vec<String>,
) {
    match serde_json::from_value::<T>(value) {
        Ok(read) => out.extend(extra(read).iter().flat_map(Map::keys).map(|key| format!("{at} {key}"))),
        Err(error) => out.push(format!("{at}: {error}")),
    }
}

fn event(value: Value, at: &str, out: &mut Vec<String>) {
    let extra = |event: InstanceEvent| {
        let users = [event.user, event.related_user].into_iter().flatten().map(|user| user.extra);
        users.chain([event.extra]).collect()
    };
    other(value, at, extra, out);
}

fn application(value: Value, at: &str, out: &mut Vec<String>) {
    let extra = |app: Application| {
        let logic = app.data_types.iter().filter_map(|one| one.app_logic.as_ref()).map(|logic| logic.extra.clone());
        let logic: Vec<_> = logic.collect();
        app.data_types.into_iter().map(|one| one.extra).chain(logic).chain([app.extra]).collect()
    };
    other(value, at, extra, out);
}

fn each(list: &Value, read: fn(Value, &str, &mut Vec<String>), at: &str, out: &mut Vec<String>) {
    list.as_array().unwrap().iter().for_each(|item| read(item.clone(), at, out));
}

/// What an answer to a request for an app or its texts is, by its path below `/storage/api/v1/applications`.
fn check_application(method: &str, parts: &[&str], body: Value, at: &str, out: &mut Vec<String>) -> bool {
    match (method, parts) {
        ("GET", [] | [_]) => each(&body["applications"], application, at, out),
        ("POST", []) | ("GET" | "PUT" | "DELETE", [_, _]) => application(body, at, out),
        ("POST", [_, _, "texts"]) | ("GET" | "PUT", [_, _, "texts", _]) => {
            other(body, at, |texts: TextResource| vec![texts.extra], out);
        }
        _ => return false,
    }
    true
}

/// What an answer to a request to the message box is, by its path below `/storage/api/v1/sbl/instances`.
fn check_message(method: &str, parts: &[&str], body: Value, at: &str, out: &mut Vec<String>) -> bool {
    match (method, parts) {
        ("GET", [_, _]) => other(body, at, |message: Message| vec![message.extra], out),
        ("GET", [_, _, "events"]) => {
            for item in body.as_array().unwrap() {
                other(item.clone(), at, |event: MessageEvent| vec![event.extra], out);
            }
        }
        _ => return false,
    }
    true
}

/// What an answer to this request is, by its path below `/storage/api/v1`.
fn check(method: &str, path: &str, body: Value, at: &str, out: &mut Vec<String>) -> bool {
    let path = path.split('?').next().unwrap_or_default().trim_end_matches('/').to_ascii_lowercase();
    if let Some(rest) = path.strip_prefix("/storage/api/v1/applications") {
        return check_application(method, &rest.split('/').skip(1).collect::<Vec<_>>(), body, at, out);
    }
    if let Some(rest) = path.strip_prefix("/storage/api/v1/sbl/instances") {
        return check_message(method, &rest.split('/').skip(1).collect::<Vec<_>>(), body, at, out);
    }
    let Some(rest) = path.strip_prefix("/storage/api/v1/instances") else { return false };
    let parts: Vec<&str> = rest.split('/').skip(1).collect();
    match (method, parts.as_slice()) {
        ("GET", []) => {
            for item in body["instances"].as_array().into_iter().flatten() {
                instance(item.clone(), at, out);
            }
        }
        ("POST", []) | ("GET" | "DELETE", [_, _]) | ("GET", [_]) => instance(body, at, out),
        (
            "POST" | "PUT",
            [_, _, "complete" | "readstatus" | "substatus" | "presentationtexts" | "datavalues" | "process"]
            | [_, _, "process", "instanceandevents"],
        ) => instance(body, at, out),
        ("POST", [_, _, "data"])
        | ("PUT" | "DELETE", [_, _, "data" | "dataelements", _])
        | ("PUT" | "DELETE", [_, _, "data", _, "lock"]) => element(body, at, out),
        ("GET", [_, _, "dataelements"]) => {
            for item in body["dataElements"].as_array().into_iter().flatten() {
                element(item.clone(), at, out);
            }
        }
        ("GET", [_, _, "events"]) => each(&body["instanceEvents"], event, at, out),
        ("POST", [_, _, "events"]) | ("GET", [_, _, "events", _]) => event(body, at, out),
        ("GET", [_, _, "process", "history"]) => {
            for item in body["processHistory"].as_array().unwrap() {
                other(item.clone(), at, |item: ProcessHistoryItem| vec![item.extra], out);
            }
        }
        ("GET", [_, _, "process", "authinfo"]) => other(body, at, |_: AuthInfo| Vec::new(), out),
        _ => return false,
    }
    true
}

/// What is no model of ours: Altinn Studio's own view, which service owners do not call, the word `true` by which the
/// message box answers changes, the token of a lock, and the content of a file.
fn is_no_model(method: &str, path: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default().to_ascii_lowercase();
    path.starts_with("/storage/api/v1/studio/")
        || (method != "GET" && path.starts_with("/storage/api/v1/sbl/"))
        || (method == "POST" && path.ends_with("/lock"))
        || (method == "GET" && path.contains("/data/"))
}

#[test]
fn every_recorded_answer_decodes_with_nothing_left_over() {
    let (mut decoded, mut problems) = (0, Vec::new());
    for scenario in recorded("storage") {
        for step in scenario["steps"].as_array().unwrap() {
            let response = &step["response"];
            if !matches!(response["status"].as_u64(), Some(200 | 201)) || !response["body"]["json"].is_object() {
                continue;
            }
            let mut body = response["body"]["json"].clone();
            fill("", &mut body);
            let at = format!("{} / {}", scenario["name"].as_str().unwrap(), step["name"].as_str().unwrap());
            let (method, path) = (step["method"].as_str().unwrap(), step["path"].as_str().unwrap());
            if check(method, path, body, &at, &mut problems) {
                decoded += 1;
            } else if !is_no_model(method, path) {
                problems.push(format!("{at}: held against no model"));
            }
        }
    }
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
    assert!(decoded > 800, "only {decoded} answers were held against the models");
}

#[test]
fn a_real_page_decodes_and_is_written_back_the_same() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("contract/storage/page-of-100.json");
    let page: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let instances = page["instances"].as_array().unwrap();
    assert_eq!(instances.len(), 100);
    let mut problems = Vec::new();
    for (n, item) in instances.iter().enumerate() {
        instance(item.clone(), &format!("instance {n}"), &mut problems);
        let typed: Instance = serde_json::from_value(item.clone()).unwrap();
        assert_eq!(&serde_json::to_value(typed).unwrap(), item);
    }
    assert!(problems.is_empty(), "{problems:?}");
}

/// Which refusals a client has to expect where.
#[test]
fn the_refusals_that_were_recorded_are_listed_by_their_status_and_no_others() {
    let surface = Surface::load().unwrap();
    let mut refused = BTreeSet::new();
    for scenario in recorded("storage") {
        for step in scenario["steps"].as_array().unwrap() {
            let method: Method = step["method"].as_str().unwrap().parse().unwrap();
            let mut path = step["path"].clone();
            fill("", &mut path);
            let Ok(url) = format!("https://platform.altinn.no{}", path.as_str().unwrap()).parse() else { continue };
            let status = u16::try_from(step["response"]["status"].as_u64().unwrap()).unwrap();
            if status >= 300 && surface.describes(&method, &url) {
                refused.insert((surface.operation_id(&method, &url).unwrap(), status));
            }
        }
    }
    let listed = surface.refusals("storage");
    let unlisted: Vec<_> = refused.difference(&listed).collect();
    assert!(unlisted.is_empty(), "not listed: {unlisted:?}");
    let unrecorded: Vec<_> = listed.difference(&refused).collect();
    assert!(unrecorded.is_empty(), "not recorded: {unrecorded:?}");
}

/// The documents in `openapi/` are our own reading of the service: whatever it answered to what the SDK calls is in them.
#[test]
fn every_recorded_answer_is_in_the_document() {
    let surface = Surface::load().unwrap();
    let (mut held, mut problems) = (0, Vec::new());
    for scenario in ["storage", "exchange"].into_iter().flat_map(recorded) {
        for step in scenario["steps"].as_array().unwrap() {
            let response = &step["response"];
            let method: Method = step["method"].as_str().unwrap().parse().unwrap();
            let mut path = step["path"].clone();
            fill("", &mut path);
            let path = path.as_str().unwrap();
            let Ok(url) = format!("https://platform.altinn.no{path}").parse() else { continue };
            let status = StatusCode::from_u16(response["status"].as_u64().unwrap().try_into().unwrap()).unwrap();
            if !surface.describes(&method, &url) {
                continue;
            }
            let headers = response["headers"].as_object().unwrap().iter();
            let headers = headers.map(|(name, value)| {
                let value = HeaderValue::from_bytes(value.as_str().unwrap().as_bytes()).unwrap();
                (name.parse::<HeaderName>().unwrap(), value)
            });
            let body = match &response["body"] {
                Value::Object(body) if body.contains_key("json") => {
                    let mut json = body["json"].clone();
                    fill("", &mut json);
                    json.to_string()
                }
                Value::Object(body) if body.contains_key("jwt") => {
                    if body["jwt"]["quoted"] == true { "\"e30.e30.c2ln\"" } else { "e30.e30.c2ln" }.to_owned()
                }
                body => body["text"].as_str().unwrap_or_default().to_owned(),
            };
            let outcome = surface.check_answer(&method, &url, status, &headers.collect(), body.as_bytes());
            held += 1;
            if let Err(lacks) = outcome {
                let at = format!("{} / {}", scenario["name"].as_str().unwrap(), step["name"].as_str().unwrap());
                problems.push(format!("{at} ({method} {path}): {status}: the document lacks {lacks}"));
            }
        }
    }
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
    assert!(held > 1_000, "only {held} answers were held against the documents");
}
