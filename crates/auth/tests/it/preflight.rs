use altinn_auth::ErrorKind;
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
