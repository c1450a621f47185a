//! The memory that large content takes: uploaded to the emulator and downloaded again, both ends in this process.
//!
//! `cargo bench -p altinn-emulator --bench content`. `SIZE_MIB` sets the size, 1024 unless told otherwise. Reading the
//! peak needs Linux. It ends with a failure when the peak has grown by more than 64 MiB.

use std::io;
use std::time::Instant;

use altinn_emulator::{Emulator, Submission};
use bytes::Bytes;
use reqwest::Client;
use serde_json::Value;

type Failure = Box<dyn std::error::Error>;

const MIB: u64 = 1024 * 1024;
const PIECE: usize = 256 * 1024;
const GROWTH: u64 = 64;
const SCOPES: &str = "altinn:serviceowner altinn:serviceowner/instances.read altinn:serviceowner/instances.write";

/// The highest memory that this process has held, in MiB.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? / 1024)
}

/// Sends `size` bytes, and gives the address of what is stored.
async fn upload(client: &Client, url: &str, token: &str, size: u64) -> Result<String, Failure> {
    let piece = Bytes::from(vec![b'x'; PIECE]);
    let pieces = usize::try_from(size)? / PIECE;
    let body = futures::stream::iter((0..pieces).map(move |_| Ok::<_, io::Error>(piece.clone())));
    let request = client.post(format!("{url}/data?dataType=attachment")).bearer_auth(token);
    let request = request.header("content-type", "application/octet-stream").header("content-length", size);
    let answer = request.body(reqwest::Body::wrap_stream(body)).send().await?.error_for_status()?;
    let element: Value = answer.json().await?;
    assert_eq!(element["size"], size);
    Ok(format!("{url}/data/{}", element["id"].as_str().ok_or("no id")?))
}

async fn download(client: &Client, url: &str, token: &str) -> Result<u64, Failure> {
    let mut answer = client.get(url).bearer_auth(token).send().await?.error_for_status()?;
    let mut received = 0;
    while let Some(chunk) = answer.chunk().await? {
        received += chunk.len() as u64;
    }
    Ok(received)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let size = std::env::var("SIZE_MIB").ok().and_then(|size| size.parse().ok()).unwrap_or(1024_u64) * MIB;
    let emulator = Emulator::start().await?;
    let token = emulator.service_owner_token("ttd", SCOPES)?;
    let id = emulator.seed(Submission::new("ttd/mottak-demo", 510_001));
    let url = format!("{}storage/api/v1/instances/{id}", emulator.url());
    let client = Client::builder().no_proxy().build()?;
    // So that both directions have been used once before memory is looked at.
    let warm = upload(&client, &url, &token, 4 * MIB).await?;
    download(&client, &warm, &token).await?;

    let before = peak();
    let begun = Instant::now();
    let stored = upload(&client, &url, &token, size).await?;
    println!("upload   {} MiB: {:.0} MiB/s", size / MIB, (size / MIB) as f64 / begun.elapsed().as_secs_f64());
    let begun = Instant::now();
    assert_eq!(download(&client, &stored, &token).await?, size);
    println!("download {} MiB: {:.0} MiB/s", size / MIB, (size / MIB) as f64 / begun.elapsed().as_secs_f64());
    let (Some(before), Some(after)) = (before, peak()) else { return Ok(()) };
    println!("peak memory {before} MiB before, {after} MiB after");
    if after - before > GROWTH { Err("memory has grown with the content".into()) } else { Ok(()) }
}
