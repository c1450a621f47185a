//! Content: small pieces in memory, large ones in temporary files, both read and written as streams.

use std::fmt;
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::Arc;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use tempfile::TempPath;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

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
    File(Arc<TempPath>),
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
    pub(crate) async fn into_body(self) -> io::Result<Body> {
        let path = match self.place {
            Place::Memory(content) => {
                let pieces = futures::stream::iter([Ok::<_, io::Error>(content)]);
                return Ok(Body::from_stream(pieces));
            }
            Place::File(path) => path,
        };
        // The file is deleted with the last clone of its path, so the stream keeps one.
        let file = tokio::fs::File::open(&**path).await?;
        let pieces = futures::stream::try_unfold((file, path), |(mut file, path)| async move {
            let mut piece = BytesMut::with_capacity(PIECE);
            let read = file.read_buf(&mut piece).await?;
            Ok::<_, io::Error>((read > 0).then(|| (piece.freeze(), (file, path))))
        });
        Ok(Body::from_stream(pieces))
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
            Place::File(path) => {
                let path: &Path = path;
                let mut file = std::fs::File::open(path)?;
                let mut piece = vec![0; PIECE];
                loop {
                    let read = file.read(&mut piece)?;
                    if read == 0 {
                        break;
                    }
                    take(&piece[..read]);
                }
            }
        }
        Ok(())
    }
}

/// Takes content in as it arrives.
#[derive(Default)]
pub(crate) struct BlobWriter {
    memory: BytesMut,
    file: Option<(tokio::fs::File, TempPath)>,
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
            let (file, path) = tempfile::NamedTempFile::new()?.into_parts();
            let mut file = tokio::fs::File::from_std(file);
            file.write_all(&self.memory).await?;
            self.memory = BytesMut::new();
            self.file = Some((file, path));
        }
        match &mut self.file {
            Some((file, _)) => file.write_all(piece).await,
            None => {
                self.memory.extend_from_slice(piece);
                Ok(())
            }
        }
    }

    /// The finished content.
    pub(crate) async fn finish(self) -> io::Result<Blob> {
        let place = match self.file {
            Some((mut file, path)) => {
                file.flush().await?;
                Place::File(Arc::new(path))
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
            let body = blob.into_body().await.expect("the content");
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
    async fn a_file_goes_with_its_last_owner() {
        let blob = blob_of(IN_MEMORY + 1).await;
        let Place::File(path) = &blob.place else { panic!("a file") };
        let path = path.to_path_buf();
        assert!(path.exists());
        drop(blob);
        assert!(!path.exists());
    }
}
