//! One instance that can't be served, or can't be read, does not keep the others back.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper of a test fails as loudly as a test"
)]

use altinn_watch as _;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use altinn_core::ErrorKind;
use altinn_storage::reqwest_middleware::{Middleware, Next, Result};
use altinn_tests::trouble::{Found, GAVE_UP, NOT_CONVERTED, Troubled};
use futures::StreamExt;

fn all_but(troubled: &Troubled, bad: usize) -> Vec<String> {
    troubled.ids.iter().enumerate().filter(|(n, _)| *n != bad).map(|(_, id)| id.clone()).collect()
}

#[tokio::test]
async fn an_instance_that_can_t_be_read_is_reported_and_the_other_99_come() {
    let troubled = Troubled::new(0..130).await;
    troubled.between.trouble().unreadable = Some(troubled.ids[42].clone());
    let mut pages = troubled.list().pages();
    let page = pages.try_next().await.unwrap().unwrap();
    assert_eq!((page.instances.len(), page.unreadable.len()), (99, 1));
    let unreadable = &page.unreadable[0];
    assert_eq!((unreadable.from, unreadable.through), (Some(troubled.times[42]), Some(troubled.times[42])));
    assert_eq!(unreadable.error.kind(), ErrorKind::Decode);
    assert_eq!(pages.try_next().await.unwrap().unwrap().instances.len(), 30);
    assert!(pages.try_next().await.unwrap().is_none());
}

/// Sends one instance with something else for its id, so that no page with it can be decoded.
#[derive(Clone)]
struct Breaking {
    id: String,
    with: &'static [u8],
}

#[async_trait::async_trait]
impl Middleware for Breaking {
    async fn handle(
        &self,
        request: reqwest::Request,
        extensions: &mut http::Extensions,
        next: Next<'_>,
    ) -> Result<reqwest::Response> {
        let mut body = next.run(request, extensions).await?.bytes().await?.to_vec();
        let id = format!("\"id\":\"{}\"", self.id);
        if let Some(at) = body.windows(id.len()).position(|found| found == id.as_bytes()) {
            body.splice(at..at + id.len(), self.with.iter().copied());
        }
        Ok(http::Response::new(body).into())
    }
}

#[tokio::test]
async fn an_instance_that_breaks_its_page_is_isolated_by_its_time() {
    for (bad, with) in [(42, b"\"id\":,".as_slice()), (0, b"\"id\":\"\xff\""), (129, b"\"id\":1e999"), (57, b"")] {
        let troubled = Troubled::new(0..130).await;
        let client = troubled.client_with(Breaking { id: troubled.ids[bad].clone(), with });
        let mut pages = client.instances().list(troubled.query()).pages();
        let (mut ids, mut unreadable) = (Vec::new(), Vec::new());
        while let Some(page) = pages.try_next().await.unwrap() {
            ids.extend(page.instances.iter().map(|instance| instance.id.to_string()));
            unreadable.extend(page.unreadable);
        }
        assert_eq!(ids, all_but(&troubled, bad), "all but {bad}, once and in order");
        assert_eq!(unreadable.len(), 1);
        let window = (unreadable[0].from, unreadable[0].through);
        assert_eq!(window, (Some(troubled.times[bad]), Some(troubled.times[bad])));
        assert_eq!(unreadable[0].error.kind(), ErrorKind::Decode);
        let asked = troubled.between.trouble().asked;
        assert!(asked < 110, "{asked} requests");
    }
}

#[tokio::test]
async fn the_first_page_alone_is_what_can_be_read_of_it() {
    let troubled = Troubled::new(0..130).await;
    let client = troubled.client_with(Breaking { id: troubled.ids[42].clone(), with: b"" });
    let list = client.instances().list(troubled.query());
    let first = list.clone().await.unwrap();
    assert_eq!(first.instances.len(), 25);
    let rest = list.resume(first.next.unwrap()).await.unwrap();
    assert_eq!(rest.instances[0].id.to_string(), troubled.ids[25]);
}

/// Answers everything with a page for people, and counts.
#[derive(Clone, Default)]
struct ForPeople(Arc<AtomicUsize>);

#[async_trait::async_trait]
impl Middleware for ForPeople {
    async fn handle(&self, _: reqwest::Request, _: &mut http::Extensions, _: Next<'_>) -> Result<reqwest::Response> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(http::Response::new("<html>Planlagt vedlikehold</html>").into())
    }
}

#[tokio::test]
async fn a_service_whose_every_answer_can_t_be_decoded_is_not_taken_for_a_bad_instance() {
    let (troubled, layer) = (Troubled::new(0..130).await, ForPeople::default());
    let mut pages = troubled.client_with(layer.clone()).instances().list(troubled.query()).pages();
    let error = pages.try_next().await.unwrap_err();
    assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Decode, false), "{error}");
    assert!(pages.try_next().await.unwrap().is_none());
    assert!(pages.continuation().is_none());
    assert_eq!(layer.0.load(Ordering::SeqCst), 6);
}

