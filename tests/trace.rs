//! Everything at TRACE, the HTTP stack included, and still no secret and no person in the log.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails as loudly as a test")]

#[path = "../examples/quickstart/receive.rs"]
mod receive;
#[path = "../examples/quickstart/sample.rs"]
mod sample;

use altinn_auth::{Credentials, SigningKey};
use altinn_core::{Environment, ReadWrite};
use altinn_emulator::{Emulator, Failure, NewClient};
use altinn_storage::{Client, InstanceOwnerFilter, InstanceQuery};
use altinn_tests::clients::quick;
use altinn_tests::redaction::assert_redacted;
use altinn_watch::Recording;
use serde_json::Value;

#[tokio::test]
async fn a_day_s_work_leaves_nothing_in_the_log() {
    let recording = Recording::start();
    let emulator = Emulator::start().await.unwrap();
    sample::fill(&emulator);
    let registered = emulator.register_client(NewClient::new(sample::ORG_NUMBER)).unwrap();
    let credentials = Credentials::<ReadWrite>::builder(Environment::emulator(emulator.url()).unwrap())
        .client_id(registered.client_id())
        .key(SigningKey::from_jwk(registered.jwk()).unwrap())
        .build()
        .unwrap();
    let client = Client::builder(credentials.clone()).retry(quick()).build().unwrap();
    emulator.fail_next("/token", Failure::status(503));
    emulator.fail_next("/storage/", Failure::status(503));
    let folder = tempfile::tempdir().unwrap();
    let outcome = receive::pass(&client.read_confirm(), InstanceQuery::org("ttd"), folder.path()).await.unwrap();
    assert!(!outcome.failed(), "{outcome}");

    let person = "01839012345";
    let query = InstanceQuery::org("ttd").owner(InstanceOwnerFilter::Person(person.parse().unwrap()));
    let page = client.instances().list(query).await.unwrap();
    let id = page.instances[0].id;
    let upload = client.data(id).upload("attachment".parse().unwrap(), "innholdet i en hemmelig fil");
    upload.file_name("legeerklæring-åse.pdf").await.unwrap();
    client.data(id).upload("nosuchtype".parse().unwrap(), "innholdet i en hemmelig fil").await.unwrap_err();
    credentials.invalidate(&credentials.token().await.unwrap());
    let token = credentials.token().await.unwrap();

    let text = recording.text();
    for expected in ["altinn_auth", "altinn_core", "hyper", "instances.list", "data.download"] {
        assert!(text.contains(expected), "the log has nothing of {expected}");
    }
    let jwk: Value = serde_json::from_str(registered.jwk()).unwrap();
    let private: Vec<(&str, &str)> =
        ["d", "p", "q", "dp", "dq", "qi"].into_iter().map(|name| (name, jwk[name].as_str().unwrap())).collect();
    assert_redacted(&text, &private);
    let signature = token.expose().rsplit('.').next().unwrap();
    assert_redacted(
        &text,
        &[
            ("token", token.expose()),
            ("signature", signature),
            ("person number", person),
            ("owner's name", "Kåre Næss Øvrebø"),
            ("content", "innholdet i en hemmelig fil"),
            ("file name", "legeerklæring-åse.pdf"),
        ],
    );
    // Any token or grant at all: they begin with the base64url of {"alg or {"typ.
    for beginning in ["eyJhbGciOi", "eyJ0eXAiOi", "eyJraWQiOi"] {
        assert!(!text.contains(beginning), "something like a JWT is in the log");
    }
}
