//! Listens to a whole test binary at TRACE, and ends the process as soon as a secret is logged.
//!
//! A test binary is listened to when it is linked with this crate: `use altinn_watch as _;` in its root, below
//! `#[cfg(test)]` in a crate's `lib.rs` or `main.rs`. The listener is installed before `main`, so that no test has to
//! begin it, and no later one can take its place. It sees every event and every field of every span, of our crates
//! and of all below them, those that use the `log` crate included.
//!
//! What must not be logged: anything that looks like a token or a grant, a private key as PEM, in base64 or as a JWK's
//! members, a national identity number, and the secrets that the tests make up.
//!
//! The process is ended, because a panic would end in the task that logs, which nobody may wait for. The message names
//! the kind of secret, the thread (which the test harness names after the test), the target, the field and the line
//! of code, but never the secret.
//!
//! A test that wants to read what is logged takes a [`Recording`].
//!
//! Other programs that a test starts are not linked with this crate: the emulator's and the examples. Their own tests
//! start them at TRACE and look at all that they print with [`secret_in`].
//!
//! Doc tests are listened to where they do something: each that starts an emulator has this crate linked in by a hidden
//! line, which a test of this crate sees to. The others only build or show values.

mod fields;
mod listener;
mod recording;
mod secret;

use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

pub use recording::Recording;

/// What kind of secret stands in `text`, such as the output of a program; `None` when there is none. It never tells the
/// secret.
#[must_use]
pub fn secret_in(text: &str) -> Option<String> {
    secret::find(text).map(|kind| kind.to_string())
}

#[ctor::ctor(unsafe)]
fn install() {
    // Takes the records of the log crate, too.
    if tracing_subscriber::registry().with(listener::Listener).try_init().is_err() {
        listener::end("the tests can't be listened to: something else listens already");
    }
}
