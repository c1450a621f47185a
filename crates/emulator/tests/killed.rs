//! What a program leaves behind that has no time to tidy up.

#![cfg(unix)]

use altinn_watch as _;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use altinn_emulator::{CertificateAuthority, Emulator};
use serde_json::{Value, json};

/// Ends with the test, whatever comes of it.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

#[tokio::test]
async fn large_content_is_gone_with_the_program() {
    // Both trust the key, so that tokens of the one are good at the other.
    let here = Emulator::start().await.unwrap();
    let key = here.enterprise_certificate(CertificateAuthority::Test, "405003309").unwrap().private_key_pem();
    let folder = tempfile::tempdir().unwrap();
    let (file, temporary) = (folder.path().join("key.pem"), folder.path().join("temporary"));
    std::fs::write(&file, &key).unwrap();
    std::fs::create_dir(&temporary).unwrap();
    let signer = Emulator::builder().signing_key(key.as_str(), None).start().await.unwrap();
    let scopes = "altinn:serviceowner/instances.read altinn:serviceowner/instances.write";
    let token = signer.service_owner_token("ttd", scopes).unwrap();

    let mut command = Command::new(env!("CARGO_BIN_EXE_altinn-emulator"));
    command.arg("--signing-key").arg(&file).env("TMPDIR", &temporary).stdout(Stdio::piped());
    let mut child = Running(command.spawn().unwrap());
    let mut line = String::new();
    BufReader::new(child.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let storage = format!("{}storage/api/v1", line.trim().rsplit(' ').next().unwrap());
    let http = reqwest::Client::builder().no_proxy().build().unwrap();

    let apps: Value = http.get(format!("{storage}/applications/ttd")).send().await.unwrap().json().await.unwrap();
    let app = apps["applications"][0].clone();
    let (app_id, data_type) = (app["id"].as_str().unwrap(), app["dataTypes"][0]["id"].as_str().unwrap());
    let owner = json!({"instanceOwner": {"partyId": "510001"}});
    let create = http.post(format!("{storage}/instances?appId={app_id}")).bearer_auth(&token).json(&owner);
    let instance: Value = create.send().await.unwrap().json().await.unwrap();
    let id = instance["id"].as_str().unwrap();
    let content = vec![7; 3 * 1024 * 1024];
    let upload = http.post(format!("{storage}/instances/{id}/data?dataType={data_type}")).bearer_auth(&token);
    let upload = upload.header("content-type", "application/octet-stream").body(content.clone());
    let element: Value = upload.send().await.unwrap().error_for_status().unwrap().json().await.unwrap();
    let path = format!("{storage}/instances/{id}/data/{}", element["id"].as_str().unwrap());
    let stored = http.get(path).bearer_auth(&token).send().await.unwrap().bytes().await.unwrap();
    assert!(stored == content);

    child.0.kill().unwrap();
    child.0.wait().unwrap();
    let left: Vec<_> = std::fs::read_dir(&temporary).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(left.is_empty(), "{left:?}");
}
