//! The main job, as the quickstart does it: its own code, against the emulator.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper of a test fails as loudly as a test"
)]

use altinn_watch as _;

#[path = "../examples/quickstart/receive.rs"]
mod receive;
#[path = "../examples/quickstart/sample.rs"]
mod sample;

use std::collections::BTreeSet;
use std::path::Path;

use altinn_auth::{Credentials, SigningKey};
use altinn_core::{CanRead, Environment, ErrorKind, ReadConfirm, ReadWrite, Scope};
use altinn_emulator::{Emulator, NewClient, Submission};
use altinn_storage::{Client, ClientBuilder, Instance, InstanceQuery};
use altinn_tests::clients::quick;
use altinn_tests::trouble::Between;
use futures::TryStreamExt;

async fn filled<S: Scope>() -> (Emulator, Client<S>) {
    let emulator = Emulator::start().await.unwrap();
    sample::fill(&emulator);
    let client = client(&emulator);
    (emulator, client)
}

fn client<S: Scope>(emulator: &Emulator) -> Client<S> {
    builder(emulator).build().unwrap()
}

fn builder<S: Scope>(emulator: &Emulator) -> ClientBuilder<S> {
    let registered = emulator.register_client(NewClient::new(sample::ORG_NUMBER)).unwrap();
    let credentials = Credentials::builder(Environment::emulator(emulator.url()).unwrap())
        .client_id(registered.client_id())
        .key(SigningKey::from_jwk(registered.jwk()).unwrap())
        .build()
        .unwrap();
    Client::builder(credentials).retry(quick())
}

async fn all<S: CanRead>(client: &Client<S>) -> Vec<Instance> {
    client.instances().list(InstanceQuery::org("ttd")).page_size(7).items().try_collect().await.unwrap()
}

fn is_due(instance: &&Instance) -> bool {
    instance.is_complete() && !instance.is_confirmed_by("ttd")
}

fn files(folder: &Path) -> BTreeSet<String> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[tokio::test]
async fn exactly_what_is_due_lands_on_disk_and_is_confirmed() {
    let (emulator, client) = filled().await;
    let before = all(&client).await;
    assert_eq!(before.len(), 25);
    let due: Vec<&Instance> = before.iter().filter(is_due).collect();
    let unfinished = before.iter().filter(|instance| !instance.is_complete()).count();
    assert!(due.len() > 10 && unfinished > 2 && due.len() + unfinished < 25, "a sample of all kinds");

    let folder = tempfile::tempdir().unwrap();
    let outcome = receive::pass(&client, InstanceQuery::org("ttd"), folder.path()).await.unwrap().to_string();
    assert!(outcome.starts_with(&format!("Received and confirmed: {} ", due.len())), "{outcome}");

    let apps: BTreeSet<&str> = due.iter().map(|instance| instance.app_id.as_ref().unwrap().app()).collect();
    let mut found = 0;
    for app in apps {
        found += files(&folder.path().join("ttd").join(app)).len();
    }
    assert_eq!(found, due.len());
    for instance in &due {
        let app = instance.app_id.as_ref().unwrap();
        let folder = folder.path().join("ttd").join(app.app()).join(instance.id.guid().to_string());
        let expected: BTreeSet<String> = instance
            .data
            .iter()
            .map(|element| element.filename.as_deref().unwrap().to_owned())
            .chain(["instance.json".to_owned()])
            .collect();
        assert_eq!(files(&folder), expected);
        for element in &instance.data {
            let content = client.data(instance.id).download(element).bytes().await.unwrap();
            let stored = std::fs::read(folder.join(element.filename.as_deref().unwrap())).unwrap();
            assert_eq!((stored.len() as u64, stored), (element.size, content.to_vec()));
        }
        let about: Instance = serde_json::from_slice(&std::fs::read(folder.join("instance.json")).unwrap()).unwrap();
        assert_eq!(about.id, instance.id);
    }
    let names: Vec<&str> = due.iter().flat_map(|i| i.data.iter().filter_map(|e| e.filename.as_deref())).collect();
    assert!(names.iter().any(|name| name.contains(['æ', 'ø', 'å'])), "{names:?}");

    let after = all(&client).await;
    assert_eq!(after.iter().filter(is_due).count(), 0);
    assert_eq!(after.iter().filter(|instance| !instance.is_complete()).count(), unfinished);

    let again = receive::pass(&client, InstanceQuery::org("ttd"), folder.path()).await.unwrap().to_string();
    assert_eq!(again, "Nothing new.");
    let journal = emulator.journal();
    assert_eq!((journal.token_requests().succeeded, journal.exchanges().succeeded), (1, 1));
}

