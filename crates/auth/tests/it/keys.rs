//! Keys against an emulator that knows only some of them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use altinn_auth::{
    Algorithm, Credentials, CredentialsBuilder, Error, ErrorKind, KeyError, KeySize, NewKey, Settings, Signer,
    SigningKey,
};
use altinn_core::{Environment, Read};
use altinn_emulator::{CertificateAuthority, Emulator, NewClient, RegisteredClient};
use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedSender;

use crate::stub::{JWK, Reply, Stub};

const TTD: &str = "405003309";

struct Fixture {
    emulator: Emulator,
    client: RegisteredClient,
}

impl Fixture {
    async fn new(client: NewClient) -> Self {
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
async fn a_key_id_beside_the_key_counts_before_the_key_s_own_and_its_certificates() {
    let mut public: Value = serde_json::from_str(JWK).unwrap();
    public["kid"] = "registered".into();
    let fixture = Fixture::new(NewClient::new(TTD).public_jwk(public.to_string())).await;
    let folder = tempfile::tempdir().unwrap();
    let certified = concat!(include_str!("../keys/rsa-2048.pkcs8.pem"), include_str!("../keys/certificate.pem"));
    for (case, text) in [("JWK", JWK), ("PEM with certificate", certified)] {
        let path = folder.path().join("key");
        std::fs::write(&path, text).unwrap();
        let key = || SigningKey::detect(text).unwrap();
        for builder in [
            fixture.builder().key(key()),
            fixture.builder().key_file(&path),
            // The next one keeps its own.
            fixture.builder().key(unknown_key()).next_key(key().with_kid("nor-this-one")),
        ] {
            builder.kid("registered").build().unwrap().token().await.unwrap_or_else(|error| panic!("{case}: {error}"));
        }
    }
    assert_eq!(fixture.token_calls(), [6, 0]);
    let kept = fixture.builder().key(unknown_key().with_kid("a")).next_key(unknown_key().with_kid("registered"));
    assert!(kept.kid("b").build().unwrap().token().await.is_ok());
}

#[tokio::test]
async fn the_next_key_is_tried_and_comes_first_for_the_next_token() {
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

#[tokio::test(start_paused = true)]
async fn a_new_key_takes_over_once_maskinporten_knows_it() {
    let known = Arc::new(Mutex::new(vec!["old"]));
    let registered = Arc::clone(&known);
    let stub = Stub::start(move |request, _| {
        let header = request.form("assertion").split('.').next().unwrap();
        let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
        let words = "Invalid assertion. Client authentication failed. Unknown key identifier (kid) for client.";
        match registered.lock().unwrap().iter().any(|kid| header["kid"] == *kid) {
            true => Reply::granted(),
            false => Reply::json(400, &json!({"error": "invalid_grant", "error_description": words})),
        }
    })
    .await;
    let key = |kid| SigningKey::from_jwk(JWK).unwrap().with_kid(kid);
    let builder = Credentials::<Read>::builder(stub.environment()).client_id("c").key(key("new")).next_key(key("old"));
    let credentials = builder.build().unwrap();
    // How many calls a new token takes.
    let renewed = async || {
        let before = stub.count("/token");
        let token = credentials.maskinporten_token().await.unwrap();
        credentials.invalidate_maskinporten(&token);
        stub.count("/token") - before
    };
    assert_eq!(renewed().await, 2);
    assert_eq!(renewed().await, 1);
    known.lock().unwrap().push("new");
    assert_eq!(renewed().await, 1);
    tokio::time::advance(Duration::from_secs(15 * 60)).await;
    assert_eq!(renewed().await, 1);
    // It had its turn, so the old one may be taken away.
    known.lock().unwrap().retain(|kid| *kid == "new");
    assert_eq!(renewed().await, 1);
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

/// Whether the key's signatures verify with the public half of the one of these tests.
async fn is_the_key(key: &SigningKey) -> bool {
    let public: Value = serde_json::from_str(JWK).unwrap();
    let number = |name: &str| URL_SAFE_NO_PAD.decode(public[name].as_str().unwrap()).unwrap();
    let signature = Signer::sign(key, b"a.b").await.unwrap();
    let verifier = RsaPublicKeyComponents { n: number("n"), e: number("e") };
    verifier.verify(&RSA_PKCS1_2048_8192_SHA256, b"a.c", &signature).unwrap_err();
    verifier.verify(&RSA_PKCS1_2048_8192_SHA256, b"a.b", &signature).is_ok()
}

#[tokio::test]
async fn a_jwk_without_any_of_the_values_for_quick_signing_is_the_same_key() {
    const COMPUTED: [&str; 5] = ["p", "q", "dp", "dq", "qi"];
    for absent in 1..1 << COMPUTED.len() {
        let mut jwk: Value = serde_json::from_str(JWK).unwrap();
        for (place, name) in COMPUTED.iter().enumerate() {
            if absent & (1 << place) != 0 {
                jwk.as_object_mut().unwrap().remove(*name);
            }
        }
        let key = SigningKey::from_jwk(&jwk.to_string()).unwrap_or_else(|error| panic!("{absent:05b}: {error}"));
        assert!(is_the_key(&key).await, "{absent:05b}");
    }
}

#[tokio::test]
async fn every_form_in_which_keys_are_handed_over_is_the_same_key() {
    let jwk: Value = serde_json::from_str(JWK).unwrap();
    let ec: Value = serde_json::from_str(include_str!("../keys/ec-p256.json")).unwrap();
    let set = json!({ "keys": [ec, jwk] }).to_string();
    let pkcs8 = include_str!("../keys/rsa-2048.pkcs8.pem");
    let pkcs1 = include_str!("../keys/rsa-2048.pkcs1.pem");
    let lines: String =
        STANDARD.encode(JWK).as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line) + "\n").collect();
    let forms: [(&str, Vec<u8>); 13] = [
        ("JWK", JWK.into()),
        ("JWKS", set.as_str().into()),
        ("base64 of JWK", STANDARD.encode(JWK).into()),
        ("base64 of JWK without padding", STANDARD.encode(JWK).trim_end_matches('=').into()),
        ("base64url of JWK", URL_SAFE.encode(JWK).into()),
        ("base64url of JWK without padding", URL_SAFE_NO_PAD.encode(JWK).into()),
        ("base64 of JWK in lines", lines.into()),
        ("base64 of JWKS", STANDARD.encode(&set).into()),
        ("PKCS#8 PEM", pkcs8.into()),
        ("PKCS#1 PEM", pkcs1.into()),
        ("base64 of PKCS#8 PEM", STANDARD.encode(pkcs8).into()),
        ("base64 of PKCS#1 PEM", STANDARD.encode(pkcs1).into()),
        ("PKCS#1 DER", include_bytes!("../keys/rsa-2048.pkcs1.der").into()),
    ];
    for (name, form) in forms {
        let key = SigningKey::detect(form).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(is_the_key(&key).await, "{name}");
    }
    let encrypted = SigningKey::detect(include_str!("../keys/encrypted.pem")).unwrap_err();
    assert_eq!(encrypted, KeyError::Encrypted);
    assert!(matches!(SigningKey::detect(ec.to_string()).unwrap_err(), KeyError::NotRsa(kind) if kind == "EC"));
}

#[cfg(feature = "pkcs12")]
#[tokio::test]
async fn a_certificate_s_file_is_the_same_key() {
    let file = include_bytes!("../keys/rsa-2048.p12");
    let vault = STANDARD.encode(include_bytes!("../keys/rsa-2048.no-password.p12"));
    for key in [SigningKey::from_pkcs12(file, &"secret".into()), SigningKey::detect(vault)] {
        assert!(is_the_key(&key.unwrap()).await);
    }
}

#[tokio::test]
async fn a_mounted_settings_file_holds_the_registered_key() {
    let fixture = Fixture::new(NewClient::new(TTD).public_jwk(JWK)).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("maskinporten-settings.json");
    let jwk: Value = serde_json::from_str(JWK).unwrap();
    for (member, value) in [("jwk", jwk), ("jwkBase64", STANDARD.encode(JWK).into())] {
        let (url, client_id) = (fixture.emulator.url(), fixture.client.client_id());
        let members = json!({ "authority": url, "clientId": client_id, "environment": url, member: value });
        std::fs::write(&path, json!({ "MaskinportenSettings": members }).to_string()).unwrap();
        let credentials = Settings::new().settings_file(&path).unwrap().build::<Read>().unwrap();
        assert!(credentials.token().await.is_ok(), "{member}");
    }
}

#[tokio::test]
async fn a_settings_file_s_key_and_key_id_are_replaced_together() {
    let fixture = Fixture::new(NewClient::new(TTD).fresh_key()).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("maskinporten-settings.json");
    let (url, client_id) = (fixture.emulator.url(), fixture.client.client_id());
    let mut jwk: Value = serde_json::from_str(fixture.client.jwk()).unwrap();
    let kid = jwk.as_object_mut().unwrap().remove("kid").unwrap();
    let write = |jwk: &str, kid: &Value| {
        let members = json!({ "clientId": client_id, "environment": url, "jwk": jwk, "kid": kid });
        std::fs::write(&path, members.to_string()).unwrap();
    };
    write(JWK, &"not-registered-yet".into());
    let credentials = Settings::new().settings_file(&path).unwrap().build::<Read>().unwrap();
    assert_eq!(credentials.token().await.unwrap_err().kind(), ErrorKind::KeyRejected);
    write(&jwk.to_string(), &kid);
    credentials.forget_refusal();
    assert!(credentials.token().await.is_ok());
}

#[cfg(unix)]
#[tokio::test]
async fn a_key_file_that_others_can_read_is_refused_where_that_is_wanted() {
    use std::os::unix::fs::PermissionsExt;
    let fixture = Fixture::new(NewClient::new(TTD)).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    std::fs::write(&path, fixture.client.jwk()).unwrap();
    let chmod = |mode| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    chmod(0o644);
    assert!(fixture.builder().key_file(&path).build().unwrap().token().await.is_ok());
    let error = fixture.builder().key_file(&path).strict_permissions(true).build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Key);
    let source = std::error::Error::source(&error).unwrap().downcast_ref::<KeyError>().unwrap();
    assert_eq!(source, &KeyError::OpenToOthers { mode: 0o644 });
    for part in [path.display().to_string().as_str(), "0644", "chmod 600"] {
        assert!(error.to_string().contains(part), "{part}: {error}");
    }
    chmod(0o600);
    assert!(fixture.builder().strict_permissions(true).key_file(&path).build().unwrap().token().await.is_ok());
}

#[tokio::test]
async fn a_key_s_end_beside_a_signer_is_refused() {
    let fixture = Fixture::new(NewClient::new(TTD)).await;
    let signer = Remote { key: fixture.own_key(), failures: 0.into(), transient: false };
    let error = fixture.builder().signer(signer).key_expires(SystemTime::now()).build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.advice().contains("expires_at"), "{error}");
}

