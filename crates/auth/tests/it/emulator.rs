use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use altinn_auth::{AltinnToken, AuthLayer, Credentials, Error, ErrorKind, SigningKey, TokenProvider, TokenRequest};
use altinn_core::{Environment, INSTANCES_READ, INSTANCES_WRITE, Read, ReadWrite, Scope};
use altinn_emulator::{Emulator, NewClient, RegisteredClient};
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
use serde_json::json;

use crate::stub::{JWK, http};

/// The test department's number, which is on the emulator's list of service owners.
const TTD: &str = "405003309";
/// A number with a good check digit that is on no list.
const UNLISTED: &str = "310000000";
/// Answers 200 to a valid Altinn token and 401 to any other.
const NEEDS_TOKEN: &str = "authentication/api/v1/refresh";

async fn start(client: NewClient) -> (Emulator, RegisteredClient) {
    let emulator = Emulator::start().await.unwrap();
    let client = emulator.register_client(client).unwrap();
    (emulator, client)
}

fn environment(emulator: &Emulator) -> Environment {
    Environment::emulator(emulator.url()).unwrap()
}

fn credentials<S: Scope>(emulator: &Emulator, client_id: &str, jwk: &str) -> Credentials<S> {
    let key = SigningKey::from_jwk(jwk).unwrap();
    Credentials::builder(environment(emulator)).client_id(client_id).key(key).build().unwrap()
}

async fn failure(emulator: &Emulator, client_id: &str, jwk: &str) -> Error {
    credentials::<ReadWrite>(emulator, client_id, jwk).token().await.unwrap_err()
}

fn api<S: Scope>(credentials: Credentials<S>) -> ClientWithMiddleware {
    ClientBuilder::new(http()).with(AuthLayer::new(credentials)).build()
}

/// Succeeded and failed token calls, and succeeded and failed exchanges.
fn calls(emulator: &Emulator) -> [u64; 4] {
    let (token, exchange) = (emulator.journal().token_requests(), emulator.journal().exchanges());
    [token.succeeded, token.failed, exchange.succeeded, exchange.failed]
}

#[tokio::test]
async fn a_key_becomes_a_token_that_altinn_accepts() {
    let (emulator, client) = start(NewClient::new(TTD)).await;
    let credentials = credentials::<ReadWrite>(&emulator, client.client_id(), client.jwk());
    let token = credentials.token().await.unwrap();
    assert_eq!(token.org(), Some("ttd"));
    assert_eq!(token.lifetime().as_secs(), 1800);
    assert_eq!(token.scopes().collect::<Vec<_>>(), [INSTANCES_READ, INSTANCES_WRITE]);

    let url = format!("{}{NEEDS_TOKEN}", emulator.url());
    assert_eq!(http().get(&url).send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    let response = api(credentials.read_only()).get(&url).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(calls(&emulator), [1, 0, 1, 0]);
}

#[tokio::test]
async fn a_read_client_does_not_ask_for_write() {
    let (emulator, client) = start(NewClient::new(TTD)).await;
    let token = credentials::<Read>(&emulator, client.client_id(), client.jwk()).token().await.unwrap();
    assert_eq!(token.scopes().collect::<Vec<_>>(), [INSTANCES_READ]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_callers_cost_one_token() {
    let (emulator, client) = start(NewClient::new(TTD)).await;
    let credentials = credentials::<ReadWrite>(&emulator, client.client_id(), client.jwk());
    let callers: Vec<_> = (0..500)
        .map(|_| {
            let credentials = credentials.clone();
            tokio::spawn(async move { credentials.token().await.unwrap().expose().to_owned() })
        })
        .collect();
    let mut tokens = Vec::new();
    for caller in callers {
        tokens.push(caller.await.unwrap());
    }
    tokens.dedup();
    assert_eq!(tokens.len(), 1);
    assert_eq!(calls(&emulator), [1, 0, 1, 0]);
}

#[tokio::test]
async fn the_three_algorithms_are_accepted() {
    let (emulator, client) = start(NewClient::new(TTD)).await;
    for algorithm in ["RS256", "RS384", "RS512"] {
        let jwk = client.jwk().replace("RS256", algorithm);
        assert!(credentials::<Read>(&emulator, client.client_id(), &jwk).token().await.is_ok(), "{algorithm}");
    }
}

#[tokio::test]
async fn settings_from_variables_are_enough() {
    let (emulator, client) = start(NewClient::new(TTD)).await;
    let credentials = Credentials::<ReadWrite>::from_vars(|name| {
        Some(match name {
            "ALTINN_ENVIRONMENT" | "MASKINPORTEN_ISSUER" => emulator.url().to_owned(),
            "MASKINPORTEN_TOKEN_ENDPOINT" => format!("{}token", emulator.url()),
            "MASKINPORTEN_CLIENT_ID" => client.client_id().to_owned(),
            "MASKINPORTEN_CLIENT_JWK" => client.jwk().to_owned(),
            "MASKINPORTEN_SCOPES" => format!("{INSTANCES_READ} {INSTANCES_WRITE}"),
            _ => return None,
        })
    });
    assert_eq!(credentials.unwrap().token().await.unwrap().org(), Some("ttd"));
}

#[tokio::test]
async fn an_unknown_client() {
    let (emulator, client) = start(NewClient::new(TTD)).await;
    let error = failure(&emulator, "6f0f3c2e-0000-4000-8000-aaaaaaaaaaaa", client.jwk()).await;
    assert_eq!(error.kind(), ErrorKind::ClientUnknown, "{error}");
    assert_eq!(calls(&emulator), [0, 1, 0, 0]);
}

#[tokio::test]
async fn the_wrong_key() {
    let (emulator, client) = start(NewClient::new(TTD).public_jwk(JWK)).await;
    let (_, other) = start(NewClient::new(TTD)).await;
    let registered: serde_json::Value = serde_json::from_str(client.jwk()).unwrap();
    let kid = registered["kid"].as_str().unwrap();

    let other_key = SigningKey::from_jwk(other.jwk()).unwrap();
    let with_kid = |kid: &str| {
        let key = other_key.clone().with_kid(kid);
        Credentials::<Read>::builder(environment(&emulator)).client_id(client.client_id()).key(key).build().unwrap()
    };
    let error = with_kid(kid).token().await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::KeyRejected, Some("MP-124")), "{error}");
    let error = with_kid("of-no-one").token().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::KeyRejected, "{error}");
    assert!(error.advice().contains("kid"), "{error}");
    assert_eq!(calls(&emulator), [0, 2, 0, 0]);
}

