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
