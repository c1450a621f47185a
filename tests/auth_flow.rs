//! The way to a token through everything that a network does to it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper of a test fails as loudly as a test")]

use altinn_watch as _;

use std::time::Duration;

use altinn_auth::{Credentials, SigningKey};
use altinn_core::{Environment, ReadWrite};
use altinn_emulator::{Emulator, Failure, NewClient};
use altinn_storage::{Client, InstanceQuery};

const EXCHANGE: &str = "/authentication/api/v1/exchange/";

async fn setup() -> (Emulator, Credentials<ReadWrite>) {
    let emulator = Emulator::start().await.unwrap();
    let registered = emulator.register_client(NewClient::new("405003309")).unwrap();
    let credentials = Credentials::builder(Environment::emulator(emulator.url()).unwrap())
        .client_id(registered.client_id())
        .key(SigningKey::from_jwk(registered.jwk()).unwrap())
        .build()
        .unwrap();
    (emulator, credentials)
}

fn failures() -> [(&'static str, Failure); 6] {
    [
        ("503", Failure::status(503)),
        ("429 with a wait", Failure::status(429).header("retry-after", "0")),
        ("lost", Failure::lost_answer()),
        ("late", Failure::delayed(Duration::from_millis(200))),
        ("a page of the gateway", Failure::status(502).header("content-type", "text/html").body("<html></html>")),
        ("cut", Failure::cut_after(30)),
    ]
}

#[tokio::test]
async fn a_passing_fault_on_either_leg_costs_a_try_and_no_token() {
    for path in ["/token", EXCHANGE] {
        for (name, failure) in failures() {
            let (emulator, credentials) = setup().await;
            emulator.fail_next(path, failure);
            // The emulator refuses a grant that it has seen, so a second try proves itself a new one.
            let token = credentials.token().await.unwrap_or_else(|error| panic!("{name} at {path}: {error:?}"));
            assert_eq!(token.org(), Some("ttd"), "{name} at {path}");
        }
    }
}

#[tokio::test]
async fn a_fault_that_stays_is_an_error_within_its_time() {
    let (emulator, credentials) = setup().await;
    for _ in 0..20 {
        emulator.fail_next("/token", Failure::status(503));
    }
    let begun = std::time::Instant::now();
    let error = credentials.token().await.unwrap_err();
    assert!(error.is_transient(), "{error:?}");
    assert_eq!(error.status().map(|status| status.as_u16()), Some(503));
    assert!(begun.elapsed() < Duration::from_secs(16), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_gateway_that_refuses_once_costs_one_renewal() {
    let (emulator, credentials) = setup().await;
    let client = Client::new(credentials).unwrap();
    client.instances().list(InstanceQuery::org("ttd")).await.unwrap();
    assert_eq!(emulator.journal().exchanges().succeeded, 1);
    // Twice, since a token of the last seconds is first tried once more.
    emulator.fail_next("/storage/", Failure::status(401));
    emulator.fail_next("/storage/", Failure::status(401));
    client.instances().list(InstanceQuery::org("ttd")).await.unwrap();
    assert_eq!(emulator.journal().exchanges().succeeded, 2);
}
