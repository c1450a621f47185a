use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use altinn_auth::{
    AltinnToken, CheckStep, Credentials, CredentialsBuilder, DiskCache, Error, ErrorKind, Leg, Setting, Settings,
    SigningKey, TokenProvider, TokenRequest, check,
};
use altinn_core::{Environment, INSTANCES_READ, INSTANCES_WRITE, Read, ReadWrite};
use altinn_watch::Recording;
use serde_json::json;

use crate::stub::{BOTH_SCOPES, EXCHANGE, JWK, Reply, Stub, jwt};

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

fn builder(stub: &Stub) -> CredentialsBuilder<ReadWrite> {
    Credentials::builder(stub.environment()).client_id("c").key(SigningKey::from_jwk(JWK).unwrap())
}

#[tokio::test]
async fn a_token_of_another_service_owner_than_the_expected_one_is_refused() {
    let stub = Stub::of_legs(Vec::new(), Vec::new()).await;
    for right in ["ttd", " TTD "] {
        assert!(builder(&stub).service_owner(right).build().unwrap().token().await.is_ok());
    }
    let wrong = builder(&stub).service_owner("skd").build().unwrap();
    let error = wrong.token().await.unwrap_err();
    assert_eq!((error.kind(), error.leg()), (ErrorKind::WrongOrgCode, Some(Leg::Exchange)));
    assert!(error.to_string().contains("names the service owner ttd, and not skd"), "{error}");
    assert!(error.advice().contains("another organisation"), "{error}");
    // On behalf of others the token is to name them.
    assert!(wrong.on_behalf_of("405003309".parse().unwrap()).token().await.is_ok());
}

#[tokio::test]
async fn the_expected_service_owner_may_be_a_setting() {
    let stub = Stub::of_legs(Vec::new(), Vec::new()).await;
    for (code, right) in [("ttd", true), ("skd", false)] {
        let credentials = Credentials::<ReadWrite>::from_vars(|name| {
            Some(match name {
                "ALTINN_ENVIRONMENT" => stub.url(""),
                "ALTINN_SERVICE_OWNER" => code.to_owned(),
                "MASKINPORTEN_CLIENT_ID" => "c".to_owned(),
                "MASKINPORTEN_CLIENT_JWK" => JWK.to_owned(),
                _ => return None,
            })
        });
        assert_eq!(credentials.unwrap().token().await.is_ok(), right, "{code}");
    }
}

#[tokio::test]
async fn for_the_test_department_the_switch_is_named() {
    let digdir = jwt(&json!({"iat": 1_000, "exp": 2_800, "urn:altinn:org": "digdir"}));
    let nobody = jwt(&json!({"iat": 1_000, "exp": 2_800}));
    for (token, kind) in [(digdir, ErrorKind::WrongOrgCode), (nobody, ErrorKind::NoOrgCode)] {
        let stub = Stub::of_legs(Vec::new(), vec![Reply::new(200, token)]).await;
        let error = builder(&stub).service_owner("ttd").build().unwrap().token().await.unwrap_err();
        assert_eq!(error.kind(), kind);
        assert!(error.advice().contains("test_organisation(true)"), "{error}");
    }
}

#[tokio::test]
async fn on_behalf_of_others_it_is_they_who_must_be_on_the_list() {
    let nobody = jwt(&json!({"iat": 1_000, "exp": 2_800}));
    let stub = Stub::of_legs(Vec::new(), vec![Reply::new(200, nobody); 2]).await;
    for builder in [builder(&stub), builder(&stub).service_owner("ttd")] {
        let credentials = builder.build().unwrap().on_behalf_of("405003309".parse().unwrap());
        let error = credentials.token().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NoOrgCode);
        assert!(error.advice().contains("on whose behalf"), "{error}");
        assert!(!error.to_string().contains("test_organisation"), "{error}");
    }
}

#[tokio::test]
async fn a_token_of_an_own_source_that_lacks_a_scope_is_a_warning_before_it_is_used() {
    let recording = Recording::start();
    let reading = jwt(&json!({"iat": 1, "exp": 9_000_000_000_u64, "scope": INSTANCES_READ}));
    let own = Own(Arc::default(), reading);
    let credentials = Credentials::<ReadWrite>::from_provider(Environment::tt02(), own);
    for _ in 0..3 {
        credentials.token().await.unwrap();
    }
    let text = recording.text();
    let warnings =
        text.lines().filter(|line| line.contains("the service may refuse") && line.contains(INSTANCES_WRITE));
    assert_eq!(warnings.count(), 1, "{text}");
}

