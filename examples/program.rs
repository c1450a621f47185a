//! The examples as programs: what they print and write, and that nothing of what they print is a secret.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails as loudly as a test")]

use altinn_watch as _;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use altinn_auth::{KeyError, SigningKey};
use serde_json::Value;

/// Where cargo puts the examples that it builds with the tests of this package.
fn program(name: &str) -> Command {
    let own = std::env::current_exe().unwrap();
    let profile = own.parent().and_then(Path::parent).unwrap();
    let program = profile.join("examples").join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    assert!(program.exists(), "{} is not built: leave --test out", program.display());
    Command::new(program)
}

/// Whether it succeeded, and what it wrote to standard output and to standard error.
fn outcome(command: &mut Command) -> (bool, String, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let [told, logged] = [stdout, stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    (status.success(), told, logged)
}

fn run(folder: &Path, level: &str) -> (String, String) {
    let mut command = program("quickstart");
    command.env_remove("MASKINPORTEN_CLIENT_ID").env_remove("ALTINN_APP");
    let (success, told, logged) = outcome(command.env("RECEIVED_DIR", folder).env("RUST_LOG", level));
    assert!(success, "{told}{logged}");
    (told, logged)
}

fn new_key(file: &Path, arguments: &[&str]) -> (bool, String, String) {
    outcome(program("new_key").args(arguments).arg(file))
}

#[test]
fn it_receives_everything_and_nothing_comes_again() {
    let folder = tempfile::tempdir().unwrap();
    let (told, logged) = run(folder.path(), "");
    assert!(told.contains("Received and confirmed: ") && told.ends_with("Once more:\nNothing new.\n"), "{told}");
    assert_eq!(logged, "");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn at_trace_it_logs_everything_but_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let (told, logged) = run(folder.path(), "trace");
    for part in ["TRACE", "new Altinn token", "altinn_core", "hyper", "instances.confirm"] {
        assert!(logged.contains(part), "nothing of {part} is logged");
    }
    assert_eq!((altinn_watch::secret_in(&told), altinn_watch::secret_in(&logged)), (None, None));
}

#[test]
fn a_new_key_is_a_file_of_its_own_and_half_of_it_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let made = |name: &str, arguments: &[&str]| -> (PathBuf, String, String) {
        let file = folder.path().join(name);
        let (success, told, logged) = new_key(&file, arguments);
        assert!(success, "{told}{logged}");
        assert_eq!(SigningKey::detect(&told).unwrap_err(), KeyError::PublicOnly, "{arguments:?}");
        assert_eq!(altinn_watch::secret_in(&logged), None, "{arguments:?}");
        (file, told, logged)
    };
    let kid_of = |file: &Path| SigningKey::detect(std::fs::read(file).unwrap()).unwrap().kid().map(str::to_owned);

    let (jwk, public, told) = made("key.jwk", &[]);
    let public: Value = serde_json::from_str(&public).unwrap();
    assert_eq!(kid_of(&jwk).as_deref(), public["kid"].as_str());
    assert!(told.contains(public["kid"].as_str().unwrap()), "{told}{public}");

    let (base64, public, _) = made("key.base64", &["--base64", "--kid", " mine "]);
    assert_eq!(serde_json::from_str::<Value>(&public).unwrap()["kid"], "mine");
    assert_eq!(kid_of(&base64).as_deref(), Some("mine"));

    let (pem, public, told) = made("key.pem", &["--pem", "--kid", "mine"]);
    assert!(public.starts_with("-----BEGIN PUBLIC KEY-----\n") && told.contains("mine"), "{told}{public}");
    assert!(std::fs::read_to_string(&pem).unwrap().starts_with("-----BEGIN PRIVATE KEY-----\n"));
    assert_eq!(kid_of(&pem), None);

    #[cfg(unix)]
    for file in [&jwk, &base64, &pem] {
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(file).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600, "{}", file.display());
    }
}

#[test]
fn a_new_key_never_takes_the_place_of_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key.jwk");
    std::fs::write(&file, "precious").unwrap();
    let (success, told, logged) = new_key(&file, &[]);
    assert!(!success && told.is_empty() && logged.contains("key.jwk"), "{told}{logged}");
    assert_eq!(std::fs::read(&file).unwrap(), b"precious");
    assert!(!new_key(&folder.path().join("no-folder/key.jwk"), &[]).0);
    assert!(!new_key(&folder.path().join("both"), &["--pem", "--base64"]).0);
    assert_eq!(
        folder.path().read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect::<Vec<_>>(),
        [OsStr::new("key.jwk")]
    );
}