#[tokio::test]
async fn a_key_that_has_expired() {
    let (emulator, client) = start(NewClient::new(TTD)).await;
    emulator.expire_keys(client.client_id()).unwrap();
    let error = failure(&emulator, client.client_id(), client.jwk()).await;
    assert_eq!((error.kind(), error.code()), (ErrorKind::KeyRejected, Some("MP-121")), "{error}");
}

#[tokio::test]
async fn a_scope_that_is_not_on_the_client() {
    let (emulator, client) = start(NewClient::new(TTD).scopes([INSTANCES_READ])).await;
    let error = failure(&emulator, client.client_id(), client.jwk()).await;
    assert_eq!((error.kind(), error.code()), (ErrorKind::ScopeNotGranted, Some("MP-200")), "{error}");
    assert_eq!(error.missing_scopes(), [INSTANCES_WRITE]);
    assert!(error.trace_id().is_some());
    assert!(credentials::<Read>(&emulator, client.client_id(), client.jwk()).token().await.is_ok());
}

#[tokio::test]
async fn a_clock_that_is_ahead() {
    let (emulator, client) = start(NewClient::new(TTD)).await;
    // Dating the grant back makes good for some of it, and Maskinporten's own leeway for some more.
    emulator.clock().advance(SignedDuration::from_secs(-15));
    let ahead = credentials::<ReadWrite>(&emulator, client.client_id(), client.jwk());
    assert!(ahead.token().await.is_ok());

    emulator.clock().advance(SignedDuration::from_secs(-45));
    let error = failure(&emulator, client.client_id(), client.jwk()).await;
    assert_eq!(error.kind(), ErrorKind::ClockSkew, "{error}");
    assert!((58..=62).contains(&error.clock_skew().unwrap()), "{error}");
    assert!(error.to_string().contains("ahead"), "{error}");
}

