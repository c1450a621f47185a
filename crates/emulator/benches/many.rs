//! Whether a request is slower because many instances exist: each against an emulator with 100 000 of them, beside one
//! with 1 000, in the same run.
//!
//! `cargo bench -p altinn-emulator --bench many`. `INSTANCES` sets the larger number. A ratio of 1 says that the number
//! doesn't matter. It ends with a failure when one is above 2.
//!
//! That holds for what an index knows, and for a page that fills up on the way. The filters `visibleAfter`, `dueBefore`,
//! `process.ended` and `searchString`, an `excludeConfirmedBy` of others than the owner, and in the message box a part of
//! an archive reference and the bounds of creation for what is not archived are read out of the documents: with one that
//! hardly anything passes, all that the other filters leave is looked at. Such scans are printed at the end, and not
//! judged.

use std::time::Instant;

use altinn_emulator::{Emulator, Submission, World};
use jiff::{SignedDuration, Timestamp};
use reqwest::{Client, Method};
use serde_json::{Value, json};

type Failure = Box<dyn std::error::Error>;

const APP: &str = "ttd/mottak-demo";
/// An app of the same organisation that nearly all instances belong to.
const OTHER: &str = "ttd/andre";
/// The party that owns every second instance, those of the asked app among them.
const MANY: i32 = 500_000;
const FEW: usize = 1_000;
/// Which threads serve a connection, and on which cores they wake up, shifts all times of a while by some 50 µs, on
/// either side. So everything is asked in several passes with connections of their own, and the best one counts.
const PASSES: usize = 12;
const ROUNDS: usize = 30;
/// How often a scan is asked for, which takes its time.
const SCANS: usize = 5;
/// So many instances of each are what the rest is not: in the asked app, unconfirmed, unfinished.
const RARE: usize = 60;
const SCOPES: &str = "altinn:serviceowner altinn:serviceowner/instances.read altinn:serviceowner/instances.write";

const WORLD: &str = r#"{
  "orgs": {"ttd": {"orgNumber": "405003309", "name": {"nb": "Testdepartementet"}}},
  "policies": {"open": {"owner": ["read", "write", "instantiate", "complete"]}},
  "dataTypes": [{"id": "model"}],
  "apps": {"ttd/mottak-demo": {"policy": "open"}, "ttd/andre": {"policy": "open"}}
}"#;

struct Side {
    emulator: Emulator,
    token: String,
    ids: Vec<String>,
    begun: Timestamp,
}

impl Side {
    async fn start(count: usize) -> Result<Self, Failure> {
        let emulator = Emulator::builder().world(World::from_json(WORLD)?).start().await?;
        let begun: Timestamp = "2026-01-01T00:00:00Z".parse()?;
        let step = count / RARE;
        let ids = (0..count)
            .map(|n| {
                let at = begun + SignedDuration::from_secs(i64::try_from(n).unwrap_or(0));
                let app = if n % step == 3 { APP } else { OTHER };
                let party = if n % 2 == 1 || app == APP { MANY } else { 600_000 + i32::try_from(n / 10).unwrap_or(0) };
                let submission = Submission::new(app, party).created(at).last_changed(at);
                let submission = submission.presentation_text("navn", "Blåbær og Rømme AS");
                emulator.seed(match n % step {
                    1 => submission.unfinished(),
                    2 | 3 => submission,
                    _ => submission.confirmed(),
                })
            })
            .collect();
        let token = emulator.service_owner_token("ttd", SCOPES)?;
        Ok(Self { emulator, token, ids, begun })
    }

    fn middle(&self) -> &str {
        &self.ids[self.ids.len() / 2]
    }

    async fn send(&self, client: &Client, method: Method, path: &str, body: Option<Value>) -> Result<Value, Failure> {
        let url = format!("{}storage/api/v1/{path}", self.emulator.url());
        let mut request = client.request(method, url).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        if !status.is_success() {
            return Err(format!("{path}: {status} {text}").into());
        }
        // The clean-up says nothing.
        Ok(if text.is_empty() { Value::Null } else { serde_json::from_str(&text)? })
    }

