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
