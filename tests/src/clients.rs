//! Storage clients for tests: quick to give up, and with a token that nobody checks.

use std::time::Duration;

use altinn_auth::Credentials;
use altinn_core::{Environment, ReadWrite, RetryPolicy, Scope};
use altinn_storage::{Client, ClientBuilder};

/// A retry policy with the usual number of tries and hardly any waits.
pub fn quick() -> RetryPolicy {
    RetryPolicy::default().waits(Duration::from_millis(1), Duration::from_millis(5))
}

/// A client for whatever answers at `url`, with all access and [`quick`] retries.
///
/// # Panics
/// When `url` is not on loopback.
#[expect(clippy::expect_used, reason = "an address that can't be used is a mistake in the test")]
pub fn client(url: &str) -> Client<ReadWrite> {
    builder(url).build().expect("a client for loopback")
}

/// As [`client`], to be set up further.
///
/// # Panics
/// When `url` is not on loopback.
#[expect(clippy::expect_used, reason = "an address that can't be used is a mistake in the test")]
pub fn builder<S: Scope>(url: &str) -> ClientBuilder<S> {
    let environment = Environment::emulator(url).expect("a loopback address");
    Client::builder(Credentials::with_token(environment, "a-token-that-nobody-checks")).retry(quick())
}
