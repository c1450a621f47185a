//! Tokens on disk, as seen by one process after another.

use altinn_auth::{Credentials, DiskCache, SigningKey};
use altinn_core::{Read, ReadWrite, Scope};

use crate::stub::{EXCHANGE, JWK, Reply, Stub, altinn_token};

/// Credentials as another process would make them.
fn process<S: Scope>(stub: &Stub, folder: &tempfile::TempDir, client_id: &str) -> Credentials<S> {
    Credentials::builder(stub.environment())
        .client_id(client_id)
        .key(SigningKey::from_jwk(JWK).unwrap())
        .disk_cache(DiskCache::at(folder.path().join("tokens")).unwrap())
        .build()
        .unwrap()
}

#[tokio::test]
async fn the_next_process_uses_the_token_of_the_last() {
    let stub = Stub::of_legs(Vec::new(), Vec::new()).await;
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..3 {
        let token = process::<ReadWrite>(&stub, &folder, "c").token().await.unwrap();
        assert_eq!(token.expose(), altinn_token());
        assert_eq!(token.org(), Some("ttd"));
    }
    assert_eq!((stub.count("/token"), stub.count(EXCHANGE)), (1, 1));
}

#[tokio::test]
async fn another_client_access_request_or_environment_has_another_token() {
    let folder = tempfile::tempdir().unwrap();
    let stub = Stub::of_legs(Vec::new(), Vec::new()).await;
    for _ in 0..2 {
        process::<ReadWrite>(&stub, &folder, "c").token().await.unwrap();
        process::<ReadWrite>(&stub, &folder, "other").token().await.unwrap();
        process::<Read>(&stub, &folder, "c").token().await.unwrap();
        let for_other = process::<Read>(&stub, &folder, "c").on_behalf_of("405003309".parse().unwrap());
        for_other.token().await.unwrap();
    }
    assert_eq!(stub.count(EXCHANGE), 4);
    let elsewhere = Stub::of_legs(Vec::new(), Vec::new()).await;
    process::<ReadWrite>(&elsewhere, &folder, "c").token().await.unwrap();
    assert_eq!(elsewhere.count(EXCHANGE), 1);
}

#[tokio::test]
async fn a_token_that_was_refused_is_not_taken_from_disk_again() {
    let stub = Stub::of_legs(Vec::new(), Vec::new()).await;
    let folder = tempfile::tempdir().unwrap();
    process::<Read>(&stub, &folder, "c").token().await.unwrap();
    let credentials = process::<Read>(&stub, &folder, "c");
    let token = credentials.token().await.unwrap();
    assert_eq!(stub.count(EXCHANGE), 1);
    credentials.invalidate(&token);
    credentials.token().await.unwrap();
    assert_eq!(stub.count(EXCHANGE), 2);
}

#[tokio::test]
async fn damage_is_mended_by_a_new_token() {
    let stub = Stub::of_legs(Vec::new(), vec![Reply::exchanged()]).await;
    let folder = tempfile::tempdir().unwrap();
    process::<Read>(&stub, &folder, "c").token().await.unwrap();
    let file = std::fs::read_dir(folder.path().join("tokens")).unwrap().next().unwrap().unwrap().path();
    let half = std::fs::read(&file).unwrap().len() / 2;
    let handle = std::fs::OpenOptions::new().write(true).open(&file).unwrap();
    handle.set_len(half as u64).unwrap();
    for exchanges in [2, 2] {
        process::<Read>(&stub, &folder, "c").token().await.unwrap();
        assert_eq!(stub.count(EXCHANGE), exchanges);
    }
}
