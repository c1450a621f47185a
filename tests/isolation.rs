//! Trouble that passes while a bad instance is looked for costs no instance.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper of a test fails as loudly as a test"
)]

use altinn_watch as _;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use altinn_auth::Credentials;
use altinn_core::{Environment, ErrorKind, Read};
use altinn_storage::reqwest_middleware::{Middleware, Next, Result};
use altinn_storage::{Client, InstanceQuery, ListInstances, Pages, Window};
use altinn_tests::trouble::{Found, NOT_CONVERTED, Troubled};
use jiff::SignedDuration;
use serde_json::json;

/// `list` from where `pages` stood.
fn resumed(list: ListInstances, pages: &Pages) -> Pages {
    match pages.continuation() {
        Some(token) => list.resume(token.clone()).pages(),
        None => list.pages(),
    }
}

#[tokio::test]
async fn all_come_when_the_service_recovers_after_any_number_of_failures() {
    for failures in (1..20).chain([31, 59]) {
        let troubled = Troubled::new(0..130).await;
        troubled.between.trouble().down = std::iter::once(0..failures).collect();
        let Found { ids, unreadable, .. } = troubled.read(troubled.query()).await.unwrap();
        assert!(unreadable.is_empty(), "{failures} failures: {unreadable:?}");
        assert_eq!(ids, troubled.ids, "{failures} failures");
    }
}

#[tokio::test]
async fn all_but_the_bad_one_come_when_the_service_fails_meanwhile() {
    // It takes some seventy requests to find it.
    for begin in (0..90).step_by(9) {
        for failures in [1, 2, 3, 30] {
            let troubled = Troubled::new(0..20).await;
            {
                let mut trouble = troubled.between.trouble();
                trouble.unservable = vec![troubled.ids[7].clone()];
                trouble.words = Some(NOT_CONVERTED);
                trouble.down = std::iter::once(begin..begin + failures).collect();
            }
            let mut pages = troubled.list().pages();
            let (mut ids, mut unreadable, mut errors) = (Vec::new(), Vec::new(), 0);
            loop {
                match pages.try_next().await {
                    Ok(Some(page)) => {
                        ids.extend(page.instances.iter().map(|instance| instance.id.to_string()));
                        unreadable.extend(page.unreadable);
                    }
                    Ok(None) => break,
                    Err(error) if errors < 40 => {
                        errors += 1;
                        assert!(error.is_transient(), "{failures} failures from {begin}: {error}");
                    }
                    Err(error) => panic!("{failures} failures from {begin}: {error}"),
                }
            }
            let expected: Vec<_> = troubled.ids.iter().filter(|id| **id != troubled.ids[7]).cloned().collect();
            assert_eq!(ids, expected, "{failures} failures from {begin}");
            assert_eq!(unreadable.len(), 1, "{failures} failures from {begin}");
            assert_eq!(unreadable[0].through, Some(troubled.times[7]));
        }
    }
}

#[tokio::test]
async fn no_neighbour_of_the_same_microsecond_is_lost_when_the_service_fails_meanwhile() {
    // The tie's rows lie apart, so that the row is searched for.
    let seconds: Vec<i64> = [7].into_iter().chain(0..7).chain([8, 7, 9, 7, 10]).chain(11..18).collect();
    let bad = 9;
    assert_eq!((seconds[bad], seconds[11]), (7, 7));
    for begin in 72..108 {
        let troubled = Troubled::new(seconds.iter().copied()).await;
        {
            let mut trouble = troubled.between.trouble();
            trouble.unservable = vec![troubled.ids[bad].clone()];
            trouble.down = std::iter::once(begin..begin + 2).collect();
        }
        let Found { mut ids, unreadable, .. } = troubled.read(troubled.query()).await.unwrap();
        let mut expected: Vec<_> = troubled.ids.iter().filter(|id| **id != troubled.ids[bad]).cloned().collect();
        ids.sort();
        expected.sort();
        assert_eq!(ids, expected, "2 failures from {begin}");
        assert_eq!(unreadable.len(), 1);
    }
}

