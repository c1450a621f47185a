use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};

use super::*;
use crate::contract::actors::Actors;
use crate::contract::keys::KeyKind;

const NOW: i64 = 4_000_000_000;

fn keys() -> KeyRing {
    let mut keys = KeyRing::new("main", "contract").unwrap();
    keys.generate("main", KeyKind::Rsa2048).unwrap();
    keys.generate("other", KeyKind::Rsa2048).unwrap();
    keys.generate("ec", KeyKind::P256).unwrap();
    keys
}

fn actor(json: &Value) -> Actor {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("actors.json");
    std::fs::write(&path, json!({ "one": json }).to_string()).unwrap();
    Actors::read(&path).unwrap().get("one").unwrap()
}

fn token(json: &Value, keys: &KeyRing) -> String {
    mint(&actor(json), keys, NOW).unwrap()
}

/// Verified by another library than the one that signs.
fn verify(token: &str, keys: &KeyRing, key: &str) -> jsonwebtoken::errors::Result<Map<String, Value>> {
    let jwk: jsonwebtoken::jwk::Jwk = serde_json::from_value(keys.public_jwk(key).unwrap()).unwrap();
    let algorithm = decode_header(token)?.alg;
    let mut rules = Validation::new(algorithm);
    rules.validate_exp = false;
    rules.required_spec_claims.clear();
    decode(token, &DecodingKey::from_jwk(&jwk)?, &rules).map(|data| data.claims)
}

#[test]
fn usual_times_and_key_id_are_set_and_claims_laid_over_them() {
    let keys = keys();
    let token = token(&json!({"claims": {"scope": "s", "pid": null}}), &keys);
    let claims = verify(&token, &keys, "main").unwrap();
    assert_eq!(claims.keys().collect::<Vec<_>>(), ["nbf", "iat", "exp", "jti", "scope"]);
    assert_eq!(
        (&claims["nbf"], &claims["iat"], &claims["exp"]),
        (&json!(NOW - 120), &json!(NOW - 60), &json!(NOW + 3000))
    );
    let header = decode_header(&token).unwrap();
    assert_eq!((header.kid.as_deref(), header.typ.as_deref()), (Some("contract"), Some("JWT")));
}

#[test]
fn null_leaves_out_and_numbers_count_from_now() {
    let keys = keys();
    let json = json!({"exp": -60, "nbf": null, "iat": 0, "jti": null, "kid": null, "header": {"typ": null, "x": 1}});
    let token = token(&json, &keys);
    let claims = verify(&token, &keys, "main").unwrap();
    assert_eq!(Value::Object(claims), json!({"iat": NOW, "exp": NOW - 60}));
    let header = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
    assert_eq!(header, br#"{"alg":"RS256","x":1}"#);
}

#[test]
fn a_claim_wins_over_the_time_of_the_actor() {
    let keys = keys();
    let claims = verify(&token(&json!({"claims": {"exp": "soon"}}), &keys), &keys, "main").unwrap();
    assert_eq!(claims["exp"], "soon");
}

#[test]
fn every_algorithm_verifies() {
    let keys = keys();
    for algorithm in ["RS256", "RS384", "RS512", "PS256"] {
        let token = token(&json!({ "alg": algorithm }), &keys);
        assert!(token.len() > 400 && verify(&token, &keys, "main").is_ok(), "{algorithm}");
        assert!(verify(&token, &keys, "other").is_err(), "{algorithm}");
    }
    assert!(verify(&token(&json!({"alg": "ES256", "key": "ec"}), &keys), &keys, "ec").is_ok());
    assert!(verify(&token(&json!({"key": "other"}), &keys), &keys, "other").is_ok());
}

#[test]
fn hs256_is_keyed_with_the_public_key() {
    let keys = keys();
    let token = token(&json!({"alg": "HS256"}), &keys);
    let mut rules = Validation::new(Algorithm::HS256);
    rules.validate_exp = false;
    rules.required_spec_claims.clear();
    let guess = decode::<Map<String, Value>>(&token, &DecodingKey::from_secret(b"another"), &rules);
    assert!(guess.is_err());
    let secret = public_pem(&keys.pem("main").unwrap());
    assert!(decode::<Map<String, Value>>(&token, &DecodingKey::from_secret(secret.as_bytes()), &rules).is_ok());
}

/// The public half as PEM, made by another way than the one under test: openssl's layout is 64 columns.
fn public_pem(private: &str) -> String {
    use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
    use aws_lc_rs::signature::KeyPair as _;
    use base64::prelude::BASE64_STANDARD;

    let body: String = private.lines().filter(|line| !line.starts_with('-')).collect();
    let pair = aws_lc_rs::rsa::KeyPair::from_pkcs8(&BASE64_STANDARD.decode(body).unwrap()).unwrap();
    let der: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
    let text = BASE64_STANDARD.encode(der.as_ref());
    let lines: Vec<&str> = (0..text.len()).step_by(64).map(|at| &text[at..text.len().min(at + 64)]).collect();
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
}

#[test]
fn broken_tokens_are_broken_in_the_way_that_is_asked_for() {
    let keys = keys();
    assert_eq!(token(&json!({"raw": "not.a.token", "claims": {}}), &keys), "not.a.token");
    assert_eq!(token(&json!({"parts": 2}), &keys).split('.').count(), 2);
    assert!(token(&json!({"alg": "none"}), &keys).ends_with('.'));
    assert!(verify(&token(&json!({"breakSignature": true}), &keys), &keys, "main").is_err());
    assert!(verify(&token(&json!({"foreignKey": true}), &keys), &keys, "main").is_err());
    assert!(mint(&actor(&json!({"key": "nowhere"})), &keys, NOW).is_err());
}
