//! Storage's state under callers that write at the same time, over HTTP.

#![allow(clippy::expect_used, reason = "a test fails by panicking, in its helpers, too")]

use altinn_watch as _;

use altinn_emulator::{Builder, Emulator, Fault, ScanResult, Submission};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

const WRITERS: usize = 20;
const APP: &str = "ttd/mottak-demo";
const PARTY: i32 = 501_337;

struct Owner {
    emulator: Emulator,
    client: Client,
}

impl Owner {
    async fn start() -> Self {
        Self::of(Emulator::builder()).await
    }

    async fn of(builder: Builder) -> Self {
        let emulator = builder.start().await.expect("an emulator");
        let scopes = "altinn:serviceowner altinn:serviceowner/instances.read altinn:serviceowner/instances.write";
        let token = emulator.service_owner_token("ttd", scopes).expect("a token");
        let mut headers = HeaderMap::new();
        headers.insert("authorization", HeaderValue::from_str(&format!("Bearer {token}")).expect("a header"));
        let client = Client::builder().default_headers(headers).no_proxy().build().expect("a client");
        Self { emulator, client }
    }

    fn url(&self, path: &str) -> String {
        format!("{}storage/api/v1/{path}", self.emulator.url())
    }

    async fn get(&self, path: &str) -> Value {
        let response = self.client.get(self.url(path)).send().await.expect("an answer");
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        response.json().await.expect("a document")
    }

    async fn put(&self, path: &str, body: &Value) -> StatusCode {
        self.client.put(self.url(path)).json(body).send().await.expect("an answer").status()
    }

    async fn upload(&self, id: &str, content: Vec<u8>) -> StatusCode {
        let url = self.url(&format!("instances/{id}/data?dataType=attachment"));
        let request = self.client.post(url).header(CONTENT_TYPE, "text/plain").body(content);
        request.send().await.expect("an answer").status()
    }
}

/// Does `work` for each of twenty callers at once.
async fn at_once<F: Future>(work: impl Fn(usize) -> F) -> Vec<F::Output> {
    futures::future::join_all((0..WRITERS).map(work)).await
}

#[tokio::test]
async fn presentation_texts_of_twenty_writers_are_all_kept() {
    let owner = Owner::start().await;
    let id = owner.emulator.seed(Submission::new(APP, PARTY).unfinished());
    let path = format!("instances/{id}/presentationtexts");
    let body = |writer: usize| json!({"texts": {format!("key{writer}"): format!("text {writer}")}});
    let statuses = at_once(|writer| {
        let (owner, path, body) = (&owner, &path, body(writer));
        async move { owner.put(path, &body).await }
    })
    .await;
    assert!(statuses.iter().all(|status| *status == StatusCode::OK), "{statuses:?}");
    let instance = owner.get(&format!("instances/{id}")).await;
    for writer in 0..WRITERS {
        assert_eq!(instance["presentationTexts"][format!("key{writer}")], format!("text {writer}"));
    }
}

#[tokio::test]
async fn uploads_of_twenty_writers_are_all_kept_and_whole() {
    let owner = Owner::start().await;
    let id = owner.emulator.seed(Submission::new(APP, PARTY));
    let content = |writer: usize| vec![u8::try_from(writer).expect("a small number"); 400_000 + writer];
    let statuses = at_once(|writer| owner.upload(&id, content(writer))).await;
    assert!(statuses.iter().all(|status| *status == StatusCode::CREATED), "{statuses:?}");
    let list = owner.get(&format!("instances/{id}/dataelements")).await;
    let elements = list["dataElements"].as_array().expect("a list");
    assert_eq!(elements.len(), WRITERS);
    let mut seen = Vec::new();
    for element in elements {
        let url = owner.url(&format!("instances/{id}/data/{}", element["id"].as_str().expect("an id")));
        let response = owner.client.get(url).send().await.expect("an answer");
        let stored = response.bytes().await.expect("the content");
        assert_eq!(element["size"], stored.len());
        let writer = usize::from(stored[0]);
        assert_eq!(stored, content(writer));
        seen.push(writer);
    }
    seen.sort_unstable();
    assert_eq!(seen, (0..WRITERS).collect::<Vec<_>>());
}