/// Refuses, once it has let that many requests pass.
#[derive(Clone)]
struct RefuseAfter(Arc<AtomicUsize>, u16);

#[async_trait::async_trait]
impl Middleware for RefuseAfter {
    async fn handle(
        &self,
        request: reqwest::Request,
        extensions: &mut http::Extensions,
        next: Next<'_>,
    ) -> Result<reqwest::Response> {
        if self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok() {
            return next.run(request, extensions).await;
        }
        Ok(http::Response::builder().status(self.1).body("").unwrap().into())
    }
}

#[tokio::test]
async fn a_refusal_while_searching_is_the_error_and_the_place_is_kept() {
    for (status, kind) in [
        (401, ErrorKind::Unauthorized),
        (403, ErrorKind::Forbidden),
        (429, ErrorKind::RateLimited),
        (503, ErrorKind::Server),
    ] {
        let troubled = Troubled::new(0..20).await;
        troubled.between.trouble().unservable = vec![troubled.ids[7].clone()];
        troubled.between.trouble().words = Some(NOT_CONVERTED);
        let left = Arc::new(20.into());
        let client = troubled.client_with(RefuseAfter(Arc::clone(&left), status));
        let mut pages = client.instances().list(troubled.query()).pages();
        let mut came = 0;
        let error = loop {
            match pages.try_next().await {
                Ok(page) => came += page.unwrap().instances.len(),
                Err(error) => break error,
            }
        };
        assert_eq!((error.kind(), came), (kind, 7), "{error}");
        left.store(1_000, Ordering::SeqCst);
        let mut pages = resumed(client.instances().list(troubled.query()), &pages);
        let mut unreadable = 0;
        while let Some(page) = pages.try_next().await.unwrap() {
            came += page.instances.len();
            unreadable += page.unreadable.len();
        }
        assert_eq!((came, unreadable), (19, 1));
    }
}

#[tokio::test]
async fn it_is_found_within_any_window() {
    let troubled = Troubled::new(0..9).await;
    troubled.between.trouble().unservable = vec![troubled.ids[4].clone()];
    troubled.between.trouble().words = Some(NOT_CONVERTED);
    let at = |n: usize| troubled.times[n];
    let finest = |n: usize, micros| (at(n).as_jiff() + SignedDuration::from_micros(micros)).into();
    for (window, came, bad) in [
        (Window::from(at(4)).through(at(4)), 0, 1),
        (Window::from(at(4)).before(finest(4, 1)), 0, 1),
        (Window::after(finest(4, -1)).through(at(5)), 1, 1),
        (Window::after(at(3)).before(at(6)), 1, 1),
        (Window::from(at(3)), 5, 1),
        (Window::default().before(at(5)), 4, 1),
        (Window::after(at(4)), 4, 0),
        (Window::default().before(at(4)), 4, 0),
    ] {
        let Found { ids, unreadable, errors } = troubled.read(troubled.query().last_changed(window)).await.unwrap();
        assert_eq!((ids.len(), unreadable.len(), errors.len()), (came, bad, 0), "{window:?}");
        assert!(unreadable.iter().all(|unreadable| unreadable.through == Some(at(4))));
    }
}

/// Fails on windows of more than an hour, as a database does that reads all of them.
#[derive(Clone)]
struct OnlyShortWindows;

#[async_trait::async_trait]
impl Middleware for OnlyShortWindows {
    async fn handle(
        &self,
        request: reqwest::Request,
        extensions: &mut http::Extensions,
        next: Next<'_>,
    ) -> Result<reqwest::Response> {
        let bounds = request.url().query_pairs().filter(|(name, _)| name == "lastChanged");
        let end = bounds.filter_map(|(_, bound)| bound.strip_prefix("lte:")?.parse::<jiff::Timestamp>().ok()).last();
        if end.is_some_and(|end| end < "2024-05-01T13:00:00Z".parse().unwrap()) {
            return next.run(request, extensions).await;
        }
        Ok(http::Response::builder().status(504).body("").unwrap().into())
    }
}

