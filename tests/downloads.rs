//! Each way out of a download: the same checks, and the same attempts.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper of a test fails as loudly as a test"
)]

use altinn_watch as _;

use altinn_core::{Error, ErrorKind};
use altinn_storage::{Download, Sha256};
use altinn_tests::clients::client;
use altinn_tests::fault::{Answer, FaultServer};
use altinn_tests::sample::{CONTENT, element, id, whole};
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};

/// Of [`CONTENT`], by another program.
const HASH: &str = "80add98234b5dbdcc1f741a2798cb6df4d7644acce22011a5c9bdad4e1e2fc60";

const WAYS: [&str; 5] = ["bytes", "bytes_up_to", "file", "writer", "stream"];

/// Takes the content out in one of the [`WAYS`].
async fn out(download: Download, way: &str) -> Result<Vec<u8>, Error> {
    match way {
        "bytes" => download.bytes().await.map(|content| content.to_vec()),
        "bytes_up_to" => download.bytes_up_to(1_000).await.map(|content| content.to_vec()),
        "file" => {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("a");
            let outcome = download.to_file(&path).await;
            assert_eq!(path.exists(), outcome.is_ok());
            outcome.map(|_| std::fs::read(&path).unwrap())
        }
        "writer" => {
            let mut written = Vec::new();
            download.to_writer(&mut written).await.map(|_| written)
        }
        _ => download.stream().await?.try_collect::<Vec<Bytes>>().await.map(|chunks| chunks.concat()),
    }
}

#[tokio::test]
async fn another_hash_than_the_expected_one_fails_every_way_out() {
    let server = FaultServer::start([whole().repeated()]).await.unwrap();
    let client = client(server.url().as_str());
    let download = |hash| client.data(id()).download(&element(CONTENT.len())).expect_sha256(hash);
    for way in WAYS {
        assert_eq!(out(download(HASH.parse().unwrap()), way).await.unwrap(), CONTENT.as_bytes(), "{way}");
        let before = server.requests().len();
        let error = out(download(Sha256::new([7; 32])), way).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Integrity, "{way}: {error}");
        assert!(error.to_string().contains("SHA-256"), "{way}: {error}");
        assert_eq!(server.requests().len() - before, 1, "{way}: again it would be the same");
    }
}

#[tokio::test]
async fn a_stream_gives_all_before_it_tells_of_a_wrong_hash() {
    let server = FaultServer::start([whole()]).await.unwrap();
    let client = client(server.url().as_str());
    let download = client.data(id()).download(&element(CONTENT.len())).expect_sha256(Sha256::new([7; 32]));
    let items: Vec<_> = download.stream().await.unwrap().collect().await;
    let (last, before) = items.split_last().unwrap();
    assert_eq!(last.as_ref().unwrap_err().kind(), ErrorKind::Integrity);
    let before: Vec<_> = before.iter().map(|chunk| chunk.as_ref().unwrap().clone()).collect();
    assert_eq!(before.concat(), CONTENT.as_bytes());
}

#[tokio::test]
async fn attempts_are_repeated_until_the_content_begins_whatever_the_way_out() {
    for way in WAYS {
        let empty = Answer::status(200).chunked();
        let broken = [Answer::cut(), whole().cut_after(0), whole().cut_after(0), empty];
        let server = FaultServer::start(broken.into_iter().chain([whole()])).await.unwrap();
        let client = client(server.url().as_str());
        let content = out(client.data(id()).download(&element(CONTENT.len())), way).await.unwrap();
        assert_eq!((content.as_slice(), server.requests().len()), (CONTENT.as_bytes(), 5), "{way}");
    }
}

/// Another attempt can bring what is missing. It can't take away what is too much.
#[tokio::test]
async fn a_content_that_is_too_long_is_final_and_one_that_is_too_short_is_not() {
    for way in WAYS {
        let server = FaultServer::start([whole().repeated()]).await.unwrap();
        let client = client(server.url().as_str());
        let error = out(client.data(id()).download(&element(CONTENT.len() - 1)), way).await.unwrap_err();
        assert_eq!((error.kind(), server.requests().len()), (ErrorKind::Integrity, 1), "{way}: {error}");
        assert!(!error.is_transient(), "{way}: {error}");
        let detail = format!("{} bytes came, but it has {}: it may have been", CONTENT.len(), CONTENT.len() - 1);
        assert!(error.to_string().contains(&detail), "{way}: {error}");

        let before = server.requests().len();
        let error = out(client.data(id()).download(&element(CONTENT.len() + 1)), way).await.unwrap_err();
        let attempts = if matches!(way, "writer" | "stream") { 1 } else { 5 };
        assert_eq!(
            (error.kind(), server.requests().len() - before),
            (ErrorKind::Integrity, attempts),
            "{way}: {error}"
        );
        assert!(error.is_transient(), "{way}: {error}");
    }
}

#[tokio::test]
async fn what_is_passed_on_already_is_not_fetched_again() {
    for way in ["writer", "stream"] {
        let server = FaultServer::start([whole().cut_after(7), whole()]).await.unwrap();
        let client = client(server.url().as_str());
        let error = out(client.data(id()).download(&element(CONTENT.len())), way).await.unwrap_err();
        assert_eq!((error.kind(), server.requests().len()), (ErrorKind::Transport, 1), "{way}: {error}");
    }
}

#[tokio::test]
async fn an_element_without_content_is_no_failure() {
    for way in WAYS {
        let server = FaultServer::start([Answer::status(200).chunked().repeated()]).await.unwrap();
        let client = client(server.url().as_str());
        assert!(out(client.data(id()).download(&element(0)), way).await.unwrap().is_empty(), "{way}");
        assert_eq!(server.requests().len(), 1);
    }
}

/// What Altinn 2 left behind is rendered when it is asked for, and listed with no size.
#[tokio::test]
async fn an_element_that_is_listed_with_no_size_is_taken_as_it_comes() {
    for way in WAYS {
        let server = FaultServer::start([whole()]).await.unwrap();
        let download = client(server.url().as_str()).data(id()).download(&element(0));
        assert_eq!(out(download, way).await.unwrap(), CONTENT.as_bytes(), "{way}");
    }
}

#[tokio::test]
async fn a_target_may_have_the_longest_name_that_a_file_system_takes() {
    let server = FaultServer::start([whole()]).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a".repeat(255));
    client(server.url().as_str()).data(id()).download(&element(CONTENT.len())).to_file(&path).await.unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), CONTENT.as_bytes());
}
