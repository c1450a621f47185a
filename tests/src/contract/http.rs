//! Sends a request exactly as it is written, and reads the whole answer.
//!
//! One connection for each request: a service that answers early and closes can't fail the next step.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::Frame;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use url::Url;

use super::error::ContractError;

/// Longer than any answer takes, the slow ones of a service with broken neighbours included.
const LIMIT: Duration = Duration::from_secs(60);

/// A request on its way out. `Debug` tells no header values: one is the token.
#[derive(Clone)]
pub(super) struct Outgoing {
    pub(super) method: String,
    /// Path and query as they go on the wire.
    pub(super) target: String,
    /// Names in lower case; a name may come twice.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Option<Bytes>,
    /// Sends the body in chunks, without a length.
    pub(super) chunked: bool,
}

impl Outgoing {
    /// All values of a header, joined as one text.
    pub(super) fn header(&self, name: &str) -> String {
        let values: Vec<&str> =
            self.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect();
        values.join(",")
    }
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing").field("method", &self.method).field("target", &self.target).finish_non_exhaustive()
    }
}

/// An answer, read to its end. `Debug` tells neither headers nor body: a body can be a token.
#[derive(Clone)]
pub(super) struct Incoming {
    pub(super) status: u16,
    headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Incoming {
    /// The value of a header, every byte read as one character of Latin-1, since headers have no other encoding.
    /// Values of a header that came twice are joined by a comma, where its name does not say that there is only one.
    pub(super) fn header(&self, name: &str) -> Option<String> {
        const SINGLE: [&str; 8] =
            ["content-type", "content-length", "etag", "location", "expires", "last-modified", "retry-after", "server"];
        let separator = if name == "set-cookie" { "," } else { ", " };
        let mut values = self.headers.get_all(name).iter().map(latin1);
        let first = values.next()?;
        if SINGLE.contains(&name) {
            return Some(first);
        }
        Some(values.fold(first, |joined, value| joined + separator + &value))
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[cfg(test)]
    pub(super) fn for_tests(status: u16, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Self {
        let headers =
            headers.iter().map(|(name, value)| (name.parse().unwrap(), latin1_value(value).unwrap())).collect();
        Self { status, headers, body: body.into() }
    }
}

impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming").field("status", &self.status).finish_non_exhaustive()
    }
}

/// Sends `outgoing` to the service at `base`, of which only host and port count.
pub(super) async fn send(base: &Url, outgoing: &Outgoing) -> Result<Incoming, ContractError> {
    let authority = base.authority();
    let address = format!("{}:{}", base.host_str().unwrap_or_default(), base.port_or_known_default().unwrap_or(80));
    let request = request(outgoing, authority)?;
    match tokio::time::timeout(LIMIT, exchange(&address, request)).await {
        Ok(answer) => answer,
        Err(_) => Err(ContractError::Http(format!("none within {LIMIT:?}"))),
    }
}

type Body = BoxBody<Bytes, std::convert::Infallible>;

fn request(outgoing: &Outgoing, authority: &str) -> Result<Request<Body>, ContractError> {
    let mut request = Request::builder()
        .method(outgoing.method.as_str())
        .uri(outgoing.target.as_str())
        .body(body(outgoing))
        .map_err(|error| ContractError::Request(error.to_string()))?;
    // The type of targets drops what it takes for a fragment, which would be sent as it stands.
    if request.uri().to_string() != outgoing.target {
        return Err(ContractError::Request(format!("{} can't be sent as it stands", outgoing.target)));
    }
    let headers = request.headers_mut();
    for (name, value) in &outgoing.headers {
        let name =
            HeaderName::from_bytes(name.as_bytes()).map_err(|error| ContractError::Request(error.to_string()))?;
        headers.append(name, latin1_value(value)?);
    }
    if !headers.contains_key(HOST) {
        headers.insert(HOST, latin1_value(authority)?);
    }
    if outgoing.chunked && outgoing.body.is_some() {
        headers.remove(CONTENT_LENGTH);
        headers.insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
    }
    Ok(request)
}

fn body(outgoing: &Outgoing) -> Body {
    let bytes = outgoing.body.clone().unwrap_or_default();
    if outgoing.chunked && outgoing.body.is_some() {
        let frames = futures::stream::iter([Ok(Frame::data(bytes))]);
        return StreamBody::new(frames).boxed();
    }
    Full::new(bytes).boxed()
}

async fn exchange(address: &str, request: Request<Body>) -> Result<Incoming, ContractError> {
    let failed = |error: &dyn std::error::Error| ContractError::Http(error.to_string());
    let stream = TcpStream::connect(address).await.map_err(|error| failed(&error))?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|error| failed(&error))?;
    let driver = tokio::spawn(connection);
    let answer = async {
        let (head, body) = sender.send_request(request).await?.into_parts();
        let body = body.collect().await?.to_bytes();
        Ok(Incoming { status: head.status.as_u16(), headers: head.headers, body })
    };
    let answer = answer.await.map_err(|error: hyper::Error| failed(&error));
    driver.abort();
    answer
}

