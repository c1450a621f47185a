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

/// Makes something seem to be from so many seconds ago.
fn age(path: &Path, seconds: u64) {
    let then = SystemTime::now() - Duration::from_secs(seconds);
    File::options().read(true).open(path).unwrap().set_modified(then).unwrap();
}

#[test]
fn what_a_crash_left_is_taken_away_later_and_nothing_else() {
    let place = Place::new();
    let folder = place.open().unwrap();
    let [old, young, open, target] = [(); 4].map(|()| folder.temporary().unwrap().0);
    age(&old, 601);
    age(&young, 500);
    age(&open, 3600);
    set_mode(&open, 0o644);
    let mut kept = vec![young, open];
    for name in ["notes", ".notes", ".0103", "a2b4c6d8-0000-4000-8000-000000000000", ".A2B4C6D8-0000-4000-8000-0"] {
        let path = place.path().join(name);
        fs::write(&path, "").unwrap();
        age(&path, 3600);
        kept.push(path);
    }
    // Neither a link nor what it leads to, which has the same form elsewhere.
    let (link, elsewhere) = (place.path().join(format!(".{}", Uuid::new_v4())), place.0.path().join("elsewhere"));
    fs::rename(&target, &elsewhere).unwrap();
    age(&elsewhere, 3600);
    symlink(&elsewhere, &link).unwrap();
    let inner = place.path().join(format!(".{}", Uuid::new_v4()));
    fs::create_dir(&inner).unwrap();
    age(&inner, 3600);
    kept.extend([link, elsewhere, inner]);

    folder.write("one", "text").unwrap();
    assert!(!old.exists());
    for path in kept {
        assert!(fs::symlink_metadata(&path).is_ok(), "{}", path.display());
    }
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
