//! How large the pages are that are asked for while the service can't serve large ones, and what that costs. In paused
//! time and without a network.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper of a test fails as loudly as a test"
)]

use altinn_watch as _;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use altinn_auth::Credentials;
use altinn_core::{Environment, InstanceId, Read, RetryPolicy};
use altinn_storage::reqwest_middleware::{Middleware, Next, Result};
use altinn_storage::{Client, InstanceQuery};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

/// A list of a thousand instances and more, of which the service serves `most` at a time; of more, its database gives
/// up after half a minute.
#[derive(Clone)]
struct Slow(Arc<Mutex<State>>);

struct State {
    instances: usize,
    most: usize,
    /// The sizes that were asked for.
    asked: Vec<usize>,
}

impl Slow {
    fn new(instances: usize, most: usize) -> Self {
        Self(Arc::new(Mutex::new(State { instances, most, asked: Vec::new() })))
    }

    fn serves(&self, most: usize) {
        self.0.lock().unwrap().most = most;
    }

    fn asked(&self) -> Vec<usize> {
        self.0.lock().unwrap().asked.clone()
    }

    fn client(&self) -> Client<Read> {
        let credentials = Credentials::with_token(Environment::tt02(), "a-token-that-nobody-checks");
        Client::builder(credentials).layer(self.clone()).build().unwrap()
    }

    fn page(&self, begin: usize, size: usize) -> Value {
        let end = (begin + size).min(self.0.lock().unwrap().instances);
        let instances: Vec<_> = (begin..end).map(|n| json!({"id": id(n)})).collect();
        let next = (end - begin == size).then(|| format!("/instances?continuationToken=638000000000000000%253b{end}"));
        json!({"count": end - begin, "self": null, "next": next, "instances": instances})
    }
}

fn id(n: usize) -> String {
    format!("501337/00000000-0000-4000-8000-{n:012}")
}

#[async_trait::async_trait]
impl Middleware for Slow {
    async fn handle(
        &self,
        asked: reqwest::Request,
        _: &mut http::Extensions,
        _: Next<'_>,
    ) -> Result<reqwest::Response> {
        let parameter = |name: &str| asked.url().query_pairs().find(|(found, _)| found == name).map(|(_, value)| value);
        let size = parameter("size").map_or(100, |size| size.parse().unwrap());
        let begin =
            parameter("continuationToken").map_or(0, |token| token.split_once("%3b").unwrap().1.parse().unwrap());
        let most = {
            let mut state = self.0.lock().unwrap();
            state.asked.push(size);
            state.most
        };
        if size > most {
            sleep(Duration::from_secs(30)).await;
            let words = json!("Unable to perform query on instances due to: Exception while reading from stream");
            return Ok(http::Response::builder().status(500).body(words.to_string()).unwrap().into());
        }
        Ok(http::Response::new(self.page(begin, size).to_string()).into())
    }
}

fn query() -> InstanceQuery {
    InstanceQuery::org("ttd")
}

#[tokio::test(start_paused = true)]
async fn the_first_smaller_page_comes_after_two_time_outs() {
    let service = Slow::new(500, 30);
    let begun = Instant::now();
    let page = service.client().instances().list(query()).await.unwrap();
    assert_eq!((page.instances.len(), service.asked()), (25, vec![100, 100, 25]));
    assert!((60..62).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_size_that_was_too_much_is_seldom_tried_again() {
    let service = Slow::new(10_000, 30);
    let begun = Instant::now();
    let mut pages = service.client().instances().list(query()).pages();
    let mut ids = Vec::new();
    while let Some(page) = pages.try_next().await.unwrap() {
        assert!(page.unreadable.is_empty());
        ids.extend(page.instances.iter().map(|instance| instance.id));
    }
    let expected: Vec<InstanceId> = (0..10_000).map(|n| id(n).parse().unwrap()).collect();
    assert_eq!(ids, expected);
    let asked = service.asked();
    let in_vain = asked.iter().filter(|size| **size > 30).count();
    assert_eq!(asked.len() - in_vain, 401, "pages of 25: {asked:?}");
    // 100 and 50 at first, and 50 after 8, 16, 32 … more; each twice.
    assert!(in_vain <= 16, "{in_vain} in vain: {asked:?}");
    assert!(begun.elapsed() < Duration::from_secs(9 * 60), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn sizes_are_back_soon_after_the_trouble_ends() {
    for wanted in [None, Some(40)] {
        let service = Slow::new(10_000, 3);
        let mut list = service.client().instances().list(query());
        if let Some(size) = wanted {
            list = list.page_size(size);
        }
        let mut pages = list.pages();
        for _ in 0..5 {
            assert!(pages.try_next().await.unwrap().unwrap().instances.len() <= 3);
        }
        service.serves(usize::MAX);
        let mut sizes = Vec::new();
        for _ in 0..40 {
            sizes.push(pages.try_next().await.unwrap().unwrap().instances.len());
        }
        let whole = wanted.unwrap_or(100) as usize;
        let back = sizes.iter().position(|size| *size == whole).unwrap();
        assert!(back <= 16 && sizes[back..].iter().all(|size| *size == whole), "{sizes:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn retries_that_are_left_out_are_left_to_others() {
    let service = Slow::new(500, 0);
    // Nothing is served, so that it fails in the end; what a client may retry is not used up by then.
    let begun = Instant::now();
    let client = service.client();
    let mut pages = client.instances().list(query()).pages();
    assert!(pages.try_next().await.unwrap_err().is_transient());
    // Two minutes for what is asked twice, and half a minute for each thing else.
    assert_eq!(service.asked(), [100, 100, 25, 25, 6, 1, 1, 1]);
    assert!((240..242).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());

    // It has learnt the size, and the next call has two minutes of its own.
    assert!(pages.try_next().await.unwrap_err().is_transient());
    assert_eq!(service.asked()[8..], [1; 6]);
    assert!((420..425).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
    service.serves(usize::MAX);
    assert_eq!(pages.try_next().await.unwrap().unwrap().instances.len(), 1);
    let credentials = Credentials::with_token(Environment::tt02(), "a-token-that-nobody-checks");
    let service = Slow::new(500, 30);
    let client =
        Client::<Read>::builder(credentials).layer(service.clone()).retry(RetryPolicy::none()).build().unwrap();
    client.instances().list(query()).await.unwrap();
    assert_eq!(service.asked(), [100, 25]);
}
