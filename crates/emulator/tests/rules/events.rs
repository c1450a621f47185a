//! Events as they are posted and found again.

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::start;

#[tokio::test]
async fn an_empty_instance_is_one_that_can_not_be_read() {
    let setup = start().await;
    let path = format!("instances/{}/events", setup.seed());
    for (event, status) in [
        (json!({"eventType": "Saved"}), StatusCode::BAD_REQUEST),
        (json!({"eventType": "Saved", "instanceId": ""}), StatusCode::INTERNAL_SERVER_ERROR),
    ] {
        assert_eq!(setup.send(Method::POST, &path, Some(event)).await.0, status);
    }
}

#[tokio::test]
async fn the_time_of_an_event_is_rounded_and_bounds_are_cut() {
    let setup = start().await;
    let id = setup.seed();
    let path = format!("instances/{id}/events");
    let event = json!({"instanceId": id, "eventType": "Saved", "created": "2020-01-01T00:00:00.0000017Z"});
    assert_eq!(setup.send(Method::POST, &path, Some(event)).await.0, StatusCode::CREATED);
    for (from, to, count) in [
        ("2020-01-01T00:00:00.0000029Z", "2020-01-02Z", 1),
        ("2020-01-01T00:00:00.000003Z", "2020-01-02Z", 0),
        ("2020-01-01Z", "2020-01-01T00:00:00.0000019Z", 0),
        ("2020-01-01Z", "2020-01-01T00:00:00.000002Z", 1),
    ] {
        let (_, list) = setup.send(Method::GET, &format!("{path}?from={from}&to={to}"), None).await;
        assert_eq!(list["instanceEvents"].as_array().unwrap().len(), count, "{from} to {to}");
    }
}

#[tokio::test]
async fn no_zero_character_reaches_the_database() {
    let setup = start().await;
    let path = format!("instances/{}/events?eventTypes=Saved&eventTypes=a", setup.seed());
    assert_eq!(setup.send(Method::GET, &path, None).await.0, StatusCode::OK);
    assert_eq!(setup.send(Method::GET, &format!("{path}%00"), None).await.0, StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn the_id_of_an_event_is_taken_once() {
    let setup = start().await;
    let id = setup.seed();
    let (one, other) = ("00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002");
    let event = |event: &str| json!({"id": event, "instanceId": id, "eventType": "Saved", "user": {"orgId": "ttd"}});
    let process = json!({"currentTask": {"elementId": "Task_1", "altinnTaskType": "data"}});
    let send = async |events: &[&str]| {
        let events: Vec<_> = events.iter().map(|id| event(id)).collect();
        let body = json!({"state": process, "events": events});
        setup.send(Method::PUT, &format!("instances/{id}/process/instanceandevents"), Some(body)).await.0
    };
    let path = format!("instances/{id}/events");
    assert_eq!(send(&[one, one]).await, StatusCode::INTERNAL_SERVER_ERROR);
    let (_, list) = setup.send(Method::GET, &format!("{path}?eventTypes=Saved"), None).await;
    assert_eq!(list["instanceEvents"], json!([]), "none of them is stored");
    assert_eq!(send(&[one, other]).await, StatusCode::OK);
    assert_eq!(send(&[other]).await, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(setup.send(Method::POST, &path, Some(event(one))).await.0, StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn without_events_what_has_none_goes_on_and_what_needs_them_is_not_done() {
    let setup = start().await;
    let id = setup.seed();
    let send = async |method, path: &str, body| setup.send(method, &format!("instances{path}"), Some(body)).await;
    let own = |path: &str| format!("/{id}/{path}");
    setup.emulator.outages().set_events(true);
    assert_eq!(send(Method::PUT, &own("presentationtexts"), json!({"texts": {}})).await.0, StatusCode::OK);
    let owner = json!({"instanceOwner": {"partyId": "501337"}});
    let (status, words) = send(Method::POST, "?appId=ttd/app", owner).await;
    let expected = "Unable to create ttd/app instance for 501337 due to Exception while reading from stream";
    assert_eq!((status, words.as_str()), (StatusCode::INTERNAL_SERVER_ERROR, Some(expected)));
    let process = json!({"state": {"ended": "2024-05-01T12:00:00Z"}, "events": []});
    let (status, _) = send(Method::PUT, &own("process/instanceandevents"), process).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    let (status, words) = setup.send(Method::DELETE, &format!("instances/{id}"), None).await;
    let expected = format!("Unexpected exception when deleting instance {id}: Exception while reading from stream");
    assert_eq!((status, words.as_str()), (StatusCode::INTERNAL_SERVER_ERROR, Some(expected.as_str())));
    setup.emulator.outages().set_events(false);
    let (_, page) = setup.send(Method::GET, "instances?org=ttd", None).await;
    assert_eq!(page["count"], 1, "nothing was created");
    let instance = &page["instances"][0];
    assert_eq!((&instance["status"]["isSoftDeleted"], &instance["process"]["ended"]), (&json!(true), &json!(null)));
}

#[tokio::test]
async fn types_and_dates_can_be_numbered() {
    let setup = start().await;
    let id = setup.seed();
    let path = format!("instances/{id}/events");
    for event_type in ["Saved", "Submited"] {
        let event = json!({"instanceId": id, "eventType": event_type});
        assert_eq!(setup.send(Method::POST, &path, Some(event)).await.0, StatusCode::CREATED);
    }
    for (query, count) in [
        ("eventTypes[0]=Saved", 1),
        ("eventTypes[1]=Submited&eventTypes%5B0%5D=Saved", 2),
        ("eventTypes[0]=Saved&eventTypes[2]=Submited", 1),
        ("eventTypes=Saved&eventTypes[0]=Submited", 1),
        ("eventTypes[0]=nosuch", 0),
    ] {
        let (_, list) = setup.send(Method::GET, &format!("{path}?{query}"), None).await;
        assert_eq!(list["instanceEvents"].as_array().unwrap().len(), count, "{query}");
    }
    for (query, count) in [("created[0]=gt:2000-01-01", 1), ("created[0]=gt:2000-01-01&created[1]=lt:2001-01-01", 0)] {
        let (_, page) = setup.send(Method::GET, &format!("instances?appId=ttd/app&{query}"), None).await;
        assert_eq!(page["count"], count, "{query}");
    }
}
