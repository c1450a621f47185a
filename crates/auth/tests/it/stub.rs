//! A server whose answers are scripted, for what a well-behaved service never does.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use altinn_auth::{Credentials, SigningKey};
use altinn_core::{Environment, ReadWrite};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

pub(crate) const JWK: &str = include_str!("../keys/rsa-2048.json");
pub(crate) const BOTH_SCOPES: &str = "altinn:serviceowner/instances.read altinn:serviceowner/instances.write";
pub(crate) const EXCHANGE: &str = "/authentication/api/v1/exchange/maskinporten";

/// One request as it came in.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: String,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// The claims of the grant in a token call.
    pub(crate) fn grant(&self) -> Value {
        payload(self.form("assertion"))
    }

    pub(crate) fn form(&self, name: &str) -> &str {
        let pairs = self.body.split('&').filter_map(|pair| pair.split_once('='));
        pairs.filter(|(key, _)| *key == name).map(|(_, value)| value).next().unwrap_or_default()
    }

    pub(crate) fn bearer(&self) -> &str {
        self.header("authorization").and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default()
    }
}

/// What the stub does with a request.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    Answer {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: String,
    },
    /// Promises `missing` bytes more than it sends.
    Truncated {
        body: String,
        missing: usize,
    },
    /// Closes the connection without a word.
    Drop,
    /// Keeps the connection open without a word.
    Never,
    /// Answers late.
    After(Duration, Box<Self>),
    /// Answers once the test says so.
    When(watch::Receiver<bool>, Box<Self>),
}

impl Reply {
    pub(crate) fn new(status: u16, body: impl Into<String>) -> Self {
        Self::Answer { status, headers: Vec::new(), body: body.into() }
    }

    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::new(status, body.to_string())
    }

    pub(crate) fn with(self, name: &'static str, value: impl Into<String>) -> Self {
        match self {
            Self::Answer { status, mut headers, body } => {
                headers.push((name, value.into()));
                Self::Answer { status, headers, body }
            }
            other => other,
        }
    }

    /// Maskinporten's usual answer.
    pub(crate) fn granted() -> Self {
        Self::granted_for(120, BOTH_SCOPES)
    }

    pub(crate) fn granted_for(seconds: u64, scope: &str) -> Self {
        let token = jwt(&json!({"iat": 1_000, "exp": 1_000 + seconds, "scope": scope}));
        let body = json!({"access_token": token, "token_type": "Bearer", "expires_in": seconds, "scope": scope});
        Self::json(200, &body)
    }

    pub(crate) fn refused(status: u16, error: &str, description: &str, code: &str) -> Self {
        let uri = format!("https://test.maskinporten.no/errors/{code}");
        let description = format!("{description} (trace_id: 0af7651916cd43dd8448eb211c80319c)");
        Self::json(status, &json!({"error": error, "error_description": description, "error_uri": uri}))
    }

    /// The exchange's usual answer.
    pub(crate) fn exchanged() -> Self {
        Self::new(200, altinn_token())
    }
}

/// A client for what is on this computer, whatever proxy the system names.
pub(crate) fn http() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

pub(crate) fn altinn_token() -> String {
    jwt(&json!({"iat": 1_000, "exp": 2_800, "scope": BOTH_SCOPES, "urn:altinn:org": "ttd", "jti": "token-1"}))
}

pub(crate) fn jwt(payload: &Value) -> String {
    format!("eyJhbGciOiJSUzI1NiJ9.{}.c2lnbmF0dXJl", URL_SAFE_NO_PAD.encode(payload.to_string()))
}

pub(crate) fn payload(token: &str) -> Value {
    let part = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

type Handler = dyn Fn(&Received, usize) -> Reply + Send + Sync;

/// Serves until the runtime of the test ends.
pub(crate) struct Stub {
    url: String,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Stub {
    /// `handler` gets each request, and how many came to the same path before it.
    pub(crate) async fn start(handler: impl Fn(&Received, usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let received = Arc::<Mutex<Vec<Received>>>::default();
        let handler: Arc<Handler> = Arc::new(handler);
        let seen = Arc::clone(&received);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&handler), Arc::clone(&seen)));
            }
        });
        Self { url, received }
    }

    /// Answers of the two legs one after the other; the usual ones when the list is at its end.
    pub(crate) async fn of_legs(token: Vec<Reply>, exchange: Vec<Reply>) -> Self {
        Self::start(move |request, before| match path(request) {
            "/token" => token.get(before).cloned().unwrap_or_else(Reply::granted),
            EXCHANGE => exchange.get(before).cloned().unwrap_or_else(Reply::exchanged),
            _ => Reply::new(200, ""),
        })
        .await
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    pub(crate) fn environment(&self) -> Environment {
        Environment::emulator(&self.url).unwrap()
    }

    pub(crate) fn credentials(&self) -> Credentials<ReadWrite> {
        self.credentials_of("the-client")
    }

    pub(crate) fn credentials_of(&self, client_id: &str) -> Credentials<ReadWrite> {
        let key = SigningKey::from_jwk(JWK).unwrap();
        Credentials::builder(self.environment()).client_id(client_id).key(key).build().unwrap()
    }

    /// The requests to `wanted`, in order.
    pub(crate) fn received(&self, wanted: &str) -> Vec<Received> {
        self.received.lock().unwrap().iter().filter(|request| path(request) == wanted).cloned().collect()
    }

    pub(crate) fn count(&self, wanted: &str) -> usize {
        self.received(wanted).len()
    }

    /// Waits for the first request to `wanted`.
    pub(crate) async fn asked(&self, wanted: &str) {
        while self.count(wanted) == 0 {
            tokio::task::yield_now().await;
        }
    }
}

fn path(request: &Received) -> &str {
    request.target.split('?').next().unwrap_or_default()
}

async fn serve(mut stream: TcpStream, handler: Arc<Handler>, seen: Arc<Mutex<Vec<Received>>>) {
    let Some(request) = read(&mut stream).await else { return };
    let before = {
        let mut seen = seen.lock().unwrap();
        let before = seen.iter().filter(|earlier| path(earlier) == path(&request)).count();
        seen.push(request.clone());
        before
    };
    let mut reply = handler(&request, before);
    let (status, headers, body, missing) = loop {
        reply = match reply {
            Reply::Answer { status, headers, body } => break (status, headers, body, 0),
            Reply::Truncated { body, missing } => break (200, Vec::new(), body, missing),
            Reply::Drop => return,
            Reply::Never => std::future::pending().await,
            Reply::After(pause, then) => {
                tokio::time::sleep(pause).await;
                *then
            }
            Reply::When(mut told, then) => match told.wait_for(|told| *told).await {
                Ok(_) => *then,
                Err(_) => return,
            },
        };
    };
    let mut text = format!("HTTP/1.1 {status} x\r\ncontent-length: {}\r\nconnection: close\r\n", body.len() + missing);
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    text.push_str(&body);
    stream.write_all(text.as_bytes()).await.ok();
    stream.shutdown().await.ok();
}

async fn read(stream: &mut TcpStream) -> Option<Received> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
    let mut lines = text.lines();
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: HashMap<_, _> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length: usize = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let chunked = headers.contains_key("transfer-encoding");
    while bytes.len() < head + length || (chunked && !bytes.ends_with(b"0\r\n\r\n")) {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let body = String::from_utf8_lossy(&bytes[head..]).into_owned();
    Some(Received { method, target, headers, body })
}
