//! Each operation meets each fault: it takes effect once or fails with a typed error, in time, and nothing is done twice
//! but what `outcome` names.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper of a test fails as loudly as a test"
)]

use altinn_watch as _;

mod operation;
mod outcome;
mod stage;
mod state;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use altinn_core::{Error, ErrorKind};
use altinn_emulator::Failure;
use altinn_tests::owner::{OPEN, Owner};
use altinn_tests::surface::covered;

use operation::{OPERATIONS, Operation};
use stage::Stage;
use state::State;

const MINUTE: Duration = Duration::from_secs(60);
/// How long a connection may stand still, where one does.
const PATIENCE: Duration = Duration::from_millis(150);

/// What happens, and to how many requests in a row.
#[derive(Debug, Clone)]
struct Fault {
    name: &'static str,
    times: usize,
    failure: Failure,
}

impl Fault {
    /// The connection stands still, so that only impatience ends it.
    fn stalls(&self) -> bool {
        self.name.starts_with("stalled")
    }

    /// Whether what only reads `operation` has to get over it.
    fn is_got_over_by(&self, operation: Operation) -> bool {
        match self.name {
            "503 for good" | "lost for good" => false,
            // Whoever fakes an answer is believed, and who refuses a token twice as well.
            "401 once" | "broken JSON once" => false,
            // The service's own fault, behind a status that elsewhere is the truth.
            "a disguised 404 once" => operation.knows_disguises(),
            // What has been passed on can't be taken back.
            "cut once" | "stalled in the body once" => !operation.passes_on(),
            _ => true,
        }
    }
}

fn faults() -> Vec<Fault> {
    let now = "Wed, 01 May 2024 12:00:00 GMT";
    let json = |status: u16, body: &str| {
        Failure::status(status).header("content-type", "application/json; charset=utf-8").body(body)
    };
    let disguised = "\"Unable to find instance 510001/x: Failed to connect to 127.0.0.1:5432\"";
    let once = [
        ("503 once", Failure::status(503)),
        ("500 once", json(500, "{\"title\":\"An error occurred\",\"status\":500}")),
        ("504 once", Failure::status(504)),
        ("408 once", Failure::status(408)),
        ("499 once", Failure::status(499)),
        ("429 once", Failure::status(429).header("retry-after", "0")),
        ("429 with a date once", Failure::status(429).header("date", now).header("retry-after", now)),
        ("stalled once", Failure::delayed(10 * MINUTE)),
        ("stalled in the body once", Failure::stalled_after(3)),
        ("late once", Failure::delayed(Duration::from_millis(20))),
        ("401 once", Failure::status(401)),
        ("a disguised 404 once", json(404, disguised)),
        ("lost once", Failure::lost_answer()),
        ("cut once", Failure::cut_after(3)),
        ("a page of the gateway once", Failure::status(502).body("<html>")),
        ("broken JSON once", json(200, "{\"id\":")),
    ];
    let good = [("503 for good", Failure::status(503)), ("lost for good", Failure::lost_answer())];
    let once = once.into_iter().map(|(name, failure)| Fault { name, times: 1, failure });
    once.chain(good.into_iter().map(|(name, failure)| Fault { name, times: 9, failure })).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_meets_every_fault() {
    let mut matrix = tokio::task::JoinSet::new();
    for fault in faults() {
        matrix.spawn(every_operation_meets(fault));
    }
    // All columns are gone through before the test fails, each with its own words.
    let mut failed = 0;
    while let Some(column) = matrix.join_next().await {
        failed += usize::from(column.is_err());
    }
    assert_eq!(failed, 0, "so many faults lead to something else than they should");
}

async fn every_operation_meets(fault: Fault) {
    let owner = Owner::start().await;
    owner.deploy_texts(OPEN, "nb", "tittel", "Blåbær").await;
    let redirects = reqwest::redirect::Policy::none();
    let http = reqwest::Client::builder().no_proxy().redirect(redirects).build().unwrap();
    let mut called = BTreeSet::new();
    for &operation in OPERATIONS {
        let stage = Stage::set(&owner, &http, operation, &fault).await;
        let before = if operation.only_reads() { None } else { Some(State::of(&stage).await) };
        let begun = Instant::now();
        let result = operation.run(&stage).await;
        let taken = begun.elapsed();
        called.append(&mut stage.called());
        let case = format!("{operation:?} after {}", fault.name);
        assert!(taken < Duration::from_secs(5), "{case} took {taken:?}");
        let left = owner.emulator.clear_failures();
        assert!(left < fault.times, "{case}: the fault did not happen");
        let after = match &before {
            Some(before) => Some((before, State::of(&stage).await)),
            None => None,
        };
        match (result, after) {
            // It is told no more than the status, which was faked.
            (Ok(()), _) if fault.name == "broken JSON once" && operation.reads_no_answer() => {}
            (Ok(()), Some((before, after))) => {
                operation.check_effect(&fault, before, &after, &format!("{case} succeeded"));
            }
            (Ok(()), None) => {}
            (Err(error), after) => check(operation, &fault, &error, after.as_ref()),
        }
    }
    let missed: Vec<String> = covered("storage").into_iter().filter(|id| !called.contains(id.as_str())).collect();
    assert!(missed.is_empty(), "these did not meet {}: {missed:?}", fault.name);
}

/// A typed error that tells the truth about what may have happened, after which nothing was done or all, once.
fn check(operation: Operation, fault: &Fault, error: &Error, after: Option<&(&State, State)>) {
    let case = format!("{operation:?} after {}", fault.name);
    let expected = [
        ErrorKind::Server,
        ErrorKind::Transport,
        ErrorKind::Timeout,
        ErrorKind::Decode,
        ErrorKind::Integrity,
        ErrorKind::Unauthorized,
        // What a second try finds: the first one took effect, and its answer was lost.
        ErrorKind::NotFound,
        ErrorKind::Conflict,
        ErrorKind::Forbidden,
        ErrorKind::Rejected,
    ];
    assert!(expected.contains(&error.kind()), "{case}: {error:?}");
    match after {
        None => assert!(!fault.is_got_over_by(operation), "{case}, which is harmless to repeat: {error:?}"),
        Some((before, after)) if after == *before => {}
        Some((before, after)) => {
            operation.check_effect(fault, before, after, &format!("{case} took effect: {error:?}"));
            assert!(error.may_have_reached_server(), "{case} took effect: {error:?}");
        }
    }
}
