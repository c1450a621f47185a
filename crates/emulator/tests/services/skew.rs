//! By how much clocks may differ: ten seconds, or none where Storage is built with an older token reader.

use crate::support::{READ, Setup, get, laid_over};
use altinn_emulator::NewClient;
use serde_json::{Value, json};

const WORLD: &str = r#"{"orgs": {"ttd": {"orgNumber": "405003309"}}"#;
const LIST: &str = "storage/api/v1/instances?org=ttd";

async fn setup(platform: &str) -> Setup {
    Setup::in_world(&format!("{WORLD}{platform}}}"), NewClient::new("405003309")).await
}

/// An Altinn token with these times, in seconds from now.
fn token(setup: &Setup, not_before: i64, expires: i64) -> String {
    let now = setup.now();
    let claims = json!({"scope": READ, "urn:altinn:org": "ttd", "urn:altinn:orgNumber": "405003309",
        "urn:altinn:authlevel": 3, "nbf": now + not_before, "exp": now + expires});
    setup.emulator.sign_altinn_token(&claims).unwrap()
}

#[tokio::test]
async fn storage_forgives_ten_seconds_unless_the_world_says_otherwise() {
    for (platform, status) in [
        ("", 200),
        (r#", "platform": {"staging": false}"#, 200),
        (r#", "platform": {"skewSeconds": 10}"#, 200),
        (r#", "platform": {"skewSeconds": 0}"#, 401),
    ] {
        let setup = setup(platform).await;
        assert_eq!(get(&setup, LIST, &token(&setup, -100, -4)).await.0, status, "expired: {platform}");
        assert_eq!(get(&setup, LIST, &token(&setup, 6, 100)).await.0, status, "not begun: {platform}");
        assert_eq!(get(&setup, LIST, &token(&setup, 0, 100)).await.0, 200, "{platform}");
        assert_eq!(get(&setup, LIST, &token(&setup, -100, -11)).await.0, 401, "{platform}");
        assert_eq!(get(&setup, LIST, &token(&setup, 30, 100)).await.0, 401, "{platform}");
    }
}

#[tokio::test]
async fn authentication_forgives_them_all_the_same() {
    let setup = setup(r#", "platform": {"skewSeconds": 0}"#).await;
    let refreshed = get(&setup, "authentication/api/v1/refresh", &token(&setup, -100, -4)).await;
    assert_eq!(refreshed.0, 200);
    let fresh = setup.token(json!({})).await;
    setup.emulator.clock().advance(jiff::SignedDuration::from_secs(124));
    assert_eq!(setup.exchange(&fresh).await.status(), 200);
    let claims: Value = laid_over(setup.claims(), json!({"iat": setup.now() - 60, "exp": setup.now() - 4}));
    assert_eq!(setup.ask(claims).await.status, 200);
}
