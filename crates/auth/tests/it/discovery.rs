//! The token endpoint that Maskinporten's metadata name.

use altinn_auth::{Credentials, SigningKey};
use altinn_core::{Environment, Read};
use altinn_emulator::{Emulator, NewClient};
use serde_json::json;

use crate::stub::{EXCHANGE, JWK, Reply, Stub};

const METADATA: &str = "/.well-known/oauth-authorization-server";
const NAMED: &str = "/oauth/v2/token";

/// A Maskinporten whose metadata are what `metadata` makes of its issuer.
async fn maskinporten(metadata: impl Fn(&str, usize) -> Reply + Send + Sync + 'static) -> Stub {
    Stub::start(move |request, before| match request.target.as_str() {
        METADATA => metadata(&format!("http://{}/", request.header("host").unwrap()), before),
        EXCHANGE => Reply::exchanged(),
        NAMED | "/token" => Reply::granted(),
        _ => Reply::new(404, ""),
    })
    .await
}

fn naming(issuer: &str, endpoint: &str) -> Reply {
    Reply::json(200, &json!({"issuer": issuer, "token_endpoint": endpoint, "jwks_uri": format!("{issuer}jwk")}))
}

fn credentials(environment: Environment, client_id: &str, jwk: &str, discover: bool) -> Credentials<Read> {
    let key = SigningKey::from_jwk(jwk).unwrap();
    Credentials::builder(environment).client_id(client_id).key(key).discover(discover).build().unwrap()
}

/// Fetches two tokens, and counts what went to the metadata, the named endpoint and the usual one.
async fn calls(stub: &Stub, discover: bool) -> [usize; 3] {
    let credentials = credentials(stub.environment(), "c", JWK, discover);
    credentials.token().await.unwrap();
    credentials.on_behalf_of("991825827".parse().unwrap()).token().await.unwrap();
    [METADATA, NAMED, "/token"].map(|path| stub.count(path))
}

#[tokio::test]
async fn it_is_looked_up_once_and_only_where_that_is_wanted() {
    let good = |issuer: &str, _| naming(issuer, &format!("{issuer}oauth/v2/token"));
    let stub = maskinporten(good).await;
    assert_eq!(calls(&stub, true).await, [1, 2, 0]);
    // The grant is for the issuer, wherever it is sent.
    assert_eq!(stub.received(NAMED)[0].grant()["aud"], stub.url(""));
    assert_eq!(calls(&maskinporten(good).await, false).await, [0, 0, 2]);
}

#[tokio::test]
async fn callers_at_the_same_time_look_it_up_once() {
    let stub = maskinporten(|issuer, _| naming(issuer, &format!("{issuer}oauth/v2/token"))).await;
    let credentials = credentials(stub.environment(), "c", JWK, true);
    let callers = (0..5).map(|number| {
        let request = credentials.request().clone().claim("number", number).unwrap();
        let credentials = credentials.with_request(request);
        tokio::spawn(async move { credentials.token().await.unwrap() })
    });
    for caller in callers.collect::<Vec<_>>() {
        caller.await.unwrap();
    }
    assert_eq!([METADATA, NAMED, "/token"].map(|path| stub.count(path)), [1, 5, 0]);
}

#[tokio::test]
async fn an_endpoint_elsewhere_gets_no_grant() {
    let elsewhere = Stub::of_legs(Vec::new(), Vec::new()).await;
    let endpoint = elsewhere.url("oauth/v2/token");
    let stub = maskinporten(move |issuer, _| naming(issuer, &endpoint)).await;
    assert_eq!(calls(&stub, true).await, [1, 0, 2]);
    assert_eq!(elsewhere.count(NAMED), 0);
}

#[tokio::test]
async fn metadata_of_another_issuer_do_not_count() {
    let stub = maskinporten(|issuer, _| naming("https://other.example/", &format!("{issuer}oauth/v2/token"))).await;
    assert_eq!(calls(&stub, true).await, [1, 0, 2]);
}

#[tokio::test]
async fn without_usable_metadata_the_usual_address_is_taken() {
    for answer in [
        Reply::new(404, ""),
        Reply::new(503, ""),
        Reply::new(302, "").with("location", NAMED),
        Reply::new(200, "<html>"),
        Reply::new(200, "{}"),
        Reply::Drop,
    ] {
        let stub = maskinporten(move |_, _| answer.clone()).await;
        assert_eq!(calls(&stub, true).await, [1, 0, 2]);
    }
}

#[tokio::test]
async fn the_emulator_serves_them() {
    let emulator = Emulator::start().await.unwrap();
    let client = emulator.register_client(NewClient::new("405003309")).unwrap();
    let environment = Environment::emulator(emulator.url()).unwrap();
    let credentials = credentials(environment, client.client_id(), client.jwk(), true);
    assert_eq!(credentials.token().await.unwrap().org(), Some("ttd"));
    let metadata = emulator.journal().entry("GET", METADATA);
    assert_eq!((metadata.succeeded, metadata.failed), (1, 0));
}
