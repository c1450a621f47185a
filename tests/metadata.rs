//! A data element's metadata, read, changed and written back.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails as loudly as a test")]

use altinn_watch as _;

use altinn_core::{ErrorKind, Timestamp};
use altinn_storage::Substatus;
use altinn_tests::clients::client;
use altinn_tests::fault::{Answer, FaultServer};
use altinn_tests::owner::{OPEN, Owner, no_element, no_instance};
use jiff::SignedDuration;
use serde_json::{Value, json};

const GUID: &str = "00000000-0000-4000-8000-000000000001";
const ELEMENT: &str = "00000000-0000-4000-8000-000000000002";

#[tokio::test]
async fn a_change_is_made_to_what_the_service_has() {
    let owner = Owner::start().await;
    let id = owner.instance(OPEN).await;
    let (element, other) = (owner.upload(id, "attachment").await, owner.upload(id, "attachment").await);
    let data = owner.client.data(id);
    data.edit_metadata(element.id, |element| element.add_tag("en")).await.unwrap();
    let edited = data
        .edit_metadata(element.id, |element| {
            element.add_tag("to");
            element.set_user_defined("sak", "2024/7");
            element.id = other.id;
        })
        .await
        .unwrap();
    assert_eq!((edited.id, edited.tags.as_slice()), (element.id, ["en".into(), "to".into()].as_slice()));
    let elements = data.list().await.unwrap();
    assert_eq!(elements[0].user_defined("sak"), Some("2024/7"));
    assert_eq!((elements[0].filename.as_deref(), elements[0].size), (Some("blåbær.txt"), 7));
    assert!(elements[1].tags.is_empty(), "the other one is left alone");
}

#[tokio::test]
async fn what_is_not_there_can_t_be_edited() {
    let owner = Owner::start().await;
    let id = owner.instance(OPEN).await;
    let element = owner.upload(id, "attachment").await;
    let client = &owner.client;
    for error in [
        client.data(id).edit_metadata(no_element(), |element| element.add_tag("a")).await.unwrap_err(),
        client.data(no_instance()).edit_metadata(element.id, |element| element.add_tag("a")).await.unwrap_err(),
    ] {
        assert!(matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Forbidden), "{error}");
    }
    let missing = client.data(id).edit_metadata(no_element(), |_| ()).await.unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::NotFound, "{missing}");
}

/// An instance with one element, as a later version of the service may give it.
fn instance() -> Value {
    json!({
        "id": format!("501337/{GUID}"), "lastChanged": "2999-01-02T00:00:00Z",
        "data": [{"id": ELEMENT, "instanceGuid": GUID, "dataType": "vedlegg", "locked": true, "newMember": {"x": [1, null]},
            "metadata": [{"key": "k", "value": "v", "newMember": 1}], "lastChanged": "2999-01-01T00:00:00Z"}],
    })
}

#[tokio::test]
async fn members_that_are_not_known_go_back_as_they_came() {
    let server =
        FaultServer::start([Answer::json(200, &instance()), Answer::json(200, &json!({"id": ELEMENT}))]).await.unwrap();
    let client = client(server.url().as_str());
    let data = client.data(format!("501337/{GUID}").parse().unwrap());
    data.edit_metadata(ELEMENT.parse().unwrap(), |element| element.add_tag("ny")).await.unwrap();
    let requests = server.requests();
    assert_eq!(requests[1].path(), format!("/storage/api/v1/instances/501337/{GUID}/dataelements/{ELEMENT}"));
    let sent: Value = serde_json::from_slice(&requests[1].body).unwrap();
    assert_eq!(sent["newMember"], json!({"x": [1, null]}));
    assert_eq!(sent["metadata"], json!([{"key": "k", "value": "v", "newMember": 1}]));
    assert_eq!((&sent["tags"], &sent["locked"]), (&json!(["ny"]), &json!(true)));
    assert_eq!(sent["lastChanged"], "2999-01-02T00:00:00Z", "not before the instance's own");
}

#[tokio::test]
async fn nothing_is_written_where_nothing_changes() {
    let server = FaultServer::start([Answer::json(200, &instance())]).await.unwrap();
    let client = client(server.url().as_str());
    let data = client.data(format!("501337/{GUID}").parse().unwrap());
    let same = data.edit_metadata(ELEMENT.parse().unwrap(), |element| element.locked = true).await.unwrap();
    assert!(same.locked);
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn the_instance_s_time_of_change_follows_the_service_s_clock() {
    // This computer is behind, right, and ahead.
    for minutes in [20, 0, -20] {
        let mut owner = Owner::start().await;
        owner.emulator.clock().advance(SignedDuration::from_mins(minutes));
        owner.client = altinn_tests::owner::client(&owner.emulator, "ttd");
        let id = owner.instance(OPEN).await;
        let mut element = owner.upload(id, "attachment").await;
        owner.emulator.clock().advance(SignedDuration::from_mins(1));
        let data = owner.client.data(id);
        let changed = async || owner.client.instances().get(id).await.unwrap().last_changed.unwrap();
        // The second the service's clock stands in may be over when the change arrives.
        let present = || Timestamp::from(owner.emulator.clock().now() + SignedDuration::from_secs(1));

        owner.client.instances().set_substatus(id, Substatus::new("merke")).await.unwrap();
        let before = changed().await;
        data.edit_metadata(element.id, |element| element.add_tag("a")).await.unwrap();
        let edited = changed().await;
        assert!(before <= edited && edited <= present(), "{minutes}: {before} {edited}");

        owner.emulator.clock().advance(SignedDuration::from_mins(1));
        owner.client.instances().set_substatus(id, Substatus::new("merke")).await.unwrap();
        let before = changed().await;
        element.add_tag("b");
        owner.emulator.clock().advance(SignedDuration::from_secs(2));
        data.list().await.unwrap();
        data.update_metadata(&element).await.unwrap();
        let updated = changed().await;
        assert!(before <= updated && updated <= present(), "{minutes}: {before} {updated}");
    }
}