    /// The token of the page that begins in the middle of everything.
    async fn deep(&self) -> Result<String, Failure> {
        let middle = self.begun + SignedDuration::from_secs(i64::try_from(self.ids.len() / 2)?);
        let path = format!("instances?org=ttd&order=asc:lastChanged&size=10&lastChanged=gte:{middle}");
        let page = self.send(&client()?, Method::GET, &path, None).await?;
        let next = page["next"].as_str().ok_or("no next page")?;
        Ok(next.split("continuationToken=").nth(1).ok_or("no token")?.to_owned())
    }

    /// What is asked, by name. The answers of both sides are of the same size.
    async fn requests(&self) -> Result<Vec<Asked>, Failure> {
        let (id, deep) = (self.middle().to_owned(), self.deep().await?);
        let (party, guid) = id.split_once('/').ok_or("no id")?;
        let reference = &guid[24..];
        let at = self.begun + SignedDuration::from_secs(i64::try_from(self.ids.len() / 2)?);
        let until = at + SignedDuration::from_secs(50);
        let window = format!("lastChanged=gte:{at}&lastChanged=lt:{until}");
        let texts = json!({"texts": {"navn": "Åse"}});
        let born = format!("created=gte:{at}&created=lt:{until}");
        let day = self.begun.strftime("%Y-%m-%d");
        let clean_up = |path: &str| (Method::DELETE, format!("cleanup/{path}"), None);
        Ok(vec![
            named("organisation, newest first", list("org=ttd&size=50")),
            named("organisation, oldest first", list("org=ttd&size=50&order=asc:lastChanged")),
            named("application", list(&format!("appId={APP}&size=50"))),
            named("instance owner", list(&format!("org=ttd&instanceOwner.partyId={party}"))),
            named("complete, not confirmed", list("org=ttd&process.isComplete=true&confirmed=false&size=50")),
            named("the same by excludeConfirmedBy", list("org=ttd&excludeConfirmedBy=ttd&size=50")),
            named("not archived", list("org=ttd&status.isArchived=false&size=50")),
            named("application and archived", list(&format!("appId={APP}&status.isArchived=true&size=50"))),
            named("in a task", list(&format!("appId={OTHER}&process.currentTask=Task_1&size=50"))),
            named("soft deleted, of which none is", list("org=ttd&status.isSoftDeleted=true")),
            named("earlier generation, of which none is", list("org=ttd&mainVersionInclude=2")),
            named("window of lastChanged", list(&format!("org=ttd&{window}"))),
            named("party and application", list(&format!("appId={APP}&instanceOwner.partyId={MANY}"))),
            named("window of created", list(&format!("org=ttd&{born}"))),
            named("window of created, party", list(&format!("org=ttd&instanceOwner.partyId={MANY}&{born}"))),
            named("messages of party and application", messages(json!({"appId": APP}))),
            named("the same with a text", messages(json!({"appId": APP, "searchString": "rømme"}))),
            named("messages that are active", messages(json!({"appId": APP, "includeActive": true}))),
            // No index knows these; a page ends when it is full.
            named("visible after", list(&format!("org=ttd&visibleAfter=gte:{day}&size=50"))),
            named("ended", list(&format!("org=ttd&process.ended=gte:{day}&size=50"))),
            named("text", list("org=ttd&searchString=r%C3%B8mme&size=50")),
            named("reference (A3Ref)", list(&format!("org=ttd&A3Ref={reference}"))),
            named(
                "a page in the middle",
                list(&format!("org=ttd&order=asc:lastChanged&size=50&continuationToken={deep}")),
            ),
            named("one instance", (Method::GET, format!("instances/{id}"), None)),
            named("its events", (Method::GET, format!("instances/{id}/events"), None)),
            named(
                "update, lastChanged stays",
                (Method::PUT, format!("instances/{}/presentationtexts", self.unfinished()), Some(texts)),
            ),
            named(
                "update, lastChanged moves",
                (Method::PUT, format!("instances/{id}/substatus"), Some(json!({"label": "merke"}))),
            ),
            named("clean-up of instances", clean_up("cleanupinstances")),
            named("clean-up of an application", clean_up("cleanupinstancesforapp/none")),
            named("clean-up of data elements", clean_up("cleanupdataelements")),
            named(
                "creation",
                (Method::POST, format!("instances?appId={APP}"), Some(json!({"instanceOwner": {"partyId": "510001"}}))),
            ),
        ])
    }