#[tokio::test]
async fn what_can_t_be_stored_is_not_confirmed() {
    let (_emulator, client) = filled().await;
    let due = all(&client).await.iter().filter(is_due).count();
    let folder = tempfile::tempdir().unwrap();
    // A file stands where a folder is needed.
    std::fs::write(folder.path().join("ttd"), "in the way").unwrap();
    let outcome = receive::pass(&client, InstanceQuery::org("ttd"), folder.path()).await.unwrap();
    assert!(outcome.failed() && outcome.to_string().contains(&format!("{due} failed")), "{outcome}");
    assert_eq!(all(&client).await.iter().filter(is_due).count(), due);
}

#[tokio::test]
async fn what_can_t_be_read_is_counted_and_the_rest_is_received() {
    let emulator = Emulator::start().await.unwrap();
    let seed = |n| {
        Submission::new("ttd/mottak-demo", 510_001).element("model", "application/xml", None, format!("<n>{n}</n>"))
    };
    let ids: Vec<String> = (0..3).map(|n| emulator.seed(seed(n))).collect();
    let between = Between::default();
    between.trouble().unreadable = Some(ids[1].clone());
    let client = builder(&emulator).layer(between.clone()).build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let outcome = receive::pass(&client, InstanceQuery::org("ttd"), folder.path()).await.unwrap().to_string();
    assert!(outcome.starts_with("Received and confirmed: 2 ") && outcome.contains("1 failed"), "{outcome}");
    let again = receive::pass(&client, InstanceQuery::org("ttd"), folder.path()).await.unwrap().to_string();
    assert!(again.contains("1 failed"), "it is not passed over: {again}");
    between.trouble().unreadable = None;
    let last = receive::pass(&client, InstanceQuery::org("ttd"), folder.path()).await.unwrap();
    assert!(!last.failed() && last.to_string().starts_with("Received and confirmed: 1 "), "{last}");
}

#[tokio::test]
async fn paging_over_equal_times_loses_nothing() {
    let emulator = Emulator::start().await.unwrap();
    let at = "2024-05-01T12:00:00.123456Z";
    let mut seeded = BTreeSet::new();
    for _ in 0..40 {
        seeded.insert(emulator.seed(Submission::new("ttd/mottak-demo", 510_001).last_changed(at.parse().unwrap())));
    }
    let client = client::<ReadConfirm>(&emulator);
    for size in [1, 3, 7, 39, 40, 41] {
        let list = client.instances().list(InstanceQuery::org("ttd").complete(true)).page_size(size);
        let found: Vec<Instance> = list.items().try_collect().await.unwrap();
        assert_eq!(found.len(), 40, "page size {size}");
        assert_eq!(found.iter().map(|instance| instance.id.to_string()).collect::<BTreeSet<_>>(), seeded);
    }
}

#[tokio::test]
async fn difficult_file_names_come_back_as_given() {
    let emulator = Emulator::start().await.unwrap();
    let id = emulator.seed(Submission::new("ttd/mottak-demo", 510_001)).parse().unwrap();
    let client = client::<ReadWrite>(&emulator);
    for name in
        ["blåbær.pdf", "a+b.pdf", "100% sant.pdf", "\"sitat\" 'q'; x=1.txt", "%2B %25.txt", "日本.pdf", ".skjult"]
    {
        let upload = client.data(id).upload("attachment".parse().unwrap(), "innhold").file_name(name);
        let element = upload.content_type("application/pdf".parse().unwrap()).await.unwrap();
        assert_eq!(element.filename.as_deref(), Some(name));
        assert_eq!(element.content_type.as_deref(), Some("application/pdf"));
        assert_eq!(client.data(id).download(&element).bytes().await.unwrap(), "innhold");
    }
    assert_eq!(client.data(id).list().await.unwrap().len(), 7);
}

#[tokio::test]
async fn what_does_not_exist_is_refused_with_its_reason() {
    let (_emulator, client) = filled::<ReadWrite>().await;
    let missing = "510001/00000000-0000-4000-8000-00000000dead".parse().unwrap();
    let error = client.instances().confirm(missing).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden, "{error:?}");
    let id = all(&client).await[0].id;
    let error = client.data(id).upload("nosuchtype".parse().unwrap(), "x").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected);
    assert!(error.to_string().contains("not declared"), "{error}");
    let element = "00000000-0000-4000-8000-00000000dead".parse::<altinn_core::DataElementId>().unwrap();
    assert_eq!(client.data(id).download(element).bytes().await.unwrap_err().kind(), ErrorKind::NotFound);
    let foreign = client.instances().list(InstanceQuery::app("digdir/mottak-demo".parse().unwrap())).await;
    assert_eq!(foreign.unwrap_err().kind(), ErrorKind::Forbidden);
}
