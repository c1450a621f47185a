use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use uuid::Uuid;
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind};

/// Tokens are a few kilobytes.
const LONGEST: u64 = 64 * 1024;
/// How many files are kept. The oldest go first.
const MOST: usize = 100;
const SUFFIX: &str = "token";

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

    /// A new file of its own name, with its mode from the start.
    fn temporary(&self) -> io::Result<(PathBuf, File)> {
        let path = self.path.join(format!(".{}", Uuid::new_v4()));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path)?;
        Ok((path, file))
    }

    fn file(&self, name: &str) -> PathBuf {
        self.path.join(name).with_extension(SUFFIX)
    }

    /// Takes away the oldest files beyond the most. That some can't be is no reason to fail.
    fn tidy(&self) {
        let Ok(entries) = fs::read_dir(&self.path) else { return };
        let mut files: Vec<(SystemTime, PathBuf)> = entries
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|suffix| suffix == SUFFIX))
            .filter_map(|path| Some((modified(&path)?, path)))
            .collect();
        files.sort_unstable();
        let surplus = files.len().saturating_sub(MOST);
        for (_, path) in files.iter().take(surplus) {
            fs::remove_file(path).ok();
        }
    }
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
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    struct Place(tempfile::TempDir);

    impl Place {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        fn path(&self) -> PathBuf {
            self.0.path().join("a/b")
        }

        fn open(&self) -> Result<Folder, Error> {
            Folder::open(self.path())
        }
    }

    fn mode(path: &Path) -> u32 {
        fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn folder_and_files_are_closed_to_others_and_nothing_is_left_over() {
        let place = Place::new();
        let folder = place.open().unwrap();
        folder.write("one", "text").unwrap();
        folder.write("one", "newer text").unwrap();
        assert_eq!(mode(&place.path()), 0o700);
        assert_eq!(mode(&folder.file("one")), 0o600);
        assert_eq!(folder.read("one").unwrap().as_str(), "newer text");
        assert!(folder.read("two").is_none());
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
    }

    #[test]
    fn folders_that_are_open_or_links_are_refused() {
        let place = Place::new();
        place.open().unwrap();
        for open in [0o755, 0o770, 0o701] {
            set_mode(&place.path(), open);
            let error = place.open().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(std::error::Error::source(&error).unwrap().to_string().contains("open to others"));
        }
        set_mode(&place.path(), 0o700);
        let link = place.0.path().join("link");
        symlink(place.path(), &link).unwrap();
        assert!(Folder::open(link).is_err());
        let file = place.0.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(Folder::open(file).is_err());
    }

    #[test]
    fn files_that_are_open_links_or_long_are_not_read() {
        let place = Place::new();
        let folder = place.open().unwrap();
        folder.write("one", "text").unwrap();
        symlink(folder.file("one"), folder.file("link")).unwrap();
        assert!(folder.read("link").is_none());
        set_mode(&folder.file("one"), 0o644);
        assert!(folder.read("one").is_none());
        folder.write("long", &"x".repeat(LONGEST as usize + 1)).unwrap();
        assert!(folder.read("long").is_none());
        fs::write(folder.file("one"), [0xff]).unwrap();
        set_mode(&folder.file("one"), 0o600);
        assert!(folder.read("one").is_none());
    }

    #[test]
    fn a_crash_in_the_middle_leaves_the_old_file() {
        let place = Place::new();
        let folder = place.open().unwrap();
        folder.write("one", "text").unwrap();
        // All that is done before a file takes its place.
        let (path, mut file) = folder.temporary().unwrap();
        file.write_all(b"newer te").unwrap();
        drop(file);
        assert_eq!(folder.read("one").unwrap().as_str(), "text");
        assert_eq!(mode(&path), 0o600);
        folder.write("one", "newest text").unwrap();
        assert_eq!(folder.read("one").unwrap().as_str(), "newest text");
    }

    #[test]
    fn there_are_only_so_many_files() {
        let place = Place::new();
        let folder = place.open().unwrap();
        for number in 0..MOST + 20 {
            folder.write(&number.to_string(), "text").unwrap();
        }
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), MOST);
        assert!(folder.read(&(MOST + 19).to_string()).is_some());
    }
}
