//! Moves of the process, and its history.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::setup::Setup;
use crate::{guid, start};

/// Moves a new instance to a task of this type with these events, of which each has what it needs besides its type.
async fn moves(setup: &Setup, task_type: &str, events: &[(&str, Option<&str>)]) -> StatusCode {
    let id = setup.seed();
    let event = |(event_type, created): &(&str, Option<&str>)| json!({"instanceId": id, "eventType": event_type, "created": created, "user": {"orgId": "ttd"}});
    let events: Vec<Value> = events.iter().map(event).collect();
    let state = json!({"currentTask": {"elementId": "Task_2", "altinnTaskType": task_type}});
    let path = format!("instances/{id}/process/instanceandevents");
    let (status, _) = setup.send(Method::PUT, &path, Some(json!({"state": state, "events": events}))).await;
    status
}

#[tokio::test]
async fn only_the_first_of_the_newest_events_has_to_be_known() {
    let setup = start().await;
    let (early, late) = (Some("2026-01-01T00:00:00Z"), Some("2999-01-01T00:00:00Z"));
    let (ok, failed) = (StatusCode::OK, StatusCode::INTERNAL_SERVER_ERROR);
    for (task_type, events, status) in [
        ("data", vec![("nosuch", None)], failed),
        ("data", vec![("saved", None)], failed),
        ("data", vec![("2", None)], ok),
        ("data", vec![("nosuch", early), ("Saved", late)], ok),
        ("data", vec![("Saved", early), ("nosuch", early)], ok),
        ("data", vec![("nosuch", early), ("Saved", early)], failed),
        ("signing", vec![("nosuch", early)], ok),
        ("signing", vec![("nosuch", None)], ok),
        ("signing", vec![("nosuch", late)], failed),
    ] {
        assert_eq!(moves(&setup, task_type, &events).await, status, "{task_type} {events:?}");
    }
}

#[tokio::test]
async fn a_move_to_signing_is_told_after_the_events_that_came_with_it() {
    let setup = start().await;
    let id = setup.seed();
    let event = json!({"instanceId": id, "eventType": "Saved", "user": {"orgId": "ttd"}});
    let state = json!({"currentTask": {"elementId": "Task_2", "altinnTaskType": "signing"}});
    let path = format!("instances/{id}/process/instanceandevents");
    setup.send(Method::PUT, &path, Some(json!({"state": state, "events": [event]}))).await;
    let (_, list) = setup.send(Method::GET, &format!("instances/{id}/events"), None).await;
    let events = list["instanceEvents"].as_array().unwrap();
    let types: Vec<_> = events.iter().rev().take(2).map(|event| &event["eventType"]).collect();
    assert_eq!(types, ["SentToSign", "Saved"]);
    assert_eq!(events[events.len() - 1]["processInfo"], state);
}

#[tokio::test]
async fn a_move_to_signing_is_told_after_what_it_deleted() {
    let setup = start().await;
    let id = setup.seed();
    let upload = format!("instances/{id}/data?dataType=model&generatedFromTask=Task_2");
    assert_eq!(setup.file(Method::POST, &upload, Some("a.txt"), b"x".to_vec()).await.0, StatusCode::CREATED);
    let state = json!({"currentTask": {"elementId": "Task_2", "altinnTaskType": "signing"}});
    let path = format!("instances/{id}/process/instanceandevents");
    let (status, _) = setup.send(Method::PUT, &path, Some(json!({"state": state}))).await;
    assert_eq!(status, StatusCode::OK);
    let (_, list) = setup.send(Method::GET, &format!("instances/{id}/events"), None).await;
    let types: Vec<_> = list["instanceEvents"].as_array().unwrap().iter().map(|event| &event["eventType"]).collect();
    assert_eq!(types[types.len() - 2..], ["Deleted", "SentToSign"]);
}

#[tokio::test]
async fn an_empty_flow_is_a_flow() {
    let setup = start().await;
    for (flow, status) in [(Value::Null, StatusCode::OK), (json!(""), StatusCode::FORBIDDEN)] {
        let task = json!({"elementId": "Task_2", "altinnTaskType": "nosuch", "flowType": flow});
        let path = format!("instances/{}/process", setup.seed());
        assert_eq!(setup.send(Method::PUT, &path, Some(json!({"currentTask": task}))).await.0, status);
    }
}

#[tokio::test]
async fn the_instance_of_an_event_is_compared_as_it_was_sent() {
    let setup = start().await;
    let id = setup.seed();
    let path = format!("instances/{id}/process/instanceandevents");
    for (sent, words) in [
        (format!(" {id}"), "Instance ID in InstanceEvent does not match the Instance ID"),
        (" ".to_owned(), "Missing instance ID in InstanceEvent"),
    ] {
        let event = json!({"instanceId": sent, "eventType": "Saved", "user": {"orgId": "ttd"}});
        let answer = setup.send(Method::PUT, &path, Some(json!({"state": {}, "events": [event]}))).await;
        assert_eq!(answer, (StatusCode::BAD_REQUEST, json!(words)));
    }
}

#[tokio::test]
async fn the_history_goes_by_the_texts_of_the_times() {
    let setup = start().await;
    let (_, created) = setup.send(Method::POST, "instances?appId=ttd/app", Some(owner("501337"))).await;
    let id = created["id"].as_str().unwrap();
    for (event_type, created, element) in [
        ("process_StartEvent", "2026-01-01T00:00:00Z", "startEvent"),
        ("process_EndEvent", "2026-01-01T00:00:00.5Z", "endEvent"),
    ] {
        let event = json!({"instanceId": id, "eventType": event_type, "created": created,
                           "user": {"orgId": "ttd"}, "processInfo": {element: element}});
        let (status, _) = setup.send(Method::POST, &format!("instances/{id}/events"), Some(event)).await;
        assert_eq!(status, StatusCode::CREATED);
    }
    let (_, history) = setup.send(Method::GET, &format!("instances/{id}/process/history"), None).await;
    let steps = history["processHistory"].as_array().unwrap();
    let elements: Vec<_> = steps.iter().map(|step| &step["elementId"]).collect();
    assert_eq!(elements, ["endEvent", "startEvent"], "a point comes before a Z");
}

fn owner(party: &str) -> Value {
    json!({"instanceOwner": {"partyId": party}})
}

#[tokio::test]
async fn some_compare_the_party_as_a_text() {
    let setup = start().await;
    let (_, created) = setup.send(Method::POST, "instances?appId=ttd/app", Some(owner("0501337"))).await;
    let path = format!("instances/501337/{}", guid(created["id"].as_str().unwrap()));
    let (status, words) = setup.send(Method::GET, &format!("{path}/process/authinfo"), None).await;
    let expected = format!("Unable to find {}: ", path.replace("instances/", "instance "));
    assert_eq!((status, words), (StatusCode::NOT_FOUND, json!(expected)));
    let (status, problem) = setup.send(Method::POST, &format!("{path}/lock"), Some(json!({"ttlSeconds": 1}))).await;
    assert_eq!((status, &problem["detail"]), (StatusCode::NOT_FOUND, &json!("Instance not found.")));
}
