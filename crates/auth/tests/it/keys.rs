//! Keys against an emulator that knows only some of them.

use std::sync::atomic::{AtomicUsize, Ordering};

use altinn_auth::{Algorithm, Credentials, CredentialsBuilder, Error, ErrorKind, KeySize, NewKey, Signer, SigningKey};
use altinn_core::{Environment, Read};
use altinn_emulator::{CertificateAuthority, Emulator, NewClient, RegisteredClient};

use crate::stub::JWK;

const TTD: &str = "405003309";

struct Fixture {
    emulator: Emulator,
    client: RegisteredClient,
}

impl Fixture {
    async fn new(client: NewClient) -> Self {
        crate::traces::listen();
        let emulator = Emulator::start().await.unwrap();
        let client = emulator.register_client(client).unwrap();
        Self { emulator, client }
    }

    fn builder(&self) -> CredentialsBuilder<Read> {
        let environment = Environment::emulator(self.emulator.url()).unwrap();
        Credentials::builder(environment).client_id(self.client.client_id())
    }

    fn own_key(&self) -> SigningKey {
        SigningKey::from_jwk(self.client.jwk()).unwrap()
    }

    /// Succeeded and failed token calls.
    fn token_calls(&self) -> [u64; 2] {
        let calls = self.emulator.journal().token_requests();
        [calls.succeeded, calls.failed]
    }
}

fn unknown_key() -> SigningKey {
    SigningKey::from_jwk(JWK).unwrap().with_kid("not-registered-yet")
}

#[tokio::test]
async fn a_new_key_works_once_its_public_half_is_registered() {
    let fixture = Fixture::new(NewClient::new(TTD)).await;
    let key = NewKey::generate(KeySize::Bits2048, Algorithm::Rs512).unwrap();
    fixture.emulator.add_key(fixture.client.client_id(), &key.public_jwk()).unwrap();
    let credentials = fixture.builder().key(key.into_signing_key().unwrap()).build().unwrap();
    assert!(credentials.token().await.is_ok());
}

#[tokio::test]
async fn pem_beside_a_key_id_is_the_registered_key() {
    let fixture = Fixture::new(NewClient::new(TTD)).await;
    let key = NewKey::generate(KeySize::Bits2048, Algorithm::Rs256).unwrap();
    fixture.emulator.add_key(fixture.client.client_id(), &key.public_jwk()).unwrap();
    let pem = SigningKey::detect(key.private_pem().expose()).unwrap();
    let credentials = fixture.builder().key(pem).kid(key.kid()).build().unwrap();
    assert!(credentials.token().await.is_ok());
}

#[tokio::test]
async fn the_next_key_is_tried_and_comes_first_from_then_on() {
    let fixture = Fixture::new(NewClient::new(TTD)).await;
    let credentials = fixture.builder().key(unknown_key()).next_key(fixture.own_key()).build().unwrap();
    let token = credentials.token().await.unwrap();
    assert_eq!(fixture.token_calls(), [1, 1]);

    let organisation = "310000000".parse().unwrap();
    fixture.emulator.delegate("310000000", TTD, altinn_core::INSTANCES_READ);
    // Its own token from Maskinporten, got with the key that worked; that this organisation is no service owner shows
    // after it.
    let error = credentials.on_behalf_of(organisation).token().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoOrgCode, "{error}");
    assert_eq!(fixture.token_calls(), [2, 1]);
    assert_eq!(credentials.token().await.unwrap().expose(), token.expose());
}

#[tokio::test]
async fn a_key_takes_the_place_of_the_one_before() {
    let fixture = Fixture::new(NewClient::new(TTD)).await;
    let credentials = fixture.builder().key(fixture.own_key()).key(unknown_key()).build().unwrap();
    assert_eq!(credentials.token().await.unwrap_err().kind(), ErrorKind::KeyRejected);
    let signer = Remote { key: fixture.own_key(), failures: 0.into(), transient: false };
    let credentials = fixture.builder().key(unknown_key()).next_signer(signer).build().unwrap();
    assert!(credentials.token().await.is_ok());
    assert_eq!(fixture.token_calls(), [1, 2]);
}

#[tokio::test]
async fn keys_that_are_all_refused_are_tried_once_each() {
    let fixture = Fixture::new(NewClient::new(TTD)).await;
    let other = unknown_key().with_kid("nor-this-one");
    let credentials = fixture.builder().key(unknown_key()).next_key(other).build().unwrap();
    for _ in 0..100 {
        assert_eq!(credentials.token().await.unwrap_err().kind(), ErrorKind::KeyRejected);
    }
    assert_eq!(fixture.token_calls(), [0, 2]);
}

#[tokio::test]
async fn a_key_file_that_was_changed_is_read_when_the_old_key_is_refused() {
    let fixture = Fixture::new(NewClient::new(TTD).fresh_key()).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    std::fs::write(&path, JWK).unwrap();
    let credentials = fixture.builder().key_file(&path).build().unwrap();
    assert_eq!(credentials.token().await.unwrap_err().kind(), ErrorKind::KeyRejected);
    assert_eq!(fixture.token_calls(), [0, 1]);

    std::fs::write(&path, fixture.client.jwk()).unwrap();
    // The refusal is remembered; a new fetch finds the new file by itself.
    assert_eq!(credentials.token().await.unwrap_err().kind(), ErrorKind::KeyRejected);
    assert_eq!(fixture.token_calls(), [0, 1]);
    credentials.forget_refusal();
    assert!(credentials.token().await.is_ok());
    assert_eq!(fixture.token_calls(), [1, 2]);
}

