//! Tokens on disk, as seen by one process after another.

use std::time::Duration;

use altinn_auth::{Credentials, DiskCache, ErrorKind, SigningKey};
use altinn_core::{Environment, Read, ReadWrite, Scope};

use serde_json::{Value, json};

use crate::stub::{EXCHANGE, JWK, Reply, Stub, altinn_token, jwt};

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

#[test]
fn a_sidecar_s_tokens_are_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let cache = DiskCache::at(folder.path().join("tokens")).unwrap();
    let sidecar = "http://127.0.0.1:1/api/v1/token".parse().unwrap();
    let builder = Credentials::<Read>::builder(Environment::tt02()).token_sidecar(sidecar).disk_cache(cache);
    let error = builder.build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("sidecar"), "{error}");
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
async fn another_key_or_organisation_has_another_token() {
    let stub = Stub::of_legs(Vec::new(), Vec::new()).await;
    let folder = tempfile::tempdir().unwrap();
    for (kid, test) in [("one", false), ("two", false), ("one", true), ("one", false), ("one", true)] {
        let builder = Credentials::<Read>::builder(stub.environment()).client_id("c");
        let builder = builder.disk_cache(DiskCache::at(folder.path().join("tokens")).unwrap());
        let builder = builder.key(SigningKey::from_jwk(JWK).unwrap().with_kid(kid));
        builder.test_organisation(test).build().unwrap().token().await.unwrap();
    }
    assert_eq!(stub.count(EXCHANGE), 3);
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

/// An Altinn token that says who issued it.
fn issued_by(platform: &str) -> String {
    let issuer = format!("{platform}authentication/api/v1/openid/");
    jwt(&json!({"iss": issuer, "iat": 1_000, "exp": 2_800, "urn:altinn:org": "ttd"}))
}

#[tokio::test]
async fn a_token_of_another_issuer_in_a_file_is_not_used() {
    let stub = Stub::start(|request, _| match request.target.as_str() {
        EXCHANGE => Reply::new(200, issued_by(&format!("http://{}/", request.header("host").unwrap()))),
        _ => Reply::granted(),
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    process::<Read>(&stub, &folder, "c").token().await.unwrap();
    process::<Read>(&stub, &folder, "c").token().await.unwrap();
    assert_eq!(stub.count(EXCHANGE), 1);

    let file = std::fs::read_dir(folder.path().join("tokens")).unwrap().next().unwrap().unwrap().path();
    let text = std::fs::read_to_string(&file).unwrap();
    let (own, other) = (issued_by(&stub.url("")), issued_by("https://platform.altinn.no/"));
    assert!(text.contains(&own));
    std::fs::write(&file, text.replace(&own, &other)).unwrap();
    assert_eq!(process::<Read>(&stub, &folder, "c").token().await.unwrap().expose(), own);
    assert_eq!(stub.count(EXCHANGE), 2);
}

#[tokio::test]
async fn a_token_of_another_service_owner_in_a_file_is_not_used() {
    let stub = Stub::of_legs(Vec::new(), Vec::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let process = || {
        let cache = DiskCache::at(folder.path().join("tokens")).unwrap();
        let builder = Credentials::<Read>::builder(stub.environment()).client_id("c").service_owner("ttd");
        builder.key(SigningKey::from_jwk(JWK).unwrap()).disk_cache(cache).build().unwrap()
    };
    process().token().await.unwrap();
    process().token().await.unwrap();
    assert_eq!(stub.count(EXCHANGE), 1);

    let file = std::fs::read_dir(folder.path().join("tokens")).unwrap().next().unwrap().unwrap().path();
    let text = std::fs::read_to_string(&file).unwrap();
    let other = jwt(&json!({"iat": 1_000, "exp": 2_800, "urn:altinn:org": "skd"}));
    std::fs::write(&file, text.replace(&altinn_token(), &other)).unwrap();
    assert_eq!(process().token().await.unwrap().org(), Some("ttd"));
    assert_eq!(stub.count(EXCHANGE), 2);
}

#[tokio::test]
async fn a_token_of_another_issuer_is_not_put_into_a_file() {
    let other = issued_by("https://platform.altinn.no/");
    let stub = Stub::of_legs(Vec::new(), vec![Reply::new(200, other.as_str()); 2]).await;
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(process::<Read>(&stub, &folder, "c").token().await.unwrap().expose(), other);
    assert_eq!(std::fs::read_dir(folder.path().join("tokens")).unwrap().count(), 0);
}

#[tokio::test]
async fn a_refused_token_is_replaced_by_one_process_and_the_others_take_the_new_one() {
    let numbered =
        |number: u64| Reply::new(200, jwt(&json!({"iat": number, "exp": 1800 + number, "urn:altinn:org": "ttd"})));
    let stub = Stub::of_legs(Vec::new(), (1..9).map(numbered).collect()).await;
    let folder = tempfile::tempdir().unwrap();
    let [one, two] = [(); 2].map(|()| process::<Read>(&stub, &folder, "c"));
    let first = one.token().await.unwrap();
    assert_eq!(two.token().await.unwrap().expose(), first.expose());
    one.invalidate(&first);
    let second = one.token().await.unwrap();
    two.invalidate(&two.token().await.unwrap());
    assert_eq!(two.token().await.unwrap().expose(), second.expose());
    assert_eq!(stub.count(EXCHANGE), 2);
}

#[tokio::test]
async fn who_wants_tokens_to_end_with_maskinporten_s_takes_none_that_lasts_longer() {
    let stub = Stub::of_legs(Vec::new(), Vec::new()).await;
    let folder = tempfile::tempdir().unwrap();
    for (bound, exchanges) in [(false, 1), (true, 2), (false, 2), (true, 2)] {
        let cache = DiskCache::at(folder.path().join("tokens")).unwrap();
        let builder = Credentials::<Read>::builder(stub.environment()).client_id("c").disk_cache(cache);
        let builder = builder.key(SigningKey::from_jwk(JWK).unwrap()).bound_to_maskinporten(bound);
        let token = builder.build().unwrap().token().await.unwrap();
        assert_eq!(token.lifetime() <= Duration::from_secs(120), bound);
        assert_eq!(stub.count(EXCHANGE), exchanges);
    }
}

/// Makes the one token in the folder as much older.
fn age(folder: &tempfile::TempDir, seconds: i64) {
    let file = std::fs::read_dir(folder.path().join("tokens")).unwrap().next().unwrap().unwrap().path();
    let mut entry: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    entry["asked"] = (entry["asked"].as_i64().unwrap() - seconds).into();
    std::fs::write(&file, entry.to_string()).unwrap();
}

#[tokio::test]
async fn a_token_in_a_file_is_as_old_as_it_is_and_too_old_for_a_long_call() {
    let numbered =
        |number: u64| Reply::new(200, jwt(&json!({"iat": number, "exp": 1800 + number, "urn:altinn:org": "ttd"})));
    let stub = Stub::of_legs(Vec::new(), (1..9).map(numbered).collect()).await;
    let folder = tempfile::tempdir().unwrap();
    let first = process::<Read>(&stub, &folder, "c").token().await.unwrap();
    age(&folder, 1000);
    let credentials = process::<Read>(&stub, &folder, "c");
    let token = credentials.token().await.unwrap();
    assert_eq!((token.expose(), token.lifetime().as_secs()), (first.expose(), 1740));
    assert!(token.remaining() <= Duration::from_secs(740), "{token:?}");
    assert_eq!(credentials.token_lasting(Duration::from_secs(600)).await.unwrap().expose(), first.expose());
    assert_eq!(stub.count(EXCHANGE), 1);

    // Without one in memory, too, though the file is read first.
    let least = Duration::from_secs(1200);
    let second = process::<Read>(&stub, &folder, "c").token_lasting(least).await.unwrap();
    assert_ne!(second.expose(), first.expose());
    assert!(second.remaining() >= least, "{second:?}");
    assert_eq!(stub.count(EXCHANGE), 2);

    // Neither the one in memory nor the newer one in the file lasts long enough.
    age(&folder, 700);
    let third = credentials.token_lasting(least).await.unwrap();
    assert!(![first.expose(), second.expose()].contains(&third.expose()));
    assert!(third.remaining() >= least, "{third:?}");
    assert_eq!(stub.count(EXCHANGE), 3);
}

#[tokio::test]
async fn a_token_in_a_file_that_is_about_to_end_is_replaced() {
    let stub = Stub::of_legs(Vec::new(), Vec::new()).await;
    let folder = tempfile::tempdir().unwrap();
    process::<Read>(&stub, &folder, "c").token().await.unwrap();
    for (seconds, exchanges) in [(1690, 1), (25, 2)] {
        age(&folder, seconds);
        let token = process::<Read>(&stub, &folder, "c").token().await.unwrap();
        assert!(token.remaining() > Duration::from_secs(30), "{token:?}");
        assert_eq!(stub.count(EXCHANGE), exchanges);
    }
}
