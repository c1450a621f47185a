//! Downloads and uploads against a server that cuts, stalls and refuses.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper of a test fails as loudly as a test"
)]

use altinn_watch as _;

use std::path::Path;
use std::time::Duration;

use altinn_core::{ErrorKind, Payload, ReadWrite, RetryPolicy};
use altinn_storage::{FileScanResult, ScanPolicy, Sha256};
use altinn_tests::clients::{builder, client, quick};
use altinn_tests::fault::{Answer, FaultServer, unreachable_url};
use altinn_tests::sample::{CONTENT, element, id, whole};
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use serde_json::json;

fn created() -> Answer {
    Answer::json(201, &json!({"id": element(0).id.to_string(), "size": CONTENT.len()}))
}

fn names(folder: &Path) -> Vec<String> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[tokio::test]
async fn a_file_appears_whole_after_broken_attempts() {
    let server = FaultServer::start([
        Answer::cut(),
        whole().cut_after(7),
        Answer::status(200).body(&CONTENT.as_bytes()[..10]).chunked(),
        whole(),
    ])
    .await
    .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("skjema.xml");
    std::fs::write(&path, "from before").unwrap();
    let client = client(server.url().as_str());
    let downloaded = client.data(id()).download(&element(CONTENT.len())).to_file(&path).await.unwrap();
    assert_eq!((downloaded.size, downloaded.sha256), (CONTENT.len() as u64, None));
    assert_eq!(downloaded.content_type.unwrap().essence_str(), "application/xml");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), CONTENT);
    assert_eq!(names(folder.path()), ["skjema.xml"]);
    assert_eq!(server.requests().len(), 4);
}

#[tokio::test]
async fn a_download_that_stays_broken_leaves_nothing_behind() {
    for (answer, kind) in [
        (whole().cut_after(7).repeated(), ErrorKind::Transport),
        (Answer::status(200).body(&CONTENT.as_bytes()[..10]).chunked().repeated(), ErrorKind::Integrity),
        (Answer::status(200).body(format!("{CONTENT}!")).chunked().repeated(), ErrorKind::Integrity),
        (Answer::json(404, &json!("Unable to find requested data item")).repeated(), ErrorKind::NotFound),
    ] {
        let server = FaultServer::start([answer]).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("skjema.xml");
        let client = client(server.url().as_str());
        let error = client.data(id()).download(&element(CONTENT.len())).to_file(&path).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(names(folder.path()).is_empty(), "{:?}", names(folder.path()));
        let error = client.data(id()).download(&element(CONTENT.len())).bytes().await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
    }
}

#[tokio::test]
async fn a_folder_that_can_t_be_written_costs_no_request() {
    let server = FaultServer::start([whole().repeated()]).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let client = client(server.url().as_str());
    let taken = folder.path().join("taken");
    std::fs::create_dir(&taken).unwrap();
    for path in [folder.path().join("missing/skjema.xml"), folder.path().join(".."), taken] {
        let error = client.data(id()).download(&element(CONTENT.len())).to_file(&path).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io);
        assert!(std::error::Error::source(&error).is_some());
    }
    assert_eq!(server.requests().len(), 0);
    assert_eq!(names(folder.path()), ["taken"]);
}

#[tokio::test]
async fn a_dropped_download_leaves_nothing_behind() {
    let server = FaultServer::start([whole().stall_after(5)]).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let client = client(server.url().as_str());
    let (data, element) = (client.data(id()), element(CONTENT.len()));
    let download = data.download(&element).to_file(folder.path().join("a"));
    let arrived = async {
        server.wait_for(1).await;
        while names(folder.path()).is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        result = download => panic!("it can't end: {result:?}"),
        () = arrived => {}
    }
    // A thread that had only just created the file removes it when it sees that nobody waits any more.
    let removed = async {
        while !names(folder.path()).is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), removed).await.expect("what is dropped is removed");
}

