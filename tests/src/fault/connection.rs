//! One connection: reads requests, writes answers, in plain HTTP/1.1.
//!
//! Written on the socket, since a server library takes care that an answer is never cut or stalled.

use std::io;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::answer::{Answer, End};
use super::received::Received;
use super::server::Script;

/// More headers than any caller of the tests sends.
const HEADERS: usize = 64;

pub(super) async fn serve(mut stream: TcpStream, script: Arc<Script>) {
    let mut buffer = BytesMut::new();
    // An error means that the caller is gone; there is nobody to tell.
    while let Ok(Some(request)) = read_request(&mut stream, &mut buffer).await {
        let (complete, is_head) = (request.complete, request.method == Method::HEAD);
        let answer = script.answer(request);
        if !complete {
            return;
        }
        match write_answer(&mut stream, &answer, is_head).await {
            Ok(true) => {}
            Ok(false) | Err(_) => return,
        }
    }
}

/// The next request; nothing when the caller has closed the connection or what it sends is no HTTP/1.
async fn read_request(stream: &mut TcpStream, buffer: &mut BytesMut) -> io::Result<Option<Received>> {
    let (mut request, head_length) = loop {
        if let Some(parsed) = parse_head(buffer)? {
            break parsed;
        }
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    };
    let _head = buffer.split_to(head_length);
    let framing = Framing::of(&request.headers);
    if request.header("expect").is_some_and(|value| value.eq_ignore_ascii_case("100-continue")) {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
    }
    let mut body = Body { stream, buffer, got: BytesMut::new() };
    request.complete = body.read(framing).await?;
    request.body = body.got.freeze();
    Ok(Some(request))
}

fn parse_head(buffer: &[u8]) -> io::Result<Option<(Received, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut head = httparse::Request::new(&mut headers);
    let length = match head.parse(buffer).map_err(io::Error::other)? {
        httparse::Status::Complete(length) => length,
        httparse::Status::Partial => return Ok(None),
    };
    let mut fields = HeaderMap::new();
    for field in head.headers.iter() {
        let name = HeaderName::from_bytes(field.name.as_bytes()).map_err(io::Error::other)?;
        fields.append(name, HeaderValue::from_bytes(field.value).map_err(io::Error::other)?);
    }
    let request = Received {
        method: head.method.unwrap_or_default().parse().map_err(io::Error::other)?,
        target: head.path.unwrap_or_default().to_owned(),
        headers: fields,
        body: Bytes::new(),
        complete: false,
    };
    Ok(Some((request, length)))
}

/// How the end of a request's body is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Framing {
    Length(usize),
    Chunked,
}

impl Framing {
    fn of(headers: &HeaderMap) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        if text("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) {
            return Self::Chunked;
        }
        Self::Length(text("content-length").and_then(|value| value.parse().ok()).unwrap_or(0))
    }
}

struct Body<'a> {
    stream: &'a mut TcpStream,
    buffer: &'a mut BytesMut,
    got: BytesMut,
}

impl Body<'_> {
    /// Reads to the end; false when the caller broke off.
    async fn read(&mut self, framing: Framing) -> io::Result<bool> {
        match framing {
            Framing::Length(length) => self.take(length).await,
            Framing::Chunked => self.read_chunks().await,
        }
    }

    async fn read_chunks(&mut self) -> io::Result<bool> {
        loop {
            let Some(line) = self.line().await? else { return Ok(false) };
            let digits = line.split(';').next().unwrap_or_default().trim();
            let length = usize::from_str_radix(digits, 16).map_err(io::Error::other)?;
            if length == 0 {
                return self.skip_trailers().await;
            }
            if !self.take(length).await? || self.line().await?.is_none() {
                return Ok(false);
            }
        }
    }

    async fn skip_trailers(&mut self) -> io::Result<bool> {
        loop {
            match self.line().await? {
                None => return Ok(false),
                Some(line) if line.is_empty() => return Ok(true),
                Some(_) => {}
            }
        }
    }

    /// Moves `length` bytes to what has been got, or as many as come.
    async fn take(&mut self, length: usize) -> io::Result<bool> {
        let mut missing = length;
        while missing > 0 {
            if self.buffer.is_empty() && !self.more().await? {
                return Ok(false);
            }
            let part = self.buffer.split_to(missing.min(self.buffer.len()));
            missing -= part.len();
            self.got.extend_from_slice(&part);
        }
        Ok(true)
    }

    async fn line(&mut self) -> io::Result<Option<String>> {
        loop {
            if let Some(end) = self.buffer.windows(2).position(|pair| pair == b"\r\n") {
                let line = self.buffer.split_to(end + 2);
                let text = line.get(..end).unwrap_or_default();
                return Ok(Some(String::from_utf8_lossy(text).into_owned()));
            }
            if !self.more().await? {
                return Ok(None);
            }
        }
    }

    /// A connection that breaks in a body is told like one that ends in it: what came before is still of interest.
    async fn more(&mut self) -> io::Result<bool> {
        Ok(self.stream.read_buf(self.buffer).await.unwrap_or(0) > 0)
    }
}

/// Writes `answer`; true when the connection can take another request.
async fn write_answer(stream: &mut TcpStream, answer: &Answer, is_head: bool) -> io::Result<bool> {
    if !answer.delay.is_zero() {
        tokio::time::sleep(answer.delay).await;
    }
    if let Some(gate) = &answer.gate {
        gate.passed().await;
    }
    if answer.end == End::CutBeforeHead {
        return Ok(false);
    }
    stream.write_all(head(answer).as_bytes()).await?;
    let body = if is_head { Bytes::new() } else { answer.body.clone() };
    let limit = match answer.end {
        End::CutAfter(bytes) | End::StallAfter(bytes) => bytes.min(body.len()),
        End::Whole | End::CutBeforeHead => body.len(),
    };
    let sent = body.slice(..limit);
    // The chunk announces the whole body, so that a cut falls inside it.
    if answer.chunked && !body.is_empty() {
        stream.write_all(format!("{:x}\r\n", body.len()).as_bytes()).await?;
    }
    stream.write_all(&sent).await?;
    match answer.end {
        End::CutAfter(_) | End::CutBeforeHead => {
            stream.shutdown().await?;
            Ok(false)
        }
        End::StallAfter(_) => {
            // Returns when the caller closes its side; bytes it may still send are of no interest.
            tokio::io::copy(stream, &mut tokio::io::sink()).await?;
            Ok(false)
        }
        End::Whole => {
            if answer.chunked && !is_head {
                let end: &[u8] = if body.is_empty() { b"0\r\n\r\n" } else { b"\r\n0\r\n\r\n" };
                stream.write_all(end).await?;
            }
            Ok(true)
        }
    }
}

fn head(answer: &Answer) -> String {
    use std::fmt::Write as _;

    let reason = http::StatusCode::from_u16(answer.status).ok().and_then(|status| status.canonical_reason());
    let mut head = format!("HTTP/1.1 {} {}\r\n", answer.status, reason.unwrap_or_default());
    for (name, value) in &answer.headers {
        let _written = write!(head, "{name}: {value}\r\n");
    }
    let has_length = answer.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    if answer.chunked {
        head.push_str("transfer-encoding: chunked\r\n");
    } else if !has_length && answer.status >= 200 && answer.status != 204 && answer.status != 304 {
        let _written = write!(head, "content-length: {}\r\n", answer.body.len());
    }
    head.push_str("\r\n");
    head
}
