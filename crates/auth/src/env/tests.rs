use altinn_core::{INSTANCES_READ, INSTANCES_WRITE, Read, ReadWrite};

use super::*;
use crate::credentials::Credentials;

const JWK: &str = include_str!("../../tests/keys/rsa-2048.json");

/// The variables of a working set-up, with some changed; a blank one counts as not set.
fn read<S: Scope>(changes: &[(&str, &str)]) -> Result<Credentials<S>, Error> {
    Credentials::from_vars(|name| {
        if let Some((_, value)) = changes.iter().find(|(changed, _)| *changed == name) {
            return Some((*value).to_owned());
        }
        let value = match name {
            ENVIRONMENT => "tt02",
            CLIENT_ID => "6f0f3c2e-0000-4000-8000-aaaaaaaaaaaa",
            CLIENT_JWK => JWK,
            _ => return None,
        };
        Some(value.to_owned())
    })
}

fn refused<S: Scope>(changes: &[(&str, &str)]) -> Error {
    read::<S>(changes).unwrap_err()
}

#[test]
fn the_needed_three_are_enough() {
    assert_eq!(read::<ReadWrite>(&[]).unwrap().environment(), &Environment::tt02());
}

#[test]
fn what_is_missing_is_named() {
    for name in [ENVIRONMENT, CLIENT_ID, CLIENT_JWK] {
        let error = refused::<Read>(&[(name, " ")]);
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains(name), "{error}");
    }
}

#[test]
fn an_unknown_environment_is_never_production() {
    for value in ["prodd", "https://", "http://altinn.example/"] {
        let error = refused::<Read>(&[(ENVIRONMENT, value)]);
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains(ENVIRONMENT), "{error}");
    }
    let emulator = read::<Read>(&[(ENVIRONMENT, "http://127.0.0.1:4711")]).unwrap();
    assert_eq!(emulator.environment().name(), "emulator");
}

#[test]
fn scopes_that_the_client_lacks_are_named_before_anything_is_sent() {
    let both = format!("altinn:other {INSTANCES_READ} {INSTANCES_WRITE}");
    assert!(read::<ReadWrite>(&[(SCOPES, &both)]).is_ok());
    assert!(read::<Read>(&[(SCOPES, INSTANCES_READ)]).is_ok());
    let error = refused::<ReadWrite>(&[(SCOPES, INSTANCES_READ)]);
    assert_eq!((error.kind(), error.missing_scopes()), (ErrorKind::Config, &[INSTANCES_WRITE.to_owned()][..]));
    assert!(error.to_string().contains(INSTANCES_WRITE), "{error}");
    // A longer name is another scope.
    assert!(read::<Read>(&[(SCOPES, "altinn:serviceowner/instances.readonly")]).is_err());
}

#[test]
fn addresses_of_another_environment_are_refused() {
    assert!(read::<Read>(&[(ISSUER, "https://test.maskinporten.no/")]).is_ok());
    assert!(read::<Read>(&[(TOKEN_ENDPOINT, "https://test.maskinporten.no/token")]).is_ok());
    for (name, value) in [
        (ISSUER, "https://maskinporten.no/"),
        (ISSUER, "https://test.maskinporten.no"),
        (TOKEN_ENDPOINT, "https://evil.example/token"),
    ] {
        let error = refused::<Read>(&[(name, value)]);
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains(name), "{error}");
    }
}

#[test]
fn an_unusable_key_names_its_variable_and_hides_its_text() {
    let public = JWK.replace("\"d\"", "\"not-d\"");
    let error = refused::<Read>(&[(CLIENT_JWK, &public)]);
    assert_eq!(error.kind(), ErrorKind::Key);
    assert!(error.to_string().contains(CLIENT_JWK), "{error}");
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("public key"), "{source}");

    let error = refused::<Read>(&[(CLIENT_JWK, &JWK.replace("\"kid\"", "\"name\""))]);
    assert_eq!(error.kind(), ErrorKind::Key);
    assert!(error.to_string().contains("kid"), "{error}");

    let private: serde_json::Value = serde_json::from_str(JWK).unwrap();
    let d = private["d"].as_str().unwrap();
    assert!(!format!("{error} {error:?} {source}").contains(d));
}

#[test]
fn local_test_has_no_maskinporten() {
    let error = refused::<Read>(&[(ENVIRONMENT, "local")]);
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("no Maskinporten"), "{error}");
}
