//! Each filter of the instance query finds what it says, and nothing else.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails as loudly as a test")]

use altinn_watch as _;

use std::collections::BTreeSet;

use altinn_auth::Credentials;
use altinn_core::{Environment, ErrorKind, INSTANCES_READ, OrgNumber, Read, Timestamp};
use altinn_emulator::{Emulator, Submission};
use altinn_storage::{Client, Instance, InstanceOwnerFilter, InstanceQuery, MessageQuery, NewInstance, Window};
use altinn_tests::clients::builder;
use altinn_tests::fault::{Answer, FaultServer};
use altinn_tests::owner::{OPEN, Owner, app_id, party};
use altinn_tests::surface::Surface;
use futures::TryStreamExt;
use serde_json::json;

const APP: &str = "ttd/mottak-demo";

struct Setup {
    emulator: Emulator,
    client: Client<Read>,
    ids: Vec<String>,
}

/// Handed in at 12:00:00, 12:00:00.5 and 12:00:01; the last ones confirmed, unfinished, of an organisation.
const TIMES: [&str; 6] = [
    "2024-05-01T12:00:00Z",
    "2024-05-01T12:00:00.5Z",
    "2024-05-01T12:00:01Z",
    "2024-05-02T12:00:00Z",
    "2024-05-03T12:00:00Z",
    "2024-05-04T12:00:00.25Z",
];

impl Setup {
    async fn new() -> Self {
        let emulator = Emulator::start().await.unwrap();
        let ids = TIMES.iter().enumerate().map(|(n, time)| {
            let at: jiff::Timestamp = time.parse().unwrap();
            let party = if n == 5 { 520_001 } else { 510_001 };
            let submission =
                Submission::new(APP, party).created(at).last_changed(at).presentation_text("navn", format!("Åse {n}"));
            emulator.seed(match n {
                3 => submission.confirmed(),
                4 => submission.unfinished(),
                _ => submission,
            })
        });
        let ids = ids.collect();
        let token = emulator.service_owner_token("ttd", INSTANCES_READ).unwrap();
        let credentials = Credentials::with_token(Environment::emulator(emulator.url()).unwrap(), token);
        let client = Client::builder(credentials).layer(Surface::load().unwrap()).build().unwrap();
        Self { client, emulator, ids }
    }

