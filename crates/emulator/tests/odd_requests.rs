//! Requests beside the usual ones, over HTTP: what the framework and the database below the real service make of them.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails as loudly as a test")]

use altinn_watch as _;

use altinn_emulator::{Emulator, Submission};
use reqwest::{Body, Method, Response, StatusCode};
use serde_json::{Value, json};

const APP: &str = "ttd/mottak-demo";

struct Owner {
    emulator: Emulator,
    http: reqwest::Client,
    token: String,
}

impl Owner {
    async fn start() -> Self {
        let emulator = Emulator::start().await.unwrap();
        let token = emulator.service_owner_token("ttd", "altinn:serviceowner/instances.read").unwrap();
        Self { emulator, http: reqwest::Client::builder().no_proxy().build().unwrap(), token }
    }

    async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Response {
        let url = format!("{}{path}", self.emulator.url());
        let mut request = self.http.request(method, url).bearer_auth(&self.token).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    }

    async fn create(&self, content_type: &str, body: impl Into<Body>) -> Response {
        let path = format!("storage/api/v1/instances?appId={APP}");
        self.send(Method::POST, &path, &[("content-type", content_type)], body).await
    }

    async fn get(&self, path: &str) -> (StatusCode, Value) {
        let answer = self.send(Method::GET, &format!("storage/api/v1/{path}"), &[], "").await;
        (answer.status(), answer.json().await.unwrap_or(Value::Null))
    }
}

