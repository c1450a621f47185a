use std::io;
use std::path::{Path, PathBuf};

use tokio::fs::{self, File};
use uuid::Uuid;

/// A file that is still being written, under a temporary name in the folder of its final one. Dropped before it is
/// finished, it is removed.
pub(super) struct PartFile {
    file: File,
    path: Option<PathBuf>,
}

/// How much is written at once. The file system is called in another thread, which pays for larger pieces only.
const CHUNK: usize = 256 * 1024;

impl PartFile {
    pub(super) async fn create(target: &Path) -> io::Result<Self> {
        if target.file_name().is_none() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "no file name"));
        }
        // Hidden, so that a reader of the folder that takes every file does not take this one. Without the final name,
        // which may be as long as a file system allows.
        let path = target.with_file_name(format!(".{}.part", Uuid::new_v4().simple()));
        // In one step with its guard: should the caller be dropped meanwhile, the guard still removes the file.
        let created = tokio::task::spawn_blocking(move || {
            let mut file = File::from_std(std::fs::File::create_new(&path)?);
            file.set_max_buf_size(CHUNK);
            Ok(Self { file, path: Some(path) })
        });
        created.await.map_err(io::Error::other)?
    }

    pub(super) fn file(&mut self) -> &mut File {
        &mut self.file
    }

    /// Gives the file its final name once its content is on the disk, and sees to it that the name is, too.
    pub(super) async fn finish(mut self, target: &Path) -> io::Result<()> {
        self.file.sync_all().await?;
        if let Some(part) = &self.path {
            fs::rename(part, target).await?;
            self.path = None;
        }
        match target.parent() {
            Some(folder) if cfg!(unix) => {
                let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
                File::open(folder).await?.sync_all().await
            }
            _ => Ok(()),
        }
    }
}

impl Drop for PartFile {
    fn drop(&mut self) {
        if let Some(path) = self.path.take() {
            // Nothing can be done about a failure here, and the temporary name shows what it is.
            let _ = std::fs::remove_file(path);
        }
    }
}
