//! What goes wrong on a service owner's first day: each a clear typed error, and no file half written.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper of a test fails as loudly as a test"
)]

use altinn_watch as _;

use altinn_auth::{Credentials, CredentialsBuilder, ErrorKind as AuthKind, SigningKey};
use altinn_core::{Environment, Error, ErrorKind, INSTANCES_READ, PartyId, Payload, ReadWrite, RetryPolicy, Scope};
use altinn_emulator::{Emulator, NewClient, RegisteredClient};
use altinn_storage::{
    Client, DataElement, EventFilter, InstanceEvent, InstanceEventType, InstanceQuery, NewInstance, PlatformUser,
    Substatus,
};
use altinn_tests::clients::{client, quick};
use altinn_tests::fault::{Answer, FaultServer, unreachable_url};
use altinn_tests::owner::task;
use altinn_tests::redaction::assert_redacted;
use altinn_tests::sample;
use futures::TryStreamExt;
use http::{Method, StatusCode};
use serde_json::{Value, json};

const TTD: &str = "405003309";

struct Setup {
    emulator: Emulator,
    registered: RegisteredClient,
}

impl Setup {
    async fn new(client: NewClient) -> Self {
        let emulator = Emulator::start().await.unwrap();
        let registered = emulator.register_client(client).unwrap();
        Self { emulator, registered }
    }

    fn environment(&self) -> Environment {
        Environment::emulator(self.emulator.url()).unwrap()
    }

    fn credentials(&self) -> CredentialsBuilder<ReadWrite> {
        Credentials::builder(self.environment())
            .client_id(self.registered.client_id())
            .key(SigningKey::from_jwk(self.registered.jwk()).unwrap())
    }

    /// Lists with these credentials, and holds the failure against all secrets of the set-up.
    async fn refused(&self, credentials: CredentialsBuilder<ReadWrite>) -> (Error, AuthKind) {
        let client = Client::builder(credentials.build().unwrap()).retry(quick()).build().unwrap();
        let error = client.instances().list(InstanceQuery::org("ttd")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Credential, "{error:?}");
        let source = reason(&error);
        // Not the whole key: its id is no secret, and the error names it.
        let jwk: Value = serde_json::from_str(self.registered.jwk()).unwrap();
        let secrets = ["d", "p", "q", "dp", "dq", "qi"].map(|name| (name, jwk[name].as_str().unwrap()));
        assert_redacted(&format!("{error} {error:?} {error:#?} {source} {source:?} {source:#?}"), &secrets);
        let kind = source.kind();
        (error, kind)
    }
}

/// Why there is no token.
fn reason(error: &Error) -> &altinn_auth::Error {
    error.credential_error().unwrap().downcast_ref().unwrap()
}

/// The line that a program prints. It has the reason and its advice, once.
fn said(error: &Error) -> String {
    let (line, reason) = (error.to_string(), reason(error).to_string());
    assert_eq!(line, format!("instances.list: no token: {reason}"));
    assert!(format!("{error:?}").matches(&reason).count() == 1, "{error:?}");
    line
}

#[tokio::test]
async fn a_key_that_is_not_the_clients() {
    let setup = Setup::new(NewClient::new(TTD)).await;
    let other = Setup::new(NewClient::new(TTD).fresh_key()).await;
    let key = SigningKey::from_jwk(other.registered.jwk()).unwrap();
    let (error, kind) = setup.refused(setup.credentials().key(key)).await;
    assert_eq!(kind, AuthKind::KeyRejected);
    assert!(said(&error).contains("kid"), "{}", said(&error));
    assert!(!error.is_transient());
}

#[tokio::test]
async fn a_private_key_under_the_kid_of_another() {
    let setup = Setup::new(NewClient::new(TTD)).await;
    let other = Setup::new(NewClient::new(TTD).fresh_key()).await;
    let kid = SigningKey::from_jwk(setup.registered.jwk()).unwrap().kid().unwrap().to_owned();
    let key = SigningKey::from_jwk(other.registered.jwk()).unwrap().with_kid(kid);
    let (error, kind) = setup.refused(setup.credentials().key(key)).await;
    assert_eq!(kind, AuthKind::KeyRejected);
    assert!(said(&error).contains("MP-124"), "{}", said(&error));
}

#[tokio::test]
async fn a_scope_that_the_client_lacks() {
    let setup = Setup::new(NewClient::new(TTD).scopes([INSTANCES_READ])).await;
    let (error, kind) = setup.refused(setup.credentials()).await;
    assert_eq!(kind, AuthKind::ScopeNotGranted);
    assert!(said(&error).contains("altinn:serviceowner/instances.write"), "{}", said(&error));
}

#[tokio::test]
async fn a_clock_that_is_ahead() {
    let setup = Setup::new(NewClient::new(TTD)).await;
    setup.emulator.clock().advance(jiff::SignedDuration::from_secs(-300));
    let (error, kind) = setup.refused(setup.credentials()).await;
    assert_eq!(kind, AuthKind::ClockSkew);
    let skew = reason(&error).clock_skew().unwrap();
    assert!((295..=305).contains(&skew), "{skew} s");
}

