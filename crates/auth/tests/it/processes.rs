//! Several processes with one folder of tokens: this binary runs itself as others.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use altinn_auth::{Credentials, DiskCache, SigningKey};
use altinn_core::{Environment, Read};
use altinn_watch::Recording;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use crate::stub::{EXCHANGE, JWK, Reply, Stub, altinn_token};

/// Where Maskinporten and Altinn are, for a process that is to ask for a token, and where it keeps tokens.
const SERVER: &str = "ALTINN_TEST_SERVER";
const FOLDER: &str = "ALTINN_TEST_FOLDER";

const WAITS: &str = "another process is fetching the same token; waiting";
/// How long a process waits for another, at most.
const BOUND: Duration = Duration::from_secs(30);

fn credentials(server: &str, folder: &Path) -> Credentials<Read> {
    Credentials::builder(Environment::emulator(server).unwrap())
        .client_id("c")
        .key(SigningKey::from_jwk(JWK).unwrap())
        .disk_cache(DiskCache::at(folder).unwrap())
        .build()
        .unwrap()
}

/// Asks for one token if it is told to, and says on the way what it is at.
#[tokio::test]
async fn the_child() {
    let (Ok(server), Ok(folder)) = (std::env::var(SERVER), std::env::var(FOLDER)) else { return };
    let recording = Recording::start();
    let asking = tokio::spawn(async move { credentials(&server, folder.as_ref()).token().await.unwrap() });
    let mut waits = false;
    while !asking.is_finished() {
        if !waits && recording.text().contains(WAITS) {
            println!("\nwaits");
            waits = true;
        }
        tokio::task::yield_now().await;
    }
    println!("\n{}", if asking.await.unwrap().expose() == altinn_token() { "right" } else { "wrong" });
}

/// Another process that asks for the token. It is killed when dropped.
struct Process {
    child: Child,
    said: mpsc::UnboundedReceiver<String>,
}

impl Process {
    fn start(stub: &Stub, folder: &tempfile::TempDir) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "processes::the_child", "--nocapture"]);
        command.env(SERVER, stub.url("")).env(FOLDER, tokens(folder));
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let (tell, said) = mpsc::unbounded_channel();
        let out = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                tell.send(line).ok();
            }
        });
        Self { child, said }
    }

    /// The next of these words that it says; `None` when it has ended without.
    async fn says(&mut self, words: &[&str]) -> Option<String> {
        while let Some(line) = self.said.recv().await {
            if words.contains(&line.as_str()) {
                return Some(line);
            }
        }
        None
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn tokens(folder: &tempfile::TempDir) -> std::path::PathBuf {
    folder.path().join("tokens")
}

/// The names' ends of the files in the folder, in order.
fn left(folder: &tempfile::TempDir) -> Vec<String> {
    let files = std::fs::read_dir(tokens(folder)).unwrap().map(|entry| entry.unwrap().path());
    let mut left: Vec<_> = files.map(|path| path.extension().unwrap().to_str().unwrap().to_owned()).collect();
    left.sort();
    left
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_that_start_together_make_one_call() {
    let (tell, told) = watch::channel(false);
    let held = move |reply| Reply::When(told.clone(), Box::new(reply));
    let stub = Stub::of_legs(vec![held(Reply::granted()); 4], Vec::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let mut processes: Vec<_> = (0..4).map(|_| Process::start(&stub, &folder)).collect();

    // One asks, and the answer comes when all others wait for it.
    let waiting = processes.iter_mut().map(|process| Box::pin(process.says(&["waits"])));
    let mut waiting: Vec<_> = waiting.collect();
    for _ in 0..3 {
        let (said, _, others) = futures::future::select_all(waiting).await;
        assert_eq!(said.as_deref(), Some("waits"));
        waiting = others;
    }
    drop(waiting);
    tell.send(true).unwrap();
    for process in &mut processes {
        assert_eq!(process.says(&["right", "wrong"]).await.as_deref(), Some("right"));
        assert!(process.child.wait().unwrap().success());
    }
    assert_eq!((stub.count("/token"), stub.count(EXCHANGE)), (1, 1));
    assert_eq!(left(&folder), ["token"]);
}

/// A process that has begun to fetch the token, and gets no answer.
async fn stuck(stub: &Stub, folder: &tempfile::TempDir) -> Process {
    let process = Process::start(stub, folder);
    stub.asked("/token").await;
    process
}

/// How long a token takes in this process.
async fn took(stub: &Stub, folder: &tempfile::TempDir) -> Duration {
    let begun = Instant::now();
    let token = credentials(&stub.url(""), &tokens(folder)).token().await.unwrap();
    assert_eq!(token.expose(), altinn_token());
    begun.elapsed()
}

#[tokio::test(start_paused = true)]
async fn a_process_that_hangs_is_not_waited_for_any_longer() {
    let stub = Stub::of_legs(vec![Reply::Never], Vec::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let process = stuck(&stub, &folder).await;
    let took = took(&stub, &folder).await;
    assert!((BOUND..BOUND + Duration::from_secs(2)).contains(&took), "{took:?}");
    assert_eq!((stub.count("/token"), stub.count(EXCHANGE)), (2, 1));
    assert_eq!(left(&folder), ["lock", "token"], "the lock is the other's");
    drop(process);
}

#[tokio::test(start_paused = true)]
async fn a_process_that_ended_in_the_middle_is_not_waited_for() {
    let stub = Stub::of_legs(vec![Reply::Never], Vec::new()).await;
    let folder = tempfile::tempdir().unwrap();
    drop(stuck(&stub, &folder).await);
    assert_eq!(left(&folder), ["lock"]);
    assert!(took(&stub, &folder).await < Duration::from_secs(1));
    assert_eq!((stub.count("/token"), stub.count(EXCHANGE)), (2, 1));
    assert_eq!(left(&folder), ["token"]);
}

#[tokio::test]
async fn who_waits_can_be_dropped() {
    let stub = Stub::of_legs(vec![Reply::Never], Vec::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let process = stuck(&stub, &folder).await;
    let waiting = credentials(&stub.url(""), &tokens(&folder));
    let waiting = tokio::spawn(async move { waiting.token().await });
    let recording = Recording::of_this_thread();
    while !recording.text().contains(WAITS) {
        tokio::task::yield_now().await;
    }
    waiting.abort();
    assert!(waiting.await.unwrap_err().is_cancelled());
    drop(process);
    took(&stub, &folder).await;
    assert_eq!(left(&folder), ["token"]);
}
