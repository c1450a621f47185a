//! How many calls a stretch of work costs. The clock is paused, and moved by hand.

use std::time::Duration;

use altinn_auth::{Credentials, ErrorKind};
use altinn_core::ReadWrite;
use tokio::time::Instant;

use crate::stub::{BOTH_SCOPES, EXCHANGE, Reply, Stub};

/// Asks for a token every `pause`, `times` times; how many calls that cost at Maskinporten and the exchange.
async fn work(stub: &Stub, times: u32, pause: Duration) -> (usize, usize) {
    let credentials: Credentials<ReadWrite> = stub.credentials();
    for _ in 0..times {
        let token = credentials.token().await.unwrap();
        assert!(token.remaining() > Duration::from_secs(25), "{token:?}");
        tokio::time::advance(pause).await;
    }
    (stub.count("/token"), stub.count(EXCHANGE))
}

async fn granting(seconds: u64) -> Stub {
    Stub::of_legs(vec![Reply::granted_for(seconds, BOTH_SCOPES); 99], Vec::new()).await
}

/// Ten requests each second for half an hour.
const OFTEN: (u32, Duration) = (18_000, Duration::from_millis(100));

#[tokio::test(start_paused = true)]
async fn half_an_hour_of_work_costs_two_tokens_though_maskinporten_s_last_two_minutes() {
    assert_eq!(work(&granting(120).await, OFTEN.0, OFTEN.1).await, (2, 2));
}

#[tokio::test(start_paused = true)]
async fn a_maskinporten_token_of_an_hour_is_exchanged_twice() {
    assert_eq!(work(&granting(3600).await, OFTEN.0, OFTEN.1).await, (1, 2));
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_down_is_asked_ever_more_seldom_whatever_for() {
    let stub = Stub::of_legs(vec![Reply::new(503, ""); 99], Vec::new()).await;
    let credentials = stub.credentials();
    let started = Instant::now();
    for number in 0..10 {
        let request = credentials.request().clone().claim("number", number).unwrap();
        assert!(credentials.with_request(request).token().await.unwrap_err().is_transient());
    }
    // Their own pauses between three tries make twelve seconds at most; the rest is what the client waits as a whole.
    assert!(started.elapsed() > Duration::from_secs(30), "{:?}", started.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_loop_that_is_refused_asks_seldom() {
    let refusal = Reply::refused(400, "invalid_scope", "Token request contains invalid scopes for client, x", "MP-200");
    let stub = Stub::of_legs(vec![refusal; 99], Vec::new()).await;
    let credentials = stub.credentials();
    for _ in 0..1000 {
        assert_eq!(credentials.token().await.unwrap_err().kind(), ErrorKind::ScopeNotGranted);
        tokio::time::advance(Duration::from_millis(60)).await;
    }
    assert_eq!(stub.count("/token"), 2);
}