    /// The numbers of the instances that a query finds.
    async fn found(&self, query: InstanceQuery) -> Vec<usize> {
        let found: Vec<Instance> = self.client.instances().list(query).items().try_collect().await.unwrap();
        let found: BTreeSet<usize> = found
            .iter()
            .map(|instance| self.ids.iter().position(|id| *id == instance.id.to_string()).unwrap())
            .collect();
        found.into_iter().collect()
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn query() -> InstanceQuery {
    InstanceQuery::app(APP.parse().unwrap())
}

#[tokio::test]
async fn windows_of_change_creation_and_end() {
    let setup = Setup::new().await;
    let noon = at(TIMES[0]);
    assert_eq!(setup.found(query().last_changed(Window::after(noon).through(at(TIMES[2])))).await, [1, 2]);
    assert_eq!(setup.found(query().created(Window::from(noon).before(at(TIMES[2])))).await, [0, 1]);
    // The end of the process is compared as text by the service, where .5Z sorts before Z.
    assert_eq!(setup.found(query().ended(Window::from(noon).before(at(TIMES[2])))).await, [0, 1]);
    assert_eq!(setup.found(query().ended(Window::from(at(TIMES[2])))).await, [2, 3, 5]);
    assert_eq!(setup.found(query().ended(Window::default().before(noon))).await, [0_usize; 0]);
}

#[tokio::test]
async fn states_and_owners() {
    let setup = Setup::new().await;
    assert_eq!(setup.found(query()).await, [0, 1, 2, 3, 4, 5]);
    assert_eq!(setup.found(query().complete(true).confirmed(false)).await, [0, 1, 2, 5]);
    assert_eq!(setup.found(query().complete(false)).await, [4]);
    assert_eq!(setup.found(query().confirmed(true)).await, [3]);
    assert_eq!(setup.found(query().not_confirmed_by("ttd")).await, [0, 1, 2, 4, 5]);
    assert_eq!(setup.found(query().not_confirmed_by("digdir")).await, [0, 1, 2, 3, 4, 5]);
    assert_eq!(setup.found(query().current_task("Task_1")).await, [4]);
    assert_eq!(setup.found(query().archived(false)).await, [4]);
    assert_eq!(setup.found(query().soft_deleted(true)).await, [0_usize; 0]);
    let organisation = InstanceOwnerFilter::Organisation("310000019".parse::<OrgNumber>().unwrap());
    let person = InstanceOwnerFilter::Person("01839012345".parse().unwrap());
    let party = InstanceOwnerFilter::Party(altinn_core::PartyId::new(520_001).unwrap());
    assert_eq!(setup.found(query().owner(person)).await, [0, 1, 2, 3, 4]);
    assert_eq!(setup.found(query().owner(party)).await, [5]);
    assert_eq!(setup.found(query().owner(organisation)).await, [5]);
}

/// As the docs of `confirmed` say: the way to be sure is to ask each one.
#[tokio::test]
async fn what_predates_the_confirmed_column_is_found_without_the_filter() {
    let mut setup = Setup::new().await;
    for submission in [Submission::new(APP, 510_001), Submission::new(APP, 510_001).confirmed()] {
        setup.ids.push(setup.emulator.seed(submission.predates_confirmed_column()));
    }
    assert_eq!(setup.found(query().complete(true).confirmed(false)).await, [0, 1, 2, 5]);
    assert_eq!(setup.found(query().not_confirmed_by("ttd")).await, [0, 1, 2, 4, 5]);
    assert_eq!(setup.found(query().confirmed(true)).await, [3]);
    let mut open: Vec<String> = setup
        .client
        .instances()
        .list(query().complete(true))
        .items()
        .try_filter(|instance| std::future::ready(!instance.is_confirmed_by("ttd")))
        .map_ok(|instance| instance.id.to_string())
        .try_collect()
        .await
        .unwrap();
    open.sort();
    let mut expected = [0, 1, 2, 5, 6].map(|n: usize| setup.ids[n].clone());
    expected.sort();
    assert_eq!(open, expected);
}

#[tokio::test]
async fn what_has_no_status_is_neither_archived_nor_not() {
    let mut setup = Setup::new().await;
    setup.ids.push(setup.emulator.seed(Submission::new(APP, 510_001).without_status()));
    assert_eq!(setup.found(query()).await, [0, 1, 2, 3, 4, 5, 6]);
    assert_eq!(setup.found(query().archived(true)).await, [0, 1, 2, 3, 5]);
    assert_eq!(setup.found(query().archived(false)).await, [4]);
    assert_eq!(setup.found(query().hard_deleted(false)).await, [0, 1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn texts_references_and_generations() {
    let mut setup = Setup::new().await;
    let taken_over = Submission::new(APP, 510_001).main_version(2).data_value("A2ArchRef", "AR1");
    setup.ids.push(setup.emulator.seed(taken_over));
    assert_eq!(setup.found(query()).await, [0, 1, 2, 3, 4, 5]);
    assert_eq!(setup.found(query().search("åse 3")).await, [3]);
    let reference: String = setup.ids[2].chars().rev().take(12).collect::<Vec<_>>().into_iter().rev().collect();
    assert_eq!(setup.found(query().archive_reference(reference.to_uppercase())).await, [2]);
    assert_eq!(setup.found(query().main_version(2)).await, [6]);
    assert_eq!(setup.found(query().not_main_version(2)).await, [0, 1, 2, 3, 4, 5]);
    assert_eq!(setup.found(query().altinn2_archive_reference("AR1")).await, [6]);
    assert_eq!(setup.found(query().altinn2_archive_reference("AR2")).await, [0_usize; 0]);
    let newest = setup.client.instances().list(query().newest_first().data_elements(false)).page_size(2).await.unwrap();
    assert_eq!(newest.instances[0].id.to_string(), setup.ids[5]);
}

/// The service's database takes a backslash away, and what follows it as it is.
#[tokio::test]
async fn a_backslash_is_looked_for_and_wildcards_stay_wildcards() {
    let owner = Owner::start().await;
    let texts = [r"C:\temp\skjema", "C:temp", "100 % sikkert", r"50\%", "a_b", "acb"];
    let mut ids = Vec::new();
    for text in texts {
        let id = owner.instance(OPEN).await;
        owner.client.instances().set_presentation_texts(id, [("navn", text)]).await.unwrap();
        ids.push(id.guid());
    }
    for (text, expected) in [
        (r"c:\TEMP\", vec![0]),
        (r"\", vec![0, 3]),
        (r"\\", vec![]),
        (r"\%", vec![0, 3]),
        (r"a\_b", vec![]),
        ("a_b", vec![4, 5]),
        ("1%sik", vec![2]),
        ("c:_temp", vec![0]),
        ("c:temp", vec![1]),
    ] {
        let places = |found: Vec<uuid::Uuid>| {
            let mut places: Vec<_> = found.iter().map(|id| ids.iter().position(|known| known == id).unwrap()).collect();
            places.sort_unstable();
            places
        };
        let listed: Vec<Instance> = owner
            .client
            .instances()
            .list(InstanceQuery::app(app_id(OPEN)).search(text))
            .items()
            .try_collect()
            .await
            .unwrap();
        assert_eq!(places(listed.iter().map(|one| one.id.guid()).collect()), expected, "{text}");
        let messages = owner.client.message_box().search(MessageQuery::of([party()]).search(text)).await.unwrap();
        assert_eq!(places(messages.iter().map(|one| one.id).collect()), expected, "{text} in the message box");
    }
}

#[tokio::test]
async fn what_the_database_can_t_take_is_refused_before_it_is_sent_or_never_tried_twice() {
    let server =
        FaultServer::start([Answer::json(500, &json!("22P02: invalid input syntax for type json")).repeated()]);
    let server = server.await.unwrap();
    let client: Client<Read> = builder(server.url().as_str()).build().unwrap();
    for wrong in [
        query().not_confirmed_by("a\\"),
        query().not_confirmed_by("a\"b"),
        query().not_confirmed_by("a\0"),
        query().search("a\0"),
        query().current_task("a\0"),
        query().altinn2_archive_reference("a\0"),
    ] {
        let error = client.instances().list(wrong).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidInput, 0), "{error}");
    }
    assert_eq!(server.requests().len(), 0);
    let error = client.instances().list(query()).await.unwrap_err();
    assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Server, false), "{error}");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn what_the_creator_sets_and_what_is_deleted() {
    let owner = Owner::start().await;
    let (due, after) = (at("2030-01-01T00:00:00Z"), at("2030-01-01T00:00:01Z"));
    let create = async |new: NewInstance| owner.client.instances().create(&app_id(OPEN), new).await.unwrap().id;
    let (dated, visible) = (NewInstance::new(party()).due_before(due), NewInstance::new(party()).visible_after(due));
    let referring = NewInstance::new(party()).data_value("A2ArchRef", "AR1");
    let ids =
        [create(dated).await, create(visible).await, create(referring).await, create(NewInstance::new(party())).await];
    owner.client.instances().delete(ids[0]).await.unwrap();
    owner.client.instances().delete(ids[3]).hard(true).await.unwrap();
    let found = async |query: InstanceQuery| {
        let items = owner.client.instances().list(query).page_size(1).items();
        let found: Vec<Instance> = items.try_collect().await.unwrap();
        let mut found: Vec<_> =
            found.iter().map(|instance| ids.iter().position(|id| *id == instance.id).unwrap()).collect();
        found.sort_unstable();
        found
    };
    for query in [InstanceQuery::org("ttd"), InstanceQuery::app(app_id(OPEN))] {
        assert_eq!(found(query.clone()).await, [0, 1, 2, 3]);
        assert_eq!(found(query.clone().due_before(Window::from(due).before(after))).await, [0]);
        assert_eq!(found(query.clone().due_before(Window::from(after))).await, [0_usize; 0]);
        assert_eq!(found(query.clone().visible_after(Window::from(due).before(after))).await, [1]);
        // The reference counts for what came from Altinn 2 alone.
        assert_eq!(found(query.clone().altinn2_archive_reference("AR1")).await, [0_usize; 0]);
        assert_eq!(found(query.clone().soft_deleted(true)).await, [0, 3]);
        assert_eq!(found(query.clone().hard_deleted(true)).await, [3]);
        assert_eq!(found(query.clone().hard_deleted(false)).await, [0, 1, 2]);
    }
}
