use altinn_auth::{ErrorKind, Statistics};

use crate::stub::{Reply, Stub};

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
    assert_eq!(statistics.failures().collect::<Vec<_>>(), [(ErrorKind::ScopeNotGranted, 1)]);
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
