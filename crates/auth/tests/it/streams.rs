//! A request that can't be sent twice begins with a token that lasts. The clock is paused, and moved by hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use altinn_auth::{AltinnToken, AuthLayer, Credentials, Error, TokenProvider, TokenRequest};
use altinn_core::ReadWrite;
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};

use crate::stub::{Reply, Stub, http};

/// Gives numbered tokens of a minute, until it is out of order.
#[derive(Debug, Clone)]
struct Numbered {
    given: Arc<AtomicUsize>,
    last: usize,
}

impl TokenProvider for Numbered {
    async fn fetch(&self, _request: &TokenRequest) -> Result<AltinnToken, Error> {
        let number = self.given.fetch_add(1, Ordering::SeqCst) + 1;
        if number > self.last {
            return Err(Error::provider(std::io::Error::other("out of order"), true));
        }
        AltinnToken::with_lifetime(format!("token-{number}"), Duration::from_secs(60))
    }
}

struct Api {
    stub: Stub,
    credentials: Credentials<ReadWrite>,
    client: ClientWithMiddleware,
}

impl Api {
    async fn new(last: usize, least: Option<Duration>) -> Self {
        let stub = Stub::start(|_, _| Reply::new(200, "")).await;
        let provider = Numbered { given: Arc::default(), last };
        let credentials = Credentials::from_provider(stub.environment(), provider);
        let layer = AuthLayer::new(credentials.clone());
        let layer = match least {
            Some(least) => layer.token_for_streams(least),
            None => layer,
        };
        Self { stub, credentials, client: ClientBuilder::new(http()).with(layer).build() }
    }

    async fn get(&self) {
        self.client.get(self.stub.url("api")).send().await.unwrap();
    }

    async fn stream(&self) {
        let chunks = futures::stream::iter([Ok::<_, std::io::Error>("a"), Ok("b")]);
        let body = reqwest::Body::wrap_stream(chunks);
        self.client.put(self.stub.url("api")).body(body).send().await.unwrap();
    }

    fn tokens(&self) -> Vec<String> {
        self.stub.received("/api").iter().map(|call| call.bearer().to_owned()).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_that_ends_soon_is_renewed_before_a_stream_and_not_before_what_can_be_repeated() {
    let api = Api::new(9, None).await;
    api.get().await;
    // Three quarters of its lifetime are enough, as more may not be to be had.
    tokio::time::advance(Duration::from_secs(14)).await;
    api.stream().await;
    tokio::time::advance(Duration::from_secs(6)).await;
    assert!((38..=40).contains(&api.credentials.token().await.unwrap().remaining().as_secs()));
    api.get().await;
    api.client.put(api.stub.url("api")).body("whole").send().await.unwrap();
    assert_eq!(api.tokens(), ["token-1"; 4]);
    api.stream().await;
    api.stream().await;
    api.get().await;
    assert_eq!(api.tokens()[4..], ["token-2"; 3]);
}

#[tokio::test(start_paused = true)]
async fn how_long_it_lasts_can_be_set() {
    let api = Api::new(9, Some(Duration::from_secs(35))).await;
    api.get().await;
    for (pause, token) in [(20, "token-1"), (6, "token-2")] {
        tokio::time::advance(Duration::from_secs(pause)).await;
        api.stream().await;
        assert_eq!(api.tokens().last().unwrap(), token);
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_that_can_t_be_renewed_serves_while_it_is_good() {
    let api = Api::new(1, None).await;
    api.get().await;
    tokio::time::advance(Duration::from_secs(20)).await;
    for _ in 0..10 {
        api.stream().await;
    }
    assert_eq!(api.tokens(), ["token-1"; 11]);
    // One attempt, and then none for a while.
    assert_eq!(api.credentials.statistics().failed(), 1);
}

#[tokio::test(start_paused = true)]
async fn many_streams_at_once_cost_one_renewal() {
    let api = Api::new(9, None).await;
    api.get().await;
    tokio::time::advance(Duration::from_secs(20)).await;
    futures::future::join_all((0..20).map(|_| api.stream())).await;
    assert_eq!(api.tokens()[1..], ["token-2"; 20]);
    let statistics = api.credentials.statistics();
    assert_eq!((statistics.fetched(), statistics.renewed_early()), (1, 1));
}
