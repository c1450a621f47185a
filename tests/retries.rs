//! How long a client waits between attempts, in paused time and without a network.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper of a test fails as loudly as a test"
)]

use altinn_watch as _;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use altinn_auth::Credentials;
use altinn_core::{Environment, ErrorKind, ReadWrite, RetryPolicy};
use altinn_storage::Client;
use altinn_storage::reqwest_middleware::{Middleware, Next, Result};
use altinn_tests::sample::id;
use tokio::time::Instant;

/// Answers instead of the network, and notes when it was asked.
#[derive(Clone)]
struct Script {
    answers: Arc<Mutex<VecDeque<http::Response<&'static str>>>>,
    asked: Arc<Mutex<Vec<Instant>>>,
}

impl Script {
    fn new(answers: impl IntoIterator<Item = (u16, Option<&'static str>)>) -> Self {
        let answers = answers.into_iter().map(|(status, retry_after)| {
            let mut answer = http::Response::builder().status(status);
            if let Some(value) = retry_after {
                answer = answer.header("retry-after", value).header("date", "Wed, 01 May 2024 12:00:00 GMT");
            }
            answer.body(r#"{"id":"501337/00000000-0000-4000-8000-000000000001"}"#).unwrap()
        });
        Self { answers: Arc::new(Mutex::new(answers.collect())), asked: Arc::default() }
    }

    fn waits(&self) -> Vec<Duration> {
        self.asked.lock().unwrap().windows(2).map(|pair| pair[1] - pair[0]).collect()
    }
}

#[async_trait::async_trait]
impl Middleware for Script {
    async fn handle(&self, _: reqwest::Request, _: &mut http::Extensions, _: Next<'_>) -> Result<reqwest::Response> {
        self.asked.lock().unwrap().push(Instant::now());
        Ok(self.answers.lock().unwrap().pop_front().expect("an answer is left").into())
    }
}

fn client(script: &Script, retry: RetryPolicy) -> Client<ReadWrite> {
    let credentials = Credentials::with_token(Environment::tt02(), "a-token-that-nobody-checks");
    Client::builder(credentials).layer(script.clone()).retry(retry).build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_wait_is_never_shorter_than_the_service_asks() {
    let script = Script::new([(429, Some("7")), (503, Some("Wed, 01 May 2024 12:00:30 GMT")), (200, None)]);
    client(&script, RetryPolicy::default()).instances().get(id()).await.unwrap();
    let waits = script.waits();
    assert_eq!(waits.len(), 2);
    for (wait, asked) in waits.iter().zip([7, 30]) {
        assert_eq!(wait.as_secs(), asked);
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_word_from_the_service_the_ceiling_doubles() {
    let script = Script::new([(503, None), (503, None), (503, None), (503, None), (503, None)]);
    let error = client(&script, RetryPolicy::default()).instances().get(id()).await.unwrap_err();
    assert_eq!(error.attempts(), 5);
    for (wait, ceiling) in script.waits().iter().zip([200, 400, 800, 1600]) {
        assert!(wait.as_millis() <= ceiling + 1, "{wait:?} > {ceiling} ms");
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_beyond_the_budget_is_not_begun() {
    let script = Script::new([(503, Some("100")), (503, Some("100"))]);
    let begun = Instant::now();
    let error = client(&script, RetryPolicy::default()).instances().get(id()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Server, 2));
    assert_eq!(begun.elapsed().as_secs(), 100);
}

#[tokio::test(start_paused = true)]
async fn a_service_in_trouble_is_not_hit_harder_by_retries() {
    let script = Script::new(std::iter::repeat_n((503, None), 400));
    let client = client(&script, RetryPolicy::default());
    for _ in 0..100 {
        client.clone().instances().get(id()).await.unwrap_err();
    }
    let sent = script.asked.lock().unwrap().len();
    assert_eq!(sent, 110, "a hundred calls and ten retries among them");
}

#[tokio::test(start_paused = true)]
async fn no_retries_when_none_are_wanted() {
    let script = Script::new([(503, None)]);
    let error = client(&script, RetryPolicy::none()).instances().get(id()).await.unwrap_err();
    assert_eq!(error.attempts(), 1);
}