#[tokio::test]
async fn a_stall_ends_an_attempt_and_a_slow_transfer_does_not() {
    let server = FaultServer::start([whole().stall_after(5), whole()]).await.unwrap();
    let client = builder::<ReadWrite>(server.url().as_str()).idle_timeout(Duration::from_millis(200)).build().unwrap();
    assert_eq!(client.data(id()).download(&element(CONTENT.len())).bytes().await.unwrap(), CONTENT);
    assert_eq!(server.requests().len(), 2);

    let server = FaultServer::start([whole().stall_after(5).repeated()]).await.unwrap();
    let client = builder::<ReadWrite>(server.url().as_str())
        .idle_timeout(Duration::from_millis(50))
        .retry(quick().max_retries(1))
        .build()
        .unwrap();
    let error = client.data(id()).download(element(0).id).bytes().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Timeout, 2));
}

#[tokio::test]
async fn a_stream_ends_with_an_error_when_a_part_is_missing() {
    let server = FaultServer::start([whole(), Answer::status(200).body("<skj").chunked()]).await.unwrap();
    let client = client(server.url().as_str());
    let stream = client.data(id()).download(&element(CONTENT.len())).stream().await.unwrap();
    assert_eq!(stream.content_type().unwrap().essence_str(), "application/xml");
    let chunks: Vec<Bytes> = stream.try_collect().await.unwrap();
    assert_eq!(chunks.concat(), CONTENT.as_bytes());

    let stream = client.data(id()).download(&element(CONTENT.len())).stream().await.unwrap();
    let last = stream.collect::<Vec<_>>().await.pop().unwrap();
    assert_eq!(last.unwrap_err().kind(), ErrorKind::Integrity);
}

#[tokio::test]
async fn a_hash_is_reckoned_and_another_one_is_refused() {
    // Of CONTENT, by another program.
    let hash: Sha256 = "80add98234b5dbdcc1f741a2798cb6df4d7644acce22011a5c9bdad4e1e2fc60".parse().unwrap();
    let server = FaultServer::start([whole().repeated()]).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let client = client(server.url().as_str());
    let (data, element, path) = (client.data(id()), element(CONTENT.len()), folder.path().join("a"));
    assert_eq!(data.download(&element).sha256().to_file(&path).await.unwrap().sha256, Some(hash));
    assert_eq!(data.download(&element).expect_sha256(hash).to_file(&path).await.unwrap().sha256, Some(hash));
    std::fs::remove_file(&path).unwrap();
    let other = Sha256::new([7; 32]);
    let error = data.download(&element).expect_sha256(other).to_file(&path).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Integrity, 1));
    assert!(names(folder.path()).is_empty());

    let mut written = Vec::new();
    let downloaded = data.download(&element).sha256().to_writer(&mut written).await.unwrap();
    assert_eq!((downloaded.sha256, written.as_slice()), (Some(hash), CONTENT.as_bytes()));
}

#[tokio::test]
async fn an_infected_file_is_not_fetched() {
    let server = FaultServer::start([whole().repeated()]).await.unwrap();
    let client = client(server.url().as_str());
    let mut element = element(CONTENT.len());
    element.file_scan_result = Some(FileScanResult::Infected);
    let error = client.data(id()).download(&element).bytes().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ScanRefused);
    element.file_scan_result = Some(FileScanResult::Pending);
    let error = client.data(id()).download(&element).scan(ScanPolicy::Clean).stream().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ScanRefused);
    assert_eq!(server.requests().len(), 0);
    assert_eq!(client.data(id()).download(&element).bytes().await.unwrap(), CONTENT);
    element.file_scan_result = Some(FileScanResult::Infected);
    assert_eq!(client.data(id()).download(&element).scan(ScanPolicy::Any).bytes().await.unwrap(), CONTENT);
}

#[tokio::test]
async fn memory_is_bounded_by_the_limit() {
    let server = FaultServer::start([whole().repeated()]).await.unwrap();
    let client = client(server.url().as_str());
    let known = client.data(id()).download(&element(CONTENT.len())).bytes_up_to(5).await.unwrap_err();
    assert_eq!(known.kind(), ErrorKind::Integrity);
    assert_eq!(server.requests().len(), 0, "its size is known beforehand");
    assert!(known.to_string().contains("what arrived is not what was expected"), "{known}");
    let unknown = client.data(id()).download(element(0).id).bytes_up_to(5).await.unwrap_err();
    assert_eq!(unknown.kind(), ErrorKind::Integrity);
    assert_eq!(client.data(id()).download(element(0).id).bytes_up_to(100).await.unwrap(), CONTENT);
}

