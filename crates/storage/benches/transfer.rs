//! How fast a large file moves, beside plain `reqwest` against the same server in the same run.
//!
//! `cargo bench -p altinn-storage --bench transfer`. `SIZE_MIB` sets the size, 1024 unless told otherwise. It fails when
//! a transfer is slower than [`SLOWEST`] of reqwest's rate, or when memory grows by more than [`ROOM`] meanwhile.

use std::io;
use std::path::Path;
use std::time::Instant;

use altinn_auth::Credentials;
use altinn_core::{DataElementId, Environment, InstanceId, Payload, ReadWrite};
use altinn_storage::{Client, DataElement};
use futures::TryStreamExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

type Failure = Box<dyn std::error::Error>;

const PIECE: usize = 256 * 1024;
const ROUNDS: usize = 5;
/// The part of reqwest's rate that is enough.
const SLOWEST: f64 = 0.9;
/// How much memory all the transfers of a file may take, in MiB, however large it is.
const ROOM: u64 = 64;

/// Serves `size` bytes to each GET, and swallows the body of each POST.
async fn serve(mut stream: TcpStream, size: u64) -> io::Result<()> {
    let (read, mut write) = stream.split();
    let mut read = BufReader::with_capacity(PIECE, read);
    loop {
        let (get, length) = head(&mut read).await?;
        if get {
            let head = format!("HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: {size}\r\n\r\n");
            write.write_all(head.as_bytes()).await?;
            let piece = vec![b'x'; PIECE];
            let mut left = size;
            while left > 0 {
                let now = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
                write.write_all(&piece[..now]).await?;
                left -= now as u64;
            }
        } else {
            tokio::io::copy(&mut (&mut read).take(length), &mut tokio::io::sink()).await?;
            let body = br#"{"id":"00000000-0000-4000-8000-000000000002"}"#;
            // In one piece: the second one of two would wait for the first to be acknowledged, as only ours reads it.
            let head = format!("HTTP/1.1 201 Created\r\ncontent-length: {}\r\n\r\n", body.len());
            write.write_all(&[head.as_bytes(), body].concat()).await?;
        }
    }
}

async fn head(read: &mut (impl AsyncReadExt + Unpin)) -> io::Result<(bool, u64)> {
    let mut text = Vec::new();
    while !text.ends_with(b"\r\n\r\n") {
        text.push(read.read_u8().await?);
    }
    let text = String::from_utf8_lossy(&text).to_ascii_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    Ok((text.starts_with("get"), length.unwrap_or(0)))
}

/// The server has a thread of its own, so that both sides of a comparison have one core each.
fn start(size: u64) -> io::Result<String> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let url = format!("http://{}/", listener.local_addr()?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::spawn(move || {
        runtime.block_on(async {
            let listener = TcpListener::from_std(listener)?;
            loop {
                let (stream, _) = listener.accept().await?;
                tokio::spawn(serve(stream, size));
            }
            #[expect(unreachable_code, reason = "says what the block's errors are")]
            Ok::<(), io::Error>(())
        })
    });
    Ok(url)
}

/// The highest memory that this process has held, in MiB.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? / 1024)
}

struct Sides {
    url: String,
    raw: reqwest::Client,
    client: Client<ReadWrite>,
    instance: InstanceId,
    element: DataElement,
    size: u64,
}

impl Sides {
    async fn raw_download(&self) -> Result<(), Failure> {
        let mut answer = self.raw.get(&self.url).send().await?;
        let mut received = 0;
        while let Some(chunk) = answer.chunk().await? {
            received += chunk.len() as u64;
        }
        assert_eq!(received, self.size);
        Ok(())
    }

    async fn download(&self) -> Result<(), Failure> {
        let stream = self.client.data(self.instance).download(&self.element).stream().await?;
        let received = stream.try_fold(0, async |sum, chunk| Ok(sum + chunk.len() as u64)).await?;
        assert_eq!(received, self.size);
        Ok(())
    }

    async fn raw_to_file(&self, path: &Path) -> Result<(), Failure> {
        let mut file = tokio::fs::File::create(path).await?;
        file.set_max_buf_size(PIECE);
        let mut answer = self.raw.get(&self.url).send().await?;
        while let Some(chunk) = answer.chunk().await? {
            file.write_all(&chunk).await?;
        }
        file.sync_all().await?;
        Ok(())
    }

    async fn to_file(&self, path: &Path) -> Result<(), Failure> {
        self.client.data(self.instance).download(&self.element).to_file(path).await?;
        Ok(())
    }

