//! The way to a token through everything that a network does to it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper of a test fails as loudly as a test")]

use altinn_watch as _;

use std::time::{Duration, Instant};

use altinn_auth::{Credentials, SigningKey};
use altinn_core::{Environment, ReadWrite};
use altinn_emulator::{Emulator, Failure, NewClient};
use altinn_storage::{Client, InstanceQuery};

const TOKEN: &str = "/token";
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

/// How it shows that a fault has happened.
enum Trace {
    /// The service counts a failed call beside the good one.
    Refused,
    /// Two answers count as good: the first didn't arrive whole.
    AnsweredTwice,
    /// The one answer took its time.
    Late,
}

const DELAY: Duration = Duration::from_millis(200);

fn failures() -> [(&'static str, Failure, Trace); 7] {
    let page = Failure::status(502).header("content-type", "text/html").body("<html></html>");
    let half = Failure::status(200).header("content-type", "application/json").body(r#"{"access_token":"eyJ"#);
    [
        ("503", Failure::status(503), Trace::Refused),
        ("429", Failure::status(429), Trace::Refused),
        ("a page of the gateway", page, Trace::Refused),
        ("lost", Failure::lost_answer(), Trace::AnsweredTwice),
        ("cut", Failure::cut_after(30), Trace::AnsweredTwice),
        ("half of the JSON", half, Trace::AnsweredTwice),
        ("late", Failure::delayed(DELAY), Trace::Late),
    ]
}

fn calls(emulator: &Emulator, path: &str) -> (u64, u64) {
    let journal = emulator.journal();
    let entry = if path == EXCHANGE { journal.exchanges() } else { journal.token_requests() };
    (entry.succeeded, entry.failed)
}

#[tokio::test]
async fn a_passing_fault_on_either_leg_costs_a_try_and_no_token() {
    for path in [TOKEN, EXCHANGE] {
        for (name, failure, trace) in failures() {
            let (emulator, credentials) = setup().await;
            emulator.fail_next(path, failure);
            let begun = Instant::now();
            // The emulator refuses a grant that it has seen, so a second try proves itself a new one.
            let token = credentials.token().await.unwrap_or_else(|error| panic!("{name} at {path}: {error:?}"));
            assert_eq!(token.org(), Some("ttd"), "{name} at {path}");
            let expected = match trace {
                Trace::Refused => (1, 1),
                Trace::AnsweredTwice => (2, 0),
                Trace::Late => (1, 0),
            };
            assert_eq!(calls(&emulator, path), expected, "{name} at {path}");
            assert!(!matches!(trace, Trace::Late) || begun.elapsed() >= DELAY, "{name} at {path}");
        }
    }
}

#[tokio::test]
async fn a_wait_that_either_leg_asks_for_is_kept() {
    for path in [TOKEN, EXCHANGE] {
        let (emulator, credentials) = setup().await;
        emulator.fail_next(path, Failure::status(429).header("retry-after", "2"));
        let begun = Instant::now();
        credentials.token().await.unwrap();
        assert_eq!(calls(&emulator, path), (1, 1), "{path}");
        assert!(begun.elapsed() >= Duration::from_secs(2), "{path}: {:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn a_fault_that_stays_is_an_error_within_its_time() {
    let (emulator, credentials) = setup().await;
    for _ in 0..20 {
        emulator.fail_next(TOKEN, Failure::status(503));
    }
    let begun = Instant::now();
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
    // A token of the last seconds is sent once more as it is, unless the server's clock shows that it is no longer so young.
    emulator.fail_next("/storage/", Failure::status(401));
    client.instances().list(InstanceQuery::org("ttd")).await.unwrap();
    assert_eq!(emulator.journal().exchanges().succeeded, 1);
    emulator.fail_next("/storage/", Failure::status(401).header("date", "Fri, 31 Dec 2100 23:59:59 GMT"));
    client.instances().list(InstanceQuery::org("ttd")).await.unwrap();
    assert_eq!(emulator.journal().exchanges().succeeded, 2);
}
