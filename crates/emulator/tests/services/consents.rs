//! Tokens for what someone has consented to.

use crate::support::{Answer, READ, Setup, claims_of, laid_over};
use altinn_emulator::NewClient;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

const OWN: &str = "405003309";
const ID: &str = "7a0c0000-3333-4444-8555-ffffffffffff";
const PERSON: &str = "urn:altinn:person:identifier-no:01839012345";

async fn setup() -> Setup {
    let world = json!({
        "orgs": {"ttd": {"orgNumber": OWN}},
        "delegations": [{"consumer": "310000035", "supplier": OWN, "scope": READ}],
        "consents": [{
            "id": ID, "from": PERSON, "to": format!("urn:altinn:organization:identifier-no:{OWN}"),
            "consented": "2026-01-01T08:00:00Z", "validTo": "2096-01-01T08:00:00Z",
            "consentRights": [{"action": ["consent"]}],
        }],
    });
    Setup::in_world(&world.to_string(), NewClient::new(OWN)).await
}

async fn ask(setup: &Setup, changes: Value) -> Answer {
    let detail = laid_over(json!({"type": "urn:altinn:consent", "id": ID, "from": PERSON}), changes);
    setup.ask(json!({"authorization_details": [detail]})).await
}

#[tokio::test]
async fn the_token_says_what_was_consented_to() {
    let setup = setup().await;
    let answer = ask(&setup, json!({"id": ID.to_uppercase()})).await;
    let expected = json!({
        "type": "urn:altinn:consent", "id": ID, "from": PERSON,
        "to": format!("urn:altinn:organization:identifier-no:{OWN}"),
        "consented": "2026-01-01T08:00:00Z", "validTo": "2096-01-01T08:00:00Z",
        "consentRights": [{"action": ["consent"]}],
    });
    assert_eq!(answer.claims()["authorization_details"], json!([expected]));
    let token = answer.body["access_token"].as_str().unwrap();
    let exchanged = setup.exchange(token).await.text().await.unwrap();
    assert_eq!(claims_of(&exchanged)["authorization_details"], expected);
}

#[tokio::test]
async fn a_consent_that_is_not_there_or_is_not_for_the_caller_gives_no_token() {
    let setup = setup().await;
    for wrong in [
        json!({"id": "7a0c0000-3333-4444-8555-eeeeeeeeeeee"}),
        json!({"id": "none"}),
        json!({"id": null}),
        json!({"from": "urn:altinn:person:identifier-no:02858012336"}),
        json!({"from": null}),
    ] {
        let refused = ask(&setup, wrong).await;
        refused.refuses(400, "invalid_altinn_customer_configuration", Some("MP-303"), "values");
    }
    ask(&setup, json!({"to": "x"})).await.refuses(400, "invalid_request", Some("MP-302"), "Unknown fields");
    let detail = json!({"type": "urn:altinn:consent", "id": ID, "from": PERSON});
    let for_another = setup.ask(json!({"consumer_org": "310000035", "authorization_details": [detail]})).await;
    for_another.refuses(400, "invalid_altinn_customer_configuration", Some("MP-303"), "values");
    setup.emulator.clock().advance(SignedDuration::from_hours(80 * 366 * 24));
    setup.emulator.add_key(setup.client.client_id(), setup.client.jwk()).unwrap();
    let run_out = ask(&setup, json!({})).await;
    run_out.refuses(400, "invalid_altinn_customer_configuration", Some("MP-303"), "values");
}

#[tokio::test]
async fn a_consent_is_given_and_taken_back() {
    let setup = setup().await;
    let to = format!("urn:altinn:organization:identifier-no:{OWN}");
    let rights = json!([{"action": ["read"]}]);
    let valid_to: Timestamp = "2095-01-01T08:00:00Z".parse().unwrap();
    let before = setup.emulator.clock().now();
    let id = setup.emulator.add_consent(PERSON, &to, valid_to, rights.clone());
    let details = ask(&setup, json!({"id": id})).await.claims()["authorization_details"][0].clone();
    let expected = json!({"type": "urn:altinn:consent", "id": id, "from": PERSON, "to": to,
        "consented": details["consented"], "validTo": "2095-01-01T08:00:00Z", "consentRights": rights});
    assert_eq!(details, expected);
    let consented: Timestamp = details["consented"].as_str().unwrap().parse().unwrap();
    assert!((before..=setup.emulator.clock().now()).contains(&consented), "{consented}");
    setup.emulator.remove_consent("none");
    setup.emulator.remove_consent(&id);
    setup.emulator.remove_consent(&id);
    let refused = ask(&setup, json!({"id": id})).await;
    refused.refuses(400, "invalid_altinn_customer_configuration", Some("MP-303"), "values");
    assert_eq!(ask(&setup, json!({})).await.status, 200);
    setup.emulator.remove_consent(&ID.to_uppercase());
    assert_eq!(ask(&setup, json!({})).await.status, 400);
}