#[tokio::test]
async fn memory_is_not_reserved_on_the_word_of_the_metadata() {
    let server = FaultServer::start([whole().repeated()]).await.unwrap();
    let download = client(server.url().as_str()).data(id()).download(&element(usize::MAX));
    let error = download.bytes_up_to(u64::MAX).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Integrity, "{error}");
}

#[tokio::test]
async fn an_upload_says_what_it_carries() {
    let server = FaultServer::start([created()]).await.unwrap();
    let client = client(server.url().as_str());
    let upload = client.data(id()).upload("vedlegg".parse().unwrap(), CONTENT);
    upload.content_type(mime::TEXT_XML).file_name("blå+bær 100%.xml").await.unwrap();
    let requests = server.requests();
    let sent = &requests[0];
    assert_eq!(sent.path(), format!("/storage/api/v1/instances/{}/data", id()));
    assert_eq!(sent.query(), Some("dataType=vedlegg"));
    assert_eq!(sent.header("content-type"), Some("text/xml"));
    assert_eq!(sent.header("content-length"), Some(CONTENT.len().to_string().as_str()));
    assert_eq!(
        sent.header("content-disposition"),
        Some("attachment; filename*=UTF-8''bl%C3%A5%25252Bb%C3%A6r%20100%252525.xml")
    );
    assert_eq!(sent.body, CONTENT.as_bytes());
}

#[tokio::test]
async fn an_upload_is_never_sent_twice_once_it_may_have_arrived() {
    for answer in
        [Answer::status(500), Answer::status(503).header("retry-after", "0"), Answer::cut(), Answer::status(504)]
    {
        let server = FaultServer::start([answer, created().repeated()]).await.unwrap();
        let client = client(server.url().as_str());
        let error = client.data(id()).upload("vedlegg".parse().unwrap(), CONTENT).await.unwrap_err();
        assert!(error.may_have_reached_server() && error.is_transient(), "{error:?}");
        assert_eq!((error.attempts(), server.requests().len()), (1, 1));
        assert!(error.advice().unwrap().contains("before sending it again"), "{error}");
    }
}

#[tokio::test]
async fn what_an_earlier_attempt_may_have_done_is_not_forgotten() {
    let missing = || Answer::json(404, &json!("Unable to find any data element"));
    for (answers, reached) in [(vec![missing()], false), (vec![Answer::cut(), missing()], true)] {
        let server = FaultServer::start(answers).await.unwrap();
        let client = client(server.url().as_str());
        let error = client.data(id()).delete(element(0).id).await.unwrap_err();
        assert_eq!((error.kind(), error.may_have_reached_server()), (ErrorKind::NotFound, reached), "{error:?}");
    }
}

#[tokio::test]
async fn an_upload_that_did_not_arrive_is_sent_again() {
    let server = FaultServer::start([Answer::status(429), created()]).await.unwrap();
    client(server.url().as_str()).data(id()).upload("vedlegg".parse().unwrap(), CONTENT).await.unwrap();
    assert_eq!(server.requests().len(), 2);

    let nowhere = unreachable_url().await.unwrap();
    let error = client(nowhere.as_str()).data(id()).upload("vedlegg".parse().unwrap(), CONTENT).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connect, 5));
    assert!(!error.may_have_reached_server());
}

