//! Which calls go through the proxy that the system's variables name. They are read once in a process, so this binary
//! runs itself with others.
//!
//! `0.0.0.0` stands for what is elsewhere: it is no loopback address, and yet a connection to it ends here.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper of a test fails as loudly as a test")]

use altinn_watch as _;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use altinn_auth::{Credentials, ErrorKind, SigningKey};
use altinn_core::{Environment, ReadWrite, RetryPolicy};
use altinn_emulator::{Emulator, NewClient};
use altinn_storage::{Client, InstanceQuery};

/// What the child is to do, and the port of what is elsewhere.
const TASK: &str = "ALTINN_PROXY_TASK";
const PORT: &str = "ALTINN_PROXY_PORT";

/// Takes what comes first in each connection down, and answers with a refusal.
struct Ear {
    port: u16,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Ear {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::<Mutex<Vec<String>>>::default();
        let keep = Arc::clone(&heard);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                keep.lock().unwrap().push(first(&mut stream.unwrap()));
            }
        });
        Self { port, heard }
    }

    fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

/// The first line, or `TLS` for the beginning of a handshake.
fn first(stream: &mut TcpStream) -> String {
    let mut bytes = [0; 4096];
    let read = stream.read(&mut bytes).unwrap_or(0);
    if bytes.first() == Some(&0x16) {
        return "TLS".to_owned();
    }
    stream.write_all(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").ok();
    String::from_utf8_lossy(&bytes[..read]).lines().next().unwrap_or_default().to_owned()
}

/// What a run of this binary has a proxy and what is elsewhere hear. `more` are variables beside those of the proxy.
fn run(task: &str, more: &[(&str, &str)]) -> (Vec<String>, Vec<String>, u16) {
    let (proxy, elsewhere) = (Ear::start(), Ear::start());
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "the_child", "--nocapture"]).env(TASK, task).env(PORT, elsewhere.port.to_string());
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUEST_METHOD"] {
        child.env_remove(name).env_remove(name.to_lowercase());
    }
    let address = format!("http://127.0.0.1:{}", proxy.port);
    child.envs([("HTTP_PROXY", &address), ("HTTPS_PROXY", &address)]).envs(more.iter().copied());
    let Output { status, stdout, stderr } = child.output().unwrap();
    let told = [stdout, stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    assert!(status.success() && told.contains("1 passed"), "{task}: {told}");
    (proxy.heard(), elsewhere.heard(), elsewhere.port)
}

/// Does nothing unless it is told to.
#[tokio::test]
async fn the_child() {
    let Ok(task) = std::env::var(TASK) else { return };
    let elsewhere = format!("https://0.0.0.0:{}/", std::env::var(PORT).unwrap());
    match task.as_str() {
        "grant" => ask_for_token(&elsewhere, None).await,
        "own client" => {
            let own = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
            ask_for_token(&elsewhere, Some(own.build().unwrap())).await;
        }
        "request" => {
            let environment = Environment::custom("elsewhere", None, &elsewhere, &elsewhere).unwrap();
            let credentials = Credentials::<ReadWrite>::with_token(environment, "a-token-that-nobody-checks");
            let client = Client::builder(credentials).retry(RetryPolicy::none()).build().unwrap();
            client.instances().list(InstanceQuery::org("ttd")).await.unwrap_err();
        }
        "here" => {
            let emulator = Emulator::start().await.unwrap();
            let registered = emulator.register_client(NewClient::new("405003309")).unwrap();
            let credentials = Credentials::<ReadWrite>::builder(Environment::emulator(emulator.url()).unwrap())
                .client_id(registered.client_id())
                .key(SigningKey::from_jwk(registered.jwk()).unwrap())
                .build()
                .unwrap();
            Client::new(credentials).unwrap().instances().list(InstanceQuery::org("ttd")).await.unwrap();
        }
        task => panic!("{task}"),
    }
}

async fn ask_for_token(elsewhere: &str, http: Option<reqwest::Client>) {
    let emulator = Emulator::start().await.unwrap();
    let jwk = emulator.register_client(NewClient::new("405003309")).unwrap().jwk().to_owned();
    let environment = Environment::custom("elsewhere", Some(elsewhere), elsewhere, elsewhere).unwrap();
    let builder =
        Credentials::<ReadWrite>::builder(environment).client_id("c").key(SigningKey::from_jwk(&jwk).unwrap());
    let builder = match http {
        Some(http) => builder.http(http),
        None => builder,
    };
    let error = builder.build().unwrap().token().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport, "{error}");
}

#[test]
fn what_is_elsewhere_is_asked_through_the_proxy() {
    for task in ["grant", "request"] {
        let (proxy, elsewhere, port) = run(task, &[]);
        let connect = format!("CONNECT 0.0.0.0:{port} HTTP/1.1");
        assert!(!proxy.is_empty() && proxy.iter().all(|line| *line == connect), "{task}: {proxy:?}");
        assert!(elsewhere.is_empty(), "{task}: {elsewhere:?}");
    }
}

#[test]
fn exceptions_are_asked_without_it() {
    for task in ["grant", "request"] {
        let (proxy, elsewhere, _) = run(task, &[("NO_PROXY", "example.no,0.0.0.0")]);
        assert!(proxy.is_empty(), "{task}: {proxy:?}");
        assert!(!elsewhere.is_empty() && elsewhere.iter().all(|line| line == "TLS"), "{task}: {elsewhere:?}");
    }
}

#[test]
fn an_own_client_without_a_proxy_has_none() {
    let (proxy, elsewhere, _) = run("own client", &[]);
    assert!(proxy.is_empty() && elsewhere.iter().all(|line| line == "TLS"), "{proxy:?} {elsewhere:?}");
    assert!(!elsewhere.is_empty());
}

#[test]
fn what_is_on_this_computer_never_goes_through_it() {
    let (proxy, elsewhere, _) = run("here", &[]);
    assert!(proxy.is_empty() && elsewhere.is_empty(), "{proxy:?} {elsewhere:?}");
}
