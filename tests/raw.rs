//! Requests of one's own, through an HTTP client and layers of one's own; and errors without an end.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper of a test fails as loudly as a test"
)]

use altinn_watch as _;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use altinn_core::{ErrorKind, ReadWrite};
use altinn_storage::reqwest;
use altinn_storage::reqwest_middleware::{self, Middleware, Next, Result as LayerResult};
use altinn_tests::clients::{builder, client};
use altinn_tests::fault::{Answer, FaultServer, unreachable_url};
use altinn_tests::owner::{OPEN, Owner};
use altinn_tests::sample::id;
use futures::TryStreamExt;
use http::{HeaderName, HeaderValue, Method};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const X: HeaderName = HeaderName::from_static("x-own");

#[tokio::test]
async fn a_request_of_one_s_own_says_what_it_was_told() {
    let server = FaultServer::start([Answer::json(201, &json!({"a": 1})).header("x-id", "7")]).await.unwrap();
    let client = client(server.url().as_str());
    let request = client
        .raw_write(Method::POST, ["en", "a/b ø"])
        .query("q", "å&b=c")
        .query("q", 2)
        .header(X, HeaderValue::from_static("ja"))
        .json(&json!({"navn": "Åse"}))
        .unwrap();
    let answer = request.send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.attempts()), (201, 1));
    assert_eq!(answer.headers()["x-id"], "7");
    assert_eq!(answer.json::<Value>().unwrap(), json!({"a": 1}));
    let requests = server.requests();
    let sent = &requests[0];
    assert_eq!((sent.method.as_str(), sent.path()), ("POST", "/storage/api/v1/en/a%2Fb%20%C3%B8"));
    assert_eq!(sent.query(), Some("q=%C3%A5%26b%3Dc&q=2"));
    assert_eq!((sent.header("x-own"), sent.header("content-type")), (Some("ja"), Some("application/json")));
    assert_eq!(sent.body, r#"{"navn":"Åse"}"#);
    assert!(sent.bearer().is_some(), "with the client's own token");
}

#[tokio::test]
async fn a_request_of_one_s_own_is_repeated_where_that_does_no_harm() {
    for (method, repeatable, sent) in [
        (Method::PUT, None, 2),
        (Method::DELETE, None, 2),
        (Method::POST, None, 1),
        (Method::PATCH, None, 1),
        (Method::POST, Some(true), 2),
        (Method::PUT, Some(false), 1),
    ] {
        let server = FaultServer::start([Answer::status(503), Answer::status(200)]).await.unwrap();
        let client = client(server.url().as_str());
        let mut request = client.raw_write(method.clone(), ["x"]).payload("innhold");
        if let Some(repeatable) = repeatable {
            request = request.repeatable(repeatable);
        }
        assert_eq!(request.send().await.is_ok(), sent == 2, "{method} {repeatable:?}");
        assert_eq!(server.requests().len(), sent, "{method} {repeatable:?}");
    }
}

#[tokio::test]
async fn a_refusal_of_a_request_of_one_s_own_is_read_like_any_other() {
    let problem = json!({"title": "Not Found", "status": 404, "detail": "Lock not found."});
    let server = FaultServer::start([Answer::json(404, &problem).repeated()]).await.unwrap();
    let client = client(server.url().as_str());
    for error in [client.raw_get(["x"]).send().await.unwrap_err(), client.raw_get(["x"]).stream().await.unwrap_err()] {
        assert_eq!((error.kind(), error.operation(), error.attempts()), (ErrorKind::NotFound, "raw", 1));
        assert_eq!(error.problem().message(), Some("Not Found: Lock not found."));
        assert!(!error.is_transient());
    }
    let dots = client.raw_get(["instances", ".."]).send().await.unwrap_err();
    assert_eq!((dots.kind(), server.requests().len()), (ErrorKind::InvalidInput, 2));
}

#[tokio::test]
async fn an_answer_can_be_had_as_it_arrives() {
    let owner = Owner::start().await;
    let instance = owner.instance(OPEN).await;
    let element = owner.upload(instance, "attachment").await;
    let path = format!("instances/{instance}/data/{}", element.id);
    let answer = owner.client.raw_get(path.split('/')).stream().await.unwrap();
    assert_eq!((answer.status().as_u16(), &answer.headers()["content-type"]), (200, &"text/plain".parse().unwrap()));
    assert_eq!(answer.try_collect::<Vec<_>>().await.unwrap().concat(), b"innhold");
}

#[tokio::test]
async fn a_stream_of_one_s_own_is_repeated_until_it_begins_and_tells_when_it_breaks() {
    let whole = || Answer::status(200).body("en lang tekst").chunked();
    let broken = [Answer::status(503), Answer::cut(), whole().cut_after(0), whole().cut_after(4)];
    let server = FaultServer::start(broken.into_iter().chain([whole()])).await.unwrap();
    let client = client(server.url().as_str());
    let answer = client.raw_get(["x"]).stream().await.unwrap();
    let error = answer.try_collect::<Vec<_>>().await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Transport, "raw"));
    assert_eq!(server.requests().len(), 4);
    let answer = client.raw_get(["x"]).stream().await.unwrap();
    assert_eq!(answer.try_collect::<Vec<_>>().await.unwrap().concat(), b"en lang tekst");
}

