use std::fmt;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::stream::{BoxStream, Fuse};
use futures::{Stream, StreamExt, TryStreamExt};
use http_body::{Body, Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::error::scrub;
use crate::transport::Progress;

/// How much of a file is read at once. Small reads cost more than the network: 4 KiB reads reach a thirtieth of this.
const CHUNK: usize = 256 * 1024;

/// How much of what is in memory is handed on at once. Progress is told with each, so that a slow line gets through one
/// within the idle limit.
const SLICE: usize = 64 * 1024;

/// What is uploaded: bytes, a file, a reader or a stream.
///
/// Bytes, files and replayable streams can be read anew, so an attempt that failed before it reached the service is
/// repeated. A stream can be read once; a failed attempt is repeated only if nothing was read from it.
///
/// ```
/// use altinn_core::Payload;
///
/// let payload = Payload::from("<skjema/>");
/// assert_eq!(payload.size(), Some(9));
/// ```
pub struct Payload(Source);

enum Source {
    Bytes(Bytes),
    File { path: PathBuf, size: u64 },
    Stream { size: Option<u64>, stream: Mutex<Option<Chunks>> },
    Replayable { size: Option<u64>, open: Box<dyn Fn() -> Chunks + Send + Sync> },
}

type Chunks = BoxStream<'static, io::Result<Bytes>>;

impl Payload {
    /// A file. It is read while it is sent, so it may be larger than memory; it must not change meanwhile. Its name and
    /// type are not taken from it: say them where it is sent.
    ///
    /// # Errors
    /// What the file system says, with the path, when the file can't be looked at, or is none.
    pub async fn file(path: impl AsRef<Path>) -> io::Result<Self> {
        let path = path.as_ref().to_owned();
        let about = tokio::fs::metadata(&path).await.map_err(|error| at(&path, &error))?;
        if !about.is_file() {
            return Err(at(&path, &io::Error::new(io::ErrorKind::InvalidInput, "not a regular file")));
        }
        Ok(Self(Source::File { path, size: about.len() }))
    }

    /// A stream of bytes; `size` is its length in bytes where it is known beforehand.
    ///
    /// A stream that turns out longer or shorter than `size` fails the upload, and so does one that fails after its last
    /// byte: it must end by itself, and is read to its end before its last piece is sent.
    pub fn stream(size: Option<u64>, stream: impl Stream<Item = io::Result<Bytes>> + Send + 'static) -> Self {
        Self(Source::Stream { size, stream: Mutex::new(Some(Box::pin(stream))) })
    }

    /// Whatever can be read, such as a process's output; `size` is its length in bytes where it is known beforehand.
    ///
    /// It can be read once, as a [`stream`](Self::stream).
    pub fn reader(size: Option<u64>, reader: impl AsyncRead + Send + 'static) -> Self {
        Self::stream(size, chunks(Box::pin(reader)))
    }

    /// A stream that can be had anew: `open` gives it from its beginning, once for each attempt. So a failed attempt is
    /// repeated as it would be for a file.
    pub fn replayable<S>(size: Option<u64>, open: impl Fn() -> S + Send + Sync + 'static) -> Self
    where
        S: Stream<Item = io::Result<Bytes>> + Send + 'static,
    {
        Self(Source::Replayable { size, open: Box::new(move || Box::pin(open())) })
    }

    /// The length in bytes, where it is known.
    pub fn size(&self) -> Option<u64> {
        match &self.0 {
            Source::Bytes(bytes) => Some(bytes.len() as u64),
            Source::File { size, .. } => Some(*size),
            Source::Stream { size, .. } | Source::Replayable { size, .. } => *size,
        }
    }

    /// With its length known: a stream of unknown length is read into memory, anything else stays as it is. For
    /// operations that do harm with an empty body.
    ///
    /// * `limit`: how much a stream may hold, in bytes.
    ///
    /// # Errors
    /// What the stream fails with; [`io::ErrorKind::FileTooLarge`] when it holds more than `limit`.
    pub async fn with_known_size(self, limit: u64) -> io::Result<Self> {
        let stream = match self.0 {
            Source::Stream { size: None, stream } => stream.into_inner().unwrap_or_else(PoisonError::into_inner),
            Source::Replayable { size: None, open } => Some(open()),
            source => return Ok(Self(source)),
        };
        let mut whole = bytes::BytesMut::new();
        if let Some(mut stream) = stream {
            while let Some(chunk) = stream.try_next().await? {
                if (whole.len() + chunk.len()) as u64 > limit {
                    return Err(io::ErrorKind::FileTooLarge.into());
                }
                whole.extend_from_slice(&chunk);
            }
        }
        Ok(Self::from(whole.freeze()))
    }

    /// Whether it can be sent from the start once more, as things stand.
    pub(crate) fn is_fresh(&self) -> bool {
        match &self.0 {
            Source::Bytes(_) | Source::File { .. } | Source::Replayable { .. } => true,
            Source::Stream { stream, .. } => stream.lock().unwrap_or_else(PoisonError::into_inner).is_some(),
        }
    }

    /// The body of one attempt.
    pub(crate) async fn open(&self, progress: &Progress) -> Result<reqwest::Body, PayloadError> {
        let (size, stream) = match &self.0 {
            Source::Bytes(bytes) if bytes.len() <= SLICE => return Ok(reqwest::Body::from(bytes.clone())),
            Source::Bytes(bytes) => (Some(bytes.len() as u64), slices(bytes.clone())),
            Source::File { path, size } => (Some(*size), file_stream(path).await?),
            Source::Replayable { size, open } => (*size, open()),
            Source::Stream { size, stream } => {
                let taken = stream.lock().unwrap_or_else(PoisonError::into_inner).take();
                (*size, taken.ok_or(PayloadError::Spent)?)
            }
        };
        Ok(reqwest::Body::wrap(Sending {
            left: size,
            last: None,
            // It is asked once more after its end, for the piece that was held back.
            stream: Mutex::new(stream.fuse()),
            progress: progress.clone(),
        }))
    }
}

fn slices(mut rest: Bytes) -> Chunks {
    let next = move || (!rest.is_empty()).then(|| Ok(rest.split_to(rest.len().min(SLICE))));
    Box::pin(futures::stream::iter(std::iter::from_fn(next)))
}

/// Read piece by piece in another thread, straight into what is sent: an asynchronous file would copy each piece once
/// more, which is felt at the rate of a disk.
async fn file_stream(path: &Path) -> Result<Chunks, PayloadError> {
    let path = path.to_owned();
    let open = move || std::fs::File::open(&path).map_err(|error| at(&path, &error));
    let file = aside(open).await.map_err(PayloadError::Read)?;
    Ok(Box::pin(futures::stream::try_unfold(file, |mut file| async move {
        let read = move || {
            let mut chunk = Vec::with_capacity(CHUNK);
            (&mut file).take(CHUNK as u64).read_to_end(&mut chunk)?;
            Ok((!chunk.is_empty()).then(|| (Bytes::from(chunk), file)))
        };
        aside(read).await
    })))
}

/// The error of a file, with its path.
fn at(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", scrub(&path.to_string_lossy())))
}

/// Runs what waits for the file system where it may wait.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

fn chunks(reader: impl AsyncRead + Unpin + Send + 'static) -> impl Stream<Item = io::Result<Bytes>> + Send {
    futures::stream::try_unfold(reader, |mut reader| async move {
        let mut chunk = bytes::BytesMut::with_capacity(CHUNK);
        let read = reader.read_buf(&mut chunk).await?;
        Ok((read > 0).then(|| (chunk.freeze(), reader)))
    })
}

/// Why a payload could not be sent to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PayloadError {
    #[error("reading failed")]
    Read(#[source] io::Error),
    #[error("the source is longer or shorter than it was said to be")]
    WrongSize,
    #[error("the stream was already read by an earlier attempt")]
    Spent,
}

/// A stream as a request body of known or unknown length that keeps its promise about the length.
///
/// With a length, its last piece is held back until the stream has ended: once all is there that was announced, nobody
/// asks any further, and what comes instead of the end, more of it or an error, would go unseen.
struct Sending {
    left: Option<u64>,
    last: Option<Bytes>,
    /// Never locked: a request body must be `Sync`, and a mutex makes any stream so.
    stream: Mutex<Fuse<Chunks>>,
    progress: Progress,
}

impl Body for Sending {
    type Data = Bytes;
    type Error = PayloadError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, PayloadError>>> {
        let this = &mut *self;
        loop {
            let stream = this.stream.get_mut().unwrap_or_else(PoisonError::into_inner);
            let next = std::task::ready!(stream.poll_next_unpin(context));
            this.progress.moved();
            return Poll::Ready(match (next, this.left) {
                (Some(Ok(chunk)), Some(left)) => match left.checked_sub(chunk.len() as u64) {
                    None => Some(Err(PayloadError::WrongSize)),
                    Some(0) => {
                        this.left = Some(0);
                        if !chunk.is_empty() {
                            this.last = Some(chunk);
                        }
                        continue;
                    }
                    left => {
                        this.left = left;
                        Some(Ok(Frame::data(chunk)))
                    }
                },
                (Some(Ok(chunk)), None) => Some(Ok(Frame::data(chunk))),
                (Some(Err(error)), _) => Some(Err(PayloadError::Read(error))),
                (None, Some(1..)) => Some(Err(PayloadError::WrongSize)),
                (None, _) => this.last.take().map(|last| Ok(Frame::data(last))),
            });
        }
    }

    fn size_hint(&self) -> SizeHint {
        let held = self.last.as_ref().map_or(0, |last| last.len() as u64);
        self.left.map(|left| SizeHint::with_exact(left + held)).unwrap_or_default()
    }
}

impl From<Bytes> for Payload {
    fn from(bytes: Bytes) -> Self {
        Self(Source::Bytes(bytes))
    }
}

impl From<Vec<u8>> for Payload {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Source::Bytes(bytes.into()))
    }
}

impl From<String> for Payload {
    fn from(text: String) -> Self {
        Self(Source::Bytes(text.into()))
    }
}

impl From<&'static str> for Payload {
    fn from(text: &'static str) -> Self {
        Self(Source::Bytes(text.into()))
    }
}

impl From<&'static [u8]> for Payload {
    fn from(bytes: &'static [u8]) -> Self {
        Self(Source::Bytes(Bytes::from_static(bytes)))
    }
}

/// Shows what kind it is and how long, never the content.
impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match &self.0 {
            Source::Bytes(_) => "bytes",
            Source::File { .. } => "file",
            Source::Stream { .. } => "stream",
            Source::Replayable { .. } => "replayable stream",
        };
        f.debug_struct("Payload").field("kind", &kind).field("size", &self.size()).finish()
    }
}
