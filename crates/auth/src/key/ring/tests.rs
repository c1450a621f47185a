use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use altinn_watch::Recording;
use serde_json::Value;

use super::*;
use crate::error::ErrorKind;
use crate::key::file::{CHECK_EVERY, MAX_FILE};
use crate::key::{KeyError, SigningKey};

const JWK: &str = include_str!("../../../tests/keys/rsa-2048.json");

fn named(kid: &str) -> Value {
    let mut jwk: Value = serde_json::from_str(JWK).unwrap();
    jwk["kid"] = kid.into();
    jwk
}

fn ring(path: &Path) -> Result<KeyRing, Error> {
    KeyRing::of_file(KeyFile::new(path.to_owned()))
}

fn kid(ring: &KeyRing) -> String {
    ring.next(&[]).unwrap().kid().unwrap().to_owned()
}

fn given(kids: &[&str]) -> KeyRing {
    KeyRing::new(kids.iter().map(|kid| Arc::new(SigningKey::from_jwk(JWK).unwrap().with_kid(*kid)) as Key).collect())
}

/// The ids of all keys in the order in which they are tried.
fn order(ring: &KeyRing) -> Vec<String> {
    let mut tried = Vec::new();
    while let Some(key) = ring.next(&tried) {
        tried.push(key);
    }
    tried.iter().map(|key| key.kid().unwrap().to_owned()).collect()
}

fn use_key(ring: &KeyRing, kid: &str) {
    let key = lock(&ring.keys).given.iter().find(|key| key.kid() == Some(kid)).cloned().unwrap();
    ring.worked(&key);
}

#[tokio::test(start_paused = true)]
async fn each_key_is_tried_once_and_the_good_one_comes_first_for_a_while() {
    let ring = given(&["a", "b", "c"]);
    assert_eq!(order(&ring), ["a", "b", "c"]);
    use_key(&ring, "b");
    assert_eq!(order(&ring), ["b", "a", "c"]);
    tokio::time::advance(PREFERRED / 2).await;
    // That it goes on to work does not put the first one off.
    use_key(&ring, "b");
    tokio::time::advance(PREFERRED / 2).await;
    assert_eq!(order(&ring), ["a", "b", "c"]);
    use_key(&ring, "c");
    assert_eq!(order(&ring), ["c", "a", "b"]);
    use_key(&ring, "a");
    assert_eq!(order(&ring), ["a", "b", "c"]);
}

#[tokio::test(start_paused = true)]
async fn a_changed_file_is_seen_after_half_a_minute_or_at_once_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    std::fs::write(&path, named("one").to_string()).unwrap();
    let ring = ring(&path).unwrap();
    std::fs::write(&path, named("two").to_string()).unwrap();
    assert_eq!((kid(&ring), ring.revision()), ("one".to_owned(), 0));
    tokio::time::advance(CHECK_EVERY).await;
    assert_eq!((kid(&ring), ring.revision()), ("two".to_owned(), 1));

    std::fs::write(&path, named("three").to_string()).unwrap();
    ring.reload();
    assert_eq!((kid(&ring), ring.revision()), ("three".to_owned(), 2));
    ring.reload();
    assert_eq!(ring.revision(), 2);
}

#[cfg(unix)]
#[tokio::test(start_paused = true)]
async fn a_swapped_link_is_a_changed_file() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for kid in ["one", "two"] {
        std::fs::write(at(kid), named(kid).to_string()).unwrap();
    }
    std::os::unix::fs::symlink(at("one"), at("key")).unwrap();
    let ring = ring(&at("key")).unwrap();
    std::os::unix::fs::symlink(at("two"), at("new")).unwrap();
    std::fs::rename(at("new"), at("key")).unwrap();
    tokio::time::advance(CHECK_EVERY).await;
    assert_eq!(kid(&ring), "two");
}

