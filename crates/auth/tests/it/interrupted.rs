//! A fetch that panics or is dropped leaves everything usable: the next caller, or the next in line, takes over.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use altinn_auth::{
    Algorithm, AltinnToken, AuthLayer, Credentials, Error, Signer, SigningKey, TokenProvider, TokenRequest,
};
use altinn_core::{Environment, Read, ReadWrite};
use reqwest_middleware::ClientBuilder;

use crate::stub::{EXCHANGE, JWK, Reply, Stub, altinn_token, http};

/// Panics in some of its uses, once other callers are in line.
#[derive(Debug, Clone)]
struct Shaky {
    uses: Arc<AtomicUsize>,
    panics: Range<usize>,
    line: Line,
}

impl Shaky {
    fn panicking(panics: Range<usize>) -> Self {
        Self { uses: Arc::default(), panics, line: Line::default() }
    }

    async fn used(&self) {
        let before = self.uses.fetch_add(1, Ordering::SeqCst);
        self.line.is_complete().await;
        assert!(!self.panics.contains(&before), "a bug of the user's own");
    }

    fn uses(&self) -> usize {
        self.uses.load(Ordering::SeqCst)
    }
}

impl TokenProvider for Shaky {
    async fn fetch(&self, _request: &TokenRequest) -> Result<AltinnToken, Error> {
        self.used().await;
        AltinnToken::from_jwt(altinn_token())
    }
}

#[derive(Debug)]
struct ShakySigner(Shaky, SigningKey);

impl Signer for ShakySigner {
    fn algorithm(&self) -> Algorithm {
        Signer::algorithm(&self.1)
    }

    fn kid(&self) -> Option<&str> {
        Signer::kid(&self.1)
    }

    async fn sign(&self, input: &[u8]) -> Result<Vec<u8>, Error> {
        self.0.used().await;
        Signer::sign(&self.1, input).await
    }
}

/// How many callers have yet to ask. In a runtime of one thread whoever has asked waits, or has been served.
#[derive(Debug, Clone, Default)]
struct Line(Arc<AtomicUsize>);

impl Line {
    async fn is_complete(&self) {
        while self.0.load(Ordering::SeqCst) > 0 {
            tokio::task::yield_now().await;
        }
    }
}

/// How many of so many callers at once got a token, and how many panicked.
fn callers(
    credentials: &Credentials<ReadWrite>,
    number: usize,
    line: &Line,
) -> impl Future<Output = (usize, usize)> + use<> {
    line.0.store(number, Ordering::SeqCst);
    let callers: Vec<_> = (0..number)
        .map(|_| {
            let (credentials, line) = (credentials.clone(), line.clone());
            tokio::spawn(async move {
                line.0.fetch_sub(1, Ordering::SeqCst);
                credentials.token().await.unwrap().expose() == altinn_token()
            })
        })
        .collect();
    async move {
        let (mut good, mut panicked) = (0, 0);
        for caller in callers {
            match caller.await {
                Ok(true) => good += 1,
                Ok(false) => {}
                Err(error) => panicked += usize::from(error.is_panic()),
            }
        }
        (good, panicked)
    }
}

#[tokio::test]
async fn a_provider_that_panics_harms_its_caller_alone() {
    let stub = Stub::of_legs(Vec::new(), Vec::new()).await;
    let provider = Shaky::panicking(0..2);
    let credentials = Credentials::from_provider(stub.environment(), provider.clone());
    assert_eq!(callers(&credentials, 50, &provider.line).await, (48, 2));
    assert_eq!(provider.uses(), 3);
    assert_eq!(callers(&credentials, 50, &provider.line).await, (50, 0));
    assert_eq!(provider.uses(), 3);
    assert_eq!(credentials.statistics().fetched(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_signer_that_panics_harms_its_caller_alone() {
    let stub = Stub::of_legs(Vec::new(), Vec::new()).await;
    let signer = Shaky::panicking(0..10);
    let builder = Credentials::<ReadWrite>::builder(stub.environment()).client_id("c");
    let key = SigningKey::from_jwk(JWK).unwrap();
    let credentials = builder.signer(ShakySigner(signer.clone(), key)).build().unwrap();
    // More panics than a client has places for fetches at once: one that is not given back would be waited for for ever.
    let outcome = tokio::time::timeout(Duration::from_secs(60), callers(&credentials, 30, &signer.line));
    assert_eq!(outcome.await, Ok((20, 10)));
    assert_eq!((signer.uses(), stub.count("/token"), stub.count(EXCHANGE)), (11, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_panic_while_a_token_is_renewed_early_leaves_the_old_one() {
    let provider = Shaky::panicking(1..3);
    let credentials = Credentials::<ReadWrite>::from_provider(Environment::local(), provider.clone());
    credentials.token().await.unwrap();
    let asking = |least| {
        let credentials = credentials.clone();
        tokio::spawn(async move { credentials.token_lasting(least).await.unwrap().remaining() })
    };
    tokio::time::advance(Duration::from_secs(900)).await;
    assert!(asking(Duration::MAX).await.unwrap_err().is_panic());
    assert!(asking(Duration::ZERO).await.unwrap() < Duration::from_secs(901));
    // When it is due, whoever comes first renews it.
    tokio::time::advance(Duration::from_secs(600)).await;
    let (credentials, renewing) = (credentials.clone(), credentials.clone());
    let renewing = tokio::spawn(async move { renewing.token().await });
    assert!(renewing.await.unwrap_err().is_panic());
    let left = async || credentials.token().await.unwrap().remaining();
    assert!(left().await < Duration::from_secs(301));
    tokio::time::advance(Duration::from_secs(15)).await;
    assert!(left().await > Duration::from_secs(1790));
    assert_eq!(provider.uses(), 4);
}

#[tokio::test]
async fn a_dropped_caller_costs_one_more_grant_and_no_other() {
    let stub = Stub::of_legs(vec![Reply::Never], Vec::new()).await;
    let credentials = stub.credentials();
    let first = {
        let credentials = credentials.clone();
        tokio::spawn(async move { credentials.token().await })
    };
    stub.asked("/token").await;
    let line = Line::default();
    let others = callers(&credentials, 499, &line);
    line.is_complete().await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    assert_eq!(others.await, (499, 0));
    let ids: Vec<_> = stub.received("/token").iter().map(|call| call.grant()["jti"].clone()).collect();
    assert!(ids.len() == 2 && ids[0] != ids[1], "{ids:?}");
    assert_eq!(stub.count(EXCHANGE), 1);
}

#[tokio::test]
async fn a_request_that_is_dropped_before_it_has_a_token_is_never_sent() {
    let stub = Stub::of_legs(Vec::new(), vec![Reply::Never]).await;
    let credentials: Credentials<Read> = Credentials::builder(stub.environment())
        .client_id("c")
        .key(SigningKey::from_jwk(JWK).unwrap())
        .build()
        .unwrap();
    let api = ClientBuilder::new(http()).with(AuthLayer::new(credentials)).build();
    let dropped = tokio::spawn(api.get(stub.url("api")).send());
    stub.asked(EXCHANGE).await;
    dropped.abort();
    assert!(dropped.await.unwrap_err().is_cancelled());
    assert_eq!(stub.count("/api"), 0);
    assert!(api.get(stub.url("api")).send().await.unwrap().status().is_success());
    let calls = stub.received("/api");
    assert!(calls.len() == 1 && calls[0].bearer() == altinn_token());
    // Maskinporten's token was kept.
    assert_eq!((stub.count("/token"), stub.count(EXCHANGE)), (1, 2));
}