    async fn raw_upload(&self, path: &Path) -> Result<(), Failure> {
        let mut file = tokio::fs::File::open(path).await?;
        file.set_max_buf_size(PIECE);
        let stream = futures::stream::try_unfold(file, |mut file| async move {
            let mut chunk = bytes::BytesMut::with_capacity(PIECE);
            let read = file.read_buf(&mut chunk).await?;
            Ok::<_, io::Error>((read > 0).then(|| (chunk.freeze(), file)))
        });
        let length = self.size.to_string();
        let body = reqwest::Body::wrap_stream(stream);
        self.raw.post(&self.url).header("content-length", length).body(body).send().await?.error_for_status()?;
        Ok(())
    }

    async fn upload(&self, path: &Path) -> Result<(), Failure> {
        let payload = Payload::file(path).await?;
        self.client.data(self.instance).upload("attachment".parse()?, payload).await?;
        Ok(())
    }
}

impl Sides {
    async fn raw_memory_upload(&self, content: &bytes::Bytes) -> Result<(), Failure> {
        self.raw.post(&self.url).body(content.clone()).send().await?.error_for_status()?;
        Ok(())
    }

    async fn memory_upload(&self, content: &bytes::Bytes) -> Result<(), Failure> {
        self.client.data(self.instance).upload("attachment".parse()?, content.clone()).await?;
        Ok(())
    }
}

/// The best rate of each side, taken in turn, and their ratio; prints all three, and gives the ratio. The best, since what
/// else the computer does can only slow a side down.
macro_rules! compare {
    ($name:literal, $size:expr, $raw:expr, $ours:expr) => {{
        let (mut raw, mut ours) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let begun = Instant::now();
            $raw.await?;
            raw.push(begun.elapsed().as_secs_f64());
            let begun = Instant::now();
            $ours.await?;
            ours.push(begun.elapsed().as_secs_f64());
        }
        raw.sort_by(f64::total_cmp);
        ours.sort_by(f64::total_cmp);
        let (raw, ours) = (raw[0], ours[0]);
        let rate = |seconds: f64| $size as f64 / seconds / (1024.0 * 1024.0);
        println!(
            "{:<18} reqwest {:>6.0} MiB/s, ours {:>6.0} MiB/s, ratio {:.2}",
            $name,
            rate(raw),
            rate(ours),
            raw / ours
        );
        ($name, raw / ours)
    }};
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let size = std::env::var("SIZE_MIB").ok().and_then(|size| size.parse().ok()).unwrap_or(1024_u64) * 1024 * 1024;
    let url = start(size)?;
    let credentials = Credentials::with_token(Environment::emulator(&url)?, "a-token-that-nobody-checks");
    let mut element = DataElement::new("00000000-0000-4000-8000-000000000002".parse::<DataElementId>()?);
    element.size = size;
    let sides = Sides {
        raw: reqwest::Client::new(),
        client: Client::new(credentials)?,
        instance: "501337/00000000-0000-4000-8000-000000000001".parse()?,
        element,
        size,
        url,
    };
    let folder = std::env::temp_dir().join(format!("altinn-transfer-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let (a, b) = (folder.join("a"), folder.join("b"));
    sides.raw_download().await?;
    let before = peak();
    let mut ratios = vec![
        compare!("download", size, sides.raw_download(), sides.download()),
        compare!("download to file", size, sides.raw_to_file(&a), sides.to_file(&b)),
        compare!("upload from file", size, sides.raw_upload(&a), sides.upload(&b)),
    ];
    let grown = peak().zip(before).map(|(after, before)| after.saturating_sub(before));
    if let Some(grown) = grown {
        println!("peak memory grew by {grown} MiB");
    }
    let content = bytes::Bytes::from(vec![b'x'; usize::try_from(size.min(256 * 1024 * 1024))?]);
    let memory =
        compare!("upload from memory", content.len(), sides.raw_memory_upload(&content), sides.memory_upload(&content));
    ratios.push(memory);
    std::fs::remove_dir_all(folder)?;
    if let Some((name, ratio)) = ratios.into_iter().find(|(_, ratio)| *ratio < SLOWEST) {
        return Err(format!("{name}: {ratio:.2} of reqwest's rate, where {SLOWEST} is to be reached").into());
    }
    if grown.is_some_and(|grown| grown > ROOM) {
        return Err(format!("memory grew by more than {ROOM} MiB").into());
    }
    Ok(())
}