#[tokio::test(start_paused = true)]
async fn a_new_file_with_a_key_in_place_of_the_key_id_is_refused_and_not_logged() {
    let recording = Recording::of_this_thread();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    std::fs::write(&path, named("one").to_string()).unwrap();
    let ring = ring(&path).unwrap();
    std::fs::write(&path, named(JWK).to_string()).unwrap();
    ring.reload();
    assert_eq!((kid(&ring), ring.revision()), ("one".to_owned(), 0));
    let text = recording.text();
    assert!(text.contains("the old key stays") && text.contains("key id (kid) can't be one"), "{text}");
    let d = named("")["d"].as_str().unwrap().to_owned();
    assert!(!text.contains(&d[..12]), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_bad_new_file_leaves_the_old_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    std::fs::write(&path, named("one").to_string()).unwrap();
    let ring = ring(&path).unwrap();
    for bad in ["", "{}", &JWK.replace("\"kid\"", "\"other\"")] {
        std::fs::write(&path, bad).unwrap();
        ring.reload();
        assert_eq!((kid(&ring), ring.revision()), ("one".to_owned(), 0));
    }
    std::fs::remove_file(&path).unwrap();
    ring.reload();
    assert_eq!(kid(&ring), "one");
}

#[tokio::test(start_paused = true)]
async fn a_certificate_that_comes_before_its_time_is_one_warning_and_is_used_once_it_is_valid() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    std::fs::write(&path, named("one").to_string()).unwrap();
    let valid = Arc::<AtomicBool>::default();
    let file = KeyFile::with(path.clone(), {
        let valid = Arc::clone(&valid);
        move |bytes| match SigningKey::detect_all(bytes)? {
            keys if keys[0].kid() == Some("one") || valid.load(Ordering::SeqCst) => Ok(keys),
            _ => Err(KeyError::CertificateNotValid { expired: false }),
        }
    });
    let ring = KeyRing::of_file(file).unwrap();
    std::fs::write(&path, named("two").to_string()).unwrap();
    let recording = Recording::of_this_thread();
    for _ in 0..3 {
        tokio::time::advance(CHECK_EVERY).await;
        assert_eq!((kid(&ring), ring.revision()), ("one".to_owned(), 0));
    }
    let text = recording.text();
    assert_eq!(text.lines().filter(|line| line.contains("not valid yet")).count(), 1, "{text}");
    valid.store(true, Ordering::SeqCst);
    tokio::time::advance(CHECK_EVERY).await;
    assert_eq!((kid(&ring), ring.revision()), ("two".to_owned(), 1));
    ring.reload();
    assert_eq!(ring.revision(), 1);
}

#[test]
fn a_file_that_is_bad_at_the_start_is_an_error_with_its_path() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    let refused = || ring(&path).unwrap_err();
    assert!(refused().to_string().contains("key file"));
    std::fs::write(&path, "no key").unwrap();
    assert_eq!(refused().kind(), ErrorKind::Key);
    std::fs::write(&path, vec![b'x'; MAX_FILE as usize + 1]).unwrap();
    assert!(refused().to_string().contains("too long"));
}

#[test]
fn all_keys_of_a_set_are_in_the_ring() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    std::fs::write(&path, serde_json::json!({ "keys": [named("one"), named("two")] }).to_string()).unwrap();
    let ring = ring(&path).unwrap();
    assert_eq!(order(&ring), ["one", "two"]);
}