#[tokio::test]
async fn a_clock_that_is_behind() {
    let (emulator, client) = start(NewClient::new(TTD)).await;
    emulator.clock().advance(SignedDuration::from_secs(90));
    let behind = credentials::<ReadWrite>(&emulator, client.client_id(), client.jwk());
    assert!(behind.token().await.is_ok());

    emulator.clock().advance(SignedDuration::from_mins(30));
    let error = failure(&emulator, client.client_id(), client.jwk()).await;
    assert_eq!((error.kind(), error.code()), (ErrorKind::ClockSkew, Some("MP-130")), "{error}");
    assert!((-1892..=-1888).contains(&error.clock_skew().unwrap()), "{error}");
    assert!(error.to_string().contains("behind"), "{error}");
}

#[tokio::test]
async fn a_wrong_clock_is_made_good_where_that_is_wanted() {
    for off in [60, -1800] {
        let (emulator, client) = start(NewClient::new(TTD)).await;
        emulator.clock().advance(SignedDuration::from_secs(-off));
        let key = SigningKey::from_jwk(client.jwk()).unwrap();
        let builder = Credentials::<Read>::builder(environment(&emulator)).client_id(client.client_id()).key(key);
        let credentials = builder.correct_clock(true).build().unwrap();
        let first = credentials.token().await.unwrap();
        let [succeeded, failed, ..] = calls(&emulator);
        assert!(succeeded == 1 && (1..=2).contains(&failed), "{succeeded} {failed}");
        credentials.invalidate(&first);
        credentials.on_behalf_of("310000000".parse().unwrap()).token().await.unwrap_err();
        assert_eq!(calls(&emulator)[1], failed + 1, "the next grant is refused for another reason alone");
    }
}

#[tokio::test]
async fn an_organisation_that_is_not_on_altinn_s_list() {
    let (emulator, client) = start(NewClient::new(UNLISTED)).await;
    let error = failure(&emulator, client.client_id(), client.jwk()).await;
    assert_eq!(error.kind(), ErrorKind::NoOrgCode, "{error}");
    assert_eq!(calls(&emulator), [1, 0, 1, 0]);
}

#[tokio::test]
async fn an_exchange_that_is_out_of_order() {
    let (emulator, client) = start(NewClient::new(TTD)).await;
    let credentials = credentials::<ReadWrite>(&emulator, client.client_id(), client.jwk());
    emulator.outages().set_orgs_list(true);
    let error = credentials.token().await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Exchange, Some(StatusCode::UNAUTHORIZED)), "{error}");
    assert!(error.is_transient());
    assert_eq!(calls(&emulator), [2, 0, 0, 2]);

    emulator.outages().set_orgs_list(false);
    assert!(credentials.token().await.is_ok());
}

/// Gives an expired token first, then what the credentials in it give.
#[derive(Debug)]
struct ExpiredFirst {
    expired: String,
    given: AtomicBool,
    then: Credentials<ReadWrite>,
}

impl TokenProvider for ExpiredFirst {
    async fn fetch(&self, _request: &TokenRequest) -> Result<AltinnToken, Error> {
        if self.given.swap(true, Ordering::SeqCst) {
            return self.then.token().await;
        }
        AltinnToken::from_jwt(self.expired.as_str())
    }
}

#[tokio::test]
async fn a_token_that_altinn_takes_for_expired_is_renewed() {
    let (emulator, client) = start(NewClient::new(TTD)).await;
    let now = Timestamp::now().as_second();
    let expired = json!({"iat": now - 3600, "nbf": now - 3600, "exp": now - 1800, "urn:altinn:org": "ttd"});
    let provider = ExpiredFirst {
        expired: emulator.sign_altinn_token(&expired).unwrap(),
        given: AtomicBool::new(false),
        then: credentials(&emulator, client.client_id(), client.jwk()),
    };
    let api = api(Credentials::<Read>::from_provider(environment(&emulator), provider));
    let url = format!("{}{NEEDS_TOKEN}", emulator.url());
    assert_eq!(api.get(&url).send().await.unwrap().status(), StatusCode::OK);
    let refresh = emulator.journal().entry("GET", &format!("/{NEEDS_TOKEN}"));
    assert_eq!((refresh.succeeded, refresh.failed), (1, 1));
    assert_eq!(calls(&emulator), [1, 0, 1, 0]);
}

#[tokio::test]
async fn an_emulator_that_is_gone() {
    let (emulator, client) = start(NewClient::new(TTD)).await;
    let credentials = Arc::new(credentials::<Read>(&emulator, client.client_id(), client.jwk()));
    emulator.stop().await;
    let error = credentials.token().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport, "{error}");
    assert!(error.is_transient());
}
