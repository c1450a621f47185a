//! Uploads and replacements that are slow, cut off, or of a kind that the service does not store as it came.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper of a test fails as loudly as a test"
)]

use altinn_watch as _;

use std::io;
use std::time::Duration;

use altinn_core::{DataElementId, ErrorKind, InstanceId, Payload, ReadWrite, RetryPolicy};
use altinn_storage::reqwest_middleware::{Middleware, Next, Result as LayerResult};
use altinn_storage::{Client, DataElement};
use altinn_tests::clients::builder;
use altinn_tests::owner::{OPEN, Owner};
use altinn_tests::sample::id;
use bytes::Bytes;
use http_body_util::BodyExt;
use proptest::prelude::*;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

fn element_id() -> DataElementId {
    "00000000-0000-4000-8000-000000000002".parse().unwrap()
}

fn stream(size: Option<u64>, content: &[u8]) -> Payload {
    let chunks: Vec<_> = content.chunks(100_000).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
    Payload::stream(size, futures::stream::iter(chunks))
}

/// Sends `content` in every way at once; each has to succeed.
async fn in_every_way(client: &Client<ReadWrite>, content: Vec<u8>) {
    let size = Some(content.len() as u64);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stor.bin");
    std::fs::write(&path, &content).unwrap();
    let data = client.data(id());
    let upload = |payload| data.upload("vedlegg".parse().unwrap(), payload).into_future();
    let (bytes, file, streamed, replaced) = tokio::join!(
        upload(Payload::from(content.clone())),
        upload(Payload::file(&path).await.unwrap()),
        upload(stream(size, &content)),
        data.replace(element_id(), stream(None, &content)).into_future(),
    );
    for (way, outcome) in [("bytes", bytes), ("file", file), ("stream", streamed), ("unknown length", replaced)] {
        assert!(outcome.is_ok(), "{way}: {outcome:?}");
    }
}

/// Takes bodies in at 64 KiB in ten seconds instead of sending them.
struct SlowLine;

#[async_trait::async_trait]
impl Middleware for SlowLine {
    async fn handle(
        &self,
        mut request: reqwest::Request,
        _: &mut http::Extensions,
        _: Next<'_>,
    ) -> LayerResult<reqwest::Response> {
        let mut body = request.body_mut().take().expect("a body");
        let mut length = 0;
        while let Some(frame) = body.frame().await {
            let frame = frame.expect("a piece").into_data().expect("content");
            length += frame.len();
            tokio::time::sleep(Duration::from_secs(10).mul_f64(frame.len() as f64 / 65_536.0)).await;
        }
        assert_eq!(length, 4_000_000);
        Ok(http::Response::new(json!({"id": element_id()}).to_string()).into())
    }
}

#[tokio::test(start_paused = true)]
async fn an_upload_may_take_as_long_as_it_likes_while_it_moves() {
    let client = builder("http://127.0.0.1:9/").retry(RetryPolicy::none()).layer(SlowLine).build().unwrap();
    let begun = tokio::time::Instant::now();
    in_every_way(&client, vec![7; 4_000_000]).await;
    assert!(begun.elapsed() > Duration::from_secs(600), "{:?}, ten times the idle limit", begun.elapsed());
}

/// Reads requests at 12 MB a second, and answers each with an element.
async fn slow_server() -> String {
    let socket = TcpSocket::new_v4().unwrap();
    // What the kernel takes in counts as sent.
    socket.set_recv_buffer_size(64 * 1024).unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(16).unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(take_slowly(stream));
        }
    });
    url
}

async fn take_slowly(mut stream: TcpStream) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    let mut left: usize = length.expect("a known length");
    let mut tick = tokio::time::interval(Duration::from_millis(10));
    let mut piece = vec![0; 120_000];
    while left > 0 {
        tick.tick().await;
        let now = left.min(piece.len());
        stream.read_exact(&mut piece[..now]).await?;
        left -= now;
    }
    let body = json!({"id": element_id()}).to_string();
    stream.write_all(format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len()).as_bytes()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_reads_slowly_is_waited_for() {
    let url = slow_server().await;
    let idle = Duration::from_secs(1);
    let client = builder(&url).retry(RetryPolicy::none()).idle_timeout(idle).build().unwrap();
    let begun = std::time::Instant::now();
    in_every_way(&client, vec![7; 24_000_000]).await;
    assert!(begun.elapsed() > idle + idle / 2, "{:?}", begun.elapsed());
}

