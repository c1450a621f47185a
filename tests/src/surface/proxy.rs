//! A proxy that holds what passes it, for clients that take no layers.

use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::{Request, Response, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};
use url::Url;

use super::Surface;

/// A proxy on loopback for plain http, which passes everything on unchanged and notes what the documents do not have.
/// It stops when it is dropped.
#[derive(Debug)]
pub struct HoldingProxy {
    address: String,
    faults: Arc<Mutex<Vec<String>>>,
    listening: JoinHandle<()>,
}

#[derive(Clone)]
struct Passing {
    surface: Surface,
    faults: Arc<Mutex<Vec<String>>>,
    http: reqwest::Client,
}

impl HoldingProxy {
    /// Starts one.
    ///
    /// # Errors
    /// When no loopback port can be opened.
    pub async fn start(surface: &Surface) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = format!("http://{}", listener.local_addr()?);
        let faults = Arc::default();
        let http = client(None)?;
        let passing = Passing { surface: surface.clone(), faults: Arc::clone(&faults), http };
        Ok(Self { address, faults, listening: tokio::spawn(listen(listener, passing)) })
    }

    /// A client that sends everything through it.
    ///
    /// # Errors
    /// When it can't be made.
    pub fn client(&self) -> io::Result<reqwest::Client> {
        client(Some(reqwest::Proxy::all(&self.address).map_err(io::Error::other)?))
    }

    /// What has passed so far and no document has.
    pub fn faults(&self) -> Vec<String> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for HoldingProxy {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

fn client(proxy: Option<reqwest::Proxy>) -> io::Result<reqwest::Client> {
    let builder = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
    let builder = match proxy {
        Some(proxy) => builder.proxy(proxy),
        None => builder,
    };
    builder.build().map_err(io::Error::other)
}

async fn listen(listener: TcpListener, passing: Passing) {
    // Dropped with this task, and the connections with it.
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let passing = passing.clone();
        let service = service_fn(move |request| {
            let passing = passing.clone();
            async move { passing.pass(request).await }
        });
        connections.spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        while connections.try_join_next().is_some() {}
    }
}

impl Passing {
    async fn pass(&self, request: Request<Incoming>) -> io::Result<Response<Full<Bytes>>> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
        let url: Url = parts.uri.to_string().parse().map_err(io::Error::other)?;
        self.hold(&url, self.surface.check_request(&parts.method, &url, &parts.headers, Some(&body)));
        self.hold(&url, self.surface.check_token(&parts.method, &url, &parts.headers));

        let mut onward = parts.headers.clone();
        // Each connection has its own framing.
        for name in [header::HOST, header::CONNECTION, header::CONTENT_LENGTH, header::TRANSFER_ENCODING] {
            onward.remove(name);
        }
        let sent = self.http.request(parts.method.clone(), url.clone()).headers(onward).body(body);
        let answer = sent.send().await.map_err(io::Error::other)?;
        let (status, mut headers) = (answer.status(), answer.headers().clone());
        let body = answer.bytes().await.map_err(io::Error::other)?;
        self.hold(&url, self.surface.check_answer(&parts.method, &url, status, &headers, &body));
        if status.is_success() {
            self.surface.note(&parts.method, &url, &parts.headers);
        }
        headers.remove(header::TRANSFER_ENCODING);
        let mut passed = Response::new(Full::new(body));
        *passed.status_mut() = status;
        *passed.headers_mut() = headers;
        Ok(passed)
    }

    fn hold(&self, url: &Url, outcome: Result<(), String>) {
        if let Err(lacks) = outcome {
            let fault = format!("{}: the document lacks {lacks}", url.path());
            self.faults.lock().unwrap_or_else(PoisonError::into_inner).push(fault);
        }
    }
}