#[tokio::test]
async fn an_http_client_of_one_s_own_is_the_one_that_sends() {
    let answer = || Answer::json(200, &json!({"id": id().to_string()})).repeated();
    let server = FaultServer::start([answer()]).await.unwrap();
    let headers = http::HeaderMap::from_iter([(X, HeaderValue::from_static("ja"))]);
    let http = reqwest::Client::builder().default_headers(headers).user_agent("mottak/1.2").build().unwrap();
    let client = builder::<ReadWrite>(server.url().as_str()).http(http).build().unwrap();
    client.instances().get(id()).await.unwrap();
    let sent = &server.requests()[0];
    assert_eq!((sent.header("x-own"), sent.header("user-agent")), (Some("ja"), Some("mottak/1.2")));
    assert!(sent.bearer().is_some(), "the token is added all the same");

    let nowhere = unreachable_url().await.unwrap();
    let proxy = reqwest::Proxy::http(server.url().as_str()).unwrap();
    let http = reqwest::Client::builder().proxy(proxy).build().unwrap();
    let client = builder::<ReadWrite>(nowhere.as_str()).http(http).build().unwrap();
    client.instances().get(id()).await.unwrap();
    let target = &server.requests()[1].target;
    assert!(target.starts_with(nowhere.as_str()), "through its proxy: {target}");
}

/// Notes that it was passed, and whether the token stood on the request, and adds to a header.
#[derive(Clone)]
struct Layer {
    name: &'static str,
    passed: Arc<Mutex<Vec<(&'static str, bool)>>>,
}

#[async_trait::async_trait]
impl Middleware for Layer {
    async fn handle(
        &self,
        mut request: reqwest::Request,
        extensions: &mut http::Extensions,
        next: Next<'_>,
    ) -> LayerResult<reqwest::Response> {
        self.passed.lock().unwrap().push((self.name, request.headers().contains_key("authorization")));
        request.headers_mut().append(X, HeaderValue::from_static(self.name));
        next.run(request, extensions).await
    }
}

#[tokio::test]
async fn layers_of_one_s_own_stand_around_each_attempt_in_order_and_see_no_token() {
    let answers = [Answer::status(503), Answer::json(200, &json!({"id": id().to_string()}))];
    let server = FaultServer::start(answers).await.unwrap();
    let passed = Arc::default();
    let layer = |name| Layer { name, passed: Arc::clone(&passed) };
    let client = builder::<ReadWrite>(server.url().as_str()).layer(layer("a")).layer(layer("b")).build().unwrap();
    client.instances().get(id()).await.unwrap();
    assert_eq!(*passed.lock().unwrap(), [("a", false), ("b", false), ("a", false), ("b", false)]);
    for sent in server.requests() {
        assert_eq!(sent.headers.get_all(X).iter().collect::<Vec<_>>(), ["a", "b"]);
        assert!(sent.bearer().is_some());
    }
}

struct Refuses;

#[async_trait::async_trait]
impl Middleware for Refuses {
    async fn handle(
        &self,
        _: reqwest::Request,
        _: &mut http::Extensions,
        _: Next<'_>,
    ) -> LayerResult<reqwest::Response> {
        Err(reqwest_middleware::Error::middleware(std::io::Error::other("my layer says no")))
    }
}

#[tokio::test]
async fn a_layer_that_fails_is_told_apart_from_the_connection() {
    let client = builder::<ReadWrite>("http://127.0.0.1:9/").layer(Refuses).build().unwrap();
    let error = client.instances().get(id()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Layer, 1));
    assert_eq!(error.to_string(), "instances.get: a layer of the client failed");
    assert_eq!(format!("{error:?}"), "instances.get: a layer of the client failed; because: my layer says no");
}

#[tokio::test]
async fn an_explanation_without_an_end_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    // Answers, and writes for as long as somebody listens.
    let server = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _request = stream.read(&mut [0; 4096]).await.unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\n\r\n").await.unwrap();
        let mut written = 0_u64;
        while stream.write_all(&[b'x'; 8192]).await.is_ok() {
            written += 8192;
        }
        written
    };
    let client = builder::<ReadWrite>(&url).build().unwrap();
    let call = async { client.instances().get(id()).await.unwrap_err() };
    let both = async { tokio::join!(server, call) };
    let (written, error) = tokio::time::timeout(Duration::from_secs(30), both).await.expect("it ends");
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Rejected, 1), "{error:?}");
    assert!(written >= 64 * 1024, "{written}");
    let kept = error.problem().message().unwrap().len();
    assert!(kept <= 64 * 1024, "{kept} bytes are kept");
    assert!(error.to_string().len() < 2_000);
}