#[tokio::test]
async fn a_key_that_is_swapped_at_both_ends_costs_no_caller_anything() {
    let fixture = Fixture::new(NewClient::new(TTD)).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    std::fs::write(&path, fixture.client.jwk()).unwrap();
    let credentials = fixture.builder().key_file(&path).build().unwrap();
    let token = credentials.token().await.unwrap();

    let new = NewKey::generate(KeySize::Bits2048, Algorithm::Rs256).unwrap();
    let old = fixture.own_key();
    fixture.emulator.add_key(fixture.client.client_id(), &new.public_jwk()).unwrap();
    std::fs::write(&path, new.private_jwk().expose()).unwrap();
    fixture.emulator.remove_key(fixture.client.client_id(), old.kid().unwrap()).unwrap();
    assert_eq!(credentials.token().await.unwrap().expose(), token.expose());
    let renewed = credentials.on_behalf_of("991825827".parse().unwrap());
    fixture.emulator.delegate("991825827", TTD, altinn_core::INSTANCES_READ);
    assert!(renewed.token().await.is_ok());
    // The old key was refused once, and the new file was read at once.
    assert_eq!(fixture.token_calls(), [2, 1]);
}

#[tokio::test]
async fn an_enterprise_certificate_is_accepted() {
    let fixture = Fixture::new(NewClient::new(TTD).without_key()).await;
    let key = |authority, organisation| {
        let certificate = fixture.emulator.enterprise_certificate(authority, organisation).unwrap();
        let chain: String = certificate
            .chain()
            .iter()
            .map(|base64| format!("-----BEGIN CERTIFICATE-----\n{base64}\n-----END CERTIFICATE-----\n"))
            .collect();
        SigningKey::detect(format!("{chain}{}", certificate.private_key_pem())).unwrap()
    };
    let good = fixture.builder().key(key(CertificateAuthority::Test, TTD)).build().unwrap();
    assert!(good.token().await.is_ok());
    for (bad, code) in [
        (key(CertificateAuthority::Production, TTD), "MP-120"),
        (key(CertificateAuthority::Test, "991825827"), "MP-122"),
    ] {
        let error = fixture.builder().key(bad).build().unwrap().token().await.unwrap_err();
        assert_eq!((error.kind(), error.code()), (ErrorKind::KeyRejected, Some(code)), "{error}");
        assert!(error.advice().contains("certificate"), "{error}");
    }
}

/// A key that is elsewhere, and out of reach at first.
#[derive(Debug)]
struct Remote {
    key: SigningKey,
    failures: AtomicUsize,
    transient: bool,
}

impl Signer for Remote {
    fn algorithm(&self) -> Algorithm {
        self.key.algorithm()
    }

    fn kid(&self) -> Option<&str> {
        self.key.kid()
    }

    async fn sign(&self, input: &[u8]) -> Result<Vec<u8>, Error> {
        tokio::task::yield_now().await;
        if self.failures.load(Ordering::SeqCst) > 0 {
            self.failures.fetch_sub(1, Ordering::SeqCst);
            return Err(Error::signer(std::io::Error::other("the vault is locked"), self.transient));
        }
        Signer::sign(&self.key, input).await
    }
}

#[tokio::test]
async fn a_key_that_is_elsewhere_signs_and_may_fail() {
    let fixture = Fixture::new(NewClient::new(TTD)).await;
    let remote = |failures: usize, transient| {
        let signer = Remote { key: fixture.own_key(), failures: failures.into(), transient };
        fixture.builder().signer(signer).build().unwrap()
    };
    assert!(remote(0, false).token().await.is_ok());
    assert!(remote(1, true).token().await.is_ok());
    let error = remote(1, false).token().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Key);
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "the vault is locked");
    assert_eq!(fixture.token_calls(), [2, 0]);
}

#[tokio::test]
async fn keys_without_a_name_and_two_ways_at_once_are_refused() {
    let fixture = Fixture::new(NewClient::new(TTD)).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    std::fs::write(&path, JWK).unwrap();
    let both = fixture.builder().key(fixture.own_key()).key_file(&path).build().unwrap_err();
    let nameless = fixture.builder().key(fixture.own_key().with_kid(" ")).build().unwrap_err();
    let sidecar = || "http://127.0.0.1:1/token".parse().unwrap();
    let beside = fixture.builder().key(fixture.own_key()).token_sidecar(sidecar()).build().unwrap_err();
    let open = fixture.builder().token_sidecar("http://sidecar.example/token".parse().unwrap()).build().unwrap_err();
    for (error, kind) in
        [(both, ErrorKind::Key), (nameless, ErrorKind::Key), (beside, ErrorKind::Config), (open, ErrorKind::Config)]
    {
        assert_eq!(error.kind(), kind, "{error}");
    }
}
