//! The message box.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::setup::Setup;
use crate::{guid, start};

impl Setup {
    async fn search(&self, body: Value) -> (StatusCode, Value) {
        self.send(Method::POST, "sbl/instances/search", Some(body)).await
    }
}

#[tokio::test]
async fn a_search_needs_parties() {
    let setup = start().await;
    for body in [json!({"includeActive": true}), json!({"includeActive": true, "archiveReference": "abc"})] {
        let (status, problem) = setup.search(body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        let words = "The InstanceOwnerPartyIdList field is required.";
        assert_eq!(problem["errors"], json!({"InstanceOwnerPartyIdList": [words]}));
    }
    let (status, problem) = setup.search(json!(7)).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(problem["errors"]["queryModel"], json!(["The queryModel field is required."]));
    assert_eq!(setup.search(json!({"instanceOwnerPartyIdList": []})).await, (StatusCode::OK, json!([])));
}

/// A search ends with the newest 5000 of what it asks for, not of all there is.
#[tokio::test]
async fn states_are_asked_of_the_database() {
    let setup = start().await;
    let at = |day: u8| format!("2026-01-{day:02}T00:00:00Z").parse().unwrap();
    let archived = setup.emulator.seed(setup.submission().created(at(1)));
    let deleted = setup.emulator.seed(setup.submission().created(at(2)).unfinished());
    setup.send(Method::DELETE, &format!("instances/{deleted}"), None).await;
    // Than the deletion, too.
    let later = setup.emulator.clock().now() + jiff::SignedDuration::from_hours(1);
    for _ in 0..=5000 {
        setup.emulator.seed(setup.submission().created(later).unfinished());
    }
    let found = async |asked: &str| {
        let (_, found) = setup.search(json!({"instanceOwnerPartyIdList": [501_337], asked: true})).await;
        found.as_array().unwrap().iter().map(|message| message["id"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(found("includeArchived").await, [guid(&archived)]);
    assert_eq!(found("includeDeleted").await, [guid(&deleted)]);
}

#[tokio::test]
async fn a_reference_has_the_databases_wildcards() {
    let setup = start().await;
    let id = setup.emulator.seed(setup.submission());
    let path = format!("instances/{id}");
    setup.send(Method::DELETE, &path, None).await;
    for (reference, found) in [(&id[id.len() - 4..], 1), (&format!("_{}", &id[id.len() - 3..]), 1), ("%", 1), ("zz", 0)]
    {
        let (_, messages) =
            setup.search(json!({"instanceOwnerPartyIdList": [501_337], "archiveReference": reference})).await;
        assert_eq!(messages.as_array().map(Vec::len), Some(found), "{reference}");
    }
}

#[tokio::test]
async fn presentation_texts_stand_in_the_databases_order() {
    let setup = start().await;
    let texts = [("title", "T"), ("x", "X"), ("aa", "A")];
    let submission = texts.into_iter().fold(setup.submission(), |one, (name, text)| one.presentation_text(name, text));
    let id = setup.emulator.seed(submission);
    let (_, message) = setup.send(Method::GET, &format!("sbl/instances/{id}"), None).await;
    assert_eq!((&message["presentationText"], &message["title"]), (&json!("X, A, T"), &json!("app, X, A, T")));
}

#[tokio::test]
async fn a_language_in_upper_case_is_lowered_by_the_search_alone() {
    let setup = start().await;
    let id = setup.emulator.seed(setup.submission());
    let text = json!({"language": "en", "resources": [{"id": "appName", "value": "English"}]});
    let (status, _) = setup.designed(Method::POST, "applications/ttd/app/texts", Some(text)).await;
    assert_eq!(status, StatusCode::OK);
    let title = async |language: &str| {
        let (_, message) = setup.send(Method::GET, &format!("sbl/instances/{id}?language={language}"), None).await;
        message["title"].clone()
    };
    assert_eq!((title("en").await, title("EN").await), (json!("English"), json!("app")));
    let (_, found) = setup.search(json!({"instanceOwnerPartyIdList": [501_337], "language": "EN"})).await;
    assert_eq!(found[0]["title"], "English");
}

#[tokio::test]
async fn who_may_sign_is_asked_of_all_as_soon_as_one_waits_for_it() {
    let setup = start().await;
    let (one, other) = (setup.seed(), setup.seed());
    let may_sign = async || {
        let (_, found) = setup.search(json!({"instanceOwnerPartyIdList": [501_337]})).await;
        let found = found.as_array().unwrap().clone();
        found.iter().map(|message| message["authorizedForSign"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(may_sign().await, [false, false]);
    let task = json!({"currentTask": {"elementId": "Task_2", "altinnTaskType": "signing", "flow": 2}});
    let (status, _) = setup.send(Method::PUT, &format!("instances/{one}/process"), Some(task)).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(may_sign().await, [true, true], "{other}");
}