#[tokio::test]
async fn where_short_windows_are_served_the_list_goes_on_one_by_one() {
    let troubled = Troubled::new(0..7).await;
    let mut pages = troubled.client_with(OnlyShortWindows).instances().list(troubled.query()).pages();
    let mut ids = Vec::new();
    while ids.len() < 7 {
        let page = pages.try_next().await.unwrap().unwrap();
        assert!(page.unreadable.is_empty());
        ids.extend(page.instances.iter().map(|instance| instance.id.to_string()));
    }
    assert_eq!(ids, troubled.ids);
    // That nothing follows can't be told from that the service is down.
    assert_eq!(pages.try_next().await.unwrap_err().kind(), ErrorKind::Server);
}

/// Ten instances of which it takes half a minute to fail on one. Without a network, for paused time.
#[derive(Clone)]
struct SlowlyFailing {
    bad: i64,
    failed: Arc<AtomicUsize>,
}

fn second(row: i64) -> jiff::Timestamp {
    "2024-05-01T12:00:00Z".parse::<jiff::Timestamp>().unwrap() + SignedDuration::from_secs(row)
}

#[async_trait::async_trait]
impl Middleware for SlowlyFailing {
    async fn handle(
        &self,
        request: reqwest::Request,
        _: &mut http::Extensions,
        _: Next<'_>,
    ) -> Result<reqwest::Response> {
        let query: Vec<_> = request.url().query_pairs().into_owned().collect();
        let all = |name: &'static str| query.iter().filter(move |(found, _)| found == name).map(|(_, value)| value);
        let within = |row: &i64| {
            all("lastChanged").all(|bound| {
                let (operator, time) = bound.split_once(':').unwrap();
                let time: jiff::Timestamp = time.parse().unwrap();
                if operator == "lte" { second(*row) <= time } else { second(*row) >= time }
            })
        };
        let ticks = |row: i64| 621_355_968_000_000_000 + second(row).as_nanosecond() / 100;
        let behind = |row: &i64| {
            all("continuationToken").all(|token| {
                let (time, last) =
                    token.replace("%3b", ";").split_once(';').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
                (ticks(*row), *row) > (time.parse().unwrap(), last.parse().unwrap())
            })
        };
        let size = all("size").next().map_or(100, |size| size.parse().unwrap());
        let rows: Vec<i64> = (1..=10).filter(within).filter(behind).take(size).collect();
        if rows.contains(&self.bad) {
            self.failed.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_secs(30)).await;
            return Ok(http::Response::builder().status(504).body("").unwrap().into());
        }
        let instance = |row: &i64| json!({"id": format!("501337/00000000-0000-4000-8000-{row:012}")});
        let next = rows
            .last()
            .filter(|_| rows.len() == size)
            .map(|row| format!("/instances?continuationToken={}%253b{row}", ticks(*row)));
        let page = json!({"next": next, "instances": rows.iter().map(instance).collect::<Vec<_>>()});
        Ok(http::Response::new(page.to_string()).into())
    }
}

#[tokio::test(start_paused = true)]
async fn one_on_which_the_service_fails_slowly_is_found_in_one_go_and_in_bounded_time() {
    for bad in 1..=10 {
        let service = SlowlyFailing { bad, failed: Arc::default() };
        let credentials = Credentials::<Read>::with_token(Environment::tt02(), "a-token-that-nobody-checks");
        let client = Client::builder(credentials).layer(service.clone()).build().unwrap();
        let mut pages = client.instances().list(InstanceQuery::org("ttd")).pages();
        let (mut came, mut unreadable, begun) = (0, Vec::new(), tokio::time::Instant::now());
        while let Some(page) = pages.try_next().await.unwrap() {
            came += page.instances.len();
            unreadable.extend(page.unreadable);
        }
        assert_eq!((came, unreadable.len()), (9, 1));
        assert_eq!(unreadable[0].through, Some(second(bad).into()));
        let failed = service.failed.load(Ordering::SeqCst);
        assert!(begun.elapsed() < Duration::from_secs(40 * 60), "{:?} for {failed} failures", begun.elapsed());
    }
}
