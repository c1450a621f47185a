//! Forms, which the framework reads before an action runs.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::setup::Setup;
use crate::{guid, start};

const NO_BOUNDARY: (&str, &str) = ("content-type", "multipart/form-data");
const WITH_BOUNDARY: (&str, &str) = ("content-type", "multipart/form-data; boundary=x");
const FIELDS: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// What a form is refused with.
fn refusal(words: &str) -> Value {
    json!({"": [format!("Failed to read the request form. {words}")]})
}

async fn errors(setup: &Setup, method: Method, path: &str, header: (&str, &str), body: &str) -> (StatusCode, Value) {
    let answer = setup.answer(method, path, &[header], body).await;
    let status = answer.status();
    (status, answer.json::<Value>().await.map_or(Value::Null, |problem| problem["errors"].clone()))
}

#[tokio::test]
async fn every_action_that_takes_something_reads_them() {
    let setup = start().await;
    let element = setup.element().await;
    let (instance, _) = element.split_once("/data/").unwrap();
    let (_, before) = setup.send(Method::GET, instance, None).await;
    let end = "Unexpected end of Stream, the content may have already been read by another component. ";
    for (method, path) in [
        (Method::POST, format!("{instance}/complete")),
        (Method::PUT, format!("{instance}/readstatus?status=Read")),
        (Method::PUT, format!("{instance}/substatus")),
        (Method::PUT, format!("{element}/lock")),
        (Method::DELETE, format!("{element}/lock")),
        (Method::DELETE, element.clone()),
        (Method::DELETE, instance.to_owned()),
        (Method::GET, element.clone()),
        (Method::GET, instance.to_owned()),
        (Method::GET, "instances?appId=ttd/app".to_owned()),
    ] {
        for (header, words) in [(NO_BOUNDARY, "Missing content-type boundary."), (WITH_BOUNDARY, end)] {
            let found = errors(&setup, method.clone(), &path, header, "x").await;
            assert_eq!(found, (StatusCode::BAD_REQUEST, refusal(words)), "{method} {path}");
        }
    }
    assert_eq!(setup.send(Method::GET, instance, None).await.1, before);
    let stranger = setup.token_of(json!({"urn:altinn:org": "nobody"}));
    let url = format!("{}storage/api/v1/{instance}/complete", setup.emulator.url());
    let request = setup.http.post(url).header(NO_BOUNDARY.0, NO_BOUNDARY.1).body("x");
    let unknown = request.try_clone().unwrap().send().await.unwrap();
    assert_eq!(unknown.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(request.bearer_auth(stranger).send().await.unwrap().status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_form_without_fault_changes_nothing() {
    let setup = start().await;
    let id = setup.seed();
    let form = "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n--x--";
    for (path, header, body, status) in [
        ("readstatus?status=Read", WITH_BOUNDARY, form, StatusCode::OK),
        ("readstatus?status=Read", FIELDS, "a=b", StatusCode::OK),
        ("substatus", WITH_BOUNDARY, form, StatusCode::UNSUPPORTED_MEDIA_TYPE),
        // This one asks for JSON by its route, before anything is read.
        ("datavalues", NO_BOUNDARY, "x", StatusCode::UNSUPPORTED_MEDIA_TYPE),
    ] {
        let answer = setup.answer(Method::PUT, &format!("instances/{id}/{path}"), &[header], body).await;
        assert_eq!(answer.status(), status, "{path}");
        assert_eq!(answer.text().await.unwrap().is_empty(), path == "datavalues");
    }
    let path = format!("instances/{id}/readstatus?status=Read");
    let no_length = [NO_BOUNDARY, ("content-length", "0")];
    assert_eq!(setup.answer(Method::PUT, &path, &no_length, "").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn fields_have_limits() {
    let setup = start().await;
    let element = setup.element().await;
    let content = async || setup.answer(Method::GET, &element, &[], "").await.text().await.unwrap();
    let (upload, before) = (format!("{}?dataType=model", element.rsplit_once('/').unwrap().0), content().await);
    for (body, words) in [
        ("k".repeat(3000), "Form key length limit 2048 exceeded."),
        ("a=b&".repeat(1100), "Form value count limit 1024 exceeded."),
        (format!("a={}", "v".repeat(4_194_305)), "Form value length limit 4194304 exceeded."),
    ] {
        for (method, path) in [(Method::POST, &upload), (Method::PUT, &element)] {
            let found = errors(&setup, method, path, FIELDS, &body).await;
            assert_eq!(found, (StatusCode::BAD_REQUEST, refusal(words)));
        }
    }
    assert_eq!(content().await, before);
}

#[tokio::test]
async fn a_section_has_sixteen_headers_at_most() {
    let setup = start().await;
    let path = format!("instances/{}/data?dataType=model", setup.seed());
    let section = |lines: &str| format!("--x\r\n{lines}\r\nabc\r\n--x--");
    let lines = |count: usize| (1..count).map(|at| format!("H{at}: v\r\n")).collect::<String>();
    let mixed = ("content-type", "multipart/mixed; boundary=x");
    let long = format!("H: {}\r\n", "v".repeat(17_000));
    for (body, status) in [
        (section(&format!("A: b\r\n{}", lines(16))), StatusCode::CREATED),
        (section(&format!("A: b\r\n{}", lines(17))), StatusCode::INTERNAL_SERVER_ERROR),
        (section(&long), StatusCode::INTERNAL_SERVER_ERROR),
    ] {
        assert_eq!(setup.answer(Method::POST, &path, &[mixed], &body).await.status(), status);
    }
    let form = section(&format!("Content-Disposition: form-data; name=a\r\n{}", lines(17)));
    let words = "Multipart headers count limit 16 exceeded.";
    let found = errors(&setup, Method::POST, &path, WITH_BOUNDARY, &form).await;
    assert_eq!(found, (StatusCode::BAD_REQUEST, refusal(words)));
}

#[tokio::test]
async fn who_synchronises_is_told_of_an_unknown_instance_as_json() {
    let setup = start().await;
    let claims = json!({"urn:altinn:org": "digdir", "urn:altinn:orgNumber": "991825827",
        "scope": "altinn:storage/instances.syncadapter"});
    let token = setup.token_of(claims);
    let id = setup.seed();
    let url = |id: &str| format!("{}storage/api/v1/instances/{id}/readstatus?status=Read", setup.emulator.url());
    let unknown = id.replace(guid(&id), "00000000-0000-4000-8000-00000000abcd");
    let answer = setup.http.put(url(&unknown)).bearer_auth(&token).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(answer.headers()["content-type"], "application/json; charset=utf-8");
}
