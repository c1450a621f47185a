//! The program: it says where it listens, and ends when asked to.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a helper of a test fails as loudly as a test")]

use altinn_watch as _;

#[path = "services/private_jwk.rs"]
mod private_jwk;
#[expect(dead_code, reason = "the other tests use more of it")]
#[path = "services/signer.rs"]
mod signer;

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Output, Stdio};

use altinn_emulator::{CertificateAuthority, Emulator, World};
use private_jwk::signer_of;

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

/// What the program prints first, up to `lines` lines.
fn printed(child: &mut Running, lines: usize) -> String {
    let out = BufReader::new(child.0.stdout.take().unwrap());
    out.lines().take(lines).map(Result::unwrap).collect::<Vec<_>>().join("\n")
}

/// A private JWK with which a client signs its grants, as a program in another language reads it from the file.
#[tokio::test]
async fn without_a_world_it_issues_a_token_for_the_key_that_it_writes() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key.jwk");
    let mut first: Option<String> = None;
    // A restart goes on with the key.
    for _ in 0..2 {
        let mut child = Running(program(&["--client-key-out", file.to_str().unwrap()]).spawn().unwrap());
        let told = printed(&mut child, 1);
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        let key = std::fs::read_to_string(&file).unwrap();
        assert!(first.as_ref().is_none_or(|first| *first == key));
        list_with(&key, told.rsplit(' ').next().unwrap()).await;
        first = Some(key);
    }
}

/// Fetches a token with the key, and lists with it.
async fn list_with(key: &str, url: &str) {
    let signer = signer_of(key);
    let now = jiff::Timestamp::now().as_second();
    let claims = serde_json::json!({"aud": url, "iss": World::DEMO_CLIENT, "iat": now, "exp": now + 100,
        "scope": "altinn:serviceowner/instances.read altinn:serviceowner/instances.write"});
    let grant = signer.sign(&serde_json::json!({"alg": "RS256", "kid": signer.kid}), &claims);
    let form = [("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", grant.as_str())];
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer: serde_json::Value =
        http.post(format!("{url}token")).form(&form).send().await.unwrap().json().await.unwrap();
    let exchange = http.get(format!("{url}authentication/api/v1/exchange/maskinporten"));
    let token = exchange.bearer_auth(answer["access_token"].as_str().unwrap()).send().await.unwrap();
    let list = http.get(format!("{url}storage/api/v1/instances?org=ttd"));
    assert_eq!(list.bearer_auth(token.text().await.unwrap()).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn it_is_controlled_on_the_port_that_it_says() {
    let mut child = Running(program(&["--control-port", "0"]).spawn().unwrap());
    let told = printed(&mut child, 2);
    let control = told.rsplit(' ').next().unwrap();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let moved = http.post(format!("{control}clock")).body(r#"{"now": "2031-01-01T00:00:00Z"}"#).send().await.unwrap();
    assert_eq!(moved.status(), 200);
    let url = told.lines().next().unwrap().rsplit(' ').next().unwrap();
    let health = http.get(format!("{url}health")).send().await.unwrap();
    assert!(health.headers()["date"].to_str().unwrap().contains("01 Jan 2031"));
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
    let person = "01839012345";
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
fn what_is_no_private_key_of_a_client_is_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let (file, other) = (folder.path().join("key.jwk"), folder.path().join("world.json"));
    std::fs::write(&other, "{}").unwrap();
    let failed = |arguments: &[&str]| -> String {
        let out = program(arguments).args(["--client-key-out", file.to_str().unwrap()]).output().unwrap();
        assert!(!out.status.success());
        String::from_utf8(out.stderr).unwrap()
    };
    let public = r#"{"kty": "RSA", "kid": "k", "n": "AQAB", "e": "AQAB"}"#;
    let short = r#"{"kty": "RSA", "kid": "k", "n": "AQAB", "e": "AQAB", "d": "c2VjcmV0LXNlY3JldA"}"#;
    for content in ["", "my notes", "[1]", public, short] {
        std::fs::write(&file, content).unwrap();
        let told = failed(&[]);
        assert!(told.contains("key.jwk") && !told.contains("c2VjcmV0"), "{told}");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), content);
    }
    std::fs::remove_file(&file).unwrap();
    assert!(failed(&["--world", other.to_str().unwrap()]).contains("--client-id"));
    assert!(!file.exists());
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
    assert!(failed(&["--client-key-out", "/no/such/folder/key.jwk"]).contains("/no/such/folder/key.jwk"));
    assert!(failed(&["--client-key-out", "never-written.jwk", "--client-id", "nobody"]).contains("nobody"));
}

#[test]
fn its_help_names_every_service() {
    let help = program(&["--help"]).output().unwrap().stdout;
    let help = String::from_utf8(help).unwrap();
    for words in [
        "POST /token",
        "/authentication/api/v1/",
        "/storage/api/v1/",
        "--world",
        "--client-key-out",
        World::DEMO_CLIENT,
        "/_emulator/world",
        "For tests only",
    ] {
        assert!(help.contains(words), "{words}");
    }
}
