use std::sync::atomic::AtomicUsize;

use altinn_core::ReadWrite;
use tokio::sync::Semaphore;

use super::*;
use crate::error::ErrorKind;
use crate::provider::TokenProvider;

/// Makes tokens that are numbered; each fetch waits for a permit.
#[derive(Debug)]
struct Mint {
    permits: Semaphore,
    begun: AtomicUsize,
    lifetime: Duration,
    failures: Mutex<usize>,
    /// What the failures are; passing trouble unless set.
    error: Mutex<Option<Error>>,
    revision: AtomicU64,
}

#[derive(Debug, Clone)]
struct Shared(Arc<Mint>);

impl TokenProvider for Shared {
    async fn fetch(&self, _request: &TokenRequest) -> Result<AltinnToken, Error> {
        let number = self.0.begun.fetch_add(1, Ordering::SeqCst) + 1;
        self.0.permits.acquire().await.unwrap().forget();
        let mut failures = self.0.failures.lock().unwrap();
        if *failures > 0 {
            *failures -= 1;
            let error = self.0.error.lock().unwrap().clone();
            return Err(error.unwrap_or_else(|| Error::provider(std::io::Error::other("down"), true)));
        }
        AltinnToken::with_lifetime(format!("token-{number}"), self.0.lifetime)
    }

    fn revision(&self) -> u64 {
        self.0.revision.load(Ordering::SeqCst)
    }
}

const LIFETIME: Duration = Duration::from_secs(1800);
/// Within the time in which a token is still good but should be renewed, whatever the jitter.
const DUE: Duration = Duration::from_secs(1500);
const OVER: Duration = Duration::from_secs(1771);

struct Fixture {
    cache: Arc<Cache>,
    mint: Arc<Mint>,
}

impl Fixture {
    fn new() -> Self {
        Self::lasting(LIFETIME)
    }

    fn lasting(lifetime: Duration) -> Self {
        let mint = Arc::new(Mint {
            permits: Semaphore::new(0),
            begun: AtomicUsize::new(0),
            lifetime,
            failures: Mutex::new(0),
            error: Mutex::default(),
            revision: AtomicU64::new(0),
        });
        let cache = Arc::new(Cache::new(Arc::new(Shared(Arc::clone(&mint))), TokenRequest::of::<ReadWrite>(), None));
        Self { cache, mint }
    }

    fn allow(&self, fetches: usize) {
        self.mint.permits.add_permits(fetches);
    }

    fn fail(&self, fetches: usize) {
        *self.mint.failures.lock().unwrap() = fetches;
    }

    fn begun(&self) -> usize {
        self.mint.begun.load(Ordering::SeqCst)
    }

    fn caller(&self) -> tokio::task::JoinHandle<Result<AltinnToken, Error>> {
        let cache = Arc::clone(&self.cache);
        tokio::spawn(async move { cache.token().await })
    }

    async fn text(&self) -> String {
        self.cache.token().await.unwrap().expose().to_owned()
    }
}

