//! The program: it says where it listens, and ends when asked to.

#![cfg(unix)]

use altinn_watch as _;

use std::io::{BufRead, BufReader};
use std::process::{Command, Output, Stdio};

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_altinn-emulator"));
    command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[tokio::test]
async fn it_serves_where_it_says_until_it_is_terminated() {
    let mut child = program(&["--port", "0"]).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let url = line.trim().rsplit(' ').next().unwrap().to_owned();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = http.get(format!("{url}health")).send().await.unwrap();
    assert_eq!(answer.text().await.unwrap(), "Healthy");
    assert!(line.contains("for tests only"), "{line}");
    Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(child.wait().unwrap().success());
    assert!(http.get(format!("{url}health")).send().await.is_err());
}

#[test]
fn it_tells_what_is_wrong_with_its_files() {
    let failed = |arguments: &[&str]| -> String {
        let Output { status, stderr, .. } = program(arguments).output().unwrap();
        assert!(!status.success());
        String::from_utf8(stderr).unwrap()
    };
    assert!(failed(&["--world", "no-such-file.json"]).contains("no-such-file.json"));
    assert!(failed(&["--signing-key", "no-such-key.pem"]).contains("no-such-key.pem"));
    assert!(failed(&["--signing-kid", "x"]).contains("--signing-key"));
}

#[test]
fn its_help_names_every_service() {
    let help = program(&["--help"]).output().unwrap().stdout;
    let help = String::from_utf8(help).unwrap();
    for words in ["POST /token", "/authentication/api/v1/", "/storage/api/v1/", "--world", "For tests only"] {
        assert!(help.contains(words), "{words}");
    }
}
