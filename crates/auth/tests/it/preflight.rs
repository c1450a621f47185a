use altinn_auth::{Credentials, ErrorKind};
use altinn_core::{Environment, INSTANCES_READ, Read, ReadWrite};
use serde_json::json;

use crate::stub::{EXCHANGE, Reply, Stub, jwt};

#[tokio::test]
async fn a_scope_that_was_not_granted_stops_before_the_exchange() {
    let granted = Reply::granted_for(120, "altinn:serviceowner/instances.read altinn:other");
    let stub = Stub::of_legs(vec![granted], Vec::new()).await;
    let error = stub.credentials().token().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ScopeNotGranted);
    assert_eq!(error.missing_scopes(), ["altinn:serviceowner/instances.write"]);
    assert!(error.to_string().contains("did not grant altinn:serviceowner/instances.write"), "{error}");
    assert_eq!(stub.count(EXCHANGE), 0);
}

#[tokio::test]
async fn a_token_that_names_no_service_owner_is_refused() {
    let stub = Stub::of_legs(Vec::new(), vec![Reply::new(200, jwt(&json!({"iat": 1_000, "exp": 2_800})))]).await;
    let error = stub.credentials().token().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoOrgCode);
    assert!(error.advice().contains("list of service owners"), "{error}");
}

#[tokio::test]
async fn a_ready_made_token_that_lacks_a_scope_is_refused_before_it_is_used() {
    let token = |claims| jwt(&claims);
    let reading = token(json!({"scope": INSTANCES_READ, "urn:altinn:org": "ttd"}));
    let error = Credentials::<ReadWrite>::with_token(Environment::tt02(), reading.as_str()).token().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ScopeNotGranted);
    assert_eq!(error.missing_scopes(), ["altinn:serviceowner/instances.write"]);
    assert!(Credentials::<Read>::with_token(Environment::tt02(), reading).token().await.is_ok());
    // Of a token that names no scopes, or is none of ours to read, nothing is known.
    for silent in [token(json!({"urn:altinn:org": "ttd"})), "opaque".to_owned()] {
        assert!(Credentials::<ReadWrite>::with_token(Environment::tt02(), silent).token().await.is_ok());
    }
}
