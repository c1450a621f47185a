//! `quickstart` as a program: what it prints, and that nothing of it is a secret, however much it logs.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails as loudly as a test")]

use altinn_watch as _;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Where cargo puts the examples that it builds with the tests of this package.
fn quickstart() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let profile = own.parent().and_then(Path::parent).unwrap();
    profile.join("examples").join(format!("quickstart{}", std::env::consts::EXE_SUFFIX))
}

fn run(folder: &Path, level: &str) -> (String, String) {
    let program = quickstart();
    assert!(program.exists(), "{} is not built: leave --test out", program.display());
    let mut command = Command::new(program);
    command.env_remove("MASKINPORTEN_CLIENT_ID").env_remove("ALTINN_APP");
    let command = command.env("RECEIVED_DIR", folder).env("RUST_LOG", level);
    let Output { status, stdout, stderr } = command.output().unwrap();
    let [told, logged] = [stdout, stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    assert!(status.success(), "{told}{logged}");
    (told, logged)
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
