use std::path::{Path, PathBuf};

use altinn_core::transport::{Download as Incoming, DownloadError, RequestSpec, Transport, scrub};
use altinn_core::{DataElementId, Error, ErrorKind, InstanceId};
use bytes::{Bytes, BytesMut};
use http::Method;
use mime::Mime;
use tokio::io::{AsyncWrite, AsyncWriteExt};

use super::advice;
use super::content_stream::ContentStream;
use super::integrity::Integrity;
use super::part_file::PartFile;
use super::sha256::Sha256;
use super::{DOWNLOAD, DataElement, FileScanResult, ScanPolicy, of};

/// What to download: a data element as a list showed it, or its id alone. With the element its size and its virus scan
/// are known, and a download that lacks a part is noticed; the service sends no length and no hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DownloadTarget {
    id: DataElementId,
    size: Option<u64>,
    scan: Option<FileScanResult>,
}

impl From<&DataElement> for DownloadTarget {
    fn from(element: &DataElement) -> Self {
        // Forms of Altinn 2 are rendered when they are asked for, and stand there with no size. The service stores nothing
        // else of that size.
        let size = Some(element.size).filter(|size| *size > 0);
        Self { id: element.id, size, scan: element.file_scan_result.clone() }
    }
}

impl From<DataElementId> for DownloadTarget {
    fn from(id: DataElementId) -> Self {
        Self { id, size: None, scan: None }
    }
}

/// A download to be started: choose where the content goes.
///
/// There is no time-out for the whole, only for a stall. The service can't continue a broken download, so a repeated
/// attempt begins anew.
#[derive(Debug)]
#[must_use = "nothing is sent before it is told where the content goes"]
pub struct Download {
    transport: Transport,
    instance: InstanceId,
    target: DownloadTarget,
    scan: ScanPolicy,
    hash: bool,
    expected: Option<Sha256>,
}

/// What came.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Downloaded {
    /// Its length in bytes.
    pub size: u64,
    /// Its SHA-256, if [`Download::sha256`] or [`Download::expect_sha256`] asked for it.
    pub sha256: Option<Sha256>,
    /// The content type that it was uploaded with, if it is a valid one.
    pub content_type: Option<Mime>,
}

/// How much a download into memory may hold unless told otherwise, in bytes.
const DEFAULT_LIMIT: u64 = 256 * 1024 * 1024;

/// How much memory is reserved at most before the content comes, in bytes. The size in the metadata is only a claim:
/// what can't be reserved would end the process.
const RESERVED: u64 = 1024 * 1024;

impl Download {
    pub(super) fn new(transport: Transport, instance: InstanceId, target: DownloadTarget) -> Self {
        Self { transport, instance, target, scan: ScanPolicy::default(), hash: false, expected: None }
    }

    /// Which files may be fetched, by what their virus scan found. Default any but infected ones.
    pub fn scan(mut self, policy: ScanPolicy) -> Self {
        self.scan = policy;
        self
    }

    /// Reckons the SHA-256 while the content arrives, for [`Downloaded::sha256`]. Holds for
    /// [`to_file`](Self::to_file) and [`to_writer`](Self::to_writer).
    pub fn sha256(mut self) -> Self {
        self.hash = true;
        self
    }

    /// Another hash than this one fails the download, wherever the content goes. A [stream](Self::stream) can tell only at
    /// its end: what came before is not to be relied on until then.
    pub fn expect_sha256(mut self, expected: Sha256) -> Self {
        self.expected = Some(expected);
        self
    }

    fn integrity(&self) -> Integrity {
        Integrity::new(self.target.size, self.expected, self.hash)
    }

    fn spec(&self) -> Result<RequestSpec, Error> {
        self.scan.check(self.target.scan.as_ref())?;
        let spec = RequestSpec::new(DOWNLOAD, Method::GET).judge(advice::download);
        Ok(of(spec, self.instance).path(["data"]).segment(self.target.id))
    }

    /// Into memory, at most 256 MiB; see [`bytes_up_to`](Self::bytes_up_to).
    ///
    /// # Errors
    /// As for [`bytes_up_to`](Self::bytes_up_to).
    pub async fn bytes(self) -> Result<Bytes, Error> {
        self.bytes_up_to(DEFAULT_LIMIT).await
    }