fn latin1(value: &HeaderValue) -> String {
    value.as_bytes().iter().map(|byte| char::from(*byte)).collect()
}

fn latin1_value(text: &str) -> Result<HeaderValue, ContractError> {
    let bytes: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
    let value = bytes.and_then(|bytes| HeaderValue::from_bytes(&bytes).ok());
    value.ok_or_else(|| ContractError::Request("a header that HTTP can't carry".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::{Answer, FaultServer};
    use crate::redaction::assert_redacted;

    fn outgoing(method: &str, target: &str) -> Outgoing {
        Outgoing { method: method.into(), target: target.into(), headers: vec![], body: None, chunked: false }
    }

    #[tokio::test]
    async fn the_request_goes_out_as_it_is_written() {
        let server = FaultServer::start([Answer::text(201, "blåbær").header("x", "1").header("x", "2")]).await.unwrap();
        let mut request = outgoing("POST", "/a/../b//%41?q=%2f&é");
        request.headers = [("x", "1"), ("x", "2"), ("d", "blå\t"), ("content-length", "3")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec();
        request.body = Some(Bytes::from_static(b"abc"));
        let answer = send(server.url(), &request).await.unwrap();
        assert_eq!((answer.status, answer.text().as_str()), (201, "blåbær"));
        assert_eq!(answer.header("x").as_deref(), Some("1, 2"));
        let got = server.requests().remove(0);
        assert_eq!((got.method.as_str(), got.target.as_str()), ("POST", "/a/../b//%41?q=%2f&é"));
        assert_eq!(got.headers.get_all("x").iter().collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(got.headers["d"].as_bytes(), b"bl\xe5");
        assert_eq!(got.headers["content-length"], "3");
        assert_eq!(got.headers["host"], server.url().authority());
        assert_eq!(got.body, "abc");
    }

    #[tokio::test]
    async fn an_empty_body_keeps_its_length_and_a_chunked_one_has_none() {
        let server = FaultServer::start([Answer::status(200).repeated()]).await.unwrap();
        for method in ["GET", "HEAD", "DELETE", "PATCH"] {
            let mut request = outgoing(method, "/");
            request.headers.push(("content-length".into(), "0".into()));
            send(server.url(), &request).await.unwrap();
            request.body = Some(Bytes::from_static(b"abc"));
            request.chunked = true;
            send(server.url(), &request).await.unwrap();
            let got = server.requests();
            let [.., empty, chunked] = got.as_slice() else { panic!("two requests") };
            assert_eq!((&empty.headers["content-length"], empty.body.len()), (&"0".parse().unwrap(), 0), "{method}");
            assert!(!chunked.headers.contains_key("content-length"), "{method}");
            assert_eq!(
                (&chunked.headers["transfer-encoding"], &chunked.body[..]),
                (&"chunked".parse().unwrap(), b"abc".as_slice())
            );
        }
    }

    #[tokio::test]
    async fn a_cut_answer_and_an_impossible_request_are_errors() {
        let server = FaultServer::start([Answer::text(200, "abcdef").cut_after(3)]).await.unwrap();
        assert!(matches!(send(server.url(), &outgoing("GET", "/")).await, Err(ContractError::Http(_))));
        assert!(matches!(send(server.url(), &outgoing("GET", "/a#b")).await, Err(ContractError::Request(_))));
        let mut request = outgoing("GET", "/");
        request.headers.push(("x".into(), "€".into()));
        assert!(matches!(send(server.url(), &request).await, Err(ContractError::Request(_))));
        assert_eq!(server.requests().len(), 1);
    }

    #[test]
    fn tokens_are_not_printed() {
        let mut request = outgoing("GET", "/");
        request.headers.push(("authorization".into(), "Bearer secret-token-value".into()));
        let answer = Incoming::for_tests(200, &[("x", "secret-token-value")], "secret-token-value");
        assert_redacted(&format!("{request:?} {answer:?}"), &[("token", "secret-token-value")]);
    }
}
