use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime};

use altinn_auth::{AltinnToken, AuthLayer, Credentials, Error, ErrorKind, TokenProvider, TokenRequest};
use altinn_core::transport::{RequestSpec, Transport};
use altinn_core::{CredentialFailure, Read, ReadWrite, RetryPolicy, Scope, Write};
use altinn_watch::Recording;
use http::{Method, StatusCode};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
use serde_json::json;

use crate::stub::{Reply, Stub, http, jwt, payload};

/// Gives numbered tokens that have just begun to be valid.
#[derive(Debug, Clone, Default)]
struct Numbered(Arc<AtomicUsize>);

impl Numbered {
    fn fetched(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl TokenProvider for Numbered {
    async fn fetch(&self, _request: &TokenRequest) -> Result<AltinnToken, Error> {
        let number = self.0.fetch_add(1, Ordering::SeqCst) + 1;
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        AltinnToken::from_jwt(jwt(&json!({"iat": now, "exp": now + 1800, "number": number})))
    }
}

#[derive(Debug)]
struct Broken;

impl TokenProvider for Broken {
    async fn fetch(&self, _request: &TokenRequest) -> Result<AltinnToken, Error> {
        Err(Error::provider(std::io::Error::other("vault is sealed"), true))
    }
}

fn client(credentials: Credentials<ReadWrite>) -> ClientWithMiddleware {
    ClientBuilder::new(http()).with(AuthLayer::new(credentials)).build()
}

fn numbered(stub: &Stub) -> (Numbered, ClientWithMiddleware) {
    let provider = Numbered::default();
    let credentials = Credentials::from_provider(stub.environment(), provider.clone());
    (provider, client(credentials))
}

/// The number of the token in each request to `/api`.
fn tokens(stub: &Stub) -> Vec<u64> {
    stub.received("/api").iter().map(|request| payload(request.bearer())["number"].as_u64().unwrap()).collect()
}

/// A 401 of a server whose clock shows that any token of now has begun to be valid.
fn late_401() -> Reply {
    Reply::new(401, "").with("date", "Sun, 01 Jan 2096 00:00:00 GMT")
}

/// An API that refuses the tokens up to `last_refused`.
async fn refusing_up_to(last_refused: u64) -> Stub {
    Stub::start(move |request, _| {
        let number = payload(request.bearer())["number"].as_u64().unwrap();
        if number <= last_refused { late_401() } else { Reply::new(200, "") }
    })
    .await
}

#[tokio::test]
async fn the_token_is_added() {
    let stub = refusing_up_to(0).await;
    let (provider, client) = numbered(&stub);
    for _ in 0..3 {
        assert_eq!(client.get(stub.url("api")).send().await.unwrap().status(), StatusCode::OK);
    }
    assert_eq!(tokens(&stub), [1, 1, 1]);
    assert_eq!(provider.fetched(), 1);
}

#[tokio::test]
async fn a_caller_s_own_header_is_left_alone() {
    let stub = Stub::start(|_, _| late_401()).await;
    let (provider, client) = numbered(&stub);
    let response = client.get(stub.url("api")).header("authorization", "Basic eDp5").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(stub.received("/api")[0].header("authorization"), Some("Basic eDp5"));
    assert_eq!((stub.count("/api"), provider.fetched()), (1, 0));
}

#[tokio::test]
async fn another_host_is_refused_before_a_token_is_fetched() {
    let stub = refusing_up_to(0).await;
    let other = refusing_up_to(0).await;
    let (provider, client) = numbered(&stub);
    for url in [other.url("api"), "https://platform.altinn.no.evil.example/api".to_owned()] {
        let error = client.get(url).send().await.unwrap_err();
        let (failure, error) = lifted(&error);
        assert_eq!(error.kind(), ErrorKind::HostNotAllowed);
        assert!(!failure.is_transient());
    }
    assert_eq!((other.count("/api"), provider.fetched()), (0, 0));
}

fn lifted(error: &reqwest_middleware::Error) -> (&CredentialFailure, &Error) {
    let reqwest_middleware::Error::Middleware(error) = error else { panic!("{error}") };
    let failure = error.downcast_ref::<CredentialFailure>().unwrap();
    (failure, std::error::Error::source(failure).unwrap().downcast_ref().unwrap())
}

#[tokio::test]
async fn a_failure_to_get_a_token_can_be_told_from_others() {
    let stub = refusing_up_to(0).await;
    let client = client(Credentials::from_provider(stub.environment(), Broken));
    let error = client.get(stub.url("api")).send().await.unwrap_err();
    let (failure, error) = lifted(&error);
    assert!(failure.is_transient());
    assert_eq!(error.kind(), ErrorKind::Provider);
    assert_eq!(stub.count("/api"), 0);
}

#[tokio::test]
async fn how_long_to_wait_for_a_token_gets_through_to_the_client_s_error() {
    let stub = Stub::of_legs(vec![Reply::new(429, "").with("retry-after", "3600"); 9], Vec::new()).await;
    let wait = Some(Duration::from_secs(3600));
    let error = client(stub.credentials()).get(stub.url("api")).send().await.unwrap_err();
    let (failure, error) = lifted(&error);
    assert_eq!((failure.is_transient(), failure.retry_after()), (true, wait));
    assert_eq!(error.retry_after(), wait);

    let base = stub.url("").parse().unwrap();
    let transport = Transport::new(client(stub.credentials_of("another")), base, RetryPolicy::default());
    let spec = RequestSpec::new(altinn_core::operation!("api.get"), Method::GET).path(["api"]);
    let error = transport.json::<serde_json::Value>(&spec).await.unwrap_err();
    assert_eq!(error.kind(), altinn_core::ErrorKind::Credential);
    assert_eq!((error.is_transient(), error.retry_after(), error.attempts()), (true, wait, 1));
}

#[tokio::test]
async fn a_refused_token_is_renewed_once_and_the_body_sent_again() {
    let stub = refusing_up_to(1).await;
    let (provider, client) = numbered(&stub);
    let response = client.put(stub.url("api")).body("æøå").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(tokens(&stub), [1, 2]);
    assert!(stub.received("/api").iter().all(|request| request.body == "æøå"));
    assert_eq!(provider.fetched(), 2);
}

#[tokio::test]
async fn a_second_401_is_the_answer() {
    let stub = refusing_up_to(u64::MAX).await;
    let (provider, client) = numbered(&stub);
    let response = client.get(stub.url("api")).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(tokens(&stub), [1, 2]);
    assert_eq!(provider.fetched(), 2);
}

#[tokio::test]
async fn a_403_is_the_answer() {
    let stub = Stub::start(|_, _| Reply::new(403, "")).await;
    let (provider, client) = numbered(&stub);
    assert_eq!(client.get(stub.url("api")).send().await.unwrap().status(), StatusCode::FORBIDDEN);
    assert_eq!((stub.count("/api"), provider.fetched()), (1, 1));
}

#[tokio::test]
async fn a_hundred_refusals_at_once_are_one_renewal() {
    let stub = refusing_up_to(1).await;
    let (provider, client) = numbered(&stub);
    let calls = (0..100).map(|_| {
        let (client, url) = (client.clone(), stub.url("api"));
        tokio::spawn(async move { client.get(url).send().await.unwrap().status() })
    });
    for call in calls.collect::<Vec<_>>() {
        assert_eq!(call.await.unwrap(), StatusCode::OK);
    }
    assert_eq!(provider.fetched(), 2);
}

#[tokio::test]
async fn a_token_that_is_not_valid_yet_is_tried_again_after_a_second() {
    let stub = Stub::start(|_, before| if before == 0 { Reply::new(401, "") } else { Reply::new(200, "") }).await;
    let (provider, client) = numbered(&stub);
    let started = Instant::now();
    assert_eq!(client.get(stub.url("api")).send().await.unwrap().status(), StatusCode::OK);
    assert!(started.elapsed() >= Duration::from_secs(1));
    assert_eq!((tokens(&stub), provider.fetched()), (vec![1, 1], 1));
}

#[tokio::test]
async fn if_that_does_not_help_the_next_request_has_a_new_one() {
    let stub = Stub::start(|_, _| Reply::new(401, "")).await;
    let (provider, client) = numbered(&stub);
    for calls in [2, 4] {
        assert_eq!(client.get(stub.url("api")).send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
        assert_eq!(tokens(&stub).len(), calls);
    }
    assert_eq!((tokens(&stub), provider.fetched()), (vec![1, 1, 2, 2], 2));
}

#[tokio::test]
async fn a_fresh_token_that_is_refused_is_a_warning_with_the_likely_causes() {
    let recording = Recording::start();
    let stub = Stub::start(|_, _| late_401()).await;
    let (provider, client) = numbered(&stub);
    assert_eq!(client.get(stub.url("api")).send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    assert_eq!((tokens(&stub), provider.fetched()), (vec![1, 2], 2));
    let text = recording.text();
    assert!(text.lines().any(|line| line.contains("WARN") && line.contains("another environment")), "{text}");
}

#[tokio::test]
async fn a_stream_is_sent_once_and_the_next_request_has_a_new_token() {
    let stub = refusing_up_to(1).await;
    let (provider, client) = numbered(&stub);
    let chunks = futures::stream::iter([Ok::<_, std::io::Error>("a"), Ok("b")]);
    let body = reqwest::Body::wrap_stream(chunks);
    let response = client.put(stub.url("api")).body(body).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!((tokens(&stub), provider.fetched()), (vec![1], 1));
    assert_eq!(client.get(stub.url("api")).send().await.unwrap().status(), StatusCode::OK);
    assert_eq!(tokens(&stub), [1, 2]);
}

#[tokio::test]
async fn a_token_that_was_given_is_not_sent_in_vain() {
    let stub = Stub::start(|_, _| late_401()).await;
    let token = jwt(&json!({"iat": 1_000_000_000, "exp": 9_000_000_000_u64, "number": 7}));
    let client = client(Credentials::with_token(stub.environment(), token));
    assert_eq!(client.get(stub.url("api")).send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    assert_eq!(tokens(&stub), [7]);
}

#[tokio::test]
async fn a_token_that_was_given_and_has_expired_is_not_sent_at_all() {
    let stub = Stub::start(|_, _| late_401()).await;
    let token = jwt(&json!({"iat": 1_000_000_000, "exp": 1_000_001_800}));
    let client = client(Credentials::with_token(stub.environment(), token));
    let error = client.get(stub.url("api")).send().await.unwrap_err();
    assert_eq!(lifted(&error).1.kind(), ErrorKind::TokenExpired);
    assert_eq!(stub.count("/api"), 0);
}

/// The methods that pass with the access `S`.
async fn passing<S: Scope>(stub: &Stub, methods: &[Method]) -> Vec<Method> {
    let provider = Numbered::default();
    let credentials = Credentials::<S>::from_provider(stub.environment(), provider.clone());
    let client = ClientBuilder::new(http()).with(AuthLayer::new(credentials)).build();
    let mut passing = Vec::new();
    for method in methods {
        let (calls, fetched) = (stub.count("/api"), provider.fetched());
        match client.request(method.clone(), stub.url("api")).send().await {
            Ok(_) => passing.push(method.clone()),
            Err(error) => {
                let (failure, error) = lifted(&error);
                assert_eq!(error.kind(), ErrorKind::AccessDenied);
                assert!(error.to_string().contains(method.as_str()) && !failure.is_transient(), "{error}");
                assert_eq!((stub.count("/api"), provider.fetched()), (calls, fetched), "{method}");
            }
        }
    }
    passing
}

#[tokio::test]
async fn methods_beyond_the_access_are_refused_before_a_token_is_fetched() {
    let stub = Stub::start(|_, _| Reply::new(200, "")).await;
    let safe = [Method::GET, Method::HEAD, Method::OPTIONS];
    let own = Method::from_bytes(b"PURGE").unwrap();
    let unsafe_ = [Method::PUT, Method::POST, Method::PATCH, Method::DELETE, own];
    // Refused ones first, while no token has been fetched.
    let all = [&unsafe_[..], &safe].concat();
    assert_eq!(passing::<Read>(&stub, &all).await, safe);
    let all = [&safe[..], &unsafe_].concat();
    assert_eq!(passing::<Write>(&stub, &all).await, [&safe[2..], &unsafe_].concat());
    assert_eq!(passing::<ReadWrite>(&stub, &all).await, all);
}

#[tokio::test]
async fn credentials_that_only_read_write_nothing_though_their_token_could() {
    let stub = Stub::start(|_, _| Reply::new(200, "")).await;
    let both = Credentials::<ReadWrite>::from_provider(stub.environment(), Numbered::default());
    let client = ClientBuilder::new(http()).with(AuthLayer::new(both.read_only())).build();
    let error = client.delete(stub.url("api")).send().await.unwrap_err();
    assert_eq!(lifted(&error).1.kind(), ErrorKind::AccessDenied);
    // With a header of the caller's own it is not these credentials that are used.
    let own = client.delete(stub.url("api")).header("authorization", "Basic eDp5").send().await.unwrap();
    assert_eq!((own.status(), stub.count("/api")), (StatusCode::OK, 1));
}
