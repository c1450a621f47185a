//! Data elements: whose they are, and what of them reaches the database.

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::setup::{Setup, token};
use crate::{JSON, start};

/// The path of an element through an instance that it doesn't belong to.
fn elsewhere(setup: &Setup, path: &str) -> String {
    let (_, element) = path.split_once("/data/").unwrap();
    format!("instances/{}/data/{element}", setup.seed())
}

#[tokio::test]
async fn what_is_read_through_another_instance_counts_as_read() {
    let setup = start().await;
    let id = setup.seed();
    let upload = format!("instances/{id}/data?dataType=model");
    let (_, element) = setup.file(Method::POST, &upload, None, vec![1]).await;
    assert_eq!(element["isRead"], false);
    let path = format!("instances/{id}/data/{}", element["id"].as_str().unwrap());
    let reader = token(&setup.emulator, "digdir");
    let (status, words) = setup.send_as(&reader, Method::GET, &elsewhere(&setup, &path), None).await;
    assert_eq!((status, words), (StatusCode::NOT_FOUND, json!("Unable to find requested data item")));
    let (_, list) = setup.send(Method::GET, &format!("instances/{id}/dataelements"), None).await;
    let read = list["dataElements"].as_array().unwrap().iter().find(|other| other["id"] == element["id"]).unwrap();
    assert_eq!(read["isRead"], true);
}

#[tokio::test]
async fn a_lock_is_seen_only_through_the_elements_own_instance() {
    let setup = start().await;
    let path = setup.element().await;
    for (path, status) in [
        (path.clone(), StatusCode::CREATED),
        (path.clone(), StatusCode::OK),
        (elsewhere(&setup, &path), StatusCode::CREATED),
    ] {
        let answer = setup.answer(Method::PUT, &format!("{path}/lock"), &[], "").await;
        assert_eq!(answer.status(), status);
        assert_eq!(answer.headers().contains_key("location"), status == StatusCode::CREATED);
    }
}

#[tokio::test]
async fn no_zero_character_reaches_the_database() {
    let setup = start().await;
    let path = setup.element().await;
    let upload = path.rsplit_once('/').unwrap().0;
    let text = [("content-type", "text/plain")];
    for (method, path) in [
        (Method::POST, format!("{upload}?dataType=model&generatedFromTask=a%00b")),
        (Method::PUT, format!("{path}?generatedFromTask=a%00b")),
    ] {
        let answer = setup.answer(method, &path, &text, "x").await;
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR, "{path}");
    }
    let (metadata, body) = setup.metadata_of(&path);
    for (member, value, status) in [
        ("filename", json!("a\0b"), StatusCode::OK),
        ("contentType", json!("a\0b"), StatusCode::OK),
        ("lastChangedBy", json!("a\0b"), StatusCode::INTERNAL_SERVER_ERROR),
        ("tags", json!(["a\0b"]), StatusCode::INTERNAL_SERVER_ERROR),
        ("tags", json!(["a\\\0"]), StatusCode::INTERNAL_SERVER_ERROR),
        ("tags", json!([r"a\u0000"]), StatusCode::OK),
        ("metadata", json!([{"key": "a", "value": "\0"}]), StatusCode::INTERNAL_SERVER_ERROR),
    ] {
        let mut body = body.clone();
        body[member] = value;
        assert_eq!(setup.send(Method::PUT, &metadata, Some(body)).await.0, status, "{member}");
    }
}

#[tokio::test]
async fn the_time_that_a_client_gives_is_cut() {
    let setup = start().await;
    let (path, mut body) = setup.metadata_of(&setup.element().await);
    body["lastChanged"] = json!("2026-01-01T00:00:00.1234567Z");
    let (_, element) = setup.send(Method::PUT, &path, Some(body)).await;
    assert_eq!(element["lastChanged"], "2026-01-01T00:00:00.123456Z");
}

#[tokio::test]
async fn a_body_needs_no_value_of_its_character_set() {
    let setup = start().await;
    let (path, body) = setup.metadata_of(&setup.element().await);
    for (content_type, status) in [
        (JSON.1, StatusCode::OK),
        ("application/json; charset", StatusCode::OK),
        ("application/json; charset=", StatusCode::OK),
        ("application/json;; charset=utf-8", StatusCode::UNSUPPORTED_MEDIA_TYPE),
    ] {
        let answer = setup.answer(Method::PUT, &path, &[("content-type", content_type)], &body.to_string()).await;
        assert_eq!(answer.status(), status, "{content_type}");
    }
}

#[tokio::test]
async fn the_ends_of_the_calendar_make_an_instance_unreadable() {
    for date in ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.9999999Z"] {
        let setup = start().await;
        let path = setup.element().await;
        let (metadata, mut body) = setup.metadata_of(&path);
        body["lastChanged"] = json!(date);
        let answer = setup.answer(Method::PUT, &metadata, &[JSON], &body.to_string()).await;
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR, "{date}");
        assert_eq!(answer.headers()["content-type"], "application/problem+json; charset=utf-8");
        let (instance, _) = path.split_once("/data/").unwrap();
        let (status, words) = setup.send(Method::GET, instance, None).await;
        let id = instance.strip_prefix("instances/").unwrap();
        let start = format!("Unable to find instance {id}: System.Text.Json.JsonException: ");
        assert_eq!(status, StatusCode::NOT_FOUND);
        assert!(words.as_str().unwrap().starts_with(&start), "{words}");
        for (method, path) in [
            (Method::GET, path.clone()),
            (Method::POST, format!("{instance}/complete")),
            (Method::GET, "instances?org=ttd".to_owned()),
        ] {
            assert_eq!(setup.send(method, &path, None).await.0, StatusCode::INTERNAL_SERVER_ERROR, "{path}");
        }
        let other = setup.seed();
        assert_eq!(setup.send(Method::GET, &format!("instances/{other}"), None).await.0, StatusCode::OK);
    }
}

#[tokio::test]
async fn the_days_next_to_the_ends_of_the_calendar_are_times() {
    let setup = start().await;
    let (path, mut body) = setup.metadata_of(&setup.element().await);
    for date in ["0001-01-02T00:00:00Z", "9999-12-31T23:59:59Z"] {
        body["lastChanged"] = json!(date);
        let (status, element) = setup.send(Method::PUT, &path, Some(body.clone())).await;
        assert_eq!((status, &element["lastChanged"]), (StatusCode::OK, &json!(date)));
    }
}
