//! Listens, hands out the answers of the script and keeps what came in.

use std::collections::VecDeque;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use url::Url;

use super::answer::{Answer, Left};
use super::connection::serve;
use super::received::Received;

/// A server that gives the answers of a script, in the order in which requests arrive. It stops when it is dropped.
#[derive(Debug)]
pub struct FaultServer {
    url: Url,
    script: Arc<Script>,
    arrivals: watch::Receiver<usize>,
    listening: JoinHandle<()>,
}

impl FaultServer {
    /// Starts a server on a free loopback port.
    ///
    /// * `answers`: the script. Each request takes the first answer that fits its path and is not used up. When
    ///   there is none left, the answer is 501 with a text that says so, never silence.
    ///
    /// # Errors
    ///
    /// When no loopback port can be opened.
    pub async fn start(answers: impl IntoIterator<Item = Answer>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = loopback_url(listener.local_addr()?)?;
        let (arrived, arrivals) = watch::channel(0);
        let script = Arc::new(Script {
            state: Mutex::new(State { answers: answers.into_iter().collect(), requests: Vec::new() }),
            arrived,
        });
        let listening = tokio::spawn(listen(listener, Arc::clone(&script)));
        Ok(Self { url, script, arrivals, listening })
    }

    /// Where the server listens: `http://127.0.0.1:PORT/`.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The requests so far, in the order in which they arrived.
    #[must_use]
    pub fn requests(&self) -> Vec<Received> {
        self.script.state().requests.clone()
    }

    /// Waits until at least `count` requests have arrived, and returns them all. A request counts once it has been
    /// read, before its answer is sent.
    pub async fn wait_for(&self, count: usize) -> Vec<Received> {
        let mut arrivals = self.arrivals.clone();
        // The sender lives in `self.script`: the channel cannot close while this borrows `self`.
        let _arrived = arrivals.wait_for(|arrived| *arrived >= count).await;
        self.requests()
    }

    /// Adds an answer to the end of the script.
    pub fn push(&self, answer: Answer) {
        self.script.state().answers.push_back(answer);
    }
}

impl Drop for FaultServer {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// A loopback address where nobody listens: a connection to it is refused.
///
/// # Errors
///
/// When no loopback port can be opened to find a free one.
pub async fn unreachable_url() -> io::Result<Url> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    loopback_url(listener.local_addr()?)
}

fn loopback_url(address: SocketAddr) -> io::Result<Url> {
    Url::parse(&format!("http://{address}/")).map_err(io::Error::other)
}

async fn listen(listener: TcpListener, script: Arc<Script>) {
    // Dropped with this task, and the connections with it: a server that is gone holds no caller.
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(serve(stream, Arc::clone(&script)));
        while connections.try_join_next().is_some() {}
    }
}

/// The answers to come and the requests so far.
#[derive(Debug)]
pub(super) struct Script {
    state: Mutex<State>,
    arrived: watch::Sender<usize>,
}

#[derive(Debug)]
struct State {
    answers: VecDeque<Answer>,
    requests: Vec<Received>,
}

impl Script {
    /// Keeps `request` and takes its answer.
    pub(super) fn answer(&self, request: Received) -> Answer {
        let (answer, count) = {
            let mut state = self.state();
            let answer = state.take(request.path());
            state.requests.push(request);
            (answer, state.requests.len())
        };
        self.arrived.send_replace(count);
        answer
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn take(&mut self, path: &str) -> Answer {
        self.answers.retain(|answer| answer.left != Left::Times(0));
        let Some(answer) = self.answers.iter_mut().find(|answer| answer.fits(path)) else {
            return Answer::text(501, "the script has no answer left for this request");
        };
        if let Left::Times(times) = &mut answer.left {
            *times -= 1;
        }
        answer.clone()
    }
}