/// Lets every other task run until it waits for something.
async fn settle() {
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn two_hundred_callers_share_one_fetch() {
    let fixture = Fixture::new();
    let callers: Vec<_> = (0..200).map(|_| fixture.caller()).collect();
    settle().await;
    assert_eq!(fixture.begun(), 1);
    fixture.allow(200);
    for caller in callers {
        assert_eq!(caller.await.unwrap().unwrap().expose(), "token-1");
    }
    assert_eq!(fixture.begun(), 1);
}

#[tokio::test(start_paused = true)]
async fn there_is_one_fetch_for_each_expiry() {
    let fixture = Fixture::new();
    fixture.allow(100);
    for expected in 1..=10 {
        let callers: Vec<_> = (0..200).map(|_| fixture.caller()).collect();
        for caller in callers {
            assert_eq!(caller.await.unwrap().unwrap().expose(), format!("token-{expected}"));
        }
        assert_eq!(fixture.begun(), expected);
        tokio::time::advance(OVER).await;
    }
}

#[tokio::test(start_paused = true)]
async fn one_caller_renews_early_while_the_others_go_on() {
    let fixture = Fixture::new();
    fixture.allow(1);
    assert_eq!(fixture.text().await, "token-1");
    tokio::time::advance(DUE).await;

    let renewing = fixture.caller();
    settle().await;
    assert_eq!(fixture.begun(), 2);
    for _ in 0..200 {
        assert_eq!(fixture.text().await, "token-1");
    }
    assert_eq!(fixture.begun(), 2);
    fixture.allow(1);
    assert_eq!(renewing.await.unwrap().unwrap().expose(), "token-2");
    assert_eq!(fixture.text().await, "token-2");
}

#[tokio::test(start_paused = true)]
async fn traffic_never_waits_for_a_token_and_none_is_used_past_its_margin() {
    let fixture = Fixture::lasting(Duration::from_secs(100));
    fixture.allow(1000);
    for _ in 0..1000 {
        let token = fixture.cache.token().await.unwrap();
        assert!(token.remaining() > Duration::from_secs(20), "{token:?}");
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    // A token is renewed at 55 to 60 of its 100 seconds.
    assert!((17..=19).contains(&fixture.begun()), "{}", fixture.begun());
}

#[tokio::test(start_paused = true)]
async fn the_next_in_line_takes_over_from_a_dropped_caller() {
    let fixture = Fixture::new();
    let first = fixture.caller();
    settle().await;
    let others: Vec<_> = (0..50).map(|_| fixture.caller()).collect();
    settle().await;
    assert_eq!(fixture.begun(), 1);

    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    settle().await;
    assert_eq!(fixture.begun(), 2);
    fixture.allow(1);
    for other in others {
        assert_eq!(other.await.unwrap().unwrap().expose(), "token-2");
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_dropped_early_renewal_the_old_token_serves_for_a_while() {
    let fixture = Fixture::new();
    fixture.allow(1);
    fixture.text().await;
    tokio::time::advance(DUE).await;
    let renewing = fixture.caller();
    settle().await;
    renewing.abort();
    assert!(renewing.await.unwrap_err().is_cancelled());
    assert_eq!((fixture.text().await.as_str(), fixture.begun()), ("token-1", 2));
    tokio::time::advance(EARLY_WAIT + SOFT_BACK_OFF).await;
    fixture.allow(1);
    assert_eq!(fixture.text().await, "token-3");
}

#[tokio::test(start_paused = true)]
async fn a_source_that_hangs_keeps_no_good_token_back() {
    let fixture = Fixture::new();
    fixture.allow(1);
    fixture.text().await;
    tokio::time::advance(DUE).await;
    let begun = Instant::now();
    assert_eq!(fixture.text().await, "token-1");
    assert!(begun.elapsed() <= EARLY_WAIT + Duration::from_millis(1), "{:?}", begun.elapsed());
    for _ in 0..100 {
        assert_eq!(fixture.text().await, "token-1");
    }
    assert!(begun.elapsed() <= EARLY_WAIT + Duration::from_millis(1), "{:?}", begun.elapsed());
    assert_eq!(fixture.begun(), 2);
    assert_eq!(fixture.cache.statistics().failed_with(ErrorKind::Transport), 1);
    tokio::time::advance(SOFT_BACK_OFF).await;
    fixture.allow(1);
    assert_eq!(fixture.text().await, "token-3");
}

#[tokio::test(start_paused = true)]
async fn nor_does_it_from_those_who_want_one_that_lasts() {
    let fixture = Fixture::new();
    fixture.allow(1);
    fixture.text().await;
    tokio::time::advance(Duration::from_secs(1000)).await;
    let begun = Instant::now();
    let callers: Vec<_> = (0..50)
        .map(|_| {
            let cache = Arc::clone(&fixture.cache);
            tokio::spawn(async move { cache.token_lasting(Duration::from_secs(900)).await })
        })
        .collect();
    for caller in callers {
        assert_eq!(caller.await.unwrap().unwrap().expose(), "token-1");
    }
    assert!(begun.elapsed() <= EARLY_WAIT + Duration::from_millis(1), "{:?}", begun.elapsed());
    assert_eq!(fixture.begun(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_caller_whose_token_is_refused_while_a_renewal_hangs_waits_for_a_new_one() {
    let fixture = Fixture::new();
    fixture.allow(1);
    let old = fixture.cache.token().await.unwrap();
    tokio::time::advance(DUE).await;
    let renewing = fixture.caller();
    settle().await;
    fixture.cache.invalidate(&old);
    let refused = fixture.caller();
    tokio::time::advance(EARLY_WAIT).await;
    settle().await;
    fixture.allow(1);
    for caller in [renewing, refused] {
        assert_eq!(caller.await.unwrap().unwrap().expose(), "token-3");
    }
}

#[tokio::test(start_paused = true)]
async fn waiters_share_a_failure_and_later_callers_try_anew() {
    let fixture = Fixture::new();
    fixture.fail(1);
    let callers: Vec<_> = (0..50).map(|_| fixture.caller()).collect();
    settle().await;
    fixture.allow(50);
    for caller in callers {
        assert_eq!(caller.await.unwrap().unwrap_err().kind(), ErrorKind::Provider);
    }
    assert_eq!(fixture.begun(), 1);
    assert_eq!(fixture.text().await, "token-2");
}

#[tokio::test(start_paused = true)]
async fn a_failed_early_renewal_keeps_the_old_token_and_waits_before_the_next() {
    let fixture = Fixture::new();
    fixture.allow(100);
    fixture.text().await;
    tokio::time::advance(DUE).await;
    fixture.fail(1);
    assert_eq!(fixture.text().await, "token-1");
    assert_eq!(fixture.text().await, "token-1");
    assert_eq!(fixture.begun(), 2);
    tokio::time::advance(SOFT_BACK_OFF).await;
    assert_eq!(fixture.text().await, "token-3");
}

#[tokio::test(start_paused = true)]
async fn a_failure_after_the_end_is_the_caller_s() {
    let fixture = Fixture::new();
    fixture.allow(100);
    fixture.text().await;
    tokio::time::advance(OVER).await;
    fixture.fail(1);
    assert!(fixture.cache.token().await.is_err());
    assert_eq!(fixture.text().await, "token-3");
}

#[tokio::test(start_paused = true)]
async fn only_the_refused_token_is_forgotten() {
    let fixture = Fixture::new();
    fixture.allow(100);
    let old = fixture.cache.token().await.unwrap();
    for _ in 0..100 {
        fixture.cache.invalidate(&old);
    }
    let new = fixture.cache.token().await.unwrap();
    assert_eq!(new.expose(), "token-2");
    fixture.cache.invalidate(&old);
    assert_eq!(fixture.text().await, "token-2");

    let equal = AltinnToken::with_lifetime("token-2", LIFETIME).unwrap();
    fixture.cache.invalidate(&equal);
    assert_eq!(fixture.text().await, "token-2");
    assert_eq!(fixture.begun(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_token_of_a_moment_serves_its_caller() {
    let fixture = Fixture::lasting(Duration::from_millis(1));
    fixture.allow(100);
    assert_eq!(fixture.text().await, "token-1");
    tokio::time::advance(Duration::from_millis(2)).await;
    assert_eq!(fixture.text().await, "token-2");
}

/// A fixture that refuses so many times, in a way that would come again.
fn refusing(times: usize) -> Fixture {
    let fixture = Fixture::new();
    fixture.allow(100);
    fixture.fail(times);
    let refused = Error::of(ErrorKind::ScopeNotGranted, "refused").leg(crate::error::Leg::Maskinporten).build();
    *fixture.mint.error.lock().unwrap() = Some(refused);
    fixture
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_remembered_for_half_a_minute_then_for_a_whole_one() {
    let fixture = refusing(3);
    for (fetches, seconds) in [(1, 30), (2, 60), (3, 60)] {
        for _ in 0..1000 {
            assert_eq!(fixture.cache.token().await.unwrap_err().kind(), ErrorKind::ScopeNotGranted);
        }
        assert_eq!(fixture.begun(), fetches);
        tokio::time::advance(Duration::from_secs(seconds - 1)).await;
        assert!(fixture.cache.token().await.is_err());
        assert_eq!(fixture.begun(), fetches);
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    assert_eq!(fixture.text().await, "token-4");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_forgotten_with_a_new_key_and_on_demand() {
    let fixture = refusing(2);
    assert!(fixture.cache.token().await.is_err());
    fixture.mint.revision.fetch_add(1, Ordering::SeqCst);
    assert!(fixture.cache.token().await.is_err());
    assert_eq!(fixture.begun(), 2);
    fixture.cache.forget_refusal();
    assert_eq!(fixture.text().await, "token-3");
}

#[tokio::test(start_paused = true)]
async fn a_refused_early_renewal_is_not_tried_again_before_its_time_unless_the_token_is_refused_too() {
    let fixture = refusing(0);
    let token = fixture.cache.token().await.unwrap();
    tokio::time::advance(DUE).await;
    fixture.fail(1);
    assert_eq!(fixture.text().await, "token-1");
    tokio::time::advance(SOFT_BACK_OFF).await;
    assert_eq!(fixture.text().await, "token-1");
    assert_eq!(fixture.begun(), 2);
    fixture.cache.invalidate(&token);
    assert_eq!(fixture.text().await, "token-3");
}

#[tokio::test(start_paused = true)]
async fn many_that_were_refused_with_one_token_do_not_undo_a_refusal() {
    let fixture = refusing(0);
    let token = fixture.cache.token().await.unwrap();
    fixture.fail(100);
    for _ in 0..100 {
        fixture.cache.invalidate(&token);
        assert!(fixture.cache.token().await.is_err());
    }
    assert_eq!(fixture.begun(), 2);
}

#[test]
fn debug_hides_the_token_it_holds() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let fixture = Fixture::new();
    fixture.allow(1);
    runtime.block_on(fixture.text());
    assert!(!format!("{:?}", fixture.cache).contains("token-1"));
}

#[tokio::test(start_paused = true)]
async fn fetches_early_renewals_and_failures_are_told_apart() {
    let fixture = Fixture::new();
    fixture.allow(100);
    let callers: Vec<_> = (0..10).map(|_| fixture.caller()).collect();
    for caller in callers {
        caller.await.unwrap().unwrap();
    }
    let counts = || {
        let statistics = fixture.cache.statistics();
        [statistics.served_from_cache(), statistics.fetched(), statistics.renewed_early(), statistics.failed()]
    };
    assert_eq!(counts(), [9, 1, 0, 0]);
    tokio::time::advance(DUE).await;
    fixture.text().await;
    assert_eq!(counts(), [9, 1, 1, 0]);
    tokio::time::advance(DUE).await;
    fixture.fail(1);
    fixture.text().await;
    assert_eq!(counts(), [10, 1, 1, 1]);
    tokio::time::advance(OVER).await;
    fixture.text().await;
    assert_eq!(counts(), [10, 2, 1, 1]);
    assert_eq!(fixture.cache.statistics().failed_with(ErrorKind::Provider), 1);
}
