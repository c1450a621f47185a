//! The check of a set-up, to its last step: a first request to Storage.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper of a test fails as loudly as a test")]

use altinn_watch as _;

use altinn_auth::{CheckError, CheckOutcome, CheckReport, CheckStep, Credentials, CredentialsBuilder, SigningKey};
use altinn_core::{Environment, ErrorKind, Read, ReadConfirm, Scope, Write};
use altinn_emulator::{Emulator, Failure, NewClient};
use altinn_storage::{Client, check};
use altinn_tests::clients::quick;

const LIST: &str = "/storage/api/v1/instances";

async fn set_up<S: Scope>() -> (Emulator, CredentialsBuilder<S>) {
    let emulator = Emulator::start().await.unwrap();
    let client = emulator.register_client(NewClient::new("405003309")).unwrap();
    let builder = Credentials::builder(Environment::emulator(emulator.url()).unwrap())
        .client_id(client.client_id())
        .key(SigningKey::from_jwk(client.jwk()).unwrap());
    (emulator, builder)
}

fn storage(report: &CheckReport) -> &CheckOutcome {
    let last = report.steps().last().unwrap();
    assert_eq!((report.steps().len(), last.step()), (8, CheckStep::Storage), "{report}");
    last.outcome()
}

#[tokio::test]
async fn a_good_set_up_lists_one_instance_and_confirms_none() {
    let (emulator, builder) = set_up::<ReadConfirm>().await;
    let report = check(builder.build()).await;
    assert!(report.passed() && matches!(storage(&report), CheckOutcome::Passed), "{report}");
    assert!(report.to_string().ends_with("storage   passed: instances of ttd can be listed\n"), "{report}");
    let lists = emulator.journal().entry("GET", LIST);
    assert_eq!((lists.succeeded, lists.failed), (1, 0));
}

#[tokio::test]
async fn a_storage_that_refuses() {
    let (emulator, builder) = set_up::<Read>().await;
    emulator.fail_next(LIST, Failure::status(403));
    let report = check(builder.build()).await;
    match storage(&report) {
        CheckOutcome::Failed(CheckError::Service(error)) => assert_eq!(error.kind(), ErrorKind::Forbidden),
        other => panic!("{other:?}"),
    }
    assert_eq!(report.failed().unwrap().step(), CheckStep::Storage);
    assert_eq!(report.org(), Some("ttd"));
}

#[tokio::test]
async fn after_a_step_that_failed_storage_is_not_asked() {
    let (emulator, builder) = set_up::<Read>().await;
    for report in
        [check(builder.service_owner("skd").build()).await, check(Credentials::<Read>::from_vars(|_| None)).await]
    {
        assert!(!report.passed() && matches!(storage(&report), CheckOutcome::Skipped), "{report}");
        assert!(report.to_string().ends_with("storage   skipped\n"), "{report}");
    }
    let lists = emulator.journal().entry("GET", LIST);
    assert_eq!((lists.succeeded, lists.failed), (0, 0));
}

#[tokio::test]
async fn credentials_that_do_not_read_are_checked_as_far_as_they_go() {
    let (_emulator, builder) = set_up::<Write>().await;
    let report = check(builder.build()).await;
    assert!(report.passed() && matches!(storage(&report), CheckOutcome::Skipped), "{report}");
    assert!(report.to_string().ends_with("storage   skipped: these credentials can't read\n"), "{report}");
}

#[tokio::test]
async fn a_client_s_own_settings_count() {
    let (emulator, builder) = set_up::<Read>().await;
    for _ in 0..3 {
        emulator.fail_next(LIST, Failure::status(503));
    }
    let client = Client::builder(builder.build().unwrap()).retry(quick().max_retries(1));
    let report = client.check().await;
    assert!(matches!(storage(&report), CheckOutcome::Failed(CheckError::Service(_))), "{report}");
    assert_eq!(emulator.journal().entry("GET", LIST).succeeded, 0);
}
