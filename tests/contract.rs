//! Holds the emulator against the recordings of the real services in `tests/contract/`.
//!
//! What does not pass yet stands in `tests/contract/exceptions.txt`; `CONTRACT_WRITE_EXCEPTIONS=1` prints the lines that
//! the list would need now, for a person to judge. Texts below `errors` whose key begins with `$` are sentences of the
//! JSON reader of .NET and not compared; the summary says how many there were.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper of a test fails as loudly as a test"
)]

use altinn_watch as _;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use altinn_emulator::{Builder, Emulator, World};
use altinn_tests::contract::{Actors, Exceptions, KeyKind, KeyRing, Outcome, Runner, Scenario, Setup, with_own_keys};
use serde_json::Value;

/// Runs after all other files: it clears every app.
const LAST: &str = "cleanup";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_emulator_answers_as_the_real_services_did() {
    let list = std::fs::read_to_string(folder("").join("exceptions.txt")).unwrap();
    let exceptions = Exceptions::parse(&list).unwrap();
    let (mut outcomes, exchange) = tokio::join!(storage(), exchange());
    outcomes.extend(exchange);
    report(&outcomes, &exceptions);
    let verdict = exceptions.judge(&outcomes);
    assert!(verdict.holds(), "the list of exceptions does not say what happens: {verdict:#?}");
}

async fn storage() -> Vec<Outcome> {
    let mut keys = KeyRing::new("contract", "contract").unwrap();
    keys.generate("contract", KeyKind::Rsa2048).unwrap();
    let keys = Arc::new(keys);
    let world = std::fs::read_to_string(folder("storage").join("world.json")).unwrap();
    let builder = Emulator::builder().world(World::from_json(&world).unwrap());
    let service = builder.signing_key(keys.pem("contract").unwrap(), Some("contract"));
    run("storage", service, recordings("storage/recorded"), keys).await
}

/// The plain recordings against one service, and each one with a set-up against a service of its own.
async fn exchange() -> Vec<Outcome> {
    let mut keys = KeyRing::new("main", "contract").unwrap();
    let text = std::fs::read_to_string(folder("exchange").join("world.json")).unwrap();
    let mut world: Value = serde_json::from_str(&text).unwrap();
    with_own_keys(&mut world, &mut keys).unwrap();
    // The platform's own key has a certificate in the world file instead; the other one is published by nobody at first.
    for name in ["platform", "foreign"] {
        keys.generate(name, KeyKind::Rsa2048).unwrap();
    }
    let keys = Arc::new(keys);
    let mut outcomes =
        run("exchange", authentication(&world, &keys), recordings("exchange/recorded"), Arc::clone(&keys)).await;
    for scenario in recordings("exchange/with-setup") {
        outcomes.extend(with_setup(world.clone(), &scenario, Arc::clone(&keys)).await);
    }
    outcomes
}

fn authentication(world: &Value, keys: &KeyRing) -> Builder {
    let builder = Emulator::builder().world(World::from_json(&world.to_string()).unwrap());
    builder.signing_key(keys.pem("platform").unwrap(), None)
}

async fn with_setup(mut world: Value, scenario: &Scenario, keys: Arc<KeyRing>) -> Vec<Outcome> {
    let setup = Setup::of(scenario).unwrap();
    assert_ne!(setup, Setup::default(), "{} has no set-up", scenario.name);
    setup.configure(&mut world);
    let emulator = authentication(&world, &keys).start().await.unwrap();
    let runner = runner("exchange", &emulator, Arc::clone(&keys));
    for before in setup.arrange(&emulator, &runner, &world, &keys).await.unwrap() {
        assert!(before.passed(), "{} can't be set up: {before:?}", scenario.name);
    }
    runner.run(&format!("exchange/with-setup/{}", scenario.name), scenario).await
}

fn runner(service: &str, emulator: &Emulator, keys: Arc<KeyRing>) -> Runner {
    let actors = Actors::read(&folder(service).join("actors.json")).unwrap();
    Runner::new(emulator.url().parse().unwrap(), actors, keys, emulator.clock().clone()).unwrap()
}

/// The outcomes of `scenarios`, one after another against one service.
async fn run(name: &str, service: Builder, scenarios: Vec<Scenario>, keys: Arc<KeyRing>) -> Vec<Outcome> {
    let emulator = service.start().await.unwrap();
    let runner = runner(name, &emulator, keys);
    let mut outcomes = Vec::new();
    for scenario in scenarios {
        outcomes.extend(runner.run(&format!("{name}/{}", scenario.name), &scenario).await);
    }
    outcomes
}

/// The recordings in a folder in the order of their names.
fn recordings(name: &str) -> Vec<Scenario> {
    let entries = std::fs::read_dir(folder(name)).unwrap();
    let mut scenarios: Vec<Scenario> = entries.map(|entry| Scenario::read(&entry.unwrap().path()).unwrap()).collect();
    scenarios.sort_by_key(|scenario| (scenario.name == LAST, scenario.name.clone()));
    assert!(!scenarios.is_empty(), "no recordings in {name}");
    scenarios
}

fn report(outcomes: &[Outcome], exceptions: &Exceptions) {
    for outcome in outcomes.iter().filter(|outcome| !outcome.passed() && !exceptions.lists(outcome)) {
        println!("{}: {}", outcome.id(), outcome.request);
        for difference in &outcome.differences {
            println!("    {}", difference.chars().take(400).collect::<String>());
        }
    }
    if std::env::var_os("CONTRACT_WRITE_EXCEPTIONS").is_some() {
        println!("the list would be:");
        for outcome in outcomes.iter().filter(|outcome| !outcome.passed()) {
            println!("{}: {}", outcome.id(), outcome.differences.first().map_or("", String::as_str));
        }
    }
    let passed = outcomes.iter().filter(|outcome| outcome.passed()).count();
    let waived: usize = outcomes.iter().map(|outcome| outcome.waived).sum();
    println!("{passed} of {} steps pass, {} exceptions, {waived} texts not compared", outcomes.len(), exceptions.len());
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("contract").join(name)
}