/// A key file with this mode.
#[cfg(unix)]
fn with_mode(path: &Path, content: &Value, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(path, content.to_string()).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(unix)]
#[tokio::test(start_paused = true)]
async fn a_file_that_is_open_to_others_is_one_warning_with_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    for (mode, warns) in [(0o600, false), (0o400, false), (0o711, false), (0o640, true), (0o602, true), (0o644, true)] {
        let recording = Recording::of_this_thread();
        with_mode(&path, &named("one"), mode);
        let ring = ring(&path).unwrap();
        for kid in ["one", "two", "three"] {
            with_mode(&path, &named(kid), mode);
            tokio::time::advance(CHECK_EVERY).await;
            ring.reload();
        }
        assert_eq!(kid(&ring), "three");
        let text = recording.text();
        let warnings: Vec<_> = text.lines().filter(|line| line.contains("WARN")).collect();
        assert_eq!(warnings.len(), usize::from(warns), "{mode:o}: {text}");
        for warning in warnings {
            for part in [path.display().to_string(), format!("{mode:04o}"), "chmod 600".to_owned()] {
                assert!(warning.contains(&part), "{part}: {warning}");
            }
        }
        std::fs::remove_file(&path).unwrap();
    }
}

#[cfg(unix)]
#[tokio::test(start_paused = true)]
async fn a_new_file_that_is_open_to_others_is_refused_until_it_is_closed_where_that_is_wanted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    with_mode(&path, &named("one"), 0o600);
    let ring = KeyRing::of_file(KeyFile::new(path.clone()).strict(true)).unwrap();
    with_mode(&path, &named("two"), 0o640);
    let recording = Recording::of_this_thread();
    for _ in 0..3 {
        tokio::time::advance(CHECK_EVERY).await;
        assert_eq!((kid(&ring), ring.revision()), ("one".to_owned(), 0));
    }
    let text = recording.text();
    assert_eq!(text.lines().filter(|line| line.contains("WARN") && line.contains("0640")).count(), 1, "{text}");
    with_mode(&path, &named("two"), 0o600);
    ring.reload();
    assert_eq!((kid(&ring), ring.revision()), ("two".to_owned(), 1));
    // A key that is in use stays so, whatever becomes of its file.
    with_mode(&path, &named("two"), 0o644);
    ring.reload();
    with_mode(&path, &named("two"), 0o600);
    ring.reload();
    assert_eq!((kid(&ring), ring.revision()), ("two".to_owned(), 1));
}

#[test]
fn the_end_that_was_told_is_of_the_first_key_in_the_file_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    let end = SystemTime::UNIX_EPOCH + Duration::from_secs(1_900_000_000);
    std::fs::write(&path, serde_json::json!({ "keys": [named("one"), named("two")] }).to_string()).unwrap();
    let ring = KeyRing::of_file(KeyFile::new(path.clone()).expiring(Some(end))).unwrap();
    let ends: Vec<_> = lock(&ring.keys).given.iter().map(|key| key.expires_at()).collect();
    assert_eq!((ring.expires_at(), ends), (Some(end), vec![Some(end), None]));

    std::fs::write(&path, named("three").to_string()).unwrap();
    ring.reload();
    assert_eq!((kid(&ring).as_str(), ring.expires_at()), ("three", None));
    let mut four = named("four");
    four["exp"] = 2_000_000_000.into();
    std::fs::write(&path, four.to_string()).unwrap();
    ring.reload();
    assert_eq!(ring.expires_at(), Some(SystemTime::UNIX_EPOCH + Duration::from_secs(2_000_000_000)));
}

#[test]
fn a_key_that_ends_soon_is_told_at_the_start_and_once_more_when_another_such_key_comes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    let soon = |kid: &str| {
        let mut jwk = named(kid);
        let end = SystemTime::now() + Duration::from_secs(10 * 24 * 3600 + 60);
        jwk["exp"] = crate::moment::unix_seconds(end).into();
        jwk
    };
    std::fs::write(&path, soon("one").to_string()).unwrap();
    let recording = Recording::of_this_thread();
    let count = || recording.text().lines().filter(|line| line.contains("days_left=10")).count();
    let ring = ring(&path).unwrap();
    assert_eq!(count(), 1);
    kid(&ring);
    assert_eq!(count(), 1);
    std::fs::write(&path, soon("two").to_string()).unwrap();
    ring.reload();
    kid(&ring);
    assert_eq!(count(), 2);
    assert!(recording.text().lines().last().unwrap().contains("two"));
}
