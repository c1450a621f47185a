//! What the exchange leans on, the list of service owners and Maskinporten's keys, out of order.

use crate::support::{READ, Setup, part_of};
use altinn_emulator::{CertificateAuthority, Emulator, Fault, NewClient, OrgsList};
use jiff::SignedDuration;
use serde_json::{Value, json};

const LIST: &str = "orgs/altinn-orgs.json";

fn client() -> NewClient {
    NewClient::new("405003309").scopes([READ, "other:scope"])
}

async fn setup() -> Setup {
    Setup::new(client()).await
}

/// An exchange that reads list and keys anew each time.
async fn forgetful() -> Setup {
    let builder = Emulator::builder().without(Fault::OrgsListIsKept).without(Fault::KeysAreKept);
    Setup::with(builder.start().await.unwrap(), client())
}

#[tokio::test]
async fn outages_look_like_bad_tokens() {
    let setup = forgetful().await;
    let owner = setup.token(json!({})).await;
    let other = setup.token(json!({"scope": "other:scope"})).await;
    assert_eq!(setup.exchange(&owner).await.status(), 200);
    setup.emulator.outages().set_orgs_list(true);
    assert_eq!(setup.get(LIST, &[]).await.status(), 500);
    assert_eq!(setup.exchange(&owner).await.status(), 401);
    assert_eq!(setup.exchange(&other).await.status(), 200);
    setup.emulator.outages().set_orgs_list(false);
    setup.emulator.outages().set_maskinporten_keys(true);
    assert_eq!(setup.exchange(&other).await.status(), 401);
    setup.emulator.outages().set_maskinporten_keys(false);
    assert_eq!(setup.exchange(&owner).await.status(), 200);
}

#[tokio::test]
async fn an_outage_at_the_start_ends_with_its_cause() {
    let setup = setup().await;
    let token = setup.token(json!({})).await;
    setup.emulator.outages().set_orgs_list(true);
    assert_eq!(setup.exchange(&token).await.status(), 401);
    setup.emulator.outages().set_orgs_list(false);
    setup.emulator.outages().set_main_maskinporten_keys(true);
    assert_eq!(setup.exchange(&token).await.status(), 200, "the keys have been read");
    setup.emulator.outages().set_orgs_list(true);
    assert_eq!(setup.exchange(&token).await.status(), 200, "the list has been read");
}

#[tokio::test]
async fn the_published_list_is_the_one_that_the_exchange_reads() {
    let setup = forgetful().await;
    let token = setup.token(json!({})).await;
    let published: Value = setup.get(LIST, &[]).await.json().await.unwrap();
    assert_eq!(published["orgs"]["ttd"]["orgnr"], "405003309");
    let outages = setup.emulator.outages();
    let own = json!({"orgs": {"TTD": {"orgnr": "405003309"}}});
    outages.set_orgs_list_answer(OrgsList::document(own.clone()));
    assert_eq!(setup.get(LIST, &[]).await.json::<Value>().await.unwrap(), own);
    let exchanged = setup.exchange(&token).await.text().await.unwrap();
    assert_eq!(part_of(&exchanged, 1)["urn:altinn:org"], "TTD");
    for (answer, status) in [(OrgsList::status(404), 404), (OrgsList::status(7), 500), (OrgsList::page("<html>"), 200)]
    {
        outages.set_orgs_list_answer(answer.clone());
        assert_eq!(setup.get(LIST, &[]).await.status(), status, "{answer:?}");
        assert_eq!(setup.exchange(&token).await.status(), 401, "{answer:?}");
    }
    outages.set_orgs_list_answer(OrgsList::dropped());
    assert!(setup.http.get(format!("{}{LIST}", setup.emulator.url())).send().await.is_err());
    assert_eq!(setup.exchange(&token).await.status(), 401);
    outages.set_orgs_list_answer(OrgsList::of_world());
    assert_eq!(setup.exchange(&token).await.status(), 200);
}

#[tokio::test]
async fn a_key_that_maskinporten_changes_to_is_unknown_for_twelve_hours() {
    let setup = setup().await;
    let former = setup.token(json!({})).await;
    assert_eq!(setup.exchange(&former).await.status(), 200);
    let certificate = setup.emulator.enterprise_certificate(CertificateAuthority::Test, "405003309").unwrap();
    setup.emulator.rotate_maskinporten_key(&certificate.private_key_pem(), Some("changed")).unwrap();
    let published: Value = setup.get("jwk", &[]).await.json().await.unwrap();
    assert_eq!((&published["keys"][0]["kid"], published["keys"].as_array().unwrap().len()), (&json!("changed"), 1));
    let changed = setup.token(json!({})).await;
    assert_eq!(part_of(&changed, 0)["kid"], "changed");
    assert_eq!(setup.exchange(&changed).await.status(), 401);
    assert_eq!(setup.exchange(&former).await.status(), 200);
    setup.emulator.clock().advance(SignedDuration::from_hours(12));
    assert_eq!(setup.exchange(&setup.token(json!({})).await).await.status(), 200);
    assert!(setup.emulator.rotate_maskinporten_key("no key", None).is_err());
}

#[tokio::test]
async fn one_bad_entry_breaks_the_whole_list_of_service_owners() {
    for (orgs, status) in [
        (r#"{"ttd": {"orgNumber": "405003309"}, "sst": {"orgNumber": "405003309"}}"#, 401),
        (r#"{"ttd": {"orgNumber": "405003309"}, "sst": {"orgNumber": null}}"#, 401),
        (r#"{"ttd": {"orgNumber": "405003309"}, "sst": {}}"#, 401),
        ("{}", 401),
        (r#"{"ttd": {"orgNumber": "405003309"}, "sst": {"orgNumber": ""}}"#, 200),
    ] {
        let world = format!(r#"{{"orgs": {orgs}}}"#);
        let setup = Setup::in_world(&world, NewClient::new("405003309")).await;
        let token = setup.token(json!({})).await;
        assert_eq!(setup.exchange(&token).await.status(), status, "{orgs}");
    }
}