    /// Into memory, at most `limit` bytes.
    ///
    /// # Errors
    /// [`Integrity`](ErrorKind::Integrity) when it is larger than `limit`, not as long as it should be or has another
    /// hash, [`ScanRefused`](ErrorKind::ScanRefused) by its virus scan, and what any call may meet.
    pub async fn bytes_up_to(self, limit: u64) -> Result<Bytes, Error> {
        let size = self.target.size;
        let spec = self.spec()?;
        if size.is_some_and(|size| size > limit) {
            return Err(DownloadError::too_large(limit).into_error(DOWNLOAD));
        }
        self.transport
            .download(&spec, async |mut incoming: Incoming| {
                let mut integrity = self.integrity();
                let reserved = size.unwrap_or(0).min(RESERVED);
                let mut content = BytesMut::with_capacity(usize::try_from(reserved).unwrap_or(0));
                while let Some(chunk) = incoming.chunk().await? {
                    if incoming.received() > limit {
                        return Err(DownloadError::too_large(limit));
                    }
                    integrity.update(&chunk);
                    content.extend_from_slice(&chunk);
                }
                integrity.finish(&incoming)?;
                Ok(content.freeze())
            })
            .await
    }

    /// Into a file at `path`, which appears whole or not at all: the content is written beside it under a temporary
    /// name, checked for its length, flushed to the disk, and then renamed. A file that was there before is replaced.
    ///
    /// # Errors
    /// [`Io`](ErrorKind::Io), with the path, when the file can't be written or `path` is a folder,
    /// [`Integrity`](ErrorKind::Integrity) when the content is not as long as it should be or has another hash,
    /// [`ScanRefused`](ErrorKind::ScanRefused) by its virus scan, and what any call may meet. No part is left behind.
    pub async fn to_file(self, path: impl AsRef<Path>) -> Result<Downloaded, Error> {
        let path: PathBuf = path.as_ref().to_owned();
        let spec = self.spec()?;
        // Tried first, so that a path that can't be written costs no download.
        let detail = format!("the file {} can't be written", scrub(&path.to_string_lossy()));
        let failed = |error| Error::new(ErrorKind::Io, DOWNLOAD).with_detail(detail.as_str()).with_source(error);
        try_target(&path).await.map_err(failed)?;
        self.transport
            .download(&spec, async |incoming: Incoming| {
                let not_written = |error| DownloadError::local(detail.as_str(), error);
                let mut part = PartFile::create(&path).await.map_err(not_written)?;
                let downloaded = self.pass_on(incoming, part.file(), &detail).await?;
                part.finish(&path).await.map_err(not_written)?;
                Ok(downloaded)
            })
            .await
    }

    /// Into `writer`, which is flushed at the end but not shut down. Attempts are repeated until the first byte is
    /// written and not after that, since nothing written can be taken back.
    ///
    /// # Errors
    /// As for [`to_file`](Self::to_file). After an error `writer` may have got a part.
    pub async fn to_writer(self, mut writer: impl AsyncWrite + Unpin) -> Result<Downloaded, Error> {
        let incoming = self.begun().await?;
        let passed_on = self.pass_on(incoming, &mut writer, "the content can't be written").await;
        passed_on.map_err(|error| error.into_error(DOWNLOAD))
    }

    /// As a stream. Attempts are repeated until the content begins to arrive, not after that; the stream ends with an
    /// error if it breaks, lacks a part or has another hash than [expected](Self::expect_sha256).
    ///
    /// # Errors
    /// [`ScanRefused`](ErrorKind::ScanRefused) by its virus scan, [`Integrity`](ErrorKind::Integrity) when
    /// nothing comes of what should have a content, and what any call may meet.
    pub async fn stream(self) -> Result<ContentStream, Error> {
        Ok(ContentStream::new(self.begun().await?, self.integrity()))
    }

    async fn begun(&self) -> Result<Incoming, Error> {
        let begin = async |mut incoming: Incoming| {
            incoming.wait_for_content(self.target.size).await?;
            Ok(incoming)
        };
        self.transport.download(&self.spec()?, begin).await
    }

    /// `trouble` says that it can't be written, where it can't.
    async fn pass_on(
        &self,
        mut incoming: Incoming,
        writer: &mut (impl AsyncWrite + Unpin),
        trouble: &str,
    ) -> Result<Downloaded, DownloadError> {
        let not_written = |error| DownloadError::local(trouble, error);
        let content_type = incoming.content_type();
        let mut integrity = self.integrity();
        while let Some(chunk) = incoming.chunk().await? {
            integrity.update(&chunk);
            writer.write_all(&chunk).await.map_err(not_written)?;
        }
        writer.flush().await.map_err(not_written)?;
        let sha256 = integrity.finish(&incoming)?;
        Ok(Downloaded { size: incoming.received(), sha256, content_type })
    }
}

/// Fails where no file can be put at `path`.
async fn try_target(path: &Path) -> std::io::Result<()> {
    // A file can be written beside a folder, but not take its name. A link to a folder is replaced itself.
    if tokio::fs::symlink_metadata(path).await.is_ok_and(|found| found.is_dir()) {
        return Err(std::io::ErrorKind::IsADirectory.into());
    }
    PartFile::create(path).await.map(drop)
}
