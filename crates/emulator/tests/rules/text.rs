//! Paths, queries and headers: how their text is read.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::setup::Setup;
use crate::start;

const TEXT: (&str, &str) = ("content-type", "text/plain");

impl Setup {
    /// Uploads a file to the instance `id`.
    async fn put_file(&self, id: &str, query: &str, headers: &[(&str, &str)]) -> (StatusCode, Value) {
        let path = format!("instances/{id}/data?dataType=model{query}");
        let answer = self.answer(Method::POST, &path, headers, "x").await;
        (answer.status(), answer.json().await.unwrap())
    }

    async fn create(&self, app: &str, body: Value) -> (StatusCode, Value) {
        self.send(Method::POST, &format!("instances?appId={app}"), Some(body)).await
    }
}

#[tokio::test]
async fn a_slash_too_many_leads_nowhere() {
    let setup = start().await;
    for path in ["/instances?appId=ttd/app", "instances//?appId=ttd/app"] {
        let answer = setup.answer(Method::GET, path, &[], "").await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
        assert!(answer.text().await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn bytes_that_are_no_text_stay_escaped() {
    let setup = start().await;
    let id = setup.seed();
    let (_, words) = setup.send(Method::PUT, &format!("instances/{id}/readstatus?status=bl%E5"), None).await;
    assert!(words.as_str().unwrap().starts_with("Invalid read status: bl%E5. "), "{words}");
    let (_, problem) = setup.send(Method::GET, "instances?org=ttd&size=%E5", None).await;
    assert_eq!(problem["errors"], json!({"size": ["The value '%E5' is not valid for Size."]}));
    let (_, page) = setup.send(Method::GET, "instances?org=ttd&size=1&foo=%E5+%C3%A5", None).await;
    assert!(page["next"].as_str().unwrap().contains("foo=%25E5%20%C3%A5&"), "{page}");
    let (_, element) = setup.put_file(&id, "&generatedFromTask=bl%E5", &[TEXT]).await;
    assert_eq!(element["references"][0]["value"], "bl%E5");
    let answer = setup.answer(Method::PUT, &format!("instances/{id}/data/bl%E5"), &[TEXT], "x").await;
    let problem: Value = answer.json().await.unwrap();
    assert_eq!(problem["errors"], json!({"dataGuid": ["The value 'bl%E5' is not valid."]}));
    let (_, element) = setup.put_file(&id, "", &[TEXT, ("content-disposition", "attachment; filename=bl%E5")]).await;
    assert_eq!(element["filename"], "bl\u{fffd}");
}

#[tokio::test]
async fn what_is_decoded_twice_may_be_units_of_utf_16() {
    let setup = start().await;
    let id = setup.seed();
    for (sent, kept) in [("%u00e5.txt", "å.txt"), ("%ud83d%ude00", "😀"), ("%u00g5", "%u00g5")] {
        let disposition = format!("attachment; filename=\"{sent}\"");
        let (_, element) = setup.put_file(&id, "", &[TEXT, ("content-disposition", &disposition)]).await;
        assert_eq!(element["filename"], kept);
    }
    let list = async |token: &str| {
        let path = format!("instances?org=ttd&continuationToken={token}");
        setup.send(Method::GET, &path, None).await.1["count"].clone()
    };
    assert_eq!(list("9%25u003b1").await, list("9;1").await);
    assert_eq!((list("9;0").await, list("9u003b0").await), (json!(1), json!(0)));
}

#[tokio::test]
async fn lists_can_be_numbered() {
    let setup = start().await;
    let id = setup.seed();
    let (one, other) = ("aaaaaaaa-0000-4000-8000-00000000dead", "bbbbbbbb-0000-4000-8000-00000000dead");
    let (_, element) = setup.put_file(&id, &format!("&refs[0]={one}&refs[1]={other}&refs[3]=x"), &[TEXT]).await;
    assert_eq!(element["refs"], json!([one, other]));
    let (status, problem) = setup.put_file(&id, "&refs[0]=x", &[TEXT]).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(problem["errors"], json!({"refs[0]": ["The value 'x' is not valid."]}));
    for (query, count) in [("lastChanged[0]=lt:2020-01-01", 0), ("lastChanged[1]=lt:2020-01-01", 1)] {
        let (_, page) = setup.send(Method::GET, &format!("instances?org=ttd&{query}"), None).await;
        assert_eq!(page["count"], count, "{query}");
    }
}

#[tokio::test]
async fn an_operator_can_be_named_like_the_border_of_a_page() {
    let setup = start().await;
    setup.seed();
    let words = json!("An item with the same key has already been added. Key: _lastChanged_idx");
    for (query, expected) in [
        ("lastChanged=idx:2020-01-01", Some(&words)),
        ("lastChanged=idx:2020-01-01&continuationToken=9;1", Some(&words)),
        ("lastChanged=idx:2020-01-01&continuationToken=9", None),
        ("lastChanged=IDX:2020-01-01", None),
        ("created=idx:2020-01-01", None),
    ] {
        let (status, said) = setup.send(Method::GET, &format!("instances?org=ttd&{query}"), None).await;
        let expected_status = if expected.is_some() { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK };
        assert_eq!(status, expected_status, "{query}");
        assert!(expected.is_none_or(|expected| *expected == said), "{query}: {said}");
    }
}

#[tokio::test]
async fn the_app_of_a_new_instance_may_be_written_oddly() {
    let setup = start().await;
    let owner = json!({"partyId": "501337"});
    let (status, created) = setup.create("ttd/app%0A", json!({"instanceOwner": owner})).await;
    assert_eq!((status, &created["appId"]), (StatusCode::CREATED, &json!("ttd/app")));
    let body = json!({"instanceOwner": owner, "dataValues": {"a": "\0"}});
    let (status, words) = setup.create("ttd/app/more", body).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(
        words.as_str().unwrap().starts_with("Unable to create ttd/app/more instance for 501337 due to "),
        "{words}"
    );
}

#[tokio::test]
async fn what_no_header_can_hold_breaks_the_answer() {
    let setup = start().await;
    let (status, _) = setup.create("ttd/app", json!({"instanceOwner": {"partyId": "501337\n"}})).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    let id = setup.seed();
    let odd = ("content-type", "text/plain; name=\"å\"");
    let (status, element) = setup.put_file(&id, "", &[odd]).await;
    assert_eq!((status, &element["contentType"]), (StatusCode::CREATED, &json!(odd.1)));
    let path = format!("instances/{id}/data/{}", element["id"].as_str().unwrap());
    let answer = setup.answer(Method::GET, &path, &[], "").await;
    assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn kinds_of_owners_are_laid_over_each_other() {
    let setup = start().await;
    let list = async |owner: &str| {
        let headers = [("x-ai-instanceowneridentifier", owner)];
        let answer = setup.answer(Method::GET, "instances?org=ttd", &headers, "").await;
        (answer.status(), answer.json::<Value>().await.unwrap())
    };
    for owner in ["person,organisation:950474084", "Organisation, Person:950474084", "1:950474084"] {
        assert_eq!(list(owner).await.0, StatusCode::OK, "{owner}");
    }
    let words = json!("Invalid InstanceOwnerIdentifier.");
    assert_eq!(list("person,1:950474084").await, (StatusCode::BAD_REQUEST, words));
}
