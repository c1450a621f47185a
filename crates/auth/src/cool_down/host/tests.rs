use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::retry::BUDGET;

fn origin(number: usize) -> Origin {
    Url::parse(&format!("https://host-{number}.example/")).unwrap().origin()
}

fn down() -> Result<(), Error> {
    Err(Error::of(ErrorKind::Transport, "down").retry(Retry::AfterPause).build())
}

fn fail(rests: &mut Rests, host: &Origin) -> Duration {
    rests.after_failure(host, Instant::now(), None);
    left(rests, host)
}

fn left(rests: &Rests, host: &Origin) -> Duration {
    rests.get(host).map(|resting| resting.rest.left()).unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn failures_in_a_row_count_together_until_they_are_long_past() {
    let (mut rests, host) = (Rests::default(), origin(1));
    assert_eq!(fail(&mut rests, &host), Duration::from_millis(200));
    assert_eq!(fail(&mut rests, &host), Duration::from_millis(400));
    assert_eq!(left(&rests, &origin(2)), Duration::ZERO);
    tokio::time::advance(Duration::from_millis(400) + MEMORY).await;
    assert_eq!(fail(&mut rests, &host), Duration::from_millis(200));
    rests.forget(&host);
    assert_eq!(left(&rests, &host), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_wish_to_wait_is_met_up_to_ten_seconds() {
    let (mut rests, host) = (Rests::default(), origin(1));
    for (asked, rest) in [(3, 3), (3600, 10)] {
        rests.after_failure(&host, Instant::now(), Some(Duration::from_secs(asked)));
        assert_eq!(left(&rests, &host), Duration::from_secs(rest));
    }
}

#[tokio::test(start_paused = true)]
async fn only_so_many_hosts_are_remembered_and_those_that_count_longest() {
    let mut rests = Rests::default();
    for number in 0..MOST * 3 {
        fail(&mut rests, &origin(number));
        assert!(rests.0.len() <= MOST);
        tokio::time::advance(Duration::from_millis(1)).await;
    }
    assert!(!left(&rests, &origin(MOST * 3 - 1)).is_zero());
    assert!(rests.0.contains_key(&origin(MOST * 2)) && !rests.0.contains_key(&origin(MOST * 2 - 1)));
    tokio::time::advance(Duration::from_secs(3600)).await;
    fail(&mut rests, &origin(0));
    assert_eq!(rests.0.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn clients_share_a_host_s_rest_and_its_scheme_name_and_port_tell_it_apart() {
    let host = |address: &str| Host::of(&Url::parse(address).unwrap());
    host("https://rest.example/a").note(Instant::now(), &down());
    let waited = async |address: &str| {
        let begun = Instant::now();
        host(address).pass(&Budget::start()).await.unwrap();
        begun.elapsed()
    };
    for other in ["http://rest.example/a", "https://rest.example:8443/a", "https://a.rest.example/"] {
        assert_eq!(waited(other).await, Duration::ZERO, "{other}");
    }
    assert!(waited("https://rest.example:443/b?c").await >= Duration::from_millis(200));
}

#[tokio::test(start_paused = true)]
async fn a_rest_beyond_the_budget_is_an_error_that_passes() {
    let host = Host::of(&Url::parse("https://beyond.example/").unwrap());
    let asked = Error::of(ErrorKind::Transport, "down").retry(Retry::AfterPause);
    let asked = asked.retry_after(Some(Duration::from_secs(8))).build();
    let budget = Budget::start();
    assert!(budget.wait(BUDGET - Duration::from_secs(6)).await);
    host.note(Instant::now(), &Err::<(), _>(asked));
    let error = host.pass(&budget).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport);
    assert!(error.is_transient() && error.to_string().contains("https://beyond.example"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn what_is_not_the_host_s_fault_gives_it_no_rest_and_what_shows_that_it_works_ends_one() {
    let host = Host::of(&Url::parse("https://fault.example/").unwrap());
    let left = || left(&hosts(), &host.0);
    let of = |kind, retry| Error::of(kind, "x").retry(retry);
    host.note(Instant::now(), &Err::<(), _>(of(ErrorKind::Key, Retry::AfterPause).build()));
    assert!(left().is_zero());
    let refusals = [
        of(ErrorKind::ScopeNotGranted, Retry::Never).status(http::StatusCode::BAD_REQUEST),
        of(ErrorKind::Exchange, Retry::WithNewToken).status(http::StatusCode::UNAUTHORIZED),
    ];
    for refusal in refusals {
        host.note(Instant::now(), &Err::<(), _>(of(ErrorKind::Exchange, Retry::AfterPause).build()));
        assert!(!left().is_zero());
        host.note(Instant::now(), &Err::<(), _>(of(ErrorKind::Key, Retry::Never).build()));
        assert!(!left().is_zero());
        host.note(Instant::now(), &Err::<(), _>(refusal.build()));
        assert!(left().is_zero());
    }
}

/// How many of those that were let go have not come back yet, and how many came back so far.
#[derive(Default)]
struct Counts {
    under_way: AtomicUsize,
    most: AtomicUsize,
    done: AtomicUsize,
}

/// So many ask a host at once, for a second each, with a result of their own.
async fn ask(host: &'static str, number: usize, works: bool) -> (Arc<Counts>, Vec<Result<Duration, Error>>) {
    let counts = Arc::<Counts>::default();
    let asking = (0..number).map(|_| {
        let counts = Arc::clone(&counts);
        tokio::spawn(async move {
            let (host, started) = (Host::of(&Url::parse(host).unwrap()), Instant::now());
            let _pass = host.pass(&Budget::start()).await?;
            let begun = Instant::now();
            let now = counts.under_way.fetch_add(1, Ordering::SeqCst) + 1;
            counts.most.fetch_max(now, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_secs(1)).await;
            counts.under_way.fetch_sub(1, Ordering::SeqCst);
            counts.done.fetch_add(1, Ordering::SeqCst);
            host.note(begun, &if works { Ok(()) } else { down() });
            Ok(started.elapsed())
        })
    });
    let mut results = Vec::new();
    for asking in asking.collect::<Vec<_>>() {
        results.push(asking.await.unwrap());
    }
    (counts, results)
}

#[tokio::test(start_paused = true)]
async fn after_a_rest_one_finds_out_that_it_works_and_the_others_go_together() {
    let host = "https://probed.example/";
    Host::of(&Url::parse(host).unwrap()).note(Instant::now(), &down());
    let (counts, results) = ask(host, 50, true).await;
    assert_eq!((counts.most.load(Ordering::SeqCst), counts.done.load(Ordering::SeqCst)), (49, 50));
    let took: Vec<_> = results.into_iter().map(Result::unwrap).collect();
    assert_eq!(took.iter().filter(|took| **took < Duration::from_millis(1500)).count(), 1);
    assert!(took.iter().all(|took| *took < Duration::from_millis(2500)), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn while_it_fails_one_goes_after_each_rest_and_the_others_give_up_in_time() {
    let host = "https://still-down.example/";
    Host::of(&Url::parse(host).unwrap()).note(Instant::now(), &down());
    let started = Instant::now();
    let (counts, results) = ask(host, 50, false).await;
    assert_eq!(counts.most.load(Ordering::SeqCst), 1);
    // Rests of 0.2, 0.4, 0.8, 1.6, 3.2, 6.4 and 10 s with a second's failure after each fit into 30 s, and no other does.
    assert_eq!(counts.done.load(Ordering::SeqCst), 7);
    assert_eq!(results.iter().filter(|result| result.is_err()).count(), 43);
    assert!(started.elapsed() <= BUDGET + Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn one_that_is_dropped_while_it_finds_out_makes_way_for_another() {
    let host = Host::of(&Url::parse("https://dropped.example/").unwrap());
    host.note(Instant::now(), &down());
    let pass = host.pass(&Budget::start()).await.unwrap();
    let begun = Instant::now();
    assert!(host.pass(&Budget::start()).await.unwrap_err().is_transient());
    assert!(begun.elapsed() >= BUDGET);
    drop(pass);
    let begun = Instant::now();
    host.pass(&Budget::start()).await.unwrap();
    assert_eq!(begun.elapsed(), Duration::ZERO);
}
