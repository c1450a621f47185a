//! An error names the one that was asked, and blames no other.

use std::time::Duration;

use altinn_auth::{Credentials, Error, ErrorKind, Leg, LocalTest, Retry, SigningKey, TestTokenGenerator};
use altinn_core::{Environment, OrgNumber, Read};
use url::Url;

use crate::stub::{EXCHANGE, JWK, Reply, Stub};

/// An address at which nothing listens: a port that was just free.
fn nowhere() -> String {
    format!("http://{}/", std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap())
}

fn ttd() -> OrgNumber {
    "405003309".parse().unwrap()
}

/// What each of them says of `address`, and what it must say, and must not.
async fn failures(address: &str) -> [(Error, Leg, &'static str, &'static str); 5] {
    let works = Stub::of_legs(Vec::new(), Vec::new()).await;
    let key = || SigningKey::from_jwk(JWK).unwrap();
    let at =
        |maskinporten: &str, platform: &str| Environment::custom("x", Some(maskinporten), platform, platform).unwrap();
    let url: Url = address.parse().unwrap();

    let maskinporten = Credentials::<Read>::builder(at(address, &works.url(""))).client_id("c").key(key()).build();
    let exchange = Credentials::<Read>::builder(at(&works.url(""), address)).client_id("c").key(key()).build();
    let sidecar = Credentials::<Read>::builder(works.environment()).token_sidecar(url.clone()).build();
    let here = Environment::emulator(address).unwrap();
    let local_test = LocalTest::new(&here, "ttd", ttd()).unwrap();
    let tt02 = Environment::tt02();
    let generator = TestTokenGenerator::new(&tt02, "ttd", ttd(), "u", "p").unwrap().at(url).unwrap();

    let error = async |credentials: Credentials<Read>| credentials.token().await.unwrap_err();
    [
        (error(maskinporten.unwrap()).await, Leg::Maskinporten, "Maskinporten", "exchange"),
        (error(exchange.unwrap()).await, Leg::Exchange, "Altinn's token exchange", "Maskinporten"),
        (error(sidecar.unwrap()).await, Leg::Maskinporten, "the token sidecar", "exchange"),
        (error(Credentials::from_provider(here, local_test)).await, Leg::TestTokens, "LocalTest", "exchange"),
        (
            error(Credentials::from_provider(tt02, generator)).await,
            Leg::TestTokens,
            "the test-token generator",
            "exchange",
        ),
    ]
}

#[tokio::test(start_paused = true)]
async fn who_can_t_be_reached_is_named_with_what_to_look_at() {
    let address = nowhere();
    let looked_at = [
        "nothing listens there",
        "nothing listens there",
        "NAIS_TOKEN_ENDPOINT",
        "LocalTest is running",
        "generator's address",
    ];
    for ((error, leg, name, other), advice) in failures(&address).await.into_iter().zip(looked_at) {
        assert_eq!((error.kind(), error.leg()), (ErrorKind::Transport, Some(leg)), "{error}");
        let said = error.to_string();
        assert!(said.starts_with(&format!("{name} can't be reached [")) && !said.contains(other), "{said}");
        assert!(error.advice().contains(advice), "{said}");
        assert!(error.endpoint().unwrap().starts_with(&address), "{said}");
        assert_eq!(error.retry(), Retry::AfterPause);
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_down_is_named_with_whose_fault_it_is() {
    let stub = Stub::start(|_, _| Reply::new(503, "").with("retry-after", "40")).await;
    let blamed =
        ["fault is Maskinporten's", "fault is Altinn's", "sidecar's log", "look into its log", "generator is out"];
    for ((error, leg, name, other), advice) in failures(&stub.url("")).await.into_iter().zip(blamed) {
        assert_eq!(error.leg(), Some(leg), "{error}");
        assert!(error.is_transient());
        assert_eq!(error.retry_after(), Some(Duration::from_secs(40)));
        let said = error.to_string();
        assert!(said.starts_with(&format!("{name} is not available (503) [")) && !said.contains(other), "{said}");
        assert!(error.advice().contains(advice) && said.contains("asks to wait 40 s"), "{said}");
    }
}

#[tokio::test]
async fn the_generator_s_refusals_are_told_apart() {
    for (status, words) in [(400, "organisation number"), (401, "user and password"), (403, "user and password")] {
        let stub = Stub::start(move |_, _| Reply::new(status, "said by the generator")).await;
        let tt02 = Environment::tt02();
        let generator = TestTokenGenerator::new(&tt02, "ttd", ttd(), "the-user", "the-password").unwrap();
        let generator = generator.at(stub.url("api/").parse().unwrap()).unwrap();
        let error = Credentials::<Read>::from_provider(tt02, generator).token().await.unwrap_err();
        assert_eq!((error.kind(), error.leg()), (ErrorKind::Exchange, Some(Leg::TestTokens)));
        assert!(error.advice().contains(words), "{error}");
        assert_eq!(error.description(), Some("said by the generator"));
        assert!(!format!("{error} {error:?}").contains("the-password"), "{error:?}");
    }
}

#[tokio::test]
async fn what_a_sidecar_says_itself_is_not_taken_for_maskinporten_s() {
    let own = serde_json::json!({"error": "invalid_request", "error_description": "identity provider is not enabled"});
    for (reply, message, advice) in [
        (Reply::json(400, &own), "the token sidecar got no token", "sidecar's log"),
        (Reply::new(404, "<html>"), "the token sidecar is not at the address", "NAIS_TOKEN_ENDPOINT"),
        (Reply::refused(400, "invalid_scope", "x", "MP-200"), "the token sidecar got no token", "consumes"),
        (Reply::refused(403, "forbidden", "x", "MP-250"), "the token sidecar got no token", "Digdir"),
    ] {
        let stub = Stub::start(move |request, _| match request.target.as_str() {
            EXCHANGE => Reply::exchanged(),
            _ => reply.clone(),
        })
        .await;
        let builder = Credentials::<Read>::builder(stub.environment());
        let credentials = builder.token_sidecar(stub.url("api/v1/token").parse().unwrap()).build().unwrap();
        let error = credentials.token().await.unwrap_err();
        assert!(error.to_string().starts_with(message) && error.advice().contains(advice), "{error}");
    }
}