#[tokio::test]
async fn a_client_that_nobody_knows() {
    let setup = Setup::new(NewClient::new(TTD)).await;
    let (error, kind) = setup.refused(setup.credentials().client_id("00000000-0000-4000-8000-000000000000")).await;
    assert_eq!(kind, AuthKind::ClientUnknown);
    assert!(said(&error).contains("MP-100"), "{}", said(&error));
}

#[tokio::test]
async fn an_organisation_that_is_no_service_owner() {
    let setup = Setup::new(NewClient::new("310000001")).await;
    let (_, kind) = setup.refused(setup.credentials()).await;
    assert_eq!(kind, AuthKind::NoOrgCode);
}

#[tokio::test]
async fn a_host_that_is_not_there() {
    let setup = Setup::new(NewClient::new(TTD)).await;
    let nowhere = unreachable_url().await.unwrap();
    let elsewhere = Environment::emulator(nowhere.as_str()).unwrap();
    let credentials = Credentials::<ReadWrite>::builder(elsewhere)
        .client_id(setup.registered.client_id())
        .key(SigningKey::from_jwk(setup.registered.jwk()).unwrap());
    let (error, kind) = setup.refused(credentials).await;
    assert_eq!(kind, AuthKind::Transport);
    assert!(error.is_transient());
}

#[tokio::test]
async fn a_token_that_has_expired() {
    let setup = Setup::new(NewClient::new(TTD)).await;
    let token = setup.emulator.service_owner_token("ttd", &ReadWrite::SCOPES.join(" ")).unwrap();
    let fixed = Credentials::<ReadWrite>::with_token(setup.environment(), token.as_str());
    let client = Client::builder(fixed).retry(RetryPolicy::none()).build().unwrap();
    client.instances().list(InstanceQuery::org("ttd")).await.unwrap();

    setup.emulator.clock().advance(jiff::SignedDuration::from_hours(1));
    let error = client.instances().list(InstanceQuery::org("ttd")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthorized);
    assert_redacted(&format!("{error} {error:?} {error:#?}"), &[("token", &token)]);
}

#[tokio::test]
async fn a_file_that_is_not_there_and_a_folder_in_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("mangler-01017012345.pdf");
    let errors = [Payload::file(&missing).await.unwrap_err(), Payload::file(folder.path()).await.unwrap_err()];
    assert_eq!(errors[0].kind(), std::io::ErrorKind::NotFound);
    for error in errors {
        let told = error.to_string();
        assert!(told.starts_with(folder.path().to_str().unwrap()), "{told}");
        assert!(!told.contains("01017012345"), "{told}");
    }

    let server = FaultServer::start([Answer::status(500).repeated()]).await.unwrap();
    let (client, element) = (client(server.url().as_str()), sample::element(3));
    let download = client.data(sample::id()).download(&element).to_file(folder.path()).await.unwrap_err();
    std::fs::write(&missing, "innhold").unwrap();
    let payload = Payload::file(&missing).await.unwrap();
    std::fs::remove_file(&missing).unwrap();
    let upload = client.data(sample::id()).upload("vedlegg".parse().unwrap(), payload).await.unwrap_err();
    for (error, kind) in [(download, ErrorKind::Io), (upload, ErrorKind::PayloadSource)] {
        let told = format!("{error:?}");
        assert_eq!(error.kind(), kind, "{told}");
        assert!(told.contains(folder.path().to_str().unwrap()) && !told.contains("01017012345"), "{told}");
    }
    assert_eq!(server.requests().len(), 0);
}

/// What each operation that lists makes of `body`: how many entries, or the error.
async fn listed(body: &Value) -> Vec<(&'static str, Result<usize, Error>)> {
    let server = FaultServer::start([Answer::json(200, body).repeated()]).await.unwrap();
    let client = client(server.url().as_str());
    let id = "501337/3d241248-9d65-4471-8b76-85b73ad99035".parse().unwrap();
    let items = client.instances().list(InstanceQuery::org("ttd")).items().try_collect::<Vec<_>>().await;
    let elements = client.data(id).list().await;
    let events = client.events(id).list(EventFilter::default()).await;
    let history = client.process(id).history().await;
    let apps = client.applications().list().await;
    let apps_of = client.applications().list_of("ttd").await;
    vec![
        ("instances.list", items.map(|found| found.len())),
        ("data.list", elements.map(|found| found.len())),
        ("events.list", events.map(|found| found.len())),
        ("process.history", history.map(|found| found.len())),
        ("applications.list", apps.map(|found| found.len())),
        ("applications.list_of", apps_of.map(|found| found.len())),
    ]
}

