//! One process at a time for each token, so that those that start together make one call.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::Instant;

use super::folder::{Folder, create};
use crate::retry::BUDGET;

pub(super) const SUFFIX: &str = "lock";
/// How long another process is waited for: as long as one goes on trying to fetch a token. It hangs if it takes longer.
const LONGEST_WAIT: Duration = BUDGET;
const PAUSE: Duration = Duration::from_millis(25);

/// The right to fetch one token, which one process has at a time. The system takes it from a process that ends, however
/// it ends.
#[derive(Debug)]
pub(super) struct Lock {
    /// Closing it gives the right back.
    _file: File,
    path: PathBuf,
}

impl Drop for Lock {
    /// Leaves no file behind. It goes while it is still locked, so that it is no other process's.
    fn drop(&mut self) {
        fs::remove_file(&self.path).ok();
    }
}

impl Folder {
    /// Waits for the right to fetch the token of a name. `None` when it can't be had, which costs a call too many and
    /// does no other harm: its holder hangs, or the file system has no locks.
    ///
    /// It asks again and again: a call that waits in the system could not be given up.
    pub(super) async fn lock(&self, name: &str) -> Option<Lock> {
        let path = self.lock_file(name);
        let begun = Instant::now();
        let mut waits = false;
        loop {
            match self.try_lock_at(&path) {
                Ok(None) => {}
                Ok(lock) => return lock,
                Err(error) => {
                    tracing::debug!(%error, "the token can't be locked; it is fetched all the same");
                    return None;
                }
            }
            if begun.elapsed() >= LONGEST_WAIT {
                tracing::warn!("another process has been fetching the same token for too long; not waiting any more");
                return None;
            }
            if !waits {
                tracing::debug!("another process is fetching the same token; waiting for it");
                waits = true;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// The lock of a file, which is made if it is absent. `None` while another holds it, or has just given it back.
    pub(super) fn try_lock_at(&self, path: &Path) -> io::Result<Option<Lock>> {
        let file = match create(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => match self.open_own(path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                opened => opened?,
            },
            created => created?,
        };
        match file.try_lock() {
            Ok(()) => Ok(is_in_place(&file, path).then(|| Lock { _file: file, path: path.to_owned() })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

/// Whether the file is still the one of its name: its last holder may have taken it away before we had the lock, and
/// another have made a new one.
#[cfg(unix)]
fn is_in_place(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;

    let id = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    file.metadata().map(id).ok().is_some_and(|own| fs::symlink_metadata(path).map(id).is_ok_and(|named| named == own))
}

/// Elsewhere it can't be told. At worst two processes fetch a token each.
#[cfg(not(unix))]
fn is_in_place(_file: &File, _path: &Path) -> bool {
    true
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::SystemTime;

    use super::*;

    fn folder() -> (tempfile::TempDir, Folder) {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::open(place.path().join("tokens")).unwrap();
        (place, folder)
    }

    #[tokio::test(start_paused = true)]
    async fn one_holds_it_at_a_time_and_leaves_nothing() {
        let (_place, folder) = folder();
        let lock = folder.lock("one").await.unwrap();
        let file = folder.lock_file("one");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(folder.try_lock_at(&file).unwrap().is_none());
        let begun = Instant::now();
        assert!(folder.lock("two").await.is_some());
        assert_eq!(begun.elapsed(), Duration::ZERO, "of another token nobody waits for this one");
        let other = folder.clone();
        let waiting = tokio::spawn(async move { other.lock("one").await });
        tokio::time::sleep(Duration::from_secs(3)).await;
        assert!(!waiting.is_finished());
        drop(lock);
        assert!(waiting.await.unwrap().is_some());
        assert!(begun.elapsed() < Duration::from_secs(4));
        assert!(!file.exists() && !folder.lock_file("two").exists());
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_is_never_given_back_is_not_waited_for_any_longer() {
        let (_place, folder) = folder();
        let lock = folder.lock("one").await;
        let begun = Instant::now();
        assert!(folder.lock("one").await.is_none());
        assert!((LONGEST_WAIT..LONGEST_WAIT + Duration::from_secs(1)).contains(&begun.elapsed()));
        assert!(folder.lock_file("one").exists(), "it is the other's");
        drop(lock);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_no_file_of_ours_is_neither_locked_nor_touched_nor_waited_for() {
        let (place, folder) = folder();
        let elsewhere = place.path().join("elsewhere");
        fs::write(&elsewhere, "text").unwrap();
        symlink(&elsewhere, folder.lock_file("link")).unwrap();
        symlink(place.path().join("absent"), folder.lock_file("dangling")).unwrap();
        fs::create_dir(folder.lock_file("folder")).unwrap();
        fs::write(folder.lock_file("open"), "").unwrap();
        fs::set_permissions(folder.lock_file("open"), fs::Permissions::from_mode(0o644)).unwrap();
        let begun = Instant::now();
        for name in ["link", "dangling", "folder", "open"] {
            assert!(folder.lock(name).await.is_none(), "{name}");
            assert!(fs::symlink_metadata(folder.lock_file(name)).is_ok(), "{name}");
        }
        assert_eq!(begun.elapsed(), Duration::ZERO);
        assert_eq!(fs::read_to_string(elsewhere).unwrap(), "text");
        assert!(!place.path().join("absent").exists());
    }

    #[tokio::test(start_paused = true)]
    async fn a_folder_that_is_gone_has_no_lock_to_wait_for() {
        let (_place, folder) = folder();
        fs::remove_dir(folder.lock_file("one").parent().unwrap()).unwrap();
        let begun = Instant::now();
        assert!(folder.lock("one").await.is_none());
        assert_eq!(begun.elapsed(), Duration::ZERO);
    }

    #[tokio::test]
    async fn what_a_crash_left_hinders_nobody_and_goes() {
        let (_place, folder) = folder();
        let hours_ago = SystemTime::now() - Duration::from_secs(7200);
        let left = |name: &str, modified| {
            create(&folder.lock_file(name)).unwrap().set_modified(modified).unwrap();
        };
        left("used again", hours_ago);
        let held = folder.try_lock_at(&folder.lock_file("used again")).unwrap().unwrap();
        left("never used again", hours_ago);
        left("young", SystemTime::now());
        folder.write("other", "text").unwrap();
        assert!(folder.lock_file("used again").exists() && folder.lock_file("young").exists());
        assert!(!folder.lock_file("never used again").exists());
        drop(held);
        assert!(!folder.lock_file("used again").exists());
    }

    #[test]
    fn however_many_come_and_go_one_has_it_at_a_time() {
        let (_place, folder) = folder();
        let (path, holders) = (folder.lock_file("one"), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..2000 {
                        let Some(lock) = folder.try_lock_at(&path).unwrap() else { continue };
                        assert_eq!(holders.fetch_add(1, Ordering::SeqCst), 0);
                        std::thread::yield_now();
                        holders.fetch_sub(1, Ordering::SeqCst);
                        drop(lock);
                    }
                });
            }
        });
        assert!(!path.exists());
    }

    #[test]
    fn a_file_that_was_taken_away_before_it_was_locked_does_not_count() {
        let (_place, folder) = folder();
        let path = folder.lock_file("one");
        let file = create(&path).unwrap();
        assert!(is_in_place(&file, &path));
        fs::remove_file(&path).unwrap();
        assert!(!is_in_place(&file, &path));
        let newer = create(&path).unwrap();
        assert!(!is_in_place(&file, &path) && is_in_place(&newer, &path));
    }
}
