//! What a cached token costs, which every request pays: at most 100 ns, and no allocation.
//!
//! Beside it stand other ways of sharing a token, each doing as much as is needed to be right: find the token, judge
//! its age by two clocks, and hand out a counted reference.

use std::hint::black_box;
use std::sync::{Arc, Mutex, RwLock};
use std::time::{Duration, Instant, SystemTime};

use altinn_auth::{AltinnToken, Credentials, Error, TokenProvider, TokenRequest};
use altinn_core::{Environment, Read};
use divan::{AllocProfiler, Bencher};
use futures::FutureExt;

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

const LIFETIME: Duration = Duration::from_secs(1800);

fn main() {
    divan::main();
}

#[derive(Debug)]
struct Once;

impl TokenProvider for Once {
    async fn fetch(&self, _request: &TokenRequest) -> Result<AltinnToken, Error> {
        AltinnToken::with_lifetime("x".repeat(1200), LIFETIME)
    }
}

/// As much of a token as the alternatives need.
struct Token {
    _text: String,
    made: (Instant, SystemTime),
}

impl Token {
    fn shared() -> Option<Arc<Self>> {
        Some(Arc::new(Self { _text: "x".repeat(1200), made: (Instant::now(), SystemTime::now()) }))
    }

    fn is_good(&self) -> bool {
        let (steady, wall) = self.made;
        steady.elapsed().max(wall.elapsed().unwrap_or_default()) < LIFETIME
    }
}

#[divan::bench(threads = [1, 2])]
fn credentials(bencher: Bencher<'_, '_>) {
    let credentials = Credentials::<Read>::from_provider(Environment::local(), Once);
    credentials.token().now_or_never();
    bencher.bench(|| black_box(&credentials).token().now_or_never());
}

#[divan::bench(threads = [1, 2])]
fn std_rwlock(bencher: Bencher<'_, '_>) {
    let slot = RwLock::new(Token::shared());
    bencher.bench(|| black_box(&slot).read().ok().and_then(|token| token.clone()).filter(|token| token.is_good()));
}

#[divan::bench(threads = [1, 2])]
fn std_mutex(bencher: Bencher<'_, '_>) {
    let slot = Mutex::new(Token::shared());
    bencher.bench(|| black_box(&slot).lock().ok().and_then(|token| token.clone()).filter(|token| token.is_good()));
}

#[divan::bench(threads = [1, 2])]
fn tokio_rwlock(bencher: Bencher<'_, '_>) {
    let slot = tokio::sync::RwLock::new(Token::shared());
    bencher.bench(|| {
        let read = async { black_box(&slot).read().await.clone().filter(|token| token.is_good()) };
        read.now_or_never().flatten()
    });
}

#[divan::bench(threads = [1, 2])]
fn tokio_mutex(bencher: Bencher<'_, '_>) {
    let slot = tokio::sync::Mutex::new(Token::shared());
    bencher.bench(|| {
        let read = async { black_box(&slot).lock().await.clone().filter(|token| token.is_good()) };
        read.now_or_never().flatten()
    });
}
