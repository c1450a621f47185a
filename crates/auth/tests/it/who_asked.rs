//! An error says which client asked, with which key, for what and where, and never for whom.

use altinn_auth::{Algorithm, Credentials, Error, ErrorKind, Signer, SigningKey, SystemUser};
use altinn_core::Read;

use crate::stub::{BOTH_SCOPES, EXCHANGE, JWK, Reply, Stub};

const KID: &str = "2f4c6b1e-7a55-4c0e-9d57-0f1f4f8c0a11";
const PERSON: &str = "01017012345";
const CUSTOMER: &str = "991825827";
const CONSUMER: &str = "310000000";

fn scopes() -> Vec<&'static str> {
    BOTH_SCOPES.split(' ').collect()
}

#[tokio::test]
async fn a_refused_grant() {
    let refusal = Reply::refused(400, "invalid_grant", "Client not found.", "MP-100");
    let stub = Stub::of_legs(vec![refusal], Vec::new()).await;
    let credentials = stub.credentials();
    let error = credentials.token().await.unwrap_err();
    assert_eq!((error.client_id(), error.kid()), (Some("the-client"), Some(KID)));
    assert_eq!(error.scopes(), scopes());
    assert_eq!(error.endpoint(), Some(&*stub.url("token")));
    let host = stub.url("").replace("http://", "").replace('/', "");
    let said = format!("[client the-client, kid {KID}, at {host}, trace id 0af7651916cd43dd8448eb211c80319c]");
    assert!(error.to_string().contains(&said), "{error}");
    // So it is when the refusal is remembered.
    assert_eq!(credentials.token().await.unwrap_err().to_string(), error.to_string());
    assert_eq!(stub.count("/token"), 1);
}

#[tokio::test]
async fn no_answer_at_all() {
    let stub = Stub::of_legs(vec![Reply::Drop; 9], Vec::new()).await;
    let error = stub.credentials().token().await.unwrap_err();
    assert_eq!((error.client_id(), error.kid()), (Some("the-client"), Some(KID)));
    assert_eq!((error.scopes().len(), error.endpoint()), (2, Some(&*stub.url("token"))));
}

#[tokio::test]
async fn a_refused_exchange_names_the_client_too_and_its_own_address() {
    let stub = Stub::of_legs(Vec::new(), vec![Reply::new(410, "")]).await;
    let builder = Credentials::<Read>::builder(stub.environment()).client_id("the-client").test_organisation(true);
    let credentials = builder.key(SigningKey::from_jwk(JWK).unwrap()).build().unwrap();
    let error = credentials.token().await.unwrap_err();
    assert_eq!((error.client_id(), error.kid()), (Some("the-client"), Some(KID)));
    assert_eq!(error.scopes(), ["altinn:serviceowner/instances.read"]);
    // Without the query that was sent.
    assert!(stub.received(EXCHANGE)[0].target.ends_with("?test=true"));
    assert_eq!(error.endpoint(), Some(&*stub.url(EXCHANGE.trim_start_matches('/'))));
}

#[derive(Debug)]
struct Sealed;

impl Signer for Sealed {
    fn algorithm(&self) -> Algorithm {
        Algorithm::Rs256
    }

    fn kid(&self) -> Option<&str> {
        Some("the-kid")
    }

    async fn sign(&self, _input: &[u8]) -> Result<Vec<u8>, Error> {
        Err(Error::signer(std::io::Error::other("vault is sealed"), false))
    }
}

#[tokio::test]
async fn a_signer_that_fails() {
    let stub = Stub::of_legs(Vec::new(), Vec::new()).await;
    let builder = Credentials::<Read>::builder(stub.environment()).client_id("the-client");
    let error = builder.signer(Sealed).build().unwrap().token().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Key);
    assert_eq!((error.client_id(), error.kid()), (Some("the-client"), Some("the-kid")));
    assert_eq!(stub.count("/token"), 0);
}

#[tokio::test]
async fn a_sidecar_keeps_client_and_key_to_itself() {
    let stub = Stub::start(|_, _| Reply::new(404, "")).await;
    let builder = Credentials::<Read>::builder(stub.environment());
    let credentials = builder.token_sidecar(stub.url("api/v1/token").parse().unwrap()).build().unwrap();
    let error = credentials.token().await.unwrap_err();
    assert_eq!((error.client_id(), error.kid()), (None, None));
    assert_eq!(error.scopes(), ["altinn:serviceowner/instances.read"]);
    assert_eq!(error.endpoint(), Some(&*stub.url("api/v1/token")));
}

#[tokio::test]
async fn metadata_that_can_t_be_had() {
    let stub = Stub::start(|_, _| Reply::new(404, "")).await;
    let report = altinn_auth::check(Ok(stub.credentials())).await;
    let host = stub.url("").replace("http://", "").replace('/', "");
    assert!(report.to_string().contains(&format!("metadata can't be had (404) [at {host}]")), "{report}");
}

#[tokio::test]
async fn for_whom_is_never_said() {
    let refusal = || Reply::refused(403, "forbidden", "No.", "MP-251");
    let stub = Stub::of_legs(vec![refusal(); 9], Vec::new()).await;
    let credentials = stub.credentials();
    let request = credentials
        .request()
        .clone()
        .on_behalf_of(CONSUMER.parse().unwrap())
        .person(PERSON.parse().unwrap())
        .system_user(SystemUser::new(CUSTOMER.parse().unwrap()));
    let error = credentials.with_request(request).token().await.unwrap_err();
    let grant = stub.received("/token")[0].grant().to_string();
    let shown = format!("{error} {error:?} {error:#?} {:?}", error.scopes());
    for who in [PERSON, CUSTOMER, CONSUMER] {
        assert!(grant.contains(who) && !shown.contains(who), "{shown}");
    }
}
