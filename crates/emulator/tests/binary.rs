//! The program: it says where it listens, and ends when asked to.

#![cfg(unix)]

use altinn_watch as _;

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Output, Stdio};

use altinn_emulator::{CertificateAuthority, Emulator};

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

/// Ends with the test, whatever comes of it.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().ok();
    }
}

/// At TRACE, it meets with tokens, a key and a person.
#[tokio::test]
async fn at_its_most_talkative_it_prints_no_secret() {
    // Both trust the key, so that tokens of the one are good at the other.
    let emulator = Emulator::start().await.unwrap();
    let key = emulator.enterprise_certificate(CertificateAuthority::Test, "405003309").unwrap().private_key_pem();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key.pem");
    std::fs::write(&file, &key).unwrap();
    let signer = Emulator::builder().signing_key(key.as_str(), None).start().await.unwrap();
    let scopes = "altinn:serviceowner/instances.read altinn:serviceowner/instances.write";
    let token = signer.service_owner_token("ttd", scopes).unwrap();

    let mut child = Running(program(&["--verbose", "--signing-key", file.to_str().unwrap()]).spawn().unwrap());
    let mut out = BufReader::new(child.0.stdout.take().unwrap());
    let mut log = child.0.stderr.take().unwrap();
    // What is not read as it comes would fill the pipe.
    let logged = std::thread::spawn(move || {
        let mut text = String::new();
        log.read_to_string(&mut text).map(|_| text)
    });
    let mut told = String::new();
    out.read_line(&mut told).unwrap();
    let url = told.trim().rsplit(' ').next().unwrap().to_owned();

    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let grant_type = "urn:ietf:params:oauth:grant-type:jwt-bearer";
    let form = [("grant_type", grant_type), ("assertion", token.as_str())];
    let storage = format!("{url}storage/api/v1/instances");
    let person = "01039012345";
    let list = || http.get(format!("{storage}?org=ttd")).bearer_auth(&token);
    let instance = format!("{storage}?appId=ttd/mottak-demo");
    let body =
        format!(r#"{{"instanceOwner":{{"partyId":"510001","personNumber":"{person}"}},"appId":"ttd/mottak-demo"}}"#);
    let json = |request: reqwest::RequestBuilder| request.header("content-type", "application/json");
    for (request, status) in [
        (http.post(format!("{url}token")).form(&form), 400),
        (http.get(format!("{url}authentication/api/v1/exchange/maskinporten")).bearer_auth(&token), 401),
        (http.get(format!("{url}authentication/api/v1/refresh")).bearer_auth(&token), 200),
        (list(), 200),
        (list().header("X-Ai-InstanceOwnerIdentifier", format!("person:{person}")), 200),
        (list().query(&[("instanceOwner.personNumber", person)]), 200),
        (json(http.post(&instance).bearer_auth(&token).body(body)), 201),
        (json(http.post(&instance).bearer_auth(&token).body(key.replace('\n', " "))), 400),
    ] {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), status, "{}", answer.text().await.unwrap());
    }
    Command::new("kill").args(["-TERM", &child.0.id().to_string()]).status().unwrap();
    assert!(child.0.wait().unwrap().success());
    out.read_to_string(&mut told).unwrap();
    let logged = logged.join().unwrap().unwrap();
    for part in ["/token", "/exchange/maskinporten", "/storage/api/v1/instances"] {
        assert!(logged.contains(part), "nothing of {part} is logged: {logged}");
    }
    assert_eq!((altinn_watch::secret_in(&told), altinn_watch::secret_in(&logged)), (None, None));
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