#[tokio::test]
async fn a_token_on_disk_is_not_taken_for_another_service_owner_s() {
    let stub = Stub::of_legs(Vec::new(), Vec::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let kept = |builder: CredentialsBuilder<ReadWrite>| {
        builder.disk_cache(DiskCache::at(folder.path().join("tokens")).unwrap()).build().unwrap()
    };
    kept(builder(&stub)).token().await.unwrap();
    let error = kept(builder(&stub).service_owner("skd")).token().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WrongOrgCode);
}

/// A token of the test department's that does not end.
fn of_ttd() -> String {
    jwt(&json!({"iat": 1, "exp": 9_000_000_000_u64, "scope": BOTH_SCOPES, "urn:altinn:org": "ttd"}))
}

/// Gives one and the same token, and counts how often.
#[derive(Debug, Clone)]
struct Own(Arc<AtomicUsize>, String);

impl TokenProvider for Own {
    async fn fetch(&self, _request: &TokenRequest) -> Result<AltinnToken, Error> {
        self.0.fetch_add(1, Ordering::SeqCst);
        AltinnToken::with_lifetime(self.1.as_str(), Duration::from_secs(1800))
    }
}

/// Credentials with this token, ready-made and of a source of the user's own, that expect a service owner.
fn expecting(code: &str, token: &str) -> [(Credentials<ReadWrite>, Own); 2] {
    let own = Own(Arc::default(), token.to_owned());
    let given = Credentials::with_token(Environment::tt02(), token);
    let provided = Credentials::from_provider(Environment::tt02(), own.clone());
    [given, provided].map(|credentials| (credentials.expect_service_owner(code).unwrap(), own.clone()))
}

#[tokio::test]
async fn tokens_from_elsewhere_are_held_against_the_expected_service_owner_once_each() {
    let token = of_ttd();
    for (credentials, own) in expecting(" TTD ", &token) {
        for _ in 0..3 {
            assert_eq!(credentials.token().await.unwrap().expose(), token);
        }
        assert!(own.0.load(Ordering::SeqCst) <= 1);
    }
    for ((credentials, own), ready_made) in expecting("skd", &token).into_iter().zip([true, false]) {
        for _ in 0..3 {
            let error = credentials.token().await.unwrap_err();
            assert_eq!((error.kind(), error.leg()), (ErrorKind::WrongOrgCode, None));
            assert!(error.to_string().contains("names the service owner ttd, and not skd"), "{error}");
            assert!(error.advice().contains("give a token of the service owner"), "{error}");
            let shown = format!("{error} {error:?}");
            assert!(!token.split('.').any(|part| shown.contains(part)), "{shown}");
        }
        // What would come again is not asked for again.
        assert!(own.0.load(Ordering::SeqCst) <= 1);
        // On behalf of others the token is to name them, which a ready-made one doesn't.
        let result = credentials.on_behalf_of("405003309".parse().unwrap()).token().await;
        assert_eq!(result.err().map(|error| error.kind()), ready_made.then_some(ErrorKind::Config));
    }
    for silent in [jwt(&json!({"iat": 1, "exp": 9_000_000_000_u64})), "opaque".to_owned()] {
        for (credentials, _) in expecting("ttd", &silent) {
            assert_eq!(credentials.token().await.unwrap_err().kind(), ErrorKind::NoOrgCode);
        }
    }
    let empty = Credentials::<Read>::with_token(Environment::tt02(), token).expect_service_owner(" ");
    assert_eq!(empty.unwrap_err().kind(), ErrorKind::Config);
}

#[tokio::test]
async fn credentials_of_a_client_may_be_held_against_another_service_owner_later() {
    let stub = Stub::of_legs(Vec::new(), Vec::new()).await;
    let credentials = builder(&stub).build().unwrap();
    let error = credentials.expect_service_owner("skd").unwrap().token().await.unwrap_err();
    assert_eq!((error.kind(), error.leg()), (ErrorKind::WrongOrgCode, Some(Leg::Exchange)));
    assert!(credentials.expect_service_owner("ttd").unwrap().token().await.is_ok());
    assert!(credentials.token().await.is_ok());
}

#[tokio::test]
async fn a_ready_made_token_among_settings_is_held_against_the_service_owner_among_them() {
    for (code, right) in [("ttd", true), ("skd", false)] {
        let settings = Settings::new().set(Setting::Environment, "tt02").set(Setting::ServiceOwner, code);
        let credentials = settings.set(Setting::Token, of_ttd()).build::<ReadWrite>().unwrap();
        assert_eq!(credentials.token().await.is_ok(), right, "{code}");
        let report = check(Ok(credentials)).await;
        assert_eq!(report.failed().map(|step| step.step()), (!right).then_some(CheckStep::OrgCode), "{report}");
    }
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
