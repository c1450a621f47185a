//! A list of any length holds one page, and one more that is on its way.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper of a test fails as loudly as a test"
)]

use altinn_watch as _;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use altinn_storage::InstanceQuery;
use altinn_storage::reqwest_middleware::{Middleware, Next, Result};
use altinn_tests::clients::builder;
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};

/// Instances of a page, and how much text each carries: a page is 2 MB.
const ON_A_PAGE: u64 = 100;
const TEXT: usize = 20_000;
const PAGES: u64 = 150;

/// A service whose list has [`PAGES`] pages, made as they are asked for.
#[derive(Clone, Default)]
struct LongList(Arc<Counts>);

#[derive(Default)]
struct Counts {
    asked: AtomicU64,
    /// Bodies that somebody still holds.
    held: Arc<()>,
}

/// The bytes of a body, counted until they are dropped.
struct Body {
    bytes: Vec<u8>,
    _held: Arc<()>,
}

impl AsRef<[u8]> for Body {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl LongList {
    fn asked(&self) -> u64 {
        self.0.asked.load(Ordering::SeqCst)
    }

    fn held(&self) -> usize {
        Arc::strong_count(&self.0.held) - 1
    }

    fn page(&self, number: u64) -> Bytes {
        let text = "å".repeat(TEXT / 2);
        let instances: Vec<String> = (0..ON_A_PAGE)
            .map(|n| {
                let guid = uuid::Uuid::from_u128(u128::from(number * ON_A_PAGE + n + 1));
                format!(r#"{{"id":"501337/{guid}","presentationTexts":{{"navn":"{text}"}}}}"#)
            })
            .collect();
        let next = match number + 1 {
            PAGES => "null".to_owned(),
            next => format!("\"/instances?continuationToken=1%253b{next}\""),
        };
        let page = format!(r#"{{"count":100,"next":{next},"instances":[{}]}}"#, instances.join(","));
        Bytes::from_owner(Body { bytes: page.into_bytes(), _held: Arc::clone(&self.0.held) })
    }
}

#[async_trait::async_trait]
impl Middleware for LongList {
    async fn handle(&self, _: reqwest::Request, _: &mut http::Extensions, _: Next<'_>) -> Result<reqwest::Response> {
        let number = self.0.asked.fetch_add(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
        Ok(http::Response::new(reqwest::Body::from(self.page(number))).into())
    }
}

/// Who measures does so alone.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// What this process holds now, in bytes. None where the system does not tell.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
}

fn list(service: &LongList) -> altinn_storage::ListInstances {
    let client = builder::<altinn_core::Read>("http://127.0.0.1:9/").layer(service.clone()).build().unwrap();
    client.instances().list(InstanceQuery::org("ttd"))
}

#[tokio::test]
async fn a_list_of_300_megabytes_takes_a_few() {
    let _alone = ALONE.lock().await;
    let service = LongList::default();
    let mut items = list(&service).items();
    let (mut taken, mut begun) = (0, None);
    while let Some(instance) = items.try_next().await.unwrap() {
        assert_eq!(instance.presentation_texts["navn"].as_ref().map(|text| text.len()), Some(TEXT));
        taken += 1;
        let worked_on = (taken - 1) / ON_A_PAGE + 1;
        assert!(service.asked() <= worked_on + 1, "{} pages asked for after {taken} instances", service.asked());
        assert!(service.held() <= 1, "{} pages held as they came", service.held());
        if taken == 10 * ON_A_PAGE {
            begun = resident();
        }
    }
    assert_eq!((taken, service.asked()), (PAGES * ON_A_PAGE, PAGES));
    assert_eq!(service.held(), 0);
    if let (Some(begun), Some(end)) = (begun, resident()) {
        let grown = end.saturating_sub(begun);
        assert!(grown < 40 << 20, "{grown} bytes more after {PAGES} pages than after ten");
    }
}

#[tokio::test]
async fn one_who_waits_is_not_sent_more() {
    let _alone = ALONE.lock().await;
    let service = LongList::default();
    let mut pages = list(&service).pages();
    let first = pages.try_next().await.unwrap().unwrap();
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!((first.instances.len() as u64, service.asked()), (ON_A_PAGE, 2));
    drop(pages);
    assert_eq!(service.held(), 0, "what was fetched ahead goes with the list");

    let service = LongList::default();
    let some: Vec<_> = list(&service).items().take(250).try_collect().await.unwrap();
    assert_eq!((some.len(), service.asked()), (250, 4));
    let service = LongList::default();
    let limited: Vec<_> = list(&service).limit(250).items().try_collect().await.unwrap();
    assert_eq!((limited.len(), service.asked()), (250, 3));
}

/// A list of [`LINKS`] empty pages, whose tokens are long.
#[derive(Clone, Default)]
struct Chain(Arc<AtomicU64>);

const LINKS: u64 = 1_000;
const TOKEN: usize = 20_000;

#[async_trait::async_trait]
impl Middleware for Chain {
    async fn handle(&self, _: reqwest::Request, _: &mut http::Extensions, _: Next<'_>) -> Result<reqwest::Response> {
        let next = match self.0.fetch_add(1, Ordering::SeqCst) + 1 {
            LINKS => "null".to_owned(),
            next => format!("\"/instances?continuationToken={next:0>TOKEN$}%253b1\""),
        };
        let page = format!(r#"{{"count":0,"next":{next},"instances":[]}}"#);
        Ok(http::Response::new(reqwest::Body::from(page)).into())
    }
}

#[tokio::test]
async fn what_a_list_has_passed_is_forgotten() {
    let _alone = ALONE.lock().await;
    let service = Chain::default();
    let client = builder::<altinn_core::Read>("http://127.0.0.1:9/").layer(service.clone()).build().unwrap();
    let mut pages = client.instances().list(InstanceQuery::org("ttd")).pages();
    let (mut taken, mut begun) = (0, None);
    while pages.try_next().await.unwrap().is_some() {
        taken += 1;
        if taken == LINKS / 10 {
            begun = resident();
        }
    }
    assert_eq!((taken, service.0.load(Ordering::SeqCst)), (LINKS, LINKS));
    if let (Some(begun), Some(end)) = (begun, resident()) {
        let grown = end.saturating_sub(begun);
        assert!(grown < (LINKS * TOKEN as u64) / 4, "{grown} bytes more after {LINKS} pages");
    }
}
