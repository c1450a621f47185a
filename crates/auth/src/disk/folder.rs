use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use uuid::Uuid;
use zeroize::Zeroizing;

use super::lock;
use crate::error::{Error, ErrorKind};

/// Tokens are a few kilobytes.
const LONGEST: u64 = 64 * 1024;
/// How many tokens are kept. The oldest go first.
const MOST: usize = 100;
const SUFFIX: &str = "token";
/// What the name of a file begins with that is not in its place yet; then comes a UUID.
const TEMPORARY: char = '.';
/// After this long a file that was never put into its place, or a lock that nobody holds, is a crashed process's.
/// Writing a file takes no second.
const LEFT_OVER: Duration = Duration::from_secs(600);

/// A folder that only its owner can look into.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    path: PathBuf,
}

impl Folder {
    pub(super) fn open(path: PathBuf) -> Result<Self, Error> {
        let folder = Self { path };
        folder.make().and_then(|()| folder.check()).map_err(|error| {
            let path = folder.path.display();
            Error::of(ErrorKind::Config, format!("the folder {path} can't hold tokens")).source(error).build()
        })?;
        Ok(folder)
    }

    fn make(&self) -> io::Result<()> {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&self.path)
    }

    /// Refuses links, and folders that are someone else's or open to others: what is in them may have been put there.
    fn check(&self) -> io::Result<()> {
        let folder = fs::symlink_metadata(&self.path)?;
        if !folder.is_dir() {
            return Err(io::Error::other("it is a link, or no folder"));
        }
        // Who we are shows in what we make.
        let (path, probe) = self.temporary()?;
        let own = probe.metadata();
        drop(probe);
        fs::remove_file(&path)?;
        belongs_to_us(&folder, &own?, 0o077)
    }

    /// The content of a file; `None` for one that is absent, not ours alone, or too long.
    pub(super) fn read(&self, name: &str) -> Option<Zeroizing<String>> {
        let path = self.file(name);
        let (folder, file) = (fs::symlink_metadata(&self.path).ok()?, fs::symlink_metadata(&path).ok()?);
        if !file.is_file() || file.len() > LONGEST || belongs_to_us(&file, &folder, 0o077).is_err() {
            return None;
        }
        let mut text = Zeroizing::new(String::with_capacity(usize::try_from(file.len()).ok()? + 1));
        File::open(path).ok()?.take(LONGEST).read_to_string(&mut text).ok()?;
        Some(text)
    }

    /// Puts a file into its place whole, or not at all: others may read at the same time, and a crash may come.
    pub(super) fn write(&self, name: &str, text: &str) -> io::Result<()> {
        let (path, mut file) = self.temporary()?;
        let result = file
            .write_all(text.as_bytes())
            .and_then(|()| file.sync_all())
            .and_then(|()| fs::rename(&path, self.file(name)));
        if result.is_err() {
            fs::remove_file(&path).ok();
        }
        self.tidy();
        result
    }

    /// A new file of its own name.
    fn temporary(&self) -> io::Result<(PathBuf, File)> {
        let path = self.path.join(format!("{TEMPORARY}{}", Uuid::new_v4()));
        let file = create(&path)?;
        Ok((path, file))
    }

    fn file(&self, name: &str) -> PathBuf {
        self.path.join(name).with_extension(SUFFIX)
    }

    pub(super) fn lock_file(&self, name: &str) -> PathBuf {
        self.path.join(name).with_extension(lock::SUFFIX)
    }

    /// Opens a file that is there, to write to it, if it is ours alone and no link.
    pub(super) fn open_own(&self, path: &Path) -> io::Result<File> {
        let (folder, file) = (fs::symlink_metadata(&self.path)?, fs::symlink_metadata(path)?);
        if !file.is_file() {
            return Err(io::Error::other("it is a link, or no file"));
        }
        belongs_to_us(&file, &folder, 0o077)?;
        OpenOptions::new().read(true).write(true).open(path)
    }

    /// Takes away the oldest tokens beyond the most, and what a process left that ended while it wrote or held a lock.
    /// That some can't be is no reason to fail.
    fn tidy(&self) {
        let Ok(entries) = fs::read_dir(&self.path) else { return };
        let paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        for path in paths.iter().filter(|path| self.is_old(path)) {
            if is_temporary(path) {
                fs::remove_file(path).ok();
            } else if has_suffix(path, lock::SUFFIX) {
                // Whoever takes it takes it away.
                drop(self.try_lock_at(path));
            }
        }
        let mut files: Vec<(SystemTime, PathBuf)> = paths
            .into_iter()
            .filter(|path| has_suffix(path, SUFFIX))
            .filter_map(|path| Some((modified(&path)?, path)))
            .collect();
        files.sort_unstable();
        let surplus = files.len().saturating_sub(MOST);
        for (_, path) in files.iter().take(surplus) {
            fs::remove_file(path).ok();
        }
    }

    /// Whether a file of ours was left alone for so long that it is left over.
    fn is_old(&self, path: &Path) -> bool {
        // Of the link itself, should it be one: that is none of ours.
        let (Ok(folder), Ok(file)) = (fs::symlink_metadata(&self.path), fs::symlink_metadata(path)) else {
            return false;
        };
        let age = file.modified().ok().and_then(|modified| modified.elapsed().ok());
        file.is_file() && belongs_to_us(&file, &folder, 0o077).is_ok() && age.is_some_and(|age| age >= LEFT_OVER)
    }
}

/// A new file, with its mode from the start. No link is followed.
pub(super) fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn has_suffix(path: &Path, wanted: &str) -> bool {
    path.extension().is_some_and(|suffix| suffix == wanted)
}

/// Whether a file has a name as only [`Folder::temporary`] gives it.
fn is_temporary(path: &Path) -> bool {
    let name = path.file_name().and_then(OsStr::to_str);
    let id = name.and_then(|name| name.strip_prefix(TEMPORARY));
    id.is_some_and(|id| Uuid::parse_str(id).is_ok_and(|uuid| uuid.hyphenated().to_string() == id))
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::symlink_metadata(path).ok()?.modified().ok()
}

/// * `own`: of something that is ours.
/// * `closed`: the bits of the mode that must not be set.
#[cfg(unix)]
fn belongs_to_us(file: &fs::Metadata, own: &fs::Metadata, closed: u32) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;

    if file.uid() != own.uid() {
        return Err(io::Error::other("it belongs to someone else"));
    }
    if file.mode() & closed != 0 {
        return Err(io::Error::other("it is open to others"));
    }
    Ok(())
}

/// Elsewhere the user's own folders are closed to others by themselves.
#[cfg(not(unix))]
fn belongs_to_us(_file: &fs::Metadata, _own: &fs::Metadata, _closed: u32) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
