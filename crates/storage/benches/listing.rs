//! What a list of 10 000 instances costs beyond what the service and the network cost anyway.
//!
//! `cargo bench -p altinn-storage --bench listing`. The emulator answers, at once and with delays. For each delay: the
//! time for 100 pages of 100 instances and the empty one after a full last page, against as many times the longer of
//! fetching a page with plain `reqwest` and decoding one (the empty one has nothing to decode). Both ways go through the list in turn, and the best pass of each
//! counts.
//!
//! It fails above 1.05: where the client has one thread, where it is a task among several threads, as in a server, and, from
//! 20 ms on, where it is what several threads block on. There, with nothing to slow it down, the time is as much how fast the
//! machine wakes one thread from another, and on two cores they take turns with the emulator: that figure is printed, not
//! judged.

use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use altinn_auth::Credentials;
use altinn_core::{Environment, Read};
use altinn_emulator::{Emulator, EmulatorError, Failure, Submission, World};
use altinn_storage::{Client, InstanceQuery, Page};
use bytes::Bytes;
use futures::TryStreamExt;
use tokio::runtime::Builder;

type Problem = Box<dyn std::error::Error + Send + Sync>;

const INSTANCES: u32 = 10_000;
const PAGES: u32 = INSTANCES / 100 + 1;
/// In milliseconds, with how many passes.
const DELAYS: [(u64, usize); 3] = [(0, 15), (20, 2), (50, 2)];
const SCOPES: &str = "altinn:serviceowner altinn:serviceowner/instances.read";
const PATH: &str = "/storage/api/v1/instances";

const WORLD: &str = r#"{
  "orgs": {"ttd": {"orgNumber": "405003309", "name": {"nb": "Testdepartementet"}}},
  "policies": {"open": {"owner": ["read"]}},
  "dataTypes": [{"id": "model"}, {"id": "attachment"}],
  "apps": {"ttd/mottak-demo": {"policy": "open"}}
}"#;

/// With threads of its own.
fn start() -> Result<Emulator, Problem> {
    let (give, take) = mpsc::channel();
    std::thread::spawn(move || {
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let started = runtime.map_err(Problem::from).and_then(|runtime| {
            let emulator = runtime.block_on(Emulator::builder().world(World::from_json(WORLD)?).start())?;
            Ok((emulator, runtime))
        });
        match started {
            Ok((emulator, runtime)) => {
                let _ = give.send(Ok(emulator));
                runtime.block_on(std::future::pending::<()>());
            }
            Err(error) => drop(give.send(Err(error))),
        }
    });
    let emulator = take.recv()??;
    for n in 0..INSTANCES {
        let party = 600_000 + i32::try_from(n / 10)?;
        let model = format!("<melding nummer=\"{n}\"/>");
        emulator.seed(
            Submission::new("ttd/mottak-demo", party)
                .presentation_text("navn", "Åse Bærland")
                .element("model", "application/xml", None, model)
                .element("attachment", "application/pdf", Some("blåbær.pdf"), [0x25, 0x50, 0x44, 0x46]),
        );
    }
    Ok(emulator)
}

/// Where the page after `page` begins, as it stands in the address.
fn next(page: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(&page[..page.len().min(2048)]);
    let rest = head.split("\"next\":\"").nth(1)?.split_once("continuationToken=")?.1;
    Some(rest.split(['"', '&', '\\']).next()?.to_owned())
}

/// Every page with plain `reqwest`; gives the first one.
async fn plainly(http: &reqwest::Client, emulator: &Emulator, token: &str) -> Result<Bytes, Problem> {
    let list = format!("{}{}?org=ttd&size=100", emulator.url().trim_end_matches('/'), PATH);
    let mut address = list.clone();
    let (mut first, mut pages) = (None, 0);
    loop {
        let page = http.get(&address).bearer_auth(token).send().await?.error_for_status()?.bytes().await?;
        pages += 1;
        let after = next(&page);
        first.get_or_insert(page);
        match after {
            Some(token) => address = format!("{list}&continuationToken={token}"),
            None if pages == PAGES => return first.ok_or_else(|| "no page".into()),
            None => return Err(format!("{pages} pages came").into()),
        }
    }
}

async fn ours(client: &Client<Read>) -> Result<(), Problem> {
    let items = client.instances().list(InstanceQuery::org("ttd")).page_size(100).items();
    let found = items.try_fold(0, async |sum, _| Ok(sum + 1)).await?;
    if found == INSTANCES { Ok(()) } else { Err(format!("{found} instances came").into()) }
}

/// One pass, its answers late by `delay`.
async fn timed<T>(
    emulator: &Emulator,
    delay: Duration,
    pass: impl Future<Output = Result<T, Problem>>,
) -> Result<(Duration, T), Problem> {
    if !delay.is_zero() {
        for _ in 0..PAGES {
            emulator.fail_next(PATH, Failure::delayed(delay));
        }
    }
    let begun = Instant::now();
    let done = pass.await?;
    let took = begun.elapsed();
    emulator.clear_failures();
    Ok((took, done))
}

fn decoding(page: &[u8]) -> Result<Duration, Problem> {
    let begun = Instant::now();
    for _ in 0..PAGES {
        let page = Page::from_json(page)?;
        assert_eq!(std::hint::black_box(page).instances.len(), 100);
    }
    Ok(begun.elapsed() / PAGES)
}

/// Whether a list costs more than it may, `judged` from this delay on.
async fn measure(emulator: &Emulator, judged: u64) -> Result<bool, Problem> {
    let token = emulator.service_owner_token("ttd", SCOPES).map_err(|error: EmulatorError| error.to_string())?;
    let http = reqwest::Client::builder().no_proxy().build()?;
    let credentials = Credentials::<Read>::with_token(Environment::emulator(emulator.url())?, token.clone());
    let client = Client::new(credentials)?;

    let page = plainly(&http, emulator, &token).await?;
    ours(&client).await?;
    decoding(&page)?;
    let decode = decoding(&page)?;
    println!("  a page has {} kB, decoding it takes {:.2} ms", page.len() / 1000, decode.as_secs_f64() * 1e3);
    let mut too_much = false;
    for (delay, passes) in DELAYS {
        let late = Duration::from_millis(delay);
        let (mut fetch, mut list) = (Duration::MAX, Duration::MAX);
        for _ in 0..passes {
            fetch = fetch.min(timed(emulator, late, plainly(&http, emulator, &token)).await?.0 / PAGES);
            list = list.min(timed(emulator, late, ours(&client)).await?.0);
        }
        // The last page is empty.
        let ratio = list.as_secs_f64() / (PAGES * fetch).max((PAGES - 1) * decode).as_secs_f64();
        too_much |= delay >= judged && ratio > 1.05;
        println!(
            "  {delay:>2} ms later: fetching a page {:.2} ms, {INSTANCES} instances {:.3} s, ratio to {PAGES} pages {ratio:.3}",
            fetch.as_secs_f64() * 1e3,
            list.as_secs_f64(),
        );
    }
    Ok(too_much)
}

fn main() -> Result<(), Problem> {
    let emulator = start()?;
    println!("one thread:");
    let one = Builder::new_current_thread().enable_all().build()?.block_on(measure(&emulator, 0))?;
    println!("several threads:");
    let several = Builder::new_multi_thread().enable_all().build()?;
    let blocked = several.block_on(measure(&emulator, 20))?;
    println!("a task among several threads:");
    let emulator = Arc::new(emulator);
    let task = several.block_on(several.spawn(async move { measure(&emulator, 0).await }))??;
    if one || blocked || task { Err("a list costs more than its pages".into()) } else { Ok(()) }
}