fn requests(owner: &Owner, method: &str) -> u64 {
    let entries = owner.emulator.journal().entries();
    entries.iter().filter(|entry| entry.method == method).map(|entry| entry.succeeded + entry.failed).sum()
}

#[tokio::test]
async fn a_content_that_the_service_would_change_is_refused_before_it_is_sent() {
    let owner = Owner::start().await;
    let instance = owner.instance(OPEN).await;
    let element = owner.upload(instance, "attachment").await;
    let data = owner.client.data(instance);
    let sent = (requests(&owner, "POST"), requests(&owner, "PUT"));
    let parts = "--snitt\r\nContent-Type: text/plain\r\n\r\nen\r\n--snitt--\r\n";
    for content_type in [
        "multipart/mixed; boundary=snitt",
        "multipart/form-data; boundary=snitt",
        "Multipart/Related; boundary=snitt",
        "application/x-www-form-urlencoded",
        "application/x-www-form-urlencoded; charset=utf-8",
    ] {
        let mime = || content_type.parse().unwrap();
        let mut kept = element.clone();
        kept.content_type = Some(content_type.into());
        for error in [
            data.upload("attachment".parse().unwrap(), parts).content_type(mime()).await.unwrap_err(),
            data.replace(element.id, parts).content_type(mime()).await.unwrap_err(),
            data.replace(element.id, parts).keeping(&kept).await.unwrap_err(),
        ] {
            assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidInput, 0), "{content_type}: {error}");
            assert!(error.to_string().contains("application/octet-stream"), "{error}");
        }
    }
    assert_eq!((requests(&owner, "POST"), requests(&owner, "PUT")), sent);
    let elements = data.list().await.unwrap();
    assert_eq!(elements.len(), 1);
    assert_eq!(data.download(&elements[0]).bytes().await.unwrap(), "innhold");

    let whole = data.upload("attachment".parse().unwrap(), parts).await.unwrap();
    assert_eq!(data.download(&whole).bytes().await.unwrap(), parts, "as the default type it arrives whole");
}

