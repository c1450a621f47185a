//! Starting, stopping and watching emulators.

use crate::support::{READ, Setup, claims_of, laid_over};
use altinn_emulator::{Emulator, EmulatorError, NewClient, World};
use serde_json::json;

const OWN: &str = "405003309";

#[tokio::test]
async fn several_run_side_by_side_and_know_nothing_of_each_other() {
    let one = Setup::new(NewClient::new(OWN)).await;
    let two = Setup::new(NewClient::new(OWN)).await;
    assert_ne!(one.emulator.url(), two.emulator.url());
    assert_eq!(one.ask(json!({})).await.status, 200);
    let stranger = two.ask(json!({"iss": one.client.client_id()})).await;
    stranger.refuses(400, "invalid_grant", Some("MP-100"), "Client not found");
}

#[tokio::test]
async fn dropping_and_stopping_free_the_port() {
    // Below the ports that systems give out by themselves: once it is free, no other test's connection gets it.
    let mut running = None;
    for port in 20_000..30_000 {
        running = Emulator::builder().port(port).start().await.ok().map(|emulator| (emulator, port));
        if running.is_some() {
            break;
        }
    }
    let (emulator, port) = running.unwrap();
    let taken = Emulator::builder().port(port).start().await;
    assert!(matches!(taken, Err(EmulatorError::Bind { port: p, .. }) if p == port));
    drop(emulator);
    let again = Emulator::builder().port(port).start().await.unwrap();
    again.stop().await;
    assert!(Emulator::builder().port(port).start().await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_also_runs_beside_a_runtime_with_several_threads() {
    let setup = Setup::new(NewClient::new(OWN)).await;
    assert_eq!(setup.get("health", &[]).await.text().await.unwrap(), "Healthy");
    setup.emulator.stop().await;
}

#[tokio::test]
async fn the_journal_counts_what_succeeded_and_what_failed() {
    let setup = Setup::new(NewClient::new(OWN)).await;
    let token = setup.token(json!({})).await;
    setup.ask(json!({"scope": "unknown"})).await;
    setup.exchange(&token).await;
    setup.exchange(&token).await;
    setup.exchange("abc").await;
    let journal = setup.emulator.journal();
    let counts = |entry: altinn_emulator::Entry| (entry.succeeded, entry.failed);
    assert_eq!(counts(journal.token_requests()), (1, 1));
    assert_eq!(counts(journal.exchanges()), (2, 1));
    setup.get("health", &[]).await;
    assert_eq!(counts(journal.entry("GET", "/health")), (1, 0));
    assert!(!format!("{journal:?}").contains(&token));
}

#[tokio::test]
async fn clients_of_the_world_file_can_ask_for_tokens() {
    let source = Setup::new(NewClient::new(OWN)).await;
    let jwk: serde_json::Value = serde_json::from_str(source.client.jwk()).unwrap();
    let world = json!({"clients": [{
        "clientId": "from-the-file", "orgNumber": OWN, "tokenLifetime": 60,
        "scopes": [READ],
        "keys": [{"kty": "RSA", "kid": source.signer.kid, "n": jwk["n"], "e": jwk["e"]}],
    }]});
    let setup = Setup::in_world(&world.to_string(), NewClient::new(OWN)).await;
    let header = json!({"alg": "RS256", "kid": source.signer.kid});
    let claims = laid_over(setup.claims(), json!({"iss": "from-the-file"}));
    let answer = setup.post(&source.signer.sign(&header, &claims)).await;
    assert_eq!((answer.status.as_u16(), &answer.body["expires_in"]), (200, &json!(60)), "{}", answer.body);
}

#[tokio::test]
async fn unusable_keys_are_told_at_the_start() {
    let started = Emulator::builder().signing_key("no key", Some("x")).start().await;
    assert!(matches!(started, Err(EmulatorError::Key(_))));
    let world = World::from_json(r#"{"clients": [{"clientId": "a", "orgNumber": "1", "keys": [{"kid": "x"}]}]}"#);
    let started = Emulator::builder().world(world.unwrap()).start().await;
    assert!(matches!(started, Err(EmulatorError::ClientKey { client_id, .. }) if client_id == "a"));
}

#[tokio::test]
async fn submissions_that_nobody_could_read_are_told_at_the_start() {
    let start = async |party: i32, app: &str| {
        let world = json!({"policies": {"open": {}}, "apps": {"ttd/a": {"policy": "open"}}, "parties": [{"partyId": 7}],
            "submissions": [{"appId": "ttd/a", "partyId": 7}, {"appId": app, "partyId": party}]});
        Emulator::builder().world(World::from_json(&world.to_string()).unwrap()).start().await
    };
    assert!(start(7, "ttd/a").await.is_ok());
    assert!(matches!(start(7, "ttd/b").await, Err(EmulatorError::UnknownApp(app)) if app == "ttd/b"));
    assert!(matches!(start(8, "ttd/a").await, Err(EmulatorError::UnknownParty(8))));
}

#[tokio::test]
async fn a_client_has_an_organisation_number() {
    let emulator = Emulator::start().await.unwrap();
    for wrong in ["ttd", "", "40500330", "4050033090", "0192:405003309"] {
        let refused = emulator.register_client(NewClient::new(wrong));
        assert!(matches!(refused, Err(EmulatorError::OrgNumber)), "{wrong}");
    }
}

#[test]
fn builders_show_no_key() {
    let builder = Emulator::builder().signing_key("-----SECRET-----", Some("kid"));
    assert!(!format!("{builder:?}").contains("SECRET"));
}

#[tokio::test]
async fn a_service_owners_token_is_the_one_an_exchange_would_give() {
    let setup = Setup::new(NewClient::new(OWN)).await;
    let exchanged = setup.exchange(&setup.token(json!({})).await).await.text().await.unwrap();
    let mut exchanged = claims_of(&exchanged);
    let mut signed = claims_of(&setup.emulator.service_owner_token("ttd", READ).unwrap());
    for own in ["client_id", "jti", "sid", "nbf", "iat", "exp"] {
        assert!(exchanged.remove(own).is_some() && signed.remove(own).is_some(), "{own}");
    }
    assert_eq!(exchanged, signed);
    let unknown = setup.emulator.service_owner_token("nobody", READ);
    assert!(matches!(unknown, Err(EmulatorError::UnknownOrg(org)) if org == "nobody"));
}

#[tokio::test]
async fn it_does_not_pass_itself_off_as_the_real_services() {
    let world = World::from_json(r#"{"hostname": "tt02.altinn.no"}"#).unwrap();
    let started = Emulator::builder().world(world).start().await;
    assert!(matches!(started, Err(EmulatorError::RealName(name)) if name == "tt02.altinn.no"));
}
