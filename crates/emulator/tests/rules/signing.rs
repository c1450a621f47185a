//! Signing elements.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::setup::Setup;
use crate::start;

async fn sign(setup: &Setup, change: impl FnOnce(&mut Value)) -> (StatusCode, Value) {
    let mut request =
        json!({"signatureDocumentDataType": "model", "signee": {"userId": "7"}, "dataElementSignatures": []});
    change(&mut request);
    setup.send(Method::POST, &format!("instances/{}/sign", setup.seed()), Some(request)).await
}

#[tokio::test]
async fn no_signee_is_one_without_a_name() {
    let setup = start().await;
    let (status, problem) = sign(&setup, |request| request["signee"] = Value::Null).await;
    let words = "The 'UserId' or 'SystemUserId' parameter must be defined for signee.";
    assert_eq!((status, &problem["detail"]), (StatusCode::BAD_REQUEST, &json!(words)));
}

#[tokio::test]
async fn no_zero_character_reaches_the_database() {
    let setup = start().await;
    for (task, status) in [("a", StatusCode::CREATED), ("a\0", StatusCode::INTERNAL_SERVER_ERROR)] {
        assert_eq!(sign(&setup, |request| request["generatedFromTask"] = json!(task)).await.0, status);
    }
}

#[tokio::test]
async fn an_unknown_element_is_named_in_the_usual_spelling() {
    let setup = start().await;
    for spelling in ["AAAAAAAA-0000-4000-8000-00000000DEAD", "aaaaaaaa00004000800000000000dead"] {
        let signatures = json!([{"dataElementId": spelling, "signed": true}]);
        let (status, problem) = sign(&setup, |request| request["dataElementSignatures"] = signatures).await;
        let words = "DataElement not found, dataElementId: aaaaaaaa-0000-4000-8000-00000000dead";
        assert_eq!((status, &problem["detail"]), (StatusCode::NOT_FOUND, &json!(words)));
    }
}

#[tokio::test]
async fn without_a_list_of_data_types_nothing_can_be_signed() {
    let setup = start().await;
    let application = json!({"id": "ttd/app", "org": "ttd"});
    assert_eq!(setup.designed(Method::PUT, "applications/ttd/app", Some(application)).await.0, StatusCode::OK);
    setup.pass(61);
    assert_eq!(sign(&setup, |_| ()).await.0, StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn without_the_storage_of_content_nothing_is_signed() {
    let setup = start().await;
    let id = setup.seed();
    let path = format!("instances/{id}");
    let (_, before) = setup.send(Method::GET, &path, None).await;
    let element = &before["data"][0]["id"];
    let request = async |elements: Value| {
        let body = json!({"signatureDocumentDataType": "model", "signee": {"userId": "7"},
                          "dataElementSignatures": elements});
        setup.send(Method::POST, &format!("{path}/sign"), Some(body)).await
    };
    setup.emulator.outages().set_blobs(true);
    let unknown = json!({"dataElementId": "aaaaaaaa-0000-4000-8000-00000000dead", "signed": true});
    let known = json!({"dataElementId": element, "signed": true});
    for (elements, status) in [
        (json!([]), StatusCode::INTERNAL_SERVER_ERROR),
        (json!([known, unknown]), StatusCode::INTERNAL_SERVER_ERROR),
        (json!([unknown, known]), StatusCode::NOT_FOUND),
    ] {
        assert_eq!(request(elements).await.0, status);
    }
    setup.emulator.outages().set_blobs(false);
    assert_eq!(setup.send(Method::GET, &path, None).await.1, before);
    assert_eq!(request(json!([known])).await.0, StatusCode::CREATED);
}
