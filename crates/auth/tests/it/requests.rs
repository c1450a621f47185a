//! Tokens for others than the client's own organisation.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use altinn_auth::{Algorithm, Credentials, Error, ErrorKind, Signer, SigningKey, SystemUser};
use altinn_core::{Environment, INSTANCES_READ, OrgNumber, Read};
use altinn_emulator::{Emulator, NewClient, World};
use serde_json::json;
use tokio::sync::Semaphore;

use crate::stub::{EXCHANGE, Stub};

const TTD: &str = "405003309";
const VENDOR: &str = "310000000";

fn org(number: &str) -> OrgNumber {
    number.parse().unwrap()
}

async fn start(world: World, owner: &str) -> (Emulator, Credentials<Read>) {
    let emulator = Emulator::builder().world(world).start().await.unwrap();
    let client = emulator.register_client(NewClient::new(owner)).unwrap();
    let credentials = Credentials::builder(Environment::emulator(emulator.url()).unwrap())
        .client_id(client.client_id())
        .key(SigningKey::from_jwk(client.jwk()).unwrap())
        .build()
        .unwrap();
    (emulator, credentials)
}

fn world(system_users: serde_json::Value) -> World {
    let orgs = json!({"ttd": {"orgNumber": TTD}});
    World::from_json(&json!({"orgs": orgs, "systemUsers": system_users}).to_string()).unwrap()
}

#[tokio::test]
async fn a_supplier_acts_for_who_delegated_to_it() {
    let (emulator, supplier) = start(world(json!([])), VENDOR).await;
    let for_ttd = supplier.on_behalf_of(org(TTD));
    let error = for_ttd.token().await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::ScopeNotGranted, Some("MP-251")), "{error}");

    emulator.delegate(TTD, VENDOR, INSTANCES_READ);
    for_ttd.forget_refusal();
    assert_eq!(for_ttd.token().await.unwrap().org(), Some("ttd"));
    let own = supplier.token().await.unwrap_err();
    assert_eq!(own.kind(), ErrorKind::NoOrgCode, "{own}");
    let error = supplier.on_behalf_of(org(VENDOR)).token().await.unwrap_err();
    assert!(error.advice().contains("no delegation from itself"), "{error}");
}

#[tokio::test]
async fn a_system_user_is_found_by_its_reference() {
    let user = |reference: Option<&str>| {
        json!({"vendor": TTD, "owner": VENDOR, "externalRef": reference,
               "id": "7a0c0000-3333-4444-8555-dddddddddddd", "systemId": "405003309_test"})
    };
    let (_emulator, vendor) = start(world(json!([user(Some("the-one"))])), TTD).await;
    let with = |reference: &str| SystemUser::new(org(VENDOR)).external_reference(reference).unwrap();
    assert!(vendor.for_system_user(with("the-one")).token().await.is_ok());
    for missing in [with("another"), SystemUser::new(org(VENDOR)), SystemUser::new(org("991825827"))] {
        let error = vendor.for_system_user(missing).token().await.unwrap_err();
        assert_eq!(error.code(), Some("MP-303"), "{error}");
        assert!(error.advice().contains("external reference"), "{error}");
    }
}

#[tokio::test]
async fn a_vendor_that_is_no_service_owner_asks_for_scopes_of_its_own() {
    const APPS: &str = "altinn:instances.read";
    let user = json!({"vendor": VENDOR, "owner": TTD, "id": "7a0c0000-3333-4444-8555-dddddddddddd",
                      "systemId": "310000000_test"});
    let emulator = Emulator::builder().world(world(json!([user]))).start().await.unwrap();
    let client = emulator.register_client(NewClient::new(VENDOR).scopes([APPS])).unwrap();
    let vendor = Credentials::<Read>::builder(Environment::emulator(emulator.url()).unwrap())
        .client_id(client.client_id())
        .key(SigningKey::from_jwk(client.jwk()).unwrap())
        .build()
        .unwrap();
    let customer = || SystemUser::new(org(TTD));
    let error = vendor.for_system_user(customer()).token().await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::ScopeNotGranted, Some("MP-200")), "{error}");

    let request = vendor.request().clone().only_scopes([APPS]).unwrap();
    let own = vendor.with_request(request);
    let token = own.for_system_user(customer()).token().await.unwrap();
    assert_eq!((token.scopes().collect::<Vec<_>>(), token.org()), (vec![APPS], None));
    assert!(own.maskinporten_token().await.unwrap().scopes().eq([APPS]));
}

