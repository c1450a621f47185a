//! What is changed at Maskinporten while the emulator runs, seen by a client that was refused before.

use crate::signer::Signer;
use crate::support::{READ, Setup, WRITE, laid_over, signer_of};
use altinn_emulator::{Emulator, EmulatorError, NewClient, World};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

const OWN: &str = "405003309";
const CUSTOMER: &str = "310000043";

async fn setup() -> Setup {
    Setup::new(NewClient::new(OWN).scopes([READ])).await
}

#[tokio::test]
async fn a_scope_that_was_missing_is_added() {
    let setup = setup().await;
    let id = setup.client.client_id();
    let ask = || setup.ask(json!({"scope": WRITE}));
    ask().await.refuses(400, "invalid_scope", Some("MP-200"), WRITE);
    setup.emulator.add_scope(id, WRITE).unwrap();
    setup.emulator.add_scope(id, WRITE).unwrap();
    assert_eq!(ask().await.body["expires_in"], 120);
    setup.emulator.remove_scope(id, WRITE).unwrap();
    ask().await.refuses(400, "invalid_scope", Some("MP-200"), WRITE);
    let unknown = setup.emulator.add_scope("nobody", WRITE);
    assert!(matches!(unknown, Err(EmulatorError::UnknownClient(id)) if id == "nobody"));
}

#[tokio::test]
async fn a_delegation_is_given_and_withdrawn() {
    let setup = setup().await;
    let ask = || setup.ask(json!({"consumer_org": CUSTOMER}));
    ask().await.refuses(403, "forbidden", Some("MP-251"), CUSTOMER);
    setup.emulator.delegate(CUSTOMER, OWN, READ);
    setup.emulator.delegate(CUSTOMER, OWN, READ);
    assert_eq!(ask().await.claims()["consumer"]["ID"], format!("0192:{CUSTOMER}"));
    setup.emulator.withdraw_delegation(CUSTOMER, OWN, WRITE);
    assert_eq!(ask().await.status, 200);
    setup.emulator.withdraw_delegation(CUSTOMER, OWN, READ);
    ask().await.refuses(403, "forbidden", Some("MP-251"), CUSTOMER);
}

#[tokio::test]
async fn a_system_user_is_there_from_when_it_is_added_until_it_is_removed() {
    let setup = setup().await;
    let ask = |more: Value| {
        let organisation = json!({"authority": "iso6523-actorid-upis", "ID": format!("0192:{CUSTOMER}")});
        let detail = laid_over(json!({"type": "urn:altinn:systemuser", "systemuser_org": organisation}), more);
        setup.ask(json!({"authorization_details": [detail]}))
    };
    let refused = ask(json!({})).await;
    refused.refuses(400, "invalid_altinn_customer_configuration", Some("MP-303"), "values");
    let id = setup.emulator.add_system_user(OWN, CUSTOMER, "405003309_mottak", None);
    let details = ask(json!({})).await.claims()["authorization_details"][0].clone();
    assert_eq!((&details["systemuser_id"], &details["system_id"]), (&json!([id]), &json!("405003309_mottak")));
    let refused = ask(json!({"externalRef": "avdeling-1"})).await;
    refused.refuses(400, "invalid_altinn_customer_configuration", Some("MP-303"), "values");
    let other = setup.emulator.add_system_user(OWN, CUSTOMER, "405003309_mottak", Some("avdeling-1"));
    let details = ask(json!({"externalRef": "avdeling-1"})).await.claims()["authorization_details"][0].clone();
    assert_eq!(details["systemuser_id"], json!([other]));
    setup.emulator.remove_system_user("none");
    setup.emulator.remove_system_user(&id);
    setup.emulator.remove_system_user(&id);
    let refused = ask(json!({})).await;
    refused.refuses(400, "invalid_altinn_customer_configuration", Some("MP-303"), "values");
    assert_eq!(ask(json!({"externalRef": "avdeling-1"})).await.status, 200);
}

#[tokio::test]
async fn a_client_that_is_removed_is_unknown_until_another_takes_its_place() {
    let setup = setup().await;
    setup.emulator.remove_client(setup.client.client_id()).unwrap();
    setup.ask(json!({})).await.refuses(400, "invalid_grant", Some("MP-100"), "Client not found");
    assert!(setup.emulator.remove_client(setup.client.client_id()).is_err());
    let other = setup.emulator.register_client(NewClient::new(OWN)).unwrap();
    let claims = laid_over(setup.claims(), json!({"iss": other.client_id()}));
    let signer: Signer = signer_of(other.jwk());
    let grant = signer.sign(&json!({"alg": "RS256", "kid": signer.kid}), &claims);
    assert_eq!(setup.post(&grant).await.status, 200);
}

#[tokio::test]
async fn the_clock_is_set_and_moved() {
    let setup = setup().await;
    let grant = setup.grant(json!({}));
    let new_year: Timestamp = "2031-01-01T00:00:00Z".parse().unwrap();
    setup.emulator.clock().set(new_year);
    setup.emulator.clock().advance(SignedDuration::from_hours(-1));
    let hour_before = new_year - SignedDuration::from_hours(1);
    assert!(setup.emulator.clock().now().duration_since(hour_before) < SignedDuration::from_mins(1));
    // The key has expired, too, by then.
    setup.emulator.add_key(setup.client.client_id(), setup.client.jwk()).unwrap();
    setup.post(&grant).await.refuses(400, "invalid_grant", Some("MP-130"), "JWT has expired");
    assert_eq!(setup.ask(json!({})).await.status, 200);
}

#[tokio::test]
async fn the_client_of_the_demonstration_gets_a_key() {
    let emulator = Emulator::start().await.unwrap();
    let setup = Setup::with(emulator, NewClient::new(OWN));
    let signer = signer_of(&setup.emulator.new_key(World::DEMO_CLIENT).unwrap());
    let claims = laid_over(setup.claims(), json!({"iss": World::DEMO_CLIENT, "scope": format!("{READ} {WRITE}")}));
    let answer = setup.post(&signer.sign(&json!({"alg": "RS256", "kid": signer.kid}), &claims)).await;
    assert_eq!(answer.claims()["consumer"]["ID"], format!("0192:{OWN}"));
    assert!(matches!(setup.emulator.new_key("nobody"), Err(EmulatorError::UnknownClient(_))));
}
