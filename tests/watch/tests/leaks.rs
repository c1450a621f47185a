//! A leak ends the process, whoever logs it and however: this binary runs itself with one leak each.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails as loudly as a test")]

use altinn_watch as _;

use std::process::{Command, Output};

/// Which leak the test below has, if any.
const PLANT: &str = "ALTINN_WATCH_PLANT";

const TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln";
const PERSON: &str = "01039012345";

#[derive(Debug)]
struct Told;

impl std::fmt::Display for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("refused")
    }
}

impl std::error::Error for Told {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        static CAUSE: std::sync::LazyLock<std::io::Error> = std::sync::LazyLock::new(|| std::io::Error::other(PERSON));
        Some(&*CAUSE)
    }
}

/// Has nothing in it that listens: as any test of any crate.
#[test]
fn a_plain_test() {
    let plant = std::env::var(PLANT).unwrap_or_default();
    match plant.as_str() {
        "message" => tracing::trace!("sent {TOKEN}"),
        "field" => tracing::info!(person = PERSON, "found"),
        "debug" => tracing::debug!(key = ?"-----BEGIN PRIVATE KEY-----", "read"),
        "bytes" => tracing::trace!(body = TOKEN.as_bytes(), "sent"),
        "cause" => tracing::warn!(error = &Told as &dyn std::error::Error, "failed"),
        "span" => drop(tracing::trace_span!("call", token = TOKEN)),
        "record" => {
            let span = tracing::trace_span!("call", person = tracing::field::Empty);
            span.record("person", PERSON);
        }
        "log" => log::trace!(target: "a_crate_that_uses_log", "sent {TOKEN}"),
        "thread" => {
            let logs = || tracing::trace!("sent {TOKEN}");
            std::thread::spawn(move || std::panic::catch_unwind(logs)).join().unwrap().unwrap();
        }
        "harmless" => {
            let _span = tracing::trace_span!("call", party = 501_337).entered();
            tracing::trace!("sent");
            log::trace!("sent");
        }
        _ => {}
    }
}

fn run(plant: &str) -> (Output, String) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let output = command.args(["--exact", "a_plain_test"]).env(PLANT, plant).output().unwrap();
    let told = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output, told)
}

#[test]
fn every_leak_ends_the_process_and_is_told_without_the_secret() {
    let token = "a token, a grant or a key in base64 was logged: by leaks in field";
    let person = "a national identity number was logged: by leaks in field";
    for (plant, told) in [
        ("message", format!("{token} message at ")),
        ("field", format!("{person} person at ")),
        ("debug", "a private key was logged: by leaks in field key at ".to_owned()),
        ("bytes", format!("{token} body at ")),
        ("cause", format!("{person} error at ")),
        ("span", format!("{token} token at ")),
        ("record", format!("{person} person at ")),
        ("log", token.replace("leaks", "a_crate_that_uses_log")),
        ("thread", format!("{token} message at ")),
    ] {
        let (output, text) = run(plant);
        assert!(!output.status.success(), "{plant}: {text}");
        // The harness has not come to its own summary.
        assert!(!text.contains("test result"), "{plant}: {text}");
        assert!(text.contains(&told), "{plant}: {text}");
        assert!(text.contains("leaks.rs:"), "{plant}: {text}");
        for secret in ["eyJ", PERSON, "BEGIN"] {
            assert!(!text.contains(secret), "{plant}: {text}");
        }
    }
}

#[test]
fn the_message_names_the_test() {
    let (_, text) = run("message");
    assert!(text.contains("thread a_plain_test") || text.contains("thread main"), "{text}");
}

#[test]
fn what_is_no_secret_ends_nothing() {
    let (output, text) = run("harmless");
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

#[test]
fn nothing_can_listen_in_its_place() {
    assert!(tracing::subscriber::set_global_default(tracing::subscriber::NoSubscriber::default()).is_err());
}