    /// What no index knows and nothing matches.
    fn scans() -> Vec<Asked> {
        vec![
            named("visible after, in vain", list("org=ttd&visibleAfter=gte:2999-01-01")),
            named("due before, in vain", list("org=ttd&dueBefore=gte:2999-01-01")),
            named("ended, in vain", list("org=ttd&process.ended=gte:2999-01-01")),
            named("text, in vain", list("org=ttd&searchString=finst+ikkje")),
            named("a part of a reference, in vain", messages(json!({"archiveReference": "x"}))),
        ]
    }

    fn unfinished(&self) -> &str {
        &self.ids[1]
    }
}

/// Name, method, path and body of a request.
type Asked = (&'static str, Method, String, Option<Value>);

fn named(name: &'static str, (method, path, body): (Method, String, Option<Value>)) -> Asked {
    (name, method, path, body)
}

fn list(query: &str) -> (Method, String, Option<Value>) {
    (Method::GET, format!("instances?{query}"), None)
}

fn messages(rest: Value) -> (Method, String, Option<Value>) {
    let mut asked = json!({"instanceOwnerPartyIdList": [MANY]});
    if let (Some(asked), Some(rest)) = (asked.as_object_mut(), rest.as_object()) {
        asked.extend(rest.clone());
    }
    (Method::POST, "sbl/instances/search".to_owned(), Some(asked))
}

fn client() -> reqwest::Result<Client> {
    Client::builder().no_proxy().build()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let many = std::env::var("INSTANCES").ok().and_then(|count| count.parse().ok()).unwrap_or(100_000);
    let (small, large) = (Side::start(FEW).await?, Side::start(many).await?);
    let (small_ones, large_ones) = (small.requests().await?, large.requests().await?);
    println!("{:<38} {FEW:>9} {many:>9}  ratio", "");
    let worst = compare([(&small, &small_ones), (&large, &large_ones)], PASSES, ROUNDS).await?;
    println!("the largest ratio: {worst:.2}");
    println!("scans, not judged:");
    let scans = Side::scans();
    compare([(&small, &scans), (&large, &scans)], 1, SCANS).await?;
    if worst > 2.0 { Err("a request is slower because others exist".into()) } else { Ok(()) }
}

/// Times both sides, prints the times, and gives the largest ratio.
async fn compare(sides: [(&Side, &[Asked]); 2], passes: usize, rounds: usize) -> Result<f64, Failure> {
    let [(small, small_ones), (large, large_ones)] = sides;
    let mut best = vec![[f64::INFINITY; 2]; small_ones.len()];
    for _ in 0..passes {
        for (best, asked) in best.iter_mut().zip(small_ones.iter().zip(large_ones)) {
            let sides = [(small, asked.0, client()?), (large, asked.1, client()?)];
            let mut times = [Vec::new(), Vec::new()];
            // In turn, so that a machine that changes its speed changes it for both; the first opens the connection.
            for round in 0..=rounds {
                for ((side, (_, method, path, body), client), times) in sides.iter().zip(&mut times) {
                    let begun = Instant::now();
                    side.send(client, method.clone(), path, body.clone()).await?;
                    if round > 0 {
                        times.push(begun.elapsed().as_secs_f64());
                    }
                }
            }
            for (best, times) in best.iter_mut().zip(times) {
                *best = best.min(median(times));
            }
        }
    }
    let mut worst = 0.0_f64;
    for ((name, ..), [few, lots]) in small_ones.iter().zip(best) {
        worst = worst.max(lots / few);
        println!("{name:<38} {:>6.0} µs {:>6.0} µs  {:.2}", few * 1e6, lots * 1e6, lots / few);
    }
    Ok(worst)
}
