//! After a refusal it is said whether the token has the scope that the operation needs.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails as loudly as a test")]

use altinn_watch as _;

use altinn_auth::{AltinnToken, Credentials, TokenProvider, TokenRequest};
use altinn_core::{Environment, Error, ErrorKind, INSTANCES_READ, INSTANCES_WRITE, ReadWrite};
use altinn_storage::{Client, InstanceQuery, MessageQuery};
use altinn_tests::clients::{builder, quick};
use altinn_tests::fault::{Answer, FaultServer};
use altinn_tests::owner::{FOREIGN, OPEN, Owner, app_id, party};
use altinn_tests::redaction::assert_redacted;

/// A token of an own source: nothing looks at its scopes before the service does.
#[derive(Debug)]
struct Own(String);

impl TokenProvider for Own {
    async fn fetch(&self, _request: &TokenRequest) -> Result<AltinnToken, altinn_auth::Error> {
        AltinnToken::from_jwt(self.0.as_str())
    }
}

fn client(token: &str, url: &str) -> Client<ReadWrite> {
    let environment = Environment::emulator(url).unwrap();
    Client::builder(Credentials::from_provider(environment, Own(token.to_owned()))).retry(quick()).build().unwrap()
}

struct Setup {
    owner: Owner,
    reader: (String, Client<ReadWrite>),
    writer: (String, Client<ReadWrite>),
}

impl Setup {
    async fn new() -> Self {
        let owner = Owner::start().await;
        let [reader, writer] = [INSTANCES_READ, INSTANCES_WRITE].map(|scope| {
            let token = owner.emulator.service_owner_token("ttd", scope).unwrap();
            let client = client(&token, owner.emulator.url());
            (token, client)
        });
        Self { owner, reader, writer }
    }

    /// That a call was refused, what is said of the scope, and that the tokens are not.
    #[track_caller]
    fn refused<T: std::fmt::Debug>(&self, outcome: Result<T, Error>, missing: Option<&str>, says: &[&str]) -> Error {
        let error = outcome.unwrap_err();
        assert_eq!((error.kind(), error.missing_scope()), (ErrorKind::Forbidden, missing), "{error}");
        let text = error.to_string();
        assert!(says.iter().all(|words| text.contains(words)), "{error}");
        assert!(text.contains("lacks the scope") == missing.is_some(), "{error}");
        let secrets = [("reader", self.reader.0.as_str()), ("writer", self.writer.0.as_str())];
        assert_redacted(&format!("{error} {error:?} {error:#?}"), &secrets);
        error
    }
}

#[tokio::test]
async fn a_refused_list_is_a_missing_scope_or_another_owner_s_app() {
    let setup = Setup::new().await;
    let list = setup.writer.1.instances().list(InstanceQuery::org("ttd")).await;
    let error = setup.refused(list, Some(INSTANCES_READ), &["lacks the scope altinn:serviceowner/instances.read"]);
    assert!(!error.to_string().contains("another service owner"), "{error}");

    let foreign = setup.reader.1.instances().list(InstanceQuery::app(app_id(FOREIGN))).await;
    let says = ["has the scope altinn:serviceowner/instances.read", "belongs to another service owner"];
    setup.refused(foreign, None, &says);
}

#[tokio::test]
async fn a_refused_confirmation_is_the_policy_and_a_missing_scope_is_named_as_well() {
    let setup = Setup::new().await;
    let id = setup.owner.instance(OPEN).await;
    setup.owner.emulator.set_rights(OPEN, "owner", &["read", "write"]);
    let policy = "needs the action complete";
    let writer = setup.writer.1.instances().confirm(id).await;
    let says = ["has the scope altinn:serviceowner/instances.write, so it is not that", policy];
    let error = setup.refused(writer, None, &says);
    assert!(!error.may_pass(), "a policy does not change by itself: {error}");
    let reader = setup.reader.1.instances().confirm(id).await;
    setup.refused(reader, Some(INSTANCES_WRITE), &["lacks the scope altinn:serviceowner/instances.write", policy]);
}

#[tokio::test]
async fn a_token_that_does_not_say_its_scopes_is_taken_neither_way() {
    let server = FaultServer::start([Answer::status(403)]).await.unwrap();
    let client: Client<ReadWrite> = builder(server.url().as_str()).build().unwrap();
    let error = client.instances().list(InstanceQuery::org("ttd")).await.unwrap_err();
    assert_eq!((error.kind(), error.missing_scope()), (ErrorKind::Forbidden, None));
    assert!(!error.to_string().contains("has the scope"), "{error}");
    assert!(error.advice().unwrap().contains("lacks the scope altinn:serviceowner/instances.read, or"), "{error}");
}

#[tokio::test]
async fn a_search_by_post_needs_the_scope_to_read() {
    let setup = Setup::new().await;
    let server = FaultServer::start([Answer::status(403).repeated()]).await.unwrap();
    let [reader, writer] = [&setup.reader, &setup.writer].map(|(token, _)| client(token, server.url().as_str()));
    let search = async |client: &Client<ReadWrite>| client.message_box().search(MessageQuery::of([party()])).await;
    let error = setup.refused(search(&reader).await, None, &["has the scope altinn:serviceowner/instances.read"]);
    assert!(!error.advice().unwrap().contains("scope"), "{error}");
    setup.refused(search(&writer).await, Some(INSTANCES_READ), &[]);
}

#[tokio::test]
async fn a_refused_token_is_held_against_the_scope_too() {
    let setup = Setup::new().await;
    // By this clock the token has long been valid, so that it is not tried once more for being young.
    let refused = Answer::status(401).header("date", "Sun, 01 Jan 2096 00:00:00 GMT").repeated();
    let server = FaultServer::start([refused]).await.unwrap();
    for (token, missing) in [(&setup.reader.0, None), (&setup.writer.0, Some(INSTANCES_READ))] {
        let client = client(token, server.url().as_str());
        let error = client.instances().list(InstanceQuery::org("ttd")).await.unwrap_err();
        assert_eq!((error.kind(), error.missing_scope()), (ErrorKind::Unauthorized, missing), "{error}");
        assert_eq!(error.to_string().contains("has the scope"), missing.is_none(), "{error}");
    }
    assert_eq!(server.requests().len(), 4, "each renewed once");
}