#[tokio::test]
async fn an_object_without_the_list_is_no_empty_list() {
    for body in [json!({}), json!({"status": "maintenance"}), json!({"count": 0, "next": null}), json!([])] {
        for (operation, found) in listed(&body).await {
            let error = found.expect_err(operation);
            assert_eq!(
                (error.kind(), error.status()),
                (ErrorKind::Decode, Some(StatusCode::OK)),
                "{operation}: {body}"
            );
            assert!(!format!("{error} {error:?} {error:#?}").contains("maintenance"), "{operation}: {error:?}");
            assert!(body.is_array() || error.to_string().contains(" is missing at line 1"), "{operation}: {error}");
        }
    }
    let empty =
        json!({"instances": [], "dataElements": [], "instanceEvents": [], "processHistory": [], "applications": []});
    for (operation, found) in listed(&empty).await {
        assert_eq!(found.expect(operation), 0, "{operation}");
    }
}

#[tokio::test]
async fn a_nul_in_a_text_is_refused_before_it_is_sent() {
    let server = FaultServer::start([Answer::status(500).repeated()]).await.unwrap();
    let client = client(server.url().as_str());
    let id = sample::id();
    let (instances, data, process) = (client.instances(), client.data(id), client.process(id));
    let app = "ttd/skjema".parse().unwrap();
    let mut event = InstanceEvent::new(InstanceEventType::Saved).user(PlatformUser::org("ttd", 3));
    event.additional_info = Some("a\0".into());
    let mut state = task("Task_1", "data");
    state.start_event = Some("\0".into());
    let element: DataElement = serde_json::from_value(json!({"id": sample::element(0).id, "dataType": "attachment",
        "instanceGuid": id.guid(), "tags": ["\0"]}))
    .unwrap();
    let new = NewInstance::new(PartyId::new(501_337).unwrap()).data_value("navn", "a\0b");
    for (operation, outcome) in [
        ("instances.create", instances.create(&app, new).await.map(drop)),
        ("instances.set_substatus", instances.set_substatus(id, Substatus::new("\0")).await.map(drop)),
        ("instances.set_data_values", instances.set_data_values(id, [("\0", "1")]).await.map(drop)),
        ("instances.set_presentation_texts", instances.set_presentation_texts(id, [("navn", "\\\0")]).await.map(drop)),
        ("data.update_metadata", data.update_metadata(&element).await.map(drop)),
        ("process.update", process.update(state.clone()).await.map(drop)),
        (
            "process.update_with_events",
            process.update_with_events(task("Task_1", "data"), [event.clone()]).await.map(drop),
        ),
        ("events.post", client.events(id).post(event).await.map(drop)),
        ("events.list", client.events(id).list(EventFilter::new().event_type("a\0".into())).await.map(drop)),
        ("data.replace", data.replace(element.id, "nytt").keeping(&element).generated_from_task("a\0").await.map(drop)),
        ("data.upload", data.upload("attachment".parse().unwrap(), "nytt").generated_from_task("\0").await.map(drop)),
        ("raw", client.raw_get(["instances"]).query("search", "a\0").send().await.map(drop)),
        ("raw", client.raw_write(Method::PUT, ["instances"]).json(&json!({"a": ["\0"]})).map(drop)),
    ] {
        let error = outcome.unwrap_err();
        let (told, attempts) = ((error.kind(), error.operation()), error.attempts());
        assert_eq!((told, attempts), ((ErrorKind::InvalidInput, operation), 0), "{error}");
        assert!(error.to_string().contains("NUL"), "{error}");
    }
    assert_eq!(server.requests().len(), 0);
}

#[tokio::test]
async fn an_empty_task_is_not_taken_for_none() {
    let server = FaultServer::start([Answer::status(500).repeated()]).await.unwrap();
    let client = client(server.url().as_str());
    let data = client.data(sample::id());
    for error in [
        data.replace(sample::element(0).id, "nytt").generated_from_task("").await.unwrap_err(),
        data.upload("attachment".parse().unwrap(), "nytt").generated_from_task("").await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        assert!(error.to_string().contains("task"), "{error}");
    }
    assert_eq!(server.requests().len(), 0);
}

#[tokio::test]
async fn a_server_on_this_computer_that_is_not_there() {
    let nowhere = unreachable_url().await.unwrap();
    let error = client(nowhere.as_str()).instances().list(InstanceQuery::org("ttd")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    let line = error.to_string();
    assert!(line.contains("is it running") && !line.contains("firewall"), "{line}");
}

#[test]
fn keys_that_are_none_are_named() {
    for (text, sign) in [
        ("", "empty"),
        ("not a key", "JWK"),
        (r#"{"kty":"EC","crv":"P-256"}"#, "RSA"),
        (r#"{"kty":"RSA","kid":"a","n":"AQAB","e":"AQAB"}"#, "private"),
    ] {
        let error = SigningKey::from_jwk(text).unwrap_err().to_string();
        assert!(error.to_lowercase().contains(&sign.to_lowercase()), "{text}: {error}");
    }
}
