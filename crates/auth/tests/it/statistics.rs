use std::time::{Duration, SystemTime};

use altinn_auth::{Credentials, ErrorKind, SigningKey, Statistics, TokenKind};
use altinn_core::Read;
use http::StatusCode;

use crate::stub::{JWK, Reply, Stub};

#[tokio::test]
async fn every_call_is_counted_once() {
    let refusal = Reply::refused(400, "invalid_scope", "Token request contains invalid scopes for client, x", "MP-200");
    let stub = Stub::of_legs(vec![refusal], Vec::new()).await;
    let credentials = stub.credentials();
    assert_eq!(credentials.statistics(), Statistics::default());

    credentials.token().await.unwrap_err();
    credentials.token().await.unwrap_err();
    credentials.maskinporten_token().await.unwrap_err();
    credentials.forget_refusal();
    for _ in 0..5 {
        credentials.clone().token().await.unwrap();
    }
    let statistics = credentials.statistics();
    assert_eq!((statistics.served_from_cache(), statistics.fetched(), statistics.renewed_early()), (4, 1, 0));
    assert_eq!((statistics.failed(), statistics.spared()), (1, 2));
    assert_eq!(statistics.failed_with(ErrorKind::ScopeNotGranted), 1);
    assert_eq!(statistics.failed_with(ErrorKind::Transport), 0);
    let failures: Vec<_> = statistics.failures().collect();
    assert_eq!(failures.len(), 1);
    let failure = failures[0];
    assert_eq!((failure.token(), failure.kind(), failure.count()), (TokenKind::Altinn, ErrorKind::ScopeNotGranted, 1));
    assert_eq!((failure.code(), failure.status()), (Some("MP-200"), Some(StatusCode::BAD_REQUEST)));
}

#[tokio::test]
async fn clones_count_together_and_other_requests_apart() {
    let stub = Stub::of_legs(Vec::new(), Vec::new()).await;
    let credentials = stub.credentials();
    let other = credentials.on_behalf_of("991825827".parse().unwrap());
    credentials.read_only().token().await.unwrap();
    other.maskinporten_token().await.unwrap();
    assert_eq!((credentials.statistics().fetched(), credentials.statistics().maskinporten_fetched()), (1, 0));
    assert_eq!((other.statistics().fetched(), other.statistics().maskinporten_fetched()), (0, 1));
}

#[tokio::test]
async fn both_kinds_of_tokens_have_their_hits_their_failures_and_what_is_left_of_them() {
    let refusal = Reply::refused(400, "invalid_grant", "Invalid assertion. Client not found", "MP-100");
    let stub = Stub::of_legs(vec![refusal], Vec::new()).await;
    let credentials = stub.credentials();
    credentials.maskinporten_token().await.unwrap_err();
    credentials.forget_refusal();
    let statistics = credentials.statistics();
    let failure = statistics.failures().next().unwrap();
    assert_eq!((failure.token(), failure.kind()), (TokenKind::Maskinporten, ErrorKind::ClientUnknown));
    assert_eq!((statistics.token_remaining(), statistics.maskinporten_token_remaining()), (None, None));

    for _ in 0..3 {
        credentials.maskinporten_token().await.unwrap();
    }
    let token = credentials.token().await.unwrap();
    let statistics = credentials.statistics();
    assert_eq!((statistics.maskinporten_fetched(), statistics.maskinporten_served_from_cache()), (1, 2));
    let within =
        |left: Option<Duration>, lifetime| left.unwrap().abs_diff(Duration::from_secs(lifetime)).as_secs() < 60;
    assert!(within(statistics.token_remaining(), 1800) && within(statistics.maskinporten_token_remaining(), 120));

    credentials.invalidate(&token);
    assert_eq!(credentials.statistics().token_remaining(), None);
}

#[tokio::test]
async fn every_attempt_is_timed_whoever_asks() {
    let stub = Stub::of_legs(vec![Reply::new(503, "")], vec![Reply::Drop]).await;
    let key = SigningKey::from_jwk(JWK).unwrap();
    let builder = Credentials::<Read>::builder(stub.environment()).client_id("the-client").key(key);
    let credentials = builder.discover(true).build().unwrap();
    credentials.token().await.unwrap();
    let other = credentials.on_behalf_of("991825827".parse().unwrap());
    other.maskinporten_token().await.unwrap();
    for statistics in [credentials.statistics(), other.statistics()] {
        let latencies = [statistics.token_latency(), statistics.exchange_latency(), statistics.metadata_latency()];
        assert_eq!(latencies.map(|latency| latency.count()), [3, 2, 1]);
        for latency in latencies {
            assert!(latency.sum() > Duration::ZERO);
            let (bounds, counts): (Vec<_>, Vec<_>) = latency.buckets().unzip();
            assert!(bounds.is_sorted() && counts.is_sorted() && counts.iter().all(|count| *count <= latency.count()));
        }
    }
}

#[tokio::test]
async fn the_key_s_end_is_a_figure() {
    let stub = Stub::of_legs(Vec::new(), Vec::new()).await;
    assert_eq!(stub.credentials().statistics().key_expires_at(), None);
    let end = SystemTime::now() + Duration::from_secs(1000);
    let key = || SigningKey::from_jwk(JWK).unwrap();
    let builder = || Credentials::<Read>::builder(stub.environment()).client_id("the-client");
    for credentials in [
        builder().key(key()).key_expires(end).build(),
        builder().key(key().with_expiry(end)).next_key(key()).build(),
        builder().key_expires(end).key(key()).next_key(key().with_expiry(end + Duration::from_secs(1))).build(),
    ] {
        assert_eq!(credentials.unwrap().statistics().key_expires_at(), Some(end));
    }
}