/// Asks for one new token after the other until it fails or is told to stop.
async fn load(
    credentials: Credentials<Read>,
    numbers: Arc<AtomicUsize>,
    got: UnboundedSender<()>,
) -> Result<(), Error> {
    loop {
        // Another request each time, so that none is answered from the cache.
        let number = numbers.fetch_add(1, Ordering::SeqCst);
        let request = credentials.request().clone().claim("number", number)?;
        credentials.with_request(request).token().await?;
        if got.send(()).is_err() {
            return Ok(());
        }
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_file_that_is_swapped_under_load_fails_no_request() {
    const CALLERS: usize = 8;
    const EACH_TIME: usize = 40;
    let fixture = Fixture::new(NewClient::new(TTD)).await;
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    // As a mounted secret is: the file is a link, and is replaced by another one.
    std::fs::write(at("first"), fixture.client.jwk()).unwrap();
    std::os::unix::fs::symlink(at("first"), at("key")).unwrap();
    let credentials = fixture.builder().key_file(at("key")).build().unwrap();

    let numbers = Arc::<AtomicUsize>::default();
    let (sender, mut got) = tokio::sync::mpsc::unbounded_channel();
    let callers: Vec<_> =
        (0..CALLERS).map(|_| tokio::spawn(load(credentials.clone(), Arc::clone(&numbers), sender.clone()))).collect();
    drop(sender);
    let mut old = fixture.own_key().kid().unwrap().to_owned();
    for swap in ["link", "file", "link"] {
        for _ in 0..EACH_TIME {
            got.recv().await.unwrap();
        }
        let new = NewKey::generate(KeySize::Bits2048, Algorithm::Rs256).unwrap();
        fixture.emulator.add_key(fixture.client.client_id(), &new.public_jwk()).unwrap();
        std::fs::write(at(new.kid()), new.private_jwk().expose()).unwrap();
        match swap {
            "link" => std::os::unix::fs::symlink(at(new.kid()), at("new")).unwrap(),
            _ => std::fs::rename(at(new.kid()), at("new")).unwrap(),
        }
        std::fs::rename(at("new"), at("key")).unwrap();
        fixture.emulator.remove_key(fixture.client.client_id(), &old).unwrap();
        old = new.kid().to_owned();
        // What was on its way when the old key went may have been granted before; what comes later was not.
        while got.try_recv().is_ok() {}
    }
    for _ in 0..EACH_TIME {
        got.recv().await.unwrap();
    }
    drop(got);
    for caller in callers {
        caller.await.unwrap().unwrap();
    }
    let [succeeded, refused] = fixture.token_calls();
    assert!(succeeded as usize >= 4 * EACH_TIME, "{succeeded}");
    // With each swap a caller that was refused reads the file at once, for all.
    assert!((1..=3 * CALLERS as u64).contains(&refused), "{refused}");
}