fn instance(more: &str) -> String {
    format!(r#"{{"instanceOwner": {{"partyId": "510001"}}{more}}}"#)
}

#[tokio::test]
async fn dates_reach_to_the_ends_of_the_calendar_and_have_many_forms() {
    let owner = Owner::start().await;
    for (sent, kept) in [
        ("9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59.9999999Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("Thu, 19 Oct 2023 08:00:00 GMT", "2023-10-19T08:00:00Z"),
        ("/Date(1700000000000)/", "2023-11-14T22:13:20Z"),
    ] {
        let body = instance(&format!(r#", "dueBefore": "{sent}""#));
        let answer = owner.create("application/json", body).await;
        assert_eq!(answer.status(), StatusCode::CREATED, "{sent}");
        let created: Value = answer.json().await.unwrap();
        assert_eq!(created["dueBefore"], kept);
        let (_, read) = owner.get(&format!("instances/{}", created["id"].as_str().unwrap())).await;
        assert_eq!(read["dueBefore"], kept);
    }
    for (filter, count) in [
        ("lastChanged=lt:9999-12-31T23:59:59.9999999Z", 4),
        ("lastChanged=gt:9999-12-31", 0),
        ("lastChanged=gt:Thu,%2019%20Oct%202023%2008:00:00%20GMT", 4),
        ("lastChanged=lt:1%20May%202020", 0),
    ] {
        let (status, page) = owner.get(&format!("instances?appId={APP}&{filter}")).await;
        assert_eq!((status, page["count"].as_u64()), (StatusCode::OK, Some(count)), "{filter}");
    }
}

#[tokio::test]
async fn a_body_is_read_in_the_character_set_that_it_names() {
    let owner = Owner::start().await;
    let text = instance(r#", "dataValues": {"navn": "Åse"}"#);
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (charset, body, status) in [
        ("utf-8", text.clone().into_bytes(), StatusCode::CREATED),
        ("\"UTF-8\"", text.clone().into_bytes(), StatusCode::CREATED),
        ("unicode-1-1-utf-8", text.clone().into_bytes(), StatusCode::CREATED),
        ("utf-16", utf16.clone(), StatusCode::CREATED),
        ("ucs-2", utf16, StatusCode::CREATED),
        ("utf-16", text.clone().into_bytes(), StatusCode::BAD_REQUEST),
        ("iso-8859-1", text.clone().into_bytes(), StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("nosuch", text.into_bytes(), StatusCode::UNSUPPORTED_MEDIA_TYPE),
    ] {
        let answer = owner.create(&format!("application/json; charset={charset}"), body).await;
        assert_eq!(answer.status(), status, "{charset}");
        let document: Value = answer.json().await.unwrap();
        assert!(status != StatusCode::CREATED || document["dataValues"]["navn"] == "Åse", "{charset}: {document}");
    }
}

#[tokio::test]
async fn a_null_in_a_list_is_an_item() {
    let owner = Owner::start().await;
    let id = owner.emulator.seed(Submission::new(APP, 510_001).unfinished().element("model", "text/xml", None, "<a/>"));
    let (_, read) = owner.get(&format!("instances/{id}")).await;
    let (element, guid) = (read["data"][0]["id"].as_str().unwrap(), id.split_once('/').unwrap().1);
    let json = &[("content-type", "application/json")];
    let path = format!("storage/api/v1/instances/{id}/dataelements/{element}");
    let body = format!(
        r#"{{"id": "{element}", "instanceGuid": "{guid}", "dataType": "model", "tags": [null, "a"], "metadata": [null]}}"#
    );
    let replaced: Value = owner.send(Method::PUT, &path, json, body).await.json().await.unwrap();
    assert_eq!((&replaced["tags"], &replaced["metadata"]), (&json!([null, "a"]), &json!([null])));
    for (path, body) in [
        ("process/instanceandevents", r#"{"state": {}, "events": [null]}"#),
        (
            "sign",
            r#"{"signee": {"userId": "1"}, "signatureDocumentDataType": "attachment", "dataElementSignatures": [null]}"#,
        ),
    ] {
        let method = if path == "sign" { Method::POST } else { Method::PUT };
        let answer = owner.send(method, &format!("storage/api/v1/instances/{id}/{path}"), json, body).await;
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR, "{path}");
    }
}

#[tokio::test]
async fn what_the_database_can_not_read_it_says_itself() {
    let owner = Owner::start().await;
    owner.emulator.seed(Submission::new(APP, 510_001));
    let list = async |filter: &str| owner.get(&format!("instances?appId={APP}&{filter}")).await;
    for (filter, words) in [
        ("searchString=a%00b", "22021: invalid byte sequence for encoding \"UTF8\": 0x00"),
        ("process.currentTask=%00", "22021: invalid byte sequence for encoding \"UTF8\": 0x00"),
        ("excludeConfirmedBy=a%22b", "22P02: invalid input syntax for type json\n\nDETAIL: Token \"b\" is invalid."),
        (
            "excludeConfirmedBy=%5C",
            "22P02: invalid input syntax for type json\n\nDETAIL: Token \"\"\\\"}]\" is invalid.",
        ),
    ] {
        assert_eq!(list(filter).await, (StatusCode::INTERNAL_SERVER_ERROR, words.into()), "{filter}");
    }
    assert_eq!(list("excludeConfirmedBy=nobody%22,%22x%22:%22y").await.1["count"], 1);
}

#[tokio::test]
async fn a_header_that_comes_twice_is_one_with_a_comma() {
    let owner = Owner::start().await;
    let path = format!("storage/api/v1/instances?appId={APP}");
    let person = ("x-ai-instanceowneridentifier", "Person: 018390 12345");
    assert_eq!(owner.send(Method::GET, &path, &[person], "").await.status(), StatusCode::OK);
    let twice = owner.send(Method::GET, &path, &[person, person], "").await;
    assert_eq!(twice.status(), StatusCode::BAD_REQUEST);
    assert_eq!(twice.text().await.unwrap(), "\"Invalid InstanceOwnerIdentifier.\"");
}

#[tokio::test]
async fn the_server_refuses_lines_and_paths_that_it_can_not_take() {
    let owner = Owner::start().await;
    let status = async |path: String| owner.send(Method::GET, &path, &[], "").await.status();
    let list = |length: usize| format!("storage/api/v1/instances?appId={APP}&x={}", "y".repeat(length));
    assert_eq!(status(list(8000)).await, StatusCode::OK);
    assert_eq!(status(list(8192)).await, StatusCode::URI_TOO_LONG);
    assert_eq!(status("storage/api/v1/applications/ttd%00".to_owned()).await, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn some_paths_take_any_method() {
    let owner = Owner::start().await;
    for method in [Method::GET, Method::HEAD, Method::OPTIONS, Method::PUT] {
        let status = async |path| owner.send(method.clone(), path, &[], "").await.status();
        assert_eq!(status("health").await, StatusCode::OK, "{method}");
        assert_eq!(status("storage/api/v1/error").await, StatusCode::INTERNAL_SERVER_ERROR, "{method}");
        assert_eq!(status("storage/api/v1/applications").await, StatusCode::OK, "{method}");
    }
}

#[tokio::test]
async fn a_text_of_the_message_box_is_json_for_who_asks_for_json() {
    let owner = Owner::start().await;
    let path = "storage/api/v1/sbl/instances/510001/00000000-0000-4000-8000-00000000dead";
    for (accept, text) in [
        ("application/json", "\"Could not find instance 510001/00000000-0000-4000-8000-00000000dead\""),
        ("*/*", "Could not find instance 510001/00000000-0000-4000-8000-00000000dead"),
    ] {
        let answer = owner.send(Method::GET, path, &[("accept", accept)], "").await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND);
        assert_eq!(answer.text().await.unwrap(), text);
    }
}
