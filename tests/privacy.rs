//! Nothing prints a token, a person number, or what somebody wrote into a form.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper of a test fails as loudly as a test"
)]

use altinn_watch as _;

use altinn_core::{Payload, PersonNumber, ReadWrite, Secret};
use altinn_storage::{DataElement, Instance, InstanceOwnerFilter, InstanceQuery};
use altinn_tests::clients::{builder, client};
use altinn_tests::fault::{Answer, FaultServer};
use altinn_tests::redaction::assert_redacted;
use serde_json::json;

const PERSON: &str = "01039012345";
const TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJwaWQiOiIwMTAzOTAxMjM0NSJ9.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg";

fn secrets() -> [(&'static str, &'static str); 4] {
    [
        ("person number", PERSON),
        ("token", TOKEN),
        ("presentation text", "Kari Nordmann, Storgata 1"),
        ("file name", "legeerklæring-kari.pdf"),
    ]
}

fn instance() -> serde_json::Value {
    json!({
        "id": "501337/00000000-0000-4000-8000-000000000001",
        "instanceOwner": {"partyId": "501337", "personNumber": PERSON, "username": "epost:kari.nordmann@example.no"},
        "presentationTexts": {"navn": "Kari Nordmann, Storgata 1"},
        "dataValues": {"fnr": PERSON},
        "somethingNew": PERSON,
        "data": [{
            "id": "00000000-0000-4000-8000-000000000002",
            "filename": "legeerklæring-kari.pdf",
            "tags": ["Kari Nordmann, Storgata 1"],
            "metadata": [{"key": "fnr", "value": PERSON}],
            "userDefinedMetadata": [{"key": "navn", "value": "Kari Nordmann, Storgata 1"}],
        }],
    })
}

#[test]
fn models_show_ids_and_no_personal_data() {
    let instance: Instance = serde_json::from_value(instance()).unwrap();
    let element: &DataElement = &instance.data[0];
    let shown = format!(
        "{instance:?} {instance:#?} {element:?} {:?} {:?} {:?}",
        instance.instance_owner,
        element.metadata,
        Some(vec![&instance])
    );
    assert_redacted(&shown, &secrets());
    assert!(!shown.contains("kari.nordmann"), "{shown}");
    assert!(shown.contains("00000000-0000-4000-8000-000000000001"), "the id is there to be found");
    let written = serde_json::to_string(&instance).unwrap();
    assert!(written.contains(PERSON), "what is stored is whole");
}

#[test]
fn requests_and_secrets_show_no_content() {
    let person: PersonNumber = PERSON.parse().unwrap();
    let query = InstanceQuery::org("ttd").owner(InstanceOwnerFilter::Person(person.clone()));
    let payload = Payload::from(format!("<fnr>{PERSON}</fnr>"));
    let secret = Secret::new(TOKEN);
    let shown = format!("{person:?} {query:?} {payload:?} {secret:?} {secret} {:?}", Some([&secret]));
    assert_redacted(&shown, &secrets());
}

#[tokio::test]
async fn errors_strike_out_what_the_service_repeats() {
    let words = format!("No party for {PERSON}; token {TOKEN} was refused");
    for answer in [
        Answer::json(400, &json!(words)),
        Answer::text(400, words.clone()),
        Answer::json(400, &json!({"title": "Bad Request", "detail": words, "errors": {"pid": [PERSON]}})),
        Answer::status(200).header("content-type", "application/json").body(format!(r#"{{"id":"{PERSON}"}}"#)),
    ] {
        let server = FaultServer::start([answer]).await.unwrap();
        let client = client(server.url().as_str());
        let error = client.instances().get("501337/00000000-0000-4000-8000-000000000001".parse().unwrap()).await;
        let error = error.unwrap_err();
        let mut shown = format!("{error} {error:?} {error:#?} {:?}", error.problem());
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            shown += &format!(" {cause} {cause:?}");
            source = cause.source();
        }
        assert_redacted(&shown, &secrets());
    }
}

#[tokio::test]
async fn a_search_for_a_person_shows_nowhere() {
    let server = FaultServer::start([Answer::cut().repeated()]).await.unwrap();
    let builder = builder::<ReadWrite>(server.url().as_str());
    assert_redacted(&format!("{builder:?}"), &[("token", "a-token-that-nobody-checks")]);
    let client = builder.build().unwrap();
    let query = InstanceQuery::org("ttd")
        .owner(InstanceOwnerFilter::Person(PERSON.parse().unwrap()))
        .search("Kari Nordmann, Storgata 1");
    let list = client.instances().list(query);
    let shown_list = format!("{list:?} {client:?}");
    let error = list.await.unwrap_err();
    assert_redacted(&format!("{error} {error:?} {error:#?}"), &secrets());
    assert_redacted(&shown_list, &[("person number", PERSON), ("token", "a-token-that-nobody-checks")]);
}
