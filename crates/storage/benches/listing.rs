//! What a list of 10 000 instances costs beyond what the service and the network cost anyway.
//!
//! `cargo bench -p altinn-storage --bench listing`. For several delays of the service: the time for 100 pages of 100
//! instances, against 100 times the longer of fetching a page with plain `reqwest` and decoding one. It fails above 1.05
//! where the service takes 20 ms or more. One that answers at once leaves no time in which a page could be decoded: there
//! the two add up.

use std::io;
use std::time::{Duration, Instant};

use altinn_auth::Credentials;
use altinn_core::{Environment, Read};
use altinn_storage::{Client, InstanceQuery, Page};
use futures::TryStreamExt;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

type Failure = Box<dyn std::error::Error>;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/contract/storage/page-of-100.json");
const PAGES: u32 = 100;

/// Page after page, each with a token of its own, the last one without.
async fn serve(mut stream: TcpStream, page: &str, delay: Duration) -> io::Result<()> {
    let (read, mut write) = stream.split();
    let mut lines = BufReader::new(read).lines();
    while let Some(first) = lines.next_line().await? {
        while lines.next_line().await?.is_some_and(|line| !line.is_empty()) {}
        let number = first.split("continuationToken=").nth(1).and_then(|rest| rest.split("%253b").nth(1));
        let number: u32 = number.and_then(|rest| rest.split([' ', '&']).next()?.parse().ok()).unwrap_or(0);
        // The timer counts in whole milliseconds, so that even no time at all would be one.
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        let next = match number + 1 {
            PAGES => "null".to_owned(),
            next => format!("\"https://platform.altinn.no/instances?continuationToken=638%253b{next}\""),
        };
        let body = format!("{{\"count\":100,\"self\":null,\"next\":{next},{page}");
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length:";
        write.write_all(format!("{head} {}\r\n\r\n{body}", body.len()).as_bytes()).await?;
    }
    Ok(())
}

/// The server has a thread of its own.
fn start(page: String, delay: Duration) -> io::Result<String> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let url = format!("http://{}/", listener.local_addr()?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::spawn(move || {
        runtime.block_on(async {
            let listener = TcpListener::from_std(listener)?;
            let page: &'static str = page.leak();
            while let Ok((stream, _)) = listener.accept().await {
                stream.set_nodelay(true)?;
                tokio::spawn(serve(stream, page, delay));
            }
            Ok::<(), io::Error>(())
        })
    });
    Ok(url)
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Failure> {
    let text = std::fs::read_to_string(PAGE)?;
    let instances = &text[text.find("\"instances\"").ok_or("no instances")?..];
    let decode = || {
        let begun = Instant::now();
        for _ in 0..PAGES {
            let page = Page::from_json(text.as_bytes())?;
            assert_eq!(std::hint::black_box(page).instances.len(), 100);
        }
        Ok::<_, Failure>(begun.elapsed() / PAGES)
    };
    decode()?;
    let decode = decode()?;
    println!("decoding a page: {:.2} ms", decode.as_secs_f64() * 1e3);
    for delay in [0, 2, 5, 20, 50].map(Duration::from_millis) {
        let url = start(instances.to_owned(), delay)?;
        let plain = reqwest::Client::new();
        plain.get(&url).send().await?.bytes().await?;
        let begun = Instant::now();
        for number in 0..PAGES {
            plain.get(format!("{url}?continuationToken=638%253b{number}")).send().await?.bytes().await?;
        }
        let fetch = begun.elapsed() / PAGES;

        let credentials = Credentials::<Read>::with_token(Environment::emulator(&url)?, "a-token-that-nobody-checks");
        let client = Client::new(credentials)?;
        client.instances().list(InstanceQuery::org("ttd")).await?;
        let begun = Instant::now();
        let items = client.instances().list(InstanceQuery::org("ttd")).items();
        let found = items.try_fold(0, async |sum, _| Ok(sum + 1)).await?;
        let ours = begun.elapsed();
        assert_eq!(found, PAGES * 100);
        let bound = PAGES * fetch.max(decode);
        let ratio = ours.as_secs_f64() / bound.as_secs_f64();
        println!(
            "service {:>2} ms: fetching a page {:.2} ms, 10 000 instances {:.2} s, ratio to {PAGES} pages {ratio:.3}",
            delay.as_millis(),
            fetch.as_secs_f64() * 1e3,
            ours.as_secs_f64(),
        );
        if delay >= Duration::from_millis(20) && ratio > 1.05 {
            return Err("a list costs more than its pages".into());
        }
    }
    Ok(())
}
