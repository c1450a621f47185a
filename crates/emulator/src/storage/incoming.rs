//! The body of a request on its way in.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http::header::EXPECT;
use http_body::Body as _;

use super::context::{Refusal, unhandled};

/// How long the web server goes on reading what nobody wants, so that the sender can finish and read the answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// A body that handlers read as far as they like.
#[derive(Debug)]
pub(crate) struct Incoming {
    body: Body,
    /// The sender waits to be told to go on, which reading the first piece does.
    held_back: bool,
}

impl Incoming {
    /// The body that came with `headers`.
    pub(super) fn new(headers: &HeaderMap, body: Body) -> Self {
        Self { body, held_back: headers.contains_key(EXPECT) }
    }

    /// The next piece; `None` at the end.
    ///
    /// # Errors
    ///
    /// An unhandled exception when the sender is gone.
    pub(super) async fn piece(&mut self) -> Result<Option<Bytes>, Refusal> {
        self.held_back = false;
        loop {
            match poll_fn(|context| Pin::new(&mut self.body).poll_frame(context)).await {
                None => return Ok(None),
                Some(Err(_)) => return Err(unhandled()),
                Some(Ok(frame)) => {
                    if let Ok(piece) = frame.into_data() {
                        return Ok(Some(piece));
                    }
                }
            }
        }
    }

    /// All of it.
    ///
    /// # Errors
    ///
    /// An unhandled exception for more than `limit` bytes, after the rest has been passed over.
    pub(super) async fn whole(&mut self, limit: u64) -> Result<Bytes, Refusal> {
        let mut whole = BytesMut::new();
        let mut length = 0_u64;
        while let Some(piece) = self.piece().await? {
            length += piece.len() as u64;
            if length <= limit {
                whole.extend_from_slice(&piece);
            }
        }
        if length > limit { Err(unhandled()) } else { Ok(whole.freeze()) }
    }

    /// Reads on for a while beside the answer, unless there is nothing left. A sender that waits to be told to go on
    /// is not told.
    pub(super) fn pass_over(mut self) {
        if self.held_back || self.body.is_end_stream() {
            return;
        }
        tokio::spawn(async move {
            let rest = async { while let Ok(Some(_)) = self.piece().await {} };
            tokio::time::timeout(PATIENCE, rest).await.ok();
        });
    }
}
