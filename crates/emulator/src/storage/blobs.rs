//! Content: small pieces in memory, large ones in temporary files, both read and written as streams.
//!
//! The files have no name, or are deleted by the system when they are closed, so that none is left by a program that is
//! killed.

use std::fmt;
use std::fs::File;
use std::io;
use std::sync::Arc;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use tokio::io::AsyncWriteExt as _;

/// What is larger goes to disk.
const IN_MEMORY: usize = 256 * 1024;
/// How much is read from disk at a time.
const PIECE: usize = 256 * 1024;

/// Stored content. Clones share it.
#[derive(Clone)]
pub(crate) struct Blob {
    place: Place,
    length: u64,
}

/// Content is not for logs.
impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blob").field("length", &self.length).finish_non_exhaustive()
    }
}

#[derive(Clone)]
enum Place {
    Memory(Bytes),
    File(Arc<File>),
}

impl Blob {
    /// Content that is at hand already.
    pub(crate) fn of(content: Bytes) -> Self {
        Self { length: content.len() as u64, place: Place::Memory(content) }
    }

    /// In bytes.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// The content as a response body of unknown length, as the service sends it.
    pub(crate) fn into_body(self) -> Body {
        let file = match self.place {
            Place::Memory(content) => {
                let pieces = futures::stream::iter([Ok::<_, io::Error>(content)]);
                return Body::from_stream(pieces);
            }
            Place::File(file) => file,
        };
        let pieces = futures::stream::try_unfold((file, 0), |(file, at)| async move {
            let (file, piece) = tokio::task::spawn_blocking(move || {
                let piece = piece_at(&file, at);
                (file, piece)
            })
            .await?;
            let piece = piece?;
            let end = at + piece.len() as u64;
            Ok::<_, io::Error>((!piece.is_empty()).then_some((Bytes::from(piece), (file, end))))
        });
        Body::from_stream(pieces)
    }

    /// Content that is small enough not to be on disk.
    pub(crate) fn in_memory(&self) -> Option<&Bytes> {
        match &self.place {
            Place::Memory(content) => Some(content),
            Place::File(_) => None,
        }
    }

    /// Hands the content to `take`, piece by piece. It blocks while it reads.
    pub(crate) fn each_piece(&self, mut take: impl FnMut(&[u8])) -> io::Result<()> {
        match &self.place {
            Place::Memory(content) => take(content),
            Place::File(file) => {
                let mut at = 0;
                loop {
                    let piece = piece_at(file, at)?;
                    if piece.is_empty() {
                        break;
                    }
                    at += piece.len() as u64;
                    take(&piece);
                }
            }
        }
        Ok(())
    }
}

/// What is at a place in a file; empty at its end. Readers share the file, so none may go by where another has come to.
fn piece_at(file: &File, at: u64) -> io::Result<Vec<u8>> {
    let mut piece = vec![0; PIECE];
    #[cfg(unix)]
    let read = std::os::unix::fs::FileExt::read_at(file, &mut piece, at)?;
    #[cfg(windows)]
    let read = std::os::windows::fs::FileExt::seek_read(file, &mut piece, at)?;
    piece.truncate(read);
    Ok(piece)
}

/// Takes content in as it arrives.
#[derive(Default)]
pub(crate) struct BlobWriter {
    memory: BytesMut,
    file: Option<tokio::fs::File>,
    length: u64,
}

impl BlobWriter {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Adds a piece.
    pub(crate) async fn push(&mut self, piece: &[u8]) -> io::Result<()> {
        self.length += piece.len() as u64;
        if self.file.is_none() && self.memory.len() + piece.len() > IN_MEMORY {
            let mut file = tokio::fs::File::from_std(tempfile::tempfile()?);
            file.write_all(&self.memory).await?;
            self.memory = BytesMut::new();
            self.file = Some(file);
        }
        match &mut self.file {
            Some(file) => file.write_all(piece).await,
            None => {
                self.memory.extend_from_slice(piece);
                Ok(())
            }
        }
    }

    /// The finished content.
    pub(crate) async fn finish(self) -> io::Result<Blob> {
        let place = match self.file {
            Some(mut file) => {
                file.flush().await?;
                Place::File(Arc::new(file.into_std().await))
            }
            None => Place::Memory(self.memory.freeze()),
        };
        Ok(Blob { place, length: self.length })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn blob_of(size: usize) -> Blob {
        let mut writer = BlobWriter::new();
        for piece in vec![7_u8; size].chunks(100_000) {
            writer.push(piece).await.expect("room on the disk");
        }
        writer.finish().await.expect("room on the disk")
    }

    #[tokio::test(flavor = "current_thread")]
    async fn small_and_large_content_comes_back_whole() {
        for size in [0, 10, IN_MEMORY, IN_MEMORY + 1, 3 * IN_MEMORY] {
            let blob = blob_of(size).await;
            assert_eq!(blob.length(), size as u64);
            assert_eq!(matches!(blob.place, Place::File(_)), size > IN_MEMORY);
            let mut seen = 0;
            blob.each_piece(|piece| seen += piece.len()).expect("the content");
            assert_eq!(seen, size);
            let body = blob.into_body();
            let content = axum::body::to_bytes(body, usize::MAX).await.expect("the content");
            assert_eq!(content.len(), size);
            assert!(content.iter().all(|byte| *byte == 7));
        }
    }

    #[test]
    fn content_does_not_show() {
        let shown = format!("{:?}", Blob::of(Bytes::from_static(b"hemmeleg")));
        assert!(shown.contains('8') && !shown.contains("hemmeleg"));
    }

    #[tokio::test(flavor = "current_thread")]
    async fn those_who_read_a_file_at_once_do_not_disturb_each_other() {
        let mut writer = BlobWriter::new();
        let content: Vec<u8> = (0..3 * IN_MEMORY).map(|at| (at / 1000) as u8).collect();
        writer.push(&content).await.expect("room on the disk");
        let blob = writer.finish().await.expect("room on the disk");
        let read = || axum::body::to_bytes(blob.clone().into_body(), usize::MAX);
        let (one, other) = tokio::join!(read(), read());
        assert!(one.expect("the content") == content && other.expect("the content") == content);
    }
}
