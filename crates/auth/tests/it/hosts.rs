//! A host that fails is spared by the whole process, whatever clients it makes. The clock is paused: it jumps to the
//! next deadline when there is nothing to do.

use std::time::Duration;

use altinn_auth::{Credentials, ErrorKind, Leg, SigningKey};
use altinn_core::{Environment, Read};
use tokio::time::Instant;

use crate::stub::{EXCHANGE, JWK, Reply, Stub, jwt};

const REST: Duration = Duration::from_millis(200);

fn down() -> Vec<Reply> {
    vec![Reply::new(503, ""); 99]
}

/// How long a first token takes.
async fn took(credentials: &Credentials<impl altinn_core::Scope>) -> Duration {
    let begun = Instant::now();
    credentials.token().await.unwrap();
    begun.elapsed()
}

#[tokio::test(start_paused = true)]
async fn another_client_waits_for_a_host_that_has_just_failed() {
    let stub = Stub::of_legs(vec![Reply::new(503, ""); 3], Vec::new()).await;
    let (one, other, third) = (stub.credentials_of("one"), stub.credentials_of("other"), stub.credentials_of("third"));
    assert_eq!(one.token().await.unwrap_err().leg(), Some(Leg::Maskinporten));
    assert_eq!(stub.count("/token"), 3);
    let waiting = tokio::spawn(async move { took(&other).await });
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    assert_eq!(stub.count("/token"), 3, "nothing is sent while the host rests");
    assert!(waiting.await.unwrap() >= REST - Duration::from_millis(1));
    assert_eq!(stub.count("/token"), 4);
    // It works again, so the next client need not wait.
    assert!(took(&third).await < REST);
}

#[tokio::test(start_paused = true)]
async fn each_client_that_fails_makes_the_rest_longer() {
    let stub = Stub::of_legs(down(), Vec::new()).await;
    let mut begun = Instant::now();
    let mut took = Vec::new();
    for number in 0..8 {
        stub.credentials_of(&format!("client-{number}")).token().await.unwrap_err();
        took.push(begun.elapsed());
        begun = Instant::now();
    }
    // Its own pauses between three tries make 1.2 s at most.
    let own = Duration::from_millis(1300);
    assert!(took[0] < own && took[7] >= Duration::from_secs(10), "{took:?}");
    assert!(took.iter().all(|took| *took <= Duration::from_secs(10) + own), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn other_hosts_are_asked_at_once() {
    let down = Stub::of_legs(down(), Vec::new()).await;
    let well = Stub::of_legs(Vec::new(), Vec::new()).await;
    down.credentials().token().await.unwrap_err();
    assert!(took(&well.credentials()).await < REST);
    // Of one client, too: what is down is the exchange, and not Maskinporten.
    let (issuer, platform) = (well.url(""), down.url(""));
    let environment = Environment::custom("halves", Some(&issuer), &platform, &platform).unwrap();
    let key = SigningKey::from_jwk(JWK).unwrap();
    let halves = Credentials::<Read>::builder(environment).client_id("c").key(key).build().unwrap();
    let begun = Instant::now();
    halves.maskinporten_token().await.unwrap();
    assert!(begun.elapsed() < REST);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_is_refused_makes_no_other_wait() {
    let nobody = Reply::new(200, jwt(&serde_json::json!({"iat": 1_000, "exp": 2_800})));
    let refusals = [
        (vec![Reply::refused(400, "invalid_scope", "invalid scopes for client, x", "MP-200")], Vec::new()),
        (Vec::new(), vec![Reply::new(401, ""); 2]),
        (Vec::new(), vec![Reply::new(500, ""); 2]),
        (Vec::new(), vec![nobody]),
    ];
    for (token, exchange) in refusals {
        let stub = Stub::of_legs(token, exchange).await;
        let error = stub.credentials_of("refused").token().await.unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::ScopeNotGranted | ErrorKind::Exchange | ErrorKind::NoOrgCode),
            "{error}"
        );
        assert!(took(&stub.credentials_of("other")).await < REST, "{error}");
        assert!(stub.count(EXCHANGE) > 0);
    }
}