#[tokio::test]
async fn an_instance_from_before_altinn_3_is_isolated_too() {
    // 2005, as of one that was moved from Altinn 2.
    let troubled = Troubled::new([-600_000_000, -599_999_999, 0, 7]).await;
    for bad in 0..2 {
        troubled.between.trouble().unservable = vec![troubled.ids[bad].clone()];
        let Found { ids, unreadable, .. } = troubled.read(troubled.query()).await.unwrap();
        assert_eq!(ids, all_but(&troubled, bad));
        assert_eq!(unreadable[0].through, Some(troubled.times[bad]));
    }
}

#[tokio::test]
async fn an_instance_that_can_t_be_served_is_isolated_by_its_time() {
    for bad in [0, 57, 129] {
        let troubled = Troubled::new(0..130).await;
        troubled.between.trouble().unservable = vec![troubled.ids[bad].clone()];
        let Found { ids, unreadable, errors } = troubled.read(troubled.query()).await.unwrap();
        assert_eq!(ids, all_but(&troubled, bad), "all but {bad}, once and in order");
        assert_eq!((unreadable.len(), errors.len()), (1, 0));
        let window = (unreadable[0].from, unreadable[0].through);
        assert_eq!(window, (Some(troubled.times[bad]), Some(troubled.times[bad])));
        assert_eq!(unreadable[0].error.kind(), ErrorKind::Server);
    }
}

#[tokio::test]
async fn what_the_service_will_never_convert_is_isolated_without_trying_twice() {
    for (status, kind) in [(400, ErrorKind::Rejected), (500, ErrorKind::Server)] {
        let troubled = Troubled::new(0..130).await;
        {
            let mut trouble = troubled.between.trouble();
            trouble.unservable = vec![troubled.ids[57].clone()];
            trouble.words = Some((status, NOT_CONVERTED.1));
        }
        let Found { ids, unreadable, errors } = troubled.read(troubled.query()).await.unwrap();
        assert_eq!(ids, all_but(&troubled, 57));
        assert_eq!((unreadable.len(), errors.len()), (1, 0));
        let error = &unreadable[0].error;
        assert_eq!((error.kind(), error.attempts(), error.is_transient()), (kind, 1, false), "{error}");
        assert!(error.advice().unwrap().contains("report it to Altinn"), "{error}");
        // Bisecting two centuries of microseconds, and as many row numbers as there may be.
        let asked = troubled.between.trouble().asked;
        assert!(asked < 100, "{asked} requests");
    }
}

#[tokio::test]
async fn the_neighbours_of_the_same_microsecond_come() {
    for bad in 1..4 {
        // The first of a tie comes as the last of its page, or not at all, before the bad one is met.
        let troubled = Troubled::new([0, 7, 7, 7, 9]).await;
        {
            let mut trouble = troubled.between.trouble();
            trouble.unservable = vec![troubled.ids[bad].clone()];
            trouble.words = Some(NOT_CONVERTED);
        }
        let Found { ids, unreadable, .. } = troubled.read(troubled.query()).await.unwrap();
        assert_eq!(ids, all_but(&troubled, bad));
        assert_eq!(unreadable.len(), 1);
        assert_eq!(unreadable[0].through, Some(troubled.times[bad]));
    }
}

#[tokio::test]
async fn several_bad_ones_are_reported_one_by_one() {
    let troubled = Troubled::new(0..40).await;
    let bad = [3, 4, 20];
    troubled.between.trouble().unservable = bad.map(|n| troubled.ids[n].clone()).to_vec();
    let Found { ids, unreadable, .. } = troubled.read(troubled.query()).await.unwrap();
    assert_eq!(ids.len(), 37);
    let times: Vec<_> = unreadable.iter().map(|unreadable| unreadable.through.unwrap()).collect();
    assert_eq!(times, bad.map(|n| troubled.times[n]));
}

#[tokio::test]
async fn items_give_the_error_and_go_on() {
    let troubled = Troubled::new(0..130).await;
    troubled.between.trouble().unservable = vec![troubled.ids[57].clone()];
    let items: Vec<_> = troubled.list().items().collect().await;
    assert_eq!(items.iter().filter(|item| item.is_ok()).count(), 129);
    assert_eq!(items.iter().filter(|item| item.is_err()).count(), 1);
}

#[tokio::test]
async fn newest_first_the_error_stays() {
    // Where a page begins can't be said there without losing instances of one time.
    let troubled = Troubled::new(0..5).await;
    troubled.between.trouble().unservable = vec![troubled.ids[4].clone()];
    troubled.between.trouble().words = Some(NOT_CONVERTED);
    let error = troubled.read(troubled.query().newest_first()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected);

    // What is newer comes, and nothing after it.
    troubled.between.trouble().unservable = vec![troubled.ids[2].clone()];
    let client = troubled.client_with(troubled.between.clone());
    let first = client.instances().list(troubled.query().newest_first()).await.unwrap();
    assert_eq!(first.instances[0].id.to_string(), troubled.ids[4]);
    let error = troubled.read(troubled.query().newest_first()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}

#[tokio::test]
async fn a_service_that_is_down_is_not_taken_for_a_bad_instance() {
    let troubled = Troubled::new(0..130).await;
    troubled.between.trouble().down = std::iter::once(0..usize::MAX).collect();
    let error = troubled.list().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server);
    assert!(error.is_transient());
    assert!(error.to_string().contains(GAVE_UP.1), "{error}");
    let asked = troubled.between.trouble().asked;
    assert!(asked < 40, "{asked} requests to a service that is down");
}