#[tokio::test]
async fn files_are_read_anew_and_streams_only_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stor.bin");
    let content: Vec<u8> = (0..700_000_u32).map(|n| n as u8).collect();
    std::fs::write(&path, &content).unwrap();
    let server = FaultServer::start([Answer::status(429), created()]).await.unwrap();
    let upload = client(server.url().as_str())
        .data(id())
        .upload("vedlegg".parse().unwrap(), Payload::file(&path).await.unwrap());
    upload.await.unwrap();
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    for request in requests {
        assert_eq!(request.header("content-length"), Some("700000"));
        assert_eq!(request.body, content);
    }

    let server = FaultServer::start([Answer::status(429), created()]).await.unwrap();
    let chunks = futures::stream::iter([Ok(Bytes::from_static(b"<skjema>")), Ok(Bytes::from_static(b"</skjema>"))]);
    let payload = Payload::stream(None, chunks);
    let error = client(server.url().as_str()).data(id()).upload("vedlegg".parse().unwrap(), payload).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::RateLimited, 1));
    let requests = server.requests();
    assert_eq!(requests[0].header("transfer-encoding"), Some("chunked"));
    assert_eq!(requests[0].body, "<skjema></skjema>");
}

#[tokio::test]
async fn a_replayable_stream_is_opened_for_each_attempt_and_a_reader_once() {
    let server = FaultServer::start([Answer::status(429), created()]).await.unwrap();
    let payload = Payload::replayable(Some(9), || futures::stream::iter([Ok(Bytes::from_static(b"<skjema/>"))]));
    client(server.url().as_str()).data(id()).upload("vedlegg".parse().unwrap(), payload).await.unwrap();
    let requests = server.requests();
    assert_eq!(requests.iter().map(|sent| sent.body.clone()).collect::<Vec<_>>(), ["<skjema/>", "<skjema/>"]);
    assert!(requests.iter().all(|sent| sent.header("content-length") == Some("9")));

    let server = FaultServer::start([Answer::status(429), created()]).await.unwrap();
    let payload = Payload::reader(Some(CONTENT.len() as u64), CONTENT.as_bytes());
    let error = client(server.url().as_str()).data(id()).upload("vedlegg".parse().unwrap(), payload).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::RateLimited, 1));
    assert_eq!(server.requests()[0].body, CONTENT.as_bytes());
}

#[tokio::test]
async fn a_source_that_fails_or_lies_is_named() {
    let server = FaultServer::start([created().repeated()]).await.unwrap();
    let client = builder::<ReadWrite>(server.url().as_str()).retry(RetryPolicy::none()).build().unwrap();
    let broken = || Err(std::io::Error::other("the disk is gone"));
    for payload in [
        Payload::stream(None, futures::stream::iter([Ok(Bytes::from_static(b"<skj")), broken()])),
        Payload::stream(Some(100), futures::stream::iter([Ok(Bytes::from_static(b"<skj"))])),
        Payload::stream(Some(2), futures::stream::iter([Ok(Bytes::from_static(b"<skj"))])),
        // All that was announced has come, and then something else than the end.
        Payload::stream(Some(4), futures::stream::iter([Ok(Bytes::from_static(b"<skj")), Ok("ema/>".into())])),
        Payload::stream(Some(4), futures::stream::iter([Ok(Bytes::from_static(b"<skj")), broken()])),
    ] {
        let error = client.data(id()).upload("vedlegg".parse().unwrap(), payload).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PayloadSource, "{error:?}");
    }
}

#[tokio::test]
async fn what_the_service_would_refuse_is_refused_first() {
    let server = FaultServer::start([created().repeated()]).await.unwrap();
    let client = client(server.url().as_str());
    let data = client.data(id());
    let type_id = || "vedlegg".parse().unwrap();
    let huge = Payload::stream(Some(2_097_152_001), futures::stream::empty());
    for error in [
        data.upload(type_id(), "").await.unwrap_err(),
        data.upload(type_id(), huge).await.unwrap_err(),
        data.upload(type_id(), CONTENT).file_name("a/b").await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
    assert_eq!(server.requests().len(), 0);
}

#[tokio::test]
async fn confirming_is_repeated_because_it_does_no_harm() {
    let server = FaultServer::start([
        Answer::status(500),
        Answer::cut(),
        Answer::json(200, &json!({"id": id().to_string(), "completeConfirmations": [{"stakeholderId": "ttd"}]})),
    ])
    .await
    .unwrap();
    let confirmed = client(server.url().as_str()).instances().confirm(id()).await.unwrap();
    assert!(confirmed.is_confirmed_by("ttd"));
    assert_eq!(server.requests().len(), 3);
}
