//! What a program logs at the most talkative level.

use std::io;
use std::sync::{Arc, Mutex};

use tracing_subscriber::fmt::MakeWriter;

use crate::redaction::{assert_hidden, private_members};
use crate::stub::{EXCHANGE, Reply, Stub, altinn_token};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// The tests beside this one log, too: lines are told apart by this.
const CLIENT: &str = "the-client-whose-lines-count";

#[tokio::test]
async fn a_new_token_is_one_line_and_no_line_has_a_secret() {
    let log = Log::default();
    // For the whole process: whether a line is wanted at all is remembered for all threads, so that another thread
    // without a subscriber could turn it off for this one.
    tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_ansi(false).with_writer(log.clone()).init();

    let stub = Stub::of_legs(vec![Reply::new(503, "")], vec![Reply::new(401, "")]).await;
    let credentials = stub.credentials_of(CLIENT);
    credentials.token().await.unwrap();
    credentials.token().await.unwrap();

    let text = log.text();
    let lines: Vec<_> =
        text.lines().filter(|line| line.contains("new Altinn token") && line.contains(CLIENT)).collect();
    assert_eq!(lines.len(), 1);
    for part in ["INFO", "2f4c6b1e-7a55-4c0e-9d57-0f1f4f8c0a11", "instances.write", "ttd", "lifetime_s=1800"] {
        assert!(lines[0].contains(part), "{part}: {}", lines[0]);
    }

    let mut secrets = private_members();
    secrets.push(altinn_token());
    secrets.extend(stub.received("/token").iter().map(|call| call.form("assertion").to_owned()));
    secrets.extend(stub.received(EXCHANGE).iter().map(|call| call.bearer().to_owned()));
    assert_eq!(secrets.len(), 6 + 1 + 3 + 2);
    assert_hidden(&text, &secrets);
}
