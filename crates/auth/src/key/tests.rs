use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::DecodingKey;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const JWK: &str = include_str!("../../tests/keys/rsa-2048.json");
const PKCS1: &[u8] = include_bytes!("../../tests/keys/rsa-2048.pkcs1.der");
const SHORT: &str = include_str!("../../tests/keys/rsa-1024.json");
const EC: &str = include_str!("../../tests/keys/ec-p256.json");
const SECRET_MEMBERS: [&str; 6] = ["d", "p", "q", "dp", "dq", "qi"];

fn jwk() -> Value {
    serde_json::from_str(JWK).unwrap()
}

/// The good key with some members changed; `null` takes one away.
fn changed(changes: Value) -> Result<SigningKey, KeyError> {
    let mut jwk = jwk();
    for (name, value) in changes.as_object().unwrap() {
        let members = jwk.as_object_mut().unwrap();
        if value.is_null() {
            members.remove(name)
        } else {
            members.insert(name.clone(), value.clone())
        };
    }
    SigningKey::from_jwk(&jwk.to_string())
}

fn error(changes: Value) -> KeyError {
    changed(changes).unwrap_err()
}

#[test]
fn the_key_is_written_as_another_implementation_writes_it() {
    assert_eq!(jwk::parse(JWK).unwrap().der.as_slice(), PKCS1);
}

#[test]
fn signatures_of_each_algorithm_verify_with_the_public_half() {
    let jwk = jwk();
    let public = DecodingKey::from_rsa_components(jwk["n"].as_str().unwrap(), jwk["e"].as_str().unwrap()).unwrap();
    for (name, algorithm) in [("RS256", Algorithm::RS256), ("RS384", Algorithm::RS384), ("RS512", Algorithm::RS512)] {
        let key = changed(json!({ "alg": name })).unwrap();
        assert_eq!(key.algorithm(), name);
        let signature = URL_SAFE_NO_PAD.decode(key.sign("a.b").unwrap()).unwrap();
        let verifier = (aws_lc::DEFAULT_PROVIDER.verifier_factory)(&algorithm, &public).unwrap();
        assert!(verifier.verify(b"a.b", &signature).is_ok(), "{name}");
        assert!(verifier.verify(b"a.c", &signature).is_err(), "{name}");
    }
    assert_eq!(changed(json!({ "alg": null })).unwrap().algorithm(), "RS256");
}

#[test]
fn the_key_id_comes_from_the_jwk_or_beside_it() {
    let key = SigningKey::from_jwk(JWK).unwrap();
    assert_eq!(key.kid(), jwk()["kid"].as_str());
    assert_eq!(key.with_kid(" other ").kid(), Some("other"));
    assert_eq!(changed(json!({ "kid": null })).unwrap().kid(), None);
    assert_eq!(changed(json!({ "kid": " " })).unwrap().kid(), None);
}

#[test]
fn what_is_no_usable_key_is_named() {
    assert_eq!(SigningKey::from_jwk(" \n").unwrap_err(), KeyError::Empty);
    assert_eq!(SigningKey::from_jwk("eyJrdHkiOiJSU0EifQ").unwrap_err(), KeyError::NotJwk);
    assert_eq!(SigningKey::from_jwk("[1]").unwrap_err(), KeyError::NotJwk);
    assert_eq!(SigningKey::from_jwk("-----BEGIN PRIVATE KEY-----").unwrap_err(), KeyError::Pem);
    assert_eq!(SigningKey::from_jwk(&json!({ "keys": [jwk()] }).to_string()).unwrap_err(), KeyError::KeySet);
    assert_eq!(SigningKey::from_jwk(SHORT).unwrap_err(), KeyError::TooShort { bits: 1024 });
    assert_eq!(SigningKey::from_jwk(EC).unwrap_err(), KeyError::NotRsa("EC".into()));
    assert_eq!(error(json!({ "kty": null })), KeyError::NotJwk);
    assert_eq!(error(json!({ "n": 5 })), KeyError::NotJwk);
    assert_eq!(error(json!({ "alg": "PS256" })), KeyError::UnsupportedAlgorithm("PS256".into()));
    assert_eq!(error(json!({ "use": "enc" })), KeyError::NotForSigning);
    assert_eq!(error(json!({ "oth": [{}] })), KeyError::MultiPrime);
    assert_eq!(error(json!({ "d": null })), KeyError::PublicOnly);
    assert_eq!(error(json!({ "p": null, "qi": null })), KeyError::MissingMembers(vec!["p", "qi"]));
    assert_eq!(error(json!({ "dq": "ø" })), KeyError::NotBase64("dq"));
    let jwk = jwk();
    assert_eq!(error(json!({ "p": jwk["q"] })), KeyError::Inconsistent);
    assert_eq!(error(json!({ "d": jwk["n"] })), KeyError::Inconsistent);
    assert_eq!(error(json!({ "e": "" })), KeyError::Inconsistent);
}

#[test]
fn padding_the_other_alphabet_and_a_byte_order_mark_are_taken() {
    let standard = |name: &str| STANDARD.encode(URL_SAFE_NO_PAD.decode(jwk()[name].as_str().unwrap()).unwrap());
    let padded_zero = {
        let mut n = vec![0, 0];
        n.extend(URL_SAFE_NO_PAD.decode(jwk()["n"].as_str().unwrap()).unwrap());
        URL_SAFE_NO_PAD.encode(n)
    };
    assert!(changed(json!({ "n": padded_zero, "d": standard("d"), "p": standard("p") })).is_ok());
    assert!(SigningKey::from_jwk(&format!("\u{feff}{JWK}")).is_ok());
}

#[test]
fn debug_and_errors_hide_the_key() {
    let key = SigningKey::from_jwk(JWK).unwrap();
    let mut shown = format!("{key:?} {:?}", Some(&key));
    let jwk = jwk();
    for changes in
        [json!({ "qi": null }), json!({ "p": jwk["q"] }), json!({ "kty": jwk["d"] }), json!({ "alg": jwk["d"] })]
    {
        let error = error(changes);
        shown += &format!("{error} {error:?}");
    }
    let broken = JWK.replacen('"', "", 1);
    let error = SigningKey::from_jwk(&broken).unwrap_err();
    shown += &format!("{error} {error:?}");
    for name in SECRET_MEMBERS {
        let start: String = jwk[name].as_str().unwrap().chars().take(12).collect();
        assert!(!shown.contains(&start), "{name}: {shown}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_is_taken(text in "\\PC*") {
        let _ = SigningKey::from_jwk(&text);
    }

    #[test]
    fn any_member_can_be_anything(index in 0..8_usize, value in proptest::collection::vec(any::<u8>(), 0..300)) {
        let name = ["n", "e", "d", "p", "q", "dp", "dq", "qi"][index];
        let _ = changed(json!({ name: URL_SAFE_NO_PAD.encode(value) }));
    }
}
