//! Watches what the emulator, and the HTTP stack below it, log at the most talkative level.

use std::io;
use std::sync::Once;

use tracing_subscriber::fmt::MakeWriter;

/// What every token and grant has in it, every PEM text, and the made-up people of the tests.
const SECRETS: [&str; 3] = ["eyJ", "-----BEGIN", "01039012345"];

struct Watcher;

impl io::Write for Watcher {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let line = String::from_utf8_lossy(bytes);
        if let Some(secret) = SECRETS.iter().find(|secret| line.contains(**secret)) {
            // A panic would end in the task that logs, which nobody may wait for.
            eprintln!("{secret:?} was logged: {line}");
            std::process::abort();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Watcher {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        Self
    }
}

/// From now on the process ends as soon as a secret is logged.
pub(crate) fn watch() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let watcher = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_ansi(false);
        watcher.with_writer(Watcher).init();
    });
}
