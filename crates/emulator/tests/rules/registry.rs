//! The registry of applications and their texts.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::setup::Setup;
use crate::start;

const APP: &str = "applications/ttd/app";

impl Setup {
    /// Asks as Studio.
    pub(crate) async fn designed(&self, method: Method, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        let studio = self.token_of(json!({"urn:altinn:app": "studio.designer"}));
        self.send_as(&studio, method, path, body).await
    }
}

#[tokio::test]
async fn a_text_is_looked_up_before_it_is_deleted() {
    let setup = start().await;
    let delete = async |language: &str| setup.designed(Method::DELETE, &format!("{APP}/texts/{language}"), None).await;
    let (status, problem) = delete("nor").await;
    assert_eq!((status, &problem["status"]), (StatusCode::INTERNAL_SERVER_ERROR, &json!(500)));
    for language in ["fi", "se"] {
        let text = json!({"language": language, "resources": []});
        assert_eq!(setup.designed(Method::POST, &format!("{APP}/texts"), Some(text)).await.0, StatusCode::OK);
    }
    assert_eq!(delete("fi").await.0, StatusCode::OK);
    let words = json!("Unable to delete text resource for ttd/app");
    assert_eq!(delete("fi").await, (StatusCode::INTERNAL_SERVER_ERROR, words));
    setup.pass(61);
    assert_eq!(delete("fi").await.0, StatusCode::NOT_FOUND);
    let text = json!({"language": "fi", "resources": []});
    setup.designed(Method::POST, &format!("{APP}/texts"), Some(text)).await;
    assert_eq!(delete("fi").await.0, StatusCode::NOT_FOUND, "that there is none is kept as well");
}

#[tokio::test]
async fn no_zero_character_reaches_the_registry() {
    let setup = start().await;
    let text = json!({"language": "nb", "resources": [{"id": "a", "value": "x\0"}]});
    let application = json!({"id": "ttd/app", "org": "ttd", "title": {"nb": "x\0"}, "dataTypes": []});
    for (method, path, body) in [
        (Method::POST, format!("{APP}/texts"), &text),
        (Method::PUT, format!("{APP}/texts/nb"), &text),
        (Method::PUT, APP.to_owned(), &application),
    ] {
        let (status, _) = setup.designed(method, &path, Some(body.clone())).await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR, "{path}");
    }
}

#[tokio::test]
async fn a_retired_application_is_seen_at_once_and_read_anew_in_its_time() {
    let setup = start().await;
    let read = async || setup.send(Method::GET, APP, None).await.1;
    assert!(read().await["validTo"].is_null());
    setup.pass(30);
    let (status, retired) = setup.designed(Method::DELETE, &format!("{APP}?hard="), None).await;
    assert_eq!(status, StatusCode::OK);
    assert!(retired["validTo"].is_string());
    assert_eq!(read().await, retired);
    let changed = json!({"id": "ttd/app", "org": "ttd", "homepage": "a", "dataTypes": []});
    assert_eq!(setup.designed(Method::PUT, APP, Some(changed)).await.0, StatusCode::OK);
    assert_eq!(read().await, retired);
    setup.pass(31);
    assert_eq!(read().await["homepage"], "a", "it was read a minute ago");
}

#[tokio::test]
async fn a_line_feed_may_follow_a_language_or_a_name() {
    let setup = start().await;
    let texts = format!("{APP}/texts");
    let read = async || setup.send(Method::GET, &format!("{texts}/nb%0A"), None).await.0;
    assert_eq!(read().await, StatusCode::NOT_FOUND);
    assert_eq!(setup.designed(Method::DELETE, &format!("{texts}/nb%0A"), None).await.0, StatusCode::NOT_FOUND);
    setup.pass(61);
    let text = json!({"language": "nb\n", "resources": []});
    assert_eq!(setup.designed(Method::POST, &texts, Some(text)).await.0, StatusCode::OK);
    assert_eq!(read().await, StatusCode::OK);
    for (id, valid) in [("ttd%0A/x%0A", true), ("ttd/x%0A%0A", false)] {
        let answer = setup.send(Method::PUT, &format!("applications?appId={id}"), None).await;
        assert_eq!(answer, (StatusCode::OK, json!(valid)), "{id}");
    }
}

