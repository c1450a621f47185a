//! Rules of the real service that no recording shows, over HTTP.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails as loudly as a test")]

use altinn_watch as _;

mod content;
mod elements;
mod events;
mod forms;
mod lists;
mod messages;
mod process;
mod registry;
#[expect(dead_code, reason = "the other tests use more of it")]
#[path = "../faults/setup.rs"]
mod setup;
mod signing;
mod text;

use setup::{Setup, WORLD};

const APP: &str = "ttd/app";
const JSON: (&str, &str) = ("content-type", "application/json");

async fn start() -> Setup {
    Setup::in_world(WORLD, None).await
}

/// The guid in an instance's id.
fn guid(id: &str) -> &str {
    id.split_once('/').unwrap().1
}