#[tokio::test]
async fn two_ways_to_name_whom_it_is_for_send_nothing() {
    let stub = Stub::of_legs(Vec::new(), Vec::new()).await;
    let credentials = stub.credentials();
    let request = credentials.request().clone().claim("iss_onbehalfof", "sub-client").unwrap();
    let legacy = credentials.with_request(request);
    legacy.token().await.unwrap();
    let error = legacy.on_behalf_of(org(TTD)).token().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    assert_eq!(stub.count("/token"), 1);
}

#[tokio::test]
async fn each_request_has_a_token_of_its_own_and_equal_ones_share_it() {
    let stub = Stub::of_legs(Vec::new(), Vec::new()).await;
    let credentials = stub.credentials();
    let for_org = || credentials.on_behalf_of(org(TTD));
    for _ in 0..3 {
        credentials.token().await.unwrap();
        for_org().token().await.unwrap();
        credentials.read_only().on_behalf_of(org(TTD)).token().await.unwrap();
    }
    assert_eq!((stub.count("/token"), stub.count(EXCHANGE)), (3, 3));
    let consumers: Vec<_> = stub.received("/token").iter().map(|call| call.grant()["consumer_org"].clone()).collect();
    assert_eq!(consumers, [json!(null), json!(TTD), json!(TTD)]);
    let last = &stub.received("/token")[2];
    assert_eq!(last.grant()["scope"], INSTANCES_READ);
}

#[tokio::test]
async fn a_slow_request_does_not_hold_up_another() {
    let released = Arc::new(AtomicBool::new(false));
    let gate = Arc::clone(&released);
    let stub = Stub::start(move |request, _| match request.target.as_str() {
        "/token" if request.grant()["consumer_org"] == TTD && !gate.load(Ordering::SeqCst) => {
            crate::stub::Reply::new(503, "")
        }
        "/token" => crate::stub::Reply::granted(),
        _ => crate::stub::Reply::exchanged(),
    })
    .await;
    let credentials = stub.credentials();
    let slow = {
        let slow = credentials.on_behalf_of(org(TTD));
        tokio::spawn(async move { slow.token().await })
    };
    stub.asked("/token").await;
    // The other one is in the pause before its next try.
    credentials.token().await.unwrap();
    assert!(!slow.is_finished());
    released.store(true, Ordering::SeqCst);
    assert!(slow.await.unwrap().is_ok());
}

/// Signs when it is let.
#[derive(Debug)]
struct Gated {
    key: SigningKey,
    waiting: Arc<AtomicUsize>,
    gate: Arc<Semaphore>,
}

impl Signer for Gated {
    fn algorithm(&self) -> Algorithm {
        self.key.algorithm()
    }

    fn kid(&self) -> Option<&str> {
        self.key.kid()
    }

    async fn sign(&self, input: &[u8]) -> Result<Vec<u8>, Error> {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        self.gate.acquire().await.unwrap().forget();
        Signer::sign(&self.key, input).await
    }
}

#[tokio::test]
async fn one_client_fetches_at_most_eight_tokens_at_once() {
    let stub = Stub::of_legs(Vec::new(), Vec::new()).await;
    let (waiting, gate) = (Arc::new(AtomicUsize::new(0)), Arc::new(Semaphore::new(0)));
    let signer = Gated {
        key: SigningKey::from_jwk(crate::stub::JWK).unwrap(),
        waiting: Arc::clone(&waiting),
        gate: Arc::clone(&gate),
    };
    let credentials = Credentials::<Read>::builder(stub.environment()).client_id("c").signer(signer).build().unwrap();
    let fetches: Vec<_> = (0..20)
        .map(|number| {
            let request = credentials.request().clone().claim("number", number).unwrap();
            let credentials = credentials.with_request(request);
            tokio::spawn(async move { credentials.token().await.is_ok() })
        })
        .collect();
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    assert_eq!(waiting.load(Ordering::SeqCst), 8);
    gate.add_permits(20);
    for fetch in fetches {
        assert!(fetch.await.unwrap());
    }
    assert_eq!(stub.count(EXCHANGE), 20);
}