#[tokio::test]
async fn data_values_of_twenty_writers_are_all_kept() {
    let owner = Owner::start().await;
    let id = owner.emulator.seed(Submission::new(APP, PARTY).unfinished());
    let path = format!("instances/{id}/datavalues");
    let body = |writer: usize| json!({"values": {format!("key{writer}"): writer.to_string()}});
    let statuses = at_once(|writer| {
        let (owner, path, body) = (&owner, &path, body(writer));
        async move { owner.put(path, &body).await }
    })
    .await;
    assert!(statuses.iter().all(|status| *status == StatusCode::OK), "{statuses:?}");
    let instance = owner.get(&format!("instances/{id}")).await;
    assert_eq!(instance["dataValues"].as_object().map(serde_json::Map::len), Some(WRITERS));
}

#[tokio::test]
async fn of_twenty_replacements_one_stays_whole() {
    let owner = Owner::start().await;
    let id = owner.emulator.seed(Submission::new(APP, PARTY).element("attachment", "text/plain", None, "x"));
    let element = owner.get(&format!("instances/{id}/dataelements")).await["dataElements"][0]["id"].clone();
    let path = format!("instances/{id}/data/{}", element.as_str().expect("an id"));
    // Small ones are kept in memory and large ones on disk.
    let content = |writer: usize| vec![u8::try_from(writer).expect("a small number"); 20_000 * (writer + 1)];
    let statuses = at_once(|writer| {
        let request = owner.client.put(owner.url(&path)).header(CONTENT_TYPE, "text/plain").body(content(writer));
        async { request.send().await.expect("an answer").status() }
    })
    .await;
    assert!(statuses.iter().all(|status| *status == StatusCode::OK), "{statuses:?}");
    let stored = owner.client.get(owner.url(&path)).send().await.expect("an answer").bytes().await.expect("content");
    assert_eq!(stored, content(usize::from(stored[0])));
    let elements = owner.get(&format!("instances/{id}/dataelements")).await;
    assert_eq!(elements["dataElements"][0]["size"], stored.len());
    assert_eq!(elements["dataElements"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn twenty_writers_of_different_things_lose_nothing() {
    let owner = Owner::start().await;
    let id = owner.emulator.seed(Submission::new(APP, PARTY).unfinished());
    let statuses = at_once(|writer| {
        let (owner, id) = (&owner, &id);
        async move {
            let key = format!("key{writer}");
            match writer % 4 {
                0 => owner.put(&format!("instances/{id}/presentationtexts"), &json!({"texts": {key: "a"}})).await,
                1 => owner.put(&format!("instances/{id}/datavalues"), &json!({"values": {key: "a"}})).await,
                2 => owner.put(&format!("instances/{id}/substatus"), &json!({"label": "merke"})).await,
                _ => owner.upload(id, vec![1; 300_000]).await,
            }
        }
    })
    .await;
    assert!(statuses.iter().all(StatusCode::is_success), "{statuses:?}");
    let instance = owner.get(&format!("instances/{id}")).await;
    let members = |name: &str| instance[name].as_object().map(serde_json::Map::len);
    assert_eq!((members("presentationTexts"), members("dataValues")), (Some(WRITERS / 4), Some(WRITERS / 4)));
    assert_eq!(instance["data"].as_array().map(Vec::len), Some(WRITERS / 4));
    assert_eq!(instance["status"]["substatus"]["label"], "merke");
    let listed = owner.get(&format!("instances?appId={APP}")).await;
    assert_eq!(listed["count"], 1, "it stands in the index once");
    assert_eq!(listed["instances"][0]["lastChanged"], instance["lastChanged"]);
}

#[tokio::test]
async fn one_of_twenty_gets_the_lock() {
    let owner = Owner::start().await;
    let id = owner.emulator.seed(Submission::new(APP, PARTY).unfinished());
    let statuses = at_once(|_| {
        let request = owner.client.post(owner.url(&format!("instances/{id}/lock"))).json(&json!({"ttlSeconds": 60}));
        async { request.send().await.expect("an answer").status() }
    })
    .await;
    let of = |wanted| statuses.iter().filter(|status| **status == wanted).count();
    assert_eq!((of(StatusCode::OK), of(StatusCode::CONFLICT)), (1, WRITERS - 1));
}

#[tokio::test]
async fn twenty_new_instances_are_listed_once_each() {
    let owner = Owner::start().await;
    let body = json!({"instanceOwner": {"partyId": PARTY.to_string()}});
    let created = at_once(|_| {
        let request = owner.client.post(owner.url(&format!("instances?appId={APP}"))).json(&body);
        async { request.send().await.expect("an answer").json::<Value>().await.expect("an instance") }
    })
    .await;
    let mut made: Vec<String> =
        created.iter().map(|instance| instance["id"].as_str().expect("an id").to_owned()).collect();
    let mut listed = Vec::new();
    let mut path = format!("instances?org=ttd&appId={APP}&order=asc:lastChanged&size=3");
    loop {
        let page = owner.get(&path).await;
        let instances = page["instances"].as_array().expect("a list");
        listed.extend(instances.iter().map(|instance| instance["id"].as_str().expect("an id").to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        path = next.split("/storage/api/v1/").nth(1).expect("a path").to_owned();
    }
    made.sort_unstable();
    listed.sort_unstable();
    assert_eq!(listed, made);
}

#[tokio::test]
async fn a_confirmation_is_made_once_however_often_it_is_asked_for() {
    let owner = Owner::of(Emulator::builder().without(Fault::ConfirmationsRace)).await;
    let id = owner.emulator.seed(Submission::new(APP, PARTY));
    let open = format!("instances?appId={APP}&confirmed=false&process.isComplete=true");
    assert_eq!(owner.get(&open).await["count"], 1);
    let statuses = at_once(|_| {
        let request = owner.client.post(owner.url(&format!("instances/{id}/complete")));
        async { request.send().await.expect("an answer").status() }
    })
    .await;
    assert!(statuses.iter().all(|status| *status == StatusCode::OK), "{statuses:?}");
    let instance = owner.get(&format!("instances/{id}")).await;
    assert_eq!(instance["completeConfirmations"].as_array().map(Vec::len), Some(1));
    assert_eq!(owner.get(&open).await["count"], 0);
}

/// Of a row that is older than the column, the database can say neither.
#[tokio::test]
async fn what_predates_the_confirmed_column_is_neither_confirmed_nor_not() {
    let owner = Owner::start().await;
    let open = owner.emulator.seed(Submission::new(APP, PARTY).predates_confirmed_column());
    owner.emulator.seed(Submission::new(APP, PARTY).predates_confirmed_column().confirmed());
    let count = |filter: &'static str| {
        let path = format!("instances?org=ttd&process.isComplete=true{filter}");
        let owner = &owner;
        async move { owner.get(&path).await["count"].as_i64() }
    };
    assert_eq!(count("").await, Some(2));
    for filter in ["&confirmed=false", "&confirmed=true", "&excludeConfirmedBy=ttd"] {
        assert_eq!(count(filter).await, Some(0), "{filter}");
    }
    assert_eq!(count("&excludeConfirmedBy=TTD2").await, Some(2));
    let request = owner.client.post(owner.url(&format!("instances/{open}/complete")));
    assert_eq!(request.send().await.expect("an answer").status(), StatusCode::OK);
    assert_eq!(count("&confirmed=true").await, Some(1));
}

#[tokio::test]
async fn a_seeded_submission_reads_like_one_that_an_app_made() {
    let owner = Owner::start().await;
    let submission = Submission::new(APP, PARTY)
        .presentation_text("title", "Åse Bærland")
        .element("model", "application/xml", None, "<melding/>")
        .element("attachment", "application/pdf", Some("blåbær.pdf"), "%PDF")
        .scan_result(ScanResult::Infected);
    let id = owner.emulator.seed(submission);
    let instance = owner.get(&format!("instances/{id}")).await;
    assert_eq!(instance["status"]["isArchived"], true);
    assert_eq!(instance["presentationTexts"]["title"], "Åse Bærland");
    assert_eq!(instance["data"][1]["filename"], "blåbær.pdf");
    let scanned = |at: usize| &instance["data"][at]["fileScanResult"];
    assert_eq!((scanned(0), scanned(1)), (&json!("NotApplicable"), &json!("Infected")));
    let link = instance["data"][1]["selfLinks"]["platform"].as_str().expect("a link");
    let response = owner.client.get(link).send().await.expect("an answer");
    let name = response.headers()["content-disposition"].to_str().expect("a header").to_owned();
    assert_eq!(name, "attachment; filename=bl_b_r.pdf; filename*=UTF-8''bl%C3%A5b%C3%A6r.pdf");
    assert_eq!(response.bytes().await.expect("the content"), "%PDF");
    let history = owner.get(&format!("instances/{id}/process/history")).await;
    assert_eq!(history["processHistory"].as_array().map(Vec::len), Some(3));
}

#[tokio::test]
async fn a_refused_upload_can_be_sent_to_its_end() {
    let owner = Owner::start().await;
    let id = owner.emulator.seed(Submission::new(APP, PARTY));
    let url = owner.url(&format!("instances/{id}/data?dataType=nosuch"));
    for _ in 0..5 {
        let request = owner.client.post(&url).body(vec![0_u8; 8 * 1024 * 1024]);
        assert_eq!(request.send().await.expect("an answer").status(), StatusCode::BAD_REQUEST);
    }
}
