//! Faults around data elements.

use altinn_emulator::Fault;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::setup::Setup;

/// Whether the fault shows, if it is one of data elements.
pub(crate) async fn shows(setup: &Setup, fault: Fault) -> Option<bool> {
    let path = setup.element().await;
    Some(match fault {
        Fault::EmptyReplacementDestroys => {
            let path = setup.element().await;
            assert_eq!(setup.send(Method::PUT, &path, None).await.0, StatusCode::UNPROCESSABLE_ENTITY);
            let url = format!("{}storage/api/v1/{path}", setup.emulator.url());
            let content = setup.http.get(url).bearer_auth(&setup.token).send().await.unwrap().bytes().await.unwrap();
            content.is_empty()
        }
        Fault::UnknownElementIsAccepted => {
            let id = setup.seed();
            let (element, guid) = ("00000000-0000-4000-8000-000000000001", id.split_once('/').unwrap().1);
            let body = json!({"id": element, "instanceGuid": guid, "dataType": "model"});
            let path = format!("instances/{id}/dataelements/{element}");
            setup.send(Method::PUT, &path, Some(body)).await.0 == StatusCode::OK
        }
        Fault::ReplacementLosesTheName => {
            setup.file(Method::PUT, &path, Some("a.txt"), vec![1]).await;
            setup.file(Method::PUT, &path, None, vec![2]).await.1["filename"].is_null()
        }
        Fault::ReplacementsAreSmall => {
            let (status, _) = setup.file(Method::PUT, &path, None, vec![7; 30_000_001]).await;
            status == StatusCode::INTERNAL_SERVER_ERROR
        }
        Fault::LockedElementIsDeleted => {
            setup.send(Method::PUT, &format!("{path}/lock"), None).await;
            setup.send(Method::DELETE, &path, None).await.0 == StatusCode::OK
        }
        Fault::DeletionsRace => {
            let instance = path.split("/data/").next().unwrap();
            let twenty = std::iter::repeat_with(|| setup.send(Method::DELETE, &path, None)).take(20);
            let answers = futures::future::join_all(twenty).await;
            let of = |wanted| answers.iter().filter(|(status, _)| *status == wanted).count();
            let (deleted, unknown) = (of(StatusCode::OK), of(StatusCode::NOT_FOUND));
            assert_eq!(deleted + unknown, 20);
            let (_, told) = setup.send(Method::GET, &format!("{instance}/events?eventTypes=Deleted"), None).await;
            assert_eq!(told["instanceEvents"].as_array().map(Vec::len), Some(deleted), "one for each");
            assert_eq!(setup.send(Method::GET, &path, None).await.0, StatusCode::NOT_FOUND, "it is gone");
            deleted > 1
        }
        Fault::InfectedContentIsSent => {
            let scan = format!("{}/filescanstatus", path.replace("/data/", "/dataelements/"));
            setup.send(Method::PUT, &scan, Some(json!({"fileScanResult": "Infected"}))).await;
            setup.send(Method::GET, &path, None).await.0 == StatusCode::OK
        }
        Fault::DownloadHasNoLength => {
            let url = format!("{}storage/api/v1/{path}", setup.emulator.url());
            let answer = setup.http.get(url).bearer_auth(&setup.token).send().await.unwrap();
            let length = answer.content_length();
            assert_eq!(answer.text().await.unwrap(), "<a/>");
            assert!(length.is_none_or(|length| length == 4));
            length.is_none()
        }
        Fault::FileNameIsDecodedTwice => {
            setup.file(Method::PUT, &path, Some("a+b.txt"), vec![1]).await.1["filename"] == "a b.txt"
        }
        Fault::UnnamedWriterFailsLate => {
            let claims =
                json!({"urn:altinn:org": "ttd", "urn:altinn:orgNumber": "405003309", "exp": 4_000_000_000_u64});
            let token = setup.emulator.sign_altinn_token(&claims).unwrap();
            setup.send_as(&token, Method::DELETE, &path, None).await.0 == StatusCode::INTERNAL_SERVER_ERROR
        }
        Fault::UploadIsStampedEarly => {
            let upload = path.rsplit_once('/').unwrap().0;
            let begun = setup.emulator.clock().now();
            let element = slow_upload(setup, upload).await;
            let stamped: jiff::Timestamp = element["lastChanged"].as_str().unwrap().parse().unwrap();
            stamped.duration_since(begun) < jiff::SignedDuration::from_mins(5)
        }
        Fault::ClientSetsLastChanged => {
            let (path, mut body) = setup.metadata_of(&path);
            body["lastChanged"] = json!("2001-01-01T00:00:00Z");
            let (status, element) = setup.send(Method::PUT, &path, Some(body)).await;
            assert_eq!(status, StatusCode::OK);
            element["lastChanged"] == "2001-01-01T00:00:00Z"
        }
        Fault::AbsentMetadataIsErased => {
            let (path, mut body) = setup.metadata_of(&path);
            body["tags"] = json!(["a"]);
            body["locked"] = json!(true);
            setup.send(Method::PUT, &path, Some(body.clone())).await;
            body.as_object_mut().unwrap().retain(|name, _| name != "tags" && name != "locked");
            let (_, element) = setup.send(Method::PUT, &path, Some(body)).await;
            let erased = (element["tags"] == json!([]), element["locked"] == false);
            assert_eq!(erased.0, erased.1);
            erased.0
        }
        Fault::MultipartIsTakenApart => {
            let content = "--x\r\nContent-Type: text/plain\r\n\r\nfirst\r\n--x--\r\n";
            let kind = [("content-type", "multipart/mixed; boundary=x")];
            assert_eq!(setup.answer(Method::PUT, &path, &kind, content).await.status(), StatusCode::OK);
            let stored = setup.answer(Method::GET, &path, &[], "").await.text().await.unwrap();
            assert!(stored == "first" || stored == content, "{stored}");
            stored == "first"
        }
        Fault::LinksAreMissing => {
            let instance = path.split("/data/").next().unwrap();
            let (_, list) = setup.send(Method::GET, &format!("{instance}/dataelements"), None).await;
            let (_, deleted) = setup.send(Method::DELETE, instance, None).await;
            let missing = list["dataElements"][0]["selfLinks"].is_null();
            assert_eq!(missing, deleted["selfLinks"].is_null());
            assert_eq!(missing, deleted["data"] == json!([]));
            missing
        }
        Fault::LocationIsBare => {
            let answer = setup.answer(Method::PUT, &format!("{path}/lock"), &[], "").await;
            assert_eq!(answer.status(), StatusCode::CREATED);
            !answer.headers()["location"].to_str().unwrap().ends_with(&path)
        }
        _ => return None,
    })
}

/// Uploads a file that takes ten minutes, and gives the new element.
async fn slow_upload(setup: &Setup, path: &str) -> Value {
    let host = setup.emulator.url().trim_start_matches("http://").trim_end_matches('/');
    let mut connection = TcpStream::connect(host).await.unwrap();
    let head = format!(
        "POST /storage/api/v1/{path}?dataType=model HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {}\r\n\
         content-type: text/plain\r\ncontent-length: 2\r\nexpect: 100-continue\r\nconnection: close\r\n\r\n",
        setup.token
    );
    connection.write_all(head.as_bytes()).await.unwrap();
    let mut told = [0; 12];
    connection.read_exact(&mut told).await.unwrap();
    assert_eq!(&told, b"HTTP/1.1 100", "it has begun");
    setup.pass(600);
    connection.write_all(b"ab").await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    assert!(answer.contains("HTTP/1.1 201"), "{answer}");
    let document = answer.rsplit_once("\r\n\r\n").unwrap().1;
    serde_json::from_str(document).unwrap()
}
