//! A list that ends early goes on where it was, in another process, too: this binary runs itself as others.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper of a test fails as loudly as a test")]

use std::path::{Path, PathBuf};
use std::process::Command;

use altinn_auth::Credentials;
use altinn_core::{Environment, INSTANCES_READ, InstanceId, Read};
use altinn_emulator::{Emulator, Submission};
use altinn_storage::{Client, InstanceQuery, Items};
use altinn_tests::clients::client;
use altinn_tests::fault::{Answer, FaultServer};
use altinn_watch::secret_in;
use serde_json::json;

const SERVER: &str = "ALTINN_TEST_SERVER";
const TOKEN: &str = "ALTINN_TEST_TOKEN";
/// The file in which a process keeps where it is.
const PLACE: &str = "ALTINN_TEST_PLACE";
/// How many instances a process works on before it dies with the next one in its hands.
const COUNT: &str = "ALTINN_TEST_COUNT";

const PAGE: u32 = 3;
const ALL: usize = 8;
const DIED: i32 = 86;

/// Works through the list if it is told to, and keeps its place before it works on an instance.
#[tokio::test]
async fn the_child() {
    let Ok(server) = std::env::var(SERVER) else { return };
    let [token, place, count] = [TOKEN, PLACE, COUNT].map(|name| std::env::var(name).unwrap());
    let (place, count): (PathBuf, usize) = (place.into(), count.parse().unwrap());
    let credentials = Credentials::<Read>::with_token(Environment::emulator(&server).unwrap(), token);
    let client = Client::new(credentials).unwrap();
    let mut list = client.instances().list(InstanceQuery::org("ttd").complete(true)).page_size(PAGE);
    if let Ok(kept) = std::fs::read_to_string(&place) {
        list = list.resume(kept.parse().unwrap());
    }
    let mut items = list.items();
    let mut done = 0;
    while let Some(instance) = items.try_next().await.unwrap() {
        if let Some(token) = items.continuation() {
            std::fs::write(&place, token.as_str()).unwrap();
        }
        if done == count {
            std::process::exit(DIED);
        }
        println!("\n{}", instance.id);
        done += 1;
    }
}

/// The instances that another process works on.
async fn run(emulator: &Emulator, place: &Path, count: usize) -> Vec<String> {
    let token = emulator.service_owner_token("ttd", INSTANCES_READ).unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "the_child", "--nocapture"]);
    command.env(SERVER, emulator.url()).env(TOKEN, token).env(PLACE, place).env(COUNT, count.to_string());
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let [said, errors] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    assert_eq!(secret_in(&format!("{said}{errors}")), None);
    let expected = if count < ALL { DIED } else { 0 };
    assert_eq!(output.status.code(), Some(expected), "{said} {errors}");
    said.lines().filter(|line| line.parse::<InstanceId>().is_ok()).map(str::to_owned).collect()
}

#[tokio::test]
async fn another_process_goes_on_and_none_is_left_out_wherever_the_first_one_died() {
    let emulator = Emulator::start().await.unwrap();
    let begun: jiff::Timestamp = "2024-05-01T12:00:00Z".parse().unwrap();
    let seed = |n: usize| {
        // Two by two of the same time, so that a page ends between such two.
        let at = begun + jiff::SignedDuration::from_secs(n as i64 / 2);
        emulator.seed(Submission::new("ttd/mottak-demo", 510_001).created(at).last_changed(at))
    };
    let ids: Vec<String> = (0..ALL).map(seed).collect();
    let folder = tempfile::tempdir().unwrap();
    for count in 0..=ALL {
        let place = folder.path().join(count.to_string());
        assert_eq!(run(&emulator, &place, count).await, ids[..count]);
        // It begins with the page of the instance that the first process had in its hands, or had last.
        let page = count.min(ALL - 1) / PAGE as usize * PAGE as usize;
        assert_eq!(run(&emulator, &place, ALL).await, ids[page..], "died with {count}");
    }
}

fn page(numbers: [u32; 2], next: Option<&str>) -> Answer {
    let instances = numbers.map(|n| json!({"id": format!("501337/00000000-0000-4000-8000-{n:012}")}));
    Answer::json(200, &json!({"count": 2, "self": null, "next": next, "instances": instances}))
}

async fn three_pages() -> FaultServer {
    let pages = [
        page([1, 2], Some("/instances?continuationToken=1%253b2")),
        page([3, 4], Some("/instances?continuationToken=1%253b4")),
        page([5, 6], None),
    ];
    FaultServer::start(pages).await.unwrap()
}

/// Where the list goes on after each instance, and after having been asked for one more.
async fn places(mut items: Items) -> Vec<Option<String>> {
    let place = |items: &Items| items.continuation().map(ToString::to_string);
    let mut places = vec![place(&items)];
    while items.try_next().await.unwrap().is_some() {
        places.push(place(&items));
    }
    places.push(place(&items));
    places
}

#[tokio::test]
async fn the_place_moves_on_when_the_next_instance_is_asked_for() {
    let server = three_pages().await;
    let list = client(server.url().as_str()).instances().list(InstanceQuery::org("ttd"));
    let [first, second, third] = [None, Some("1%3b2"), Some("1%3b4")];
    let expected = [first, first, first, second, second, third, third, None];
    assert_eq!(places(list.items()).await, expected.map(|place| place.map(str::to_owned)));
}

#[tokio::test]
async fn after_a_limit_the_place_is_the_page_that_is_not_done() {
    for (limit, expected) in [(1, None), (2, Some("1%3b2")), (3, Some("1%3b2")), (4, Some("1%3b4"))] {
        let server = three_pages().await;
        let list = client(server.url().as_str()).instances().list(InstanceQuery::org("ttd")).limit(limit);
        assert_eq!(places(list.items()).await.pop().unwrap().as_deref(), expected, "limit {limit}");
    }
}
