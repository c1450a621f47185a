//! Content on its way in and out: headers and forms.

use reqwest::{Body, Method, StatusCode};
use serde_json::{Value, json};

use crate::setup::Setup;
use crate::start;

async fn upload(setup: &Setup, headers: &[(&str, &str)], body: &str) -> (StatusCode, Value) {
    let path = format!("instances/{}/data?dataType=model", setup.seed());
    let answer = setup.answer(Method::POST, &path, headers, body).await;
    (answer.status(), answer.json().await.unwrap())
}

#[tokio::test]
async fn a_stored_type_is_written_anew_if_it_is_one() {
    let setup = start().await;
    for (stored, sent) in [
        ("text/plain; foo", Some("text/plain; foo")),
        ("text/plain;foo=;", Some("text/plain; foo")),
        ("text/plain;;charset=utf-8", None),
        ("text/plain; a=b c", None),
        ("text/plain; =b", None),
        ("text/plain; a=\"b", None),
    ] {
        let (status, element) = upload(&setup, &[("content-type", stored)], "x").await;
        assert_eq!((status, &element["contentType"]), (StatusCode::CREATED, &json!(stored)));
        let link = element["selfLinks"]["platform"].as_str().unwrap();
        let path = link.split_once("/storage/api/v1/").unwrap().1;
        let answer = setup.answer(Method::GET, path, &[], "").await;
        let status = if sent.is_some() { StatusCode::OK } else { StatusCode::INTERNAL_SERVER_ERROR };
        assert_eq!(answer.status(), status, "{stored}");
        if let Some(sent) = sent {
            assert_eq!(answer.headers()["content-type"], sent);
        }
    }
}

#[tokio::test]
async fn a_file_name_counts_only_in_a_header_without_fault() {
    let setup = start().await;
    for (header, name) in [
        ("attachment; filename=x.txt;", Some("x.txt")),
        ("attachment;; filename=x.txt", None),
        ("attachment; ; filename=x.txt", None),
        ("attachment; filename=x.txt;;", None),
    ] {
        let headers = [("content-type", "text/plain"), ("content-disposition", header)];
        let (status, element) = upload(&setup, &headers, "x").await;
        assert_eq!((status, element["filename"].as_str()), (StatusCode::CREATED, name), "{header}");
    }
}

#[tokio::test]
async fn a_type_that_is_sent_twice_is_one_with_a_comma() {
    let setup = start().await;
    let (status, element) = upload(&setup, &[("content-type", "text/plain"), ("content-type", "text/html")], "x").await;
    assert_eq!((status, &element["contentType"]), (StatusCode::CREATED, &json!("text/plain,text/html")));
    let part = "--x\r\nContent-Type: text/css\r\nContent-Type: text/html\r\n\r\na\r\n--x--";
    let (status, element) = upload(&setup, &[("content-type", "multipart/mixed; boundary=x")], part).await;
    assert_eq!((status, &element["contentType"]), (StatusCode::CREATED, &json!("text/css,text/html")));
}

#[tokio::test]
async fn the_word_multipart_counts_anywhere_in_the_type() {
    let setup = start().await;
    let part = "--x\r\n\r\nabc\r\n--x--";
    for (content_type, size) in [
        ("text/plain; x=\"multipart/mixed\"", None),
        ("text/plain; x=\"Multipart/\"; boundary=x", Some(3)),
        ("multipart/mixed; boundary", None),
        ("multipart/mixed;; boundary=x", None),
    ] {
        let (status, element) = upload(&setup, &[("content-type", content_type)], part).await;
        let expected = if size.is_some() { StatusCode::CREATED } else { StatusCode::INTERNAL_SERVER_ERROR };
        assert_eq!((status, element["size"].as_u64()), (expected, size), "{content_type}");
    }
}

#[tokio::test]
async fn a_form_has_to_be_whole() {
    let setup = start().await;
    let form = ("content-type", "multipart/form-data; boundary=x");
    let cut = "Failed to read the request form. Unexpected end of Stream, the content may have already been read by \
               another component. ";
    for body in ["hello", "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n"] {
        let (status, problem) = upload(&setup, &[form], body).await;
        assert_eq!((status, &problem["errors"]), (StatusCode::BAD_REQUEST, &json!({"": [cut]})), "{body}");
    }
    let whole = "--x\r\nContent-Disposition: attachment\r\n\r\nb\r\n--x--";
    assert_eq!(upload(&setup, &[form], whole).await.0, StatusCode::INTERNAL_SERVER_ERROR);
    let (status, _) = upload(&setup, &[form, ("content-length", "0")], "").await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR, "a form of no length is not looked at");
    let url = format!("{}storage/api/v1/instances/{}/data?dataType=model", setup.emulator.url(), setup.seed());
    let nothing = futures::stream::empty::<Result<Vec<u8>, std::io::Error>>();
    let request = setup.http.post(url).bearer_auth(&setup.token).header(form.0, form.1);
    let answer = request.body(Body::wrap_stream(nothing)).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "without a length it is");
}
