//! The emulator's clock is moved, and the clients' stays: what its documentation says of that.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails as loudly as a test")]

use altinn_watch as _;

use altinn_auth::{Credentials, SigningKey};
use altinn_core::{Environment, Error, ErrorKind, Read};
use altinn_emulator::{Emulator, Failure, NewClient};
use altinn_storage::{Client, InstanceQuery};
use jiff::SignedDuration;

struct Setup {
    emulator: Emulator,
    client: Client<Read>,
}

impl Setup {
    /// A client that has its first token.
    async fn new(correct_clock: bool) -> Self {
        let emulator = Emulator::start().await.unwrap();
        let registered = emulator.register_client(NewClient::new("405003309")).unwrap();
        let credentials = Credentials::builder(Environment::emulator(emulator.url()).unwrap())
            .client_id(registered.client_id())
            .key(SigningKey::from_jwk(registered.jwk()).unwrap())
            .correct_clock(correct_clock)
            .build()
            .unwrap();
        let setup = Self { emulator, client: Client::new(credentials).unwrap() };
        setup.list().await.unwrap();
        setup
    }

    async fn list(&self) -> Result<(), Error> {
        self.client.instances().list(InstanceQuery::org("ttd")).await.map(|_| ())
    }

    fn exchanges(&self) -> u64 {
        self.emulator.journal().exchanges().succeeded
    }
}

#[tokio::test]
async fn a_client_that_corrects_its_clock_renews_its_token() {
    let setup = Setup::new(true).await;
    for round in 1..=3 {
        setup.emulator.clock().advance(SignedDuration::from_mins(31));
        setup.list().await.unwrap();
        assert_eq!(setup.exchanges(), 1 + round);
    }
}

#[tokio::test]
async fn any_other_gets_no_token_once_the_clock_has_left_its_grants_behind() {
    let setup = Setup::new(false).await;
    setup.emulator.clock().advance(SignedDuration::from_mins(31));
    let error = setup.list().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Credential, "{error:?}");
    assert!(format!("{error:?}").contains("MP-130"), "{error:?}");
}

#[tokio::test]
async fn a_small_step_and_a_refusal_make_any_client_renew_its_token() {
    let setup = Setup::new(false).await;
    setup.emulator.clock().advance(SignedDuration::from_secs(15));
    setup.emulator.fail_next("/storage/", Failure::status(401));
    setup.list().await.unwrap();
    assert_eq!(setup.exchanges(), 2);
}