/// Uploads with this `Content-Disposition`, as programs other than this one do.
async fn upload_named(owner: &Owner, instance: InstanceId, disposition: &'static str) -> DataElement {
    let token = owner.emulator.service_owner_token("ttd", "altinn:serviceowner/instances.write").unwrap();
    let url = format!("{}storage/api/v1/instances/{instance}/data?dataType=attachment", owner.emulator.url());
    let request = reqwest::Client::new().post(url).bearer_auth(token).body("gammelt");
    let request = request.header("content-type", "text/plain").header("content-disposition", disposition);
    request.send().await.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn a_replacement_keeps_whatever_name_is_stored() {
    let owner = Owner::start().await;
    let instance = owner.instance(OPEN).await;
    let data = owner.client.data(instance);
    // As recorded: what is sent, and what the service makes of it.
    for (disposition, name) in [
        (r#"attachment; filename="C:\dir\f.txt""#, Some(r"C:\dir\f.txt")),
        (r#"attachment; filename="C:\\dir\\f.txt""#, Some(r"C:\\dir\\f.txt")),
        (r#"attachment; filename="..%2F..%2Fx.txt""#, Some("../../x.txt")),
        (r#"attachment; filename="a%0D%0Ab.txt""#, Some("a\r\nb.txt")),
        (r#"attachment; filename="a%09b%07c.txt""#, Some("a\tb\u{7}c.txt")),
        (r#"attachment; filename="""#, Some("")),
        (r#"attachment; filename="   ""#, Some("   ")),
        (r#"attachment; filename="say \"hi\".txt""#, Some(r#"say \"hi\".txt"#)),
        (r#"attachment; filename="a%252Bb.txt""#, Some("a+b.txt")),
        (r#"attachment; filename="50%2525.txt""#, Some("50%.txt")),
        (r#"attachment; filename=".skjult ""#, Some(".skjult ")),
        (r#"attachment; filename="=?utf-8?Q?bl=C3=A5.txt?=""#, Some("=?utf-8?Q?bl=C3=A5.txt?=")),
        ("attachment; filename*=UTF-8''%F0%9F%98%80.txt", Some("😀.txt")),
        // Not recorded, but the rule: quotes around the decoded name are taken off.
        ("attachment; filename*=UTF-8''%22sitat%22", Some("sitat")),
        ("attachment; filename*=UTF-8''%252522sitat%252522", Some("\"sitat\"")),
        ("attachment", None),
    ] {
        let before = upload_named(&owner, instance, disposition).await;
        assert_eq!(before.filename.as_deref(), name, "{disposition}");
        data.replace(before.id, "nytt").keeping(&before).await.unwrap();
        let after = data.list().await.unwrap().into_iter().find(|element| element.id == before.id).unwrap();
        assert_eq!((after.filename.as_deref(), after.size), (name, 4), "{disposition}");
    }
    let chosen = data.replace(element_id(), "nytt").file_name("../../x.txt").await.unwrap_err();
    assert_eq!(chosen.kind(), ErrorKind::InvalidInput, "nobody should choose such a name");
}

/// Begins a request on `path`, breaks off in its body, and waits until the emulator is through with it.
async fn cut(owner: &Owner, method: &str, path: &str, framing: &str, part: &str) {
    let url = url::Url::parse(owner.emulator.url()).unwrap();
    let token = owner.emulator.service_owner_token("ttd", "altinn:serviceowner/instances.write").unwrap();
    let mut stream = TcpStream::connect(("127.0.0.1", url.port().unwrap())).await.unwrap();
    let head = format!(
        "{method} /storage/api/v1/{path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {token}\r\n\
         content-type: text/plain\r\n{framing}\r\n\r\n{part}"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = Vec::new();
    // Whether it answers at all is its own affair.
    let _ = stream.read_to_end(&mut answer).await;
    assert!(!answer.starts_with(b"HTTP/1.1 2"), "{}", String::from_utf8_lossy(&answer));
}

#[tokio::test]
async fn what_is_cut_off_on_the_way_has_no_effect() {
    let owner = Owner::start().await;
    let instance = owner.instance(OPEN).await;
    let element = owner.upload(instance, "attachment").await;
    let data = owner.client.data(instance);
    let unchanged = async || {
        let elements = data.list().await.unwrap();
        assert_eq!(elements.len(), 1, "{elements:?}");
        assert_eq!(elements[0].filename, element.filename);
        assert_eq!(data.download(&elements[0]).bytes().await.unwrap(), "innhold");
    };
    for (framing, part) in [
        ("content-length: 100", "halvveis"),
        ("content-length: 100", ""),
        ("transfer-encoding: chunked", "8\r\nhalvveis\r\n"),
        ("transfer-encoding: chunked", "64\r\nhalvveis"),
    ] {
        cut(&owner, "POST", &format!("instances/{instance}/data?dataType=attachment"), framing, part).await;
        unchanged().await;
        cut(&owner, "PUT", &format!("instances/{instance}/data/{}", element.id), framing, part).await;
        unchanged().await;
    }
}

#[tokio::test]
async fn a_source_that_breaks_has_no_effect_either() {
    let owner = Owner::start().await;
    let instance = owner.instance(OPEN).await;
    let element = owner.upload(instance, "attachment").await;
    let data = owner.client.data(instance);
    let broken = |size| {
        let chunks = [Ok(Bytes::from(vec![b'x'; 200_000])), Err(io::Error::other("the disk is gone"))];
        Payload::stream(size, futures::stream::iter(chunks))
    };
    let upload = |size| data.upload("attachment".parse().unwrap(), broken(size)).into_future();
    for error in [
        upload(None).await.unwrap_err(),
        upload(Some(400_000)).await.unwrap_err(),
        data.replace(element.id, broken(None)).keeping(&element).await.unwrap_err(),
        data.replace(element.id, broken(Some(400_000))).keeping(&element).await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::PayloadSource, "{error}");
    }
    let elements = data.list().await.unwrap();
    assert_eq!(elements.len(), 1);
    assert_eq!(data.download(&elements[0]).bytes().await.unwrap(), "innhold");
}

#[test]
fn any_name_arrives_as_it_was_chosen() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (owner, instance, element) = runtime.block_on(async {
        let owner = Owner::start().await;
        let instance = owner.instance(OPEN).await;
        let element = owner.upload(instance, "attachment").await;
        (owner, instance, element)
    });
    let data = owner.client.data(instance);
    let names = "[^/\\\\\\p{C}]{1,60}".prop_filter("it is refused", |name| !name.trim().is_empty());
    proptest!(ProptestConfig::with_cases(150), |(name in names)| {
        let kept = runtime.block_on(async {
            data.replace(element.id, "nytt").file_name(&name).await.unwrap();
            data.list().await.unwrap().remove(0).filename
        });
        prop_assert_eq!(kept.as_deref(), Some(&*name));
    });
}
