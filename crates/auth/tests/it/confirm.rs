//! Access to read and confirm, on requests that are made by hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use altinn_auth::{AltinnToken, AuthLayer, Credentials, Error, ErrorKind, TokenProvider, TokenRequest};
use altinn_core::{CredentialFailure, INSTANCES_READ, INSTANCES_WRITE, Read, ReadConfirm, ReadWrite, Scope, Write};
use http::Method;
use reqwest_middleware::ClientBuilder;

use crate::stub::{Reply, Stub, http};

const INSTANCE: &str = "storage/api/v1/instances/510001/0d4a1bb4-5b5c-4c1f-9f0a-1f4bb8f2e7aa";

#[derive(Debug, Clone, Default)]
struct Counted(Arc<AtomicUsize>);

impl TokenProvider for Counted {
    async fn fetch(&self, _: &TokenRequest) -> Result<AltinnToken, Error> {
        self.0.fetch_add(1, Ordering::SeqCst);
        AltinnToken::with_lifetime("token", Duration::from_secs(600))
    }
}

/// Whether a request with the access `S` comes through; if not, it must not even have cost a token.
async fn passes<S: Scope>(stub: &Stub, method: Method, path: &str) -> bool {
    let provider = Counted::default();
    let credentials = Credentials::<S>::from_provider(stub.environment(), provider.clone());
    let client = ClientBuilder::new(http()).with(AuthLayer::new(credentials)).build();
    let Err(error) = client.request(method, stub.url(path)).send().await else { return true };
    let reqwest_middleware::Error::Middleware(error) = error else { panic!("{error}") };
    let failure = error.downcast_ref::<CredentialFailure>().unwrap();
    let error = std::error::Error::source(failure).unwrap().downcast_ref::<Error>().unwrap();
    assert_eq!(error.kind(), ErrorKind::AccessDenied);
    assert!(error.advice().contains("ReadConfirm"), "{error}");
    assert_eq!(provider.0.load(Ordering::SeqCst), 0);
    false
}

#[tokio::test]
async fn of_all_that_changes_something_only_the_confirmation_passes() {
    let stub = Stub::start(|_, _| Reply::new(200, "")).await;
    let confirmation = format!("{INSTANCE}/complete");
    for method in [Method::GET, Method::HEAD, Method::OPTIONS, Method::POST] {
        assert!(passes::<ReadConfirm>(&stub, method.clone(), &confirmation).await, "{method}");
    }
    for method in [Method::PUT, Method::PATCH, Method::DELETE] {
        assert!(!passes::<ReadConfirm>(&stub, method.clone(), &confirmation).await, "{method}");
    }
    for other in [
        INSTANCE.to_owned(),
        format!("{INSTANCE}/undelete"),
        format!("{INSTANCE}/complete?x=y"),
        format!("{INSTANCE}/data"),
        format!("{INSTANCE}/events"),
        format!("authorization/{INSTANCE}/complete"),
        "storage/api/v1/instances?appId=ttd/app".to_owned(),
    ] {
        assert!(!passes::<ReadConfirm>(&stub, Method::POST, &other).await, "{other}");
        assert!(passes::<ReadConfirm>(&stub, Method::GET, &other).await, "{other}");
    }
}

#[tokio::test]
async fn the_other_kinds_of_access_are_as_wide_as_they_were() {
    let stub = Stub::start(|_, _| Reply::new(200, "")).await;
    let confirmation = format!("{INSTANCE}/complete");
    assert!(!passes::<Read>(&stub, Method::POST, &confirmation).await);
    let search = "storage/api/v1/sbl/instances/search";
    assert!(passes::<Read>(&stub, Method::POST, search).await);
    assert!(passes::<ReadConfirm>(&stub, Method::POST, search).await);
    for method in [Method::PUT, Method::DELETE] {
        assert!(!passes::<Read>(&stub, method, search).await);
    }
    for path in [confirmation.as_str(), INSTANCE] {
        assert!(passes::<Write>(&stub, Method::POST, path).await);
        assert!(passes::<ReadWrite>(&stub, Method::POST, path).await);
    }
}

#[tokio::test]
async fn it_asks_for_both_scopes_and_can_be_narrowed_to_reading() {
    let stub = Stub::of_legs(Vec::new(), Vec::new()).await;
    let url = |path: &str| stub.url(&format!("{INSTANCE}{path}"));
    let credentials = Credentials::<ReadConfirm>::from_provider(stub.environment(), Counted::default());
    assert_eq!(credentials.request().scopes(), [INSTANCES_READ, INSTANCES_WRITE]);
    let reading = ClientBuilder::new(http()).with(AuthLayer::new(credentials.read_only())).build();
    assert!(reading.post(url("/complete")).send().await.is_err());

    let all = Credentials::<ReadWrite>::from_provider(stub.environment(), Counted::default());
    let confirming = ClientBuilder::new(http()).with(AuthLayer::new(all.read_confirm())).build();
    assert!(confirming.post(url("/complete")).send().await.is_ok());
    assert!(confirming.delete(url("")).send().await.is_err());
}