#[tokio::test]
async fn a_removed_application_stays_away_and_takes_its_texts_along() {
    let setup = start().await;
    let text = || Some(json!({"language": "nb", "resources": []}));
    let application = || Some(json!({"id": "ttd/app", "org": "ttd", "dataTypes": []}));
    let texts = format!("{APP}/texts");
    let read = async |path: &str| setup.send(Method::GET, path, None).await.0;
    let in_list = async || setup.send(Method::GET, "applications/ttd", None).await.1["applications"] != json!([]);
    assert_eq!(setup.designed(Method::POST, &texts, text()).await.0, StatusCode::OK);
    assert_eq!(read(&format!("{texts}/nb")).await, StatusCode::OK);
    for (method, path, body) in [
        (Method::DELETE, format!("{APP}?hard=true"), None),
        (Method::PUT, APP.to_owned(), application()),
        (Method::DELETE, APP.to_owned(), None),
        (Method::DELETE, format!("{APP}?hard=true"), None),
    ] {
        assert_eq!(setup.designed(method.clone(), &path, body).await.0, StatusCode::OK, "{method} {path}");
        assert!(!in_list().await, "{method} {path}");
    }
    assert_eq!(setup.designed(Method::PUT, &format!("{texts}/nb"), text()).await.0, StatusCode::NO_CONTENT);
    assert_eq!(read(&format!("{texts}/nb")).await, StatusCode::OK, "it is kept");
    setup.pass(61);
    assert_eq!(read(APP).await, StatusCode::NOT_FOUND);
    let register = "applications?appId=ttd/app";
    assert_eq!(setup.designed(Method::POST, register, application()).await.0, StatusCode::CREATED);
    assert!(in_list().await);
    assert_eq!(read(&format!("{texts}/nb")).await, StatusCode::NOT_FOUND);
    assert_eq!(setup.designed(Method::DELETE, &format!("{texts}/nb"), None).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn registering_drops_nulls_of_objects_and_replacing_keeps_them() {
    let setup = start().await;
    let data_type = json!({"id": "a", "enabledFileAnalysers": null, "description": {"nb": null, "en": "y"},
        "allowedContentTypes": [null, "text/xml"]});
    let sent = json!({"id": "ttd/new", "org": "ttd", "title": {"nb": null, "en": "x"}, "dataTypes": [null, data_type],
        "keywords": [null]});
    let read = async || setup.send(Method::GET, "applications/ttd/new", None).await.1;
    let register = "applications?appId=ttd/new";
    let (status, answer) = setup.designed(Method::POST, register, Some(sent.clone())).await;
    assert_eq!((status, &answer["title"]), (StatusCode::CREATED, &sent["title"]));
    let stored = read().await;
    assert_eq!((&stored["title"], &stored["keywords"]), (&json!({"en": "x"}), &json!([null])));
    let kept = &stored["dataTypes"][1];
    assert_eq!((&stored["dataTypes"][0], &kept["allowedContentTypes"]), (&Value::Null, &json!([null, "text/xml"])));
    assert_eq!((&kept["description"], &kept["enabledFileAnalysers"]), (&json!({"en": "y"}), &json!([])));
    assert_eq!(setup.designed(Method::PUT, "applications/ttd/new", Some(sent.clone())).await.0, StatusCode::OK);
    setup.pass(61);
    let replaced = read().await;
    assert_eq!((&replaced["title"], &replaced["dataTypes"][0]), (&sent["title"], &Value::Null));
    assert_eq!(replaced["dataTypes"][1]["description"], sent["dataTypes"][1]["description"]);
    let text = json!({"language": "nb", "resources": [null, {"id": "a", "value": "b", "variables": [null]}]});
    let (_, answer) = setup.designed(Method::POST, "applications/ttd/new/texts", Some(text)).await;
    assert_eq!((&answer["resources"][0], &answer["resources"][1]["variables"]), (&Value::Null, &json!([null])));
    assert_eq!(setup.send(Method::GET, "applications/ttd/new/texts/nb", None).await.1, answer);
}

#[tokio::test]
async fn a_blank_owner_is_none() {
    let setup = start().await;
    let words = json!("Application owner id '' is not valid");
    for path in ["applications/%20", "applications/%09"] {
        assert_eq!(setup.send(Method::GET, path, None).await, (StatusCode::BAD_REQUEST, words.clone()));
    }
}

#[tokio::test]
async fn any_method_is_any() {
    let setup = start().await;
    let purge = || Method::from_bytes(b"PURGE").unwrap();
    assert_eq!(setup.send(purge(), "applications?appId=ttd/x", None).await, (StatusCode::OK, json!(true)));
    let (status, problem) = setup.send(purge(), "error", None).await;
    assert_eq!((status, &problem["status"]), (StatusCode::INTERNAL_SERVER_ERROR, &json!(500)));
    assert_eq!(setup.send(purge(), "instances", None).await.0, StatusCode::METHOD_NOT_ALLOWED);
}
