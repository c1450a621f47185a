use super::*;
use crate::keys::SKEW_SECONDS;

fn claims(text: &str) -> Map<String, Value> {
    serde_json::from_str(text).unwrap()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn keys(kid: Option<&str>) -> SigningKeys {
    SigningKeys::new(Arc::new(RsaKey::generate().unwrap()), kid.map(str::to_owned)).unwrap()
}

#[test]
fn own_tokens_pass_until_they_expire() {
    let keys = keys(None);
    let token = keys.sign(&claims(r#"{"exp": 1000, "a": "b"}"#)).unwrap();
    assert_eq!(keys.verify(&token, at(1005), SKEW_SECONDS).unwrap()["a"], "b");
    assert_eq!(keys.verify(&token, at(1011), SKEW_SECONDS), Err(Rejected::Invalid));
    let endless = keys.sign(&claims("{}")).unwrap();
    assert!(keys.verify(&endless, at(1005), SKEW_SECONDS).is_ok());
}

#[test]
fn tokens_of_another_key_are_invalid_not_unreadable() {
    let token = keys(Some("k")).sign(&claims(r#"{"exp": 1000}"#)).unwrap();
    assert_eq!(keys(Some("k")).verify(&token, at(0), SKEW_SECONDS), Err(Rejected::Invalid));
    assert_eq!(keys(None).verify(&token, at(0), SKEW_SECONDS), Err(Rejected::Invalid));
    assert_eq!(keys(None).verify("abc", at(0), SKEW_SECONDS), Err(Rejected::Invalid));
    assert_eq!(keys(None).verify("not.a.token", at(0), SKEW_SECONDS), Err(Rejected::Unreadable));
}

#[test]
fn typed_claims_of_another_kind_are_unreadable() {
    let keys = keys(None);
    for text in [
        r#"{"iss": 5}"#,
        r#"{"iss": ["x"]}"#,
        r#"{"jti": ["a"]}"#,
        r#"{"exp": "soon"}"#,
        r#"{"iat": 1e30}"#,
        r#"{"aud": 5}"#,
        r#"{"aud": {}}"#,
        r#"{"aud": ["a", 5]}"#,
        r#"{"sub": ["a"]}"#,
        r#"{"sub": {}}"#,
        r#"{"sub": true}"#,
    ] {
        let token = keys.sign(&claims(text)).unwrap();
        assert_eq!(keys.verify(&token, at(0), SKEW_SECONDS), Err(Rejected::Unreadable), "{text}");
    }
    for text in [r#"{"iss": null}"#, r#"{"aud": []}"#, r#"{"aud": ["a", "b"], "sub": 5, "jti": "x"}"#, r#"{"x": {}}"#] {
        let token = keys.sign(&claims(text)).unwrap();
        assert!(keys.verify(&token, at(0), SKEW_SECONDS).is_ok(), "{text}");
    }
}

#[test]
fn a_kid_selects_only_when_it_is_known() {
    let key = RsaKey::generate().unwrap();
    let other = RsaKey::generate().unwrap();
    let set = [PublicKey::from_rsa(&key, "one"), PublicKey::from_rsa(&other, "two")];
    let token = |kid: &str| {
        let header = claims(&format!(r#"{{"alg":"RS256","kid":"{kid}"}}"#));
        Jwt::parse(&Jwt::sign(&key, &header, &Map::new()).unwrap()).unwrap()
    };
    assert!(signed_by(&token("one"), &set));
    assert!(signed_by(&token("nobody"), &set));
    assert!(!signed_by(&token("two"), &set));
}

#[test]
fn the_key_set_uses_standard_base64_and_names_keys_by_thumbprint() {
    let keys = keys(None);
    let set = keys.jwks();
    let key = &set["keys"][0];
    let n = base64url::decode_standard(key["n"].as_str().unwrap()).unwrap();
    assert_eq!(n.len(), 256);
    assert!(key["n"].as_str().unwrap().ends_with('='));
    let jwt = Jwt::parse(&keys.sign(&Map::new()).unwrap()).unwrap();
    assert_eq!(jwt.kid(), key["kid"].as_str());
    assert_eq!(jwt.header.keys().collect::<Vec<_>>(), ["alg", "kid", "x5t", "typ"]);
}
