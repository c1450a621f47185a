use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use jsonwebtoken::DecodingKey;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::rsa::Rsa;
use super::*;

const JWK: &str = include_str!("../../tests/keys/rsa-2048.json");
const PKCS1: &[u8] = include_bytes!("../../tests/keys/rsa-2048.pkcs1.der");
const PKCS1_PEM: &str = include_str!("../../tests/keys/rsa-2048.pkcs1.pem");
const PKCS8_PEM: &str = include_str!("../../tests/keys/rsa-2048.pkcs8.pem");
const PUBLIC_PEM: &str = include_str!("../../tests/keys/public.pem");
const ENCRYPTED: &str = include_str!("../../tests/keys/encrypted.pem");
const ENCRYPTED_PKCS1: &str = include_str!("../../tests/keys/encrypted.pkcs1.pem");
const PKCS12: &[u8] = include_bytes!("../../tests/keys/rsa-2048.p12");
const EC_PEM: &str = include_str!("../../tests/keys/ec-p256.pkcs8.pem");
const CERTIFICATE: &str = include_str!("../../tests/keys/certificate.pem");
const OTHER_CERTIFICATE: &str = include_str!("../../tests/keys/other-certificate.pem");
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

fn pem_der(text: &str) -> zeroize::Zeroizing<Vec<u8>> {
    let base64 = pem::without_breaks(text.split("-----").nth(2).unwrap());
    zeroize::Zeroizing::new(STANDARD.decode(base64.as_bytes()).unwrap())
}

#[test]
fn the_key_is_written_as_another_implementation_writes_it() {
    assert_eq!(jwk::parse(JWK).unwrap()[0].rsa.pkcs1().as_slice(), PKCS1);
    assert_eq!(Rsa::from_der(PKCS1).unwrap().pkcs1().as_slice(), PKCS1);
    assert_eq!(jwk::parse(JWK).unwrap()[0].rsa.pkcs8(), pem_der(PKCS8_PEM));
    assert_eq!(jwk::parse(JWK).unwrap()[0].rsa.public_der(), pem_der(PUBLIC_PEM));
}

#[test]
fn signatures_of_each_algorithm_verify_with_the_public_half() {
    let jwk = jwk();
    let public = DecodingKey::from_rsa_components(jwk["n"].as_str().unwrap(), jwk["e"].as_str().unwrap()).unwrap();
    for algorithm in [Algorithm::Rs256, Algorithm::Rs384, Algorithm::Rs512] {
        let name = algorithm.as_str();
        let key = changed(json!({ "alg": name })).unwrap();
        assert_eq!(key.algorithm(), algorithm);
        let signature = key.signature(b"a.b").unwrap();
        let verifier = (aws_lc::DEFAULT_PROVIDER.verifier_factory)(&algorithm.into(), &public).unwrap();
        assert!(verifier.verify(b"a.b", &signature).is_ok(), "{name}");
        assert!(verifier.verify(b"a.c", &signature).is_err(), "{name}");
    }
    assert_eq!(changed(json!({ "alg": null })).unwrap().algorithm(), Algorithm::Rs256);
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
    assert_eq!(SigningKey::from_jwk(SHORT).unwrap_err(), KeyError::TooShort { bits: 1024 });
    assert_eq!(SigningKey::from_jwk(EC).unwrap_err(), KeyError::NotRsa("EC".into()));
    assert_eq!(error(json!({ "kty": null })), KeyError::NotJwk);
    assert_eq!(error(json!({ "n": 5 })), KeyError::NotJwk);
    assert_eq!(error(json!({ "alg": "PS256" })), KeyError::UnsupportedAlgorithm("PS256".into()));
    assert_eq!(error(json!({ "use": "enc" })), KeyError::NotForSigning);
    assert_eq!(error(json!({ "oth": [{}] })), KeyError::MultiPrime);
    assert_eq!(error(json!({ "d": null })), KeyError::PublicOnly);
    assert_eq!(error(json!({ "e": null, "n": null })), KeyError::MissingMembers(vec!["n", "e"]));
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
        [json!({ "e": null }), json!({ "p": jwk["q"] }), json!({ "kty": jwk["d"] }), json!({ "alg": jwk["d"] })]
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

/// Fails unless it is the good key.
fn assert_is_the_key(name: &str, text: impl AsRef<[u8]>) {
    let key = SigningKey::detect(text).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(key.signature(b"a.b"), SigningKey::from_jwk(JWK).unwrap().signature(b"a.b"), "{name}");
}

fn wrapped(text: &str, line_break: &str) -> String {
    text.as_bytes().chunks(76).map(|line| String::from_utf8_lossy(line) + line_break).collect()
}

#[test]
fn every_form_in_which_people_have_keys_is_the_same_key() {
    let bom = "\u{feff}";
    let set =
        json!({ "keys": [serde_json::from_str::<Value>(EC).unwrap(), {"kty": "RSA", "n": "x"}, jwk()] }).to_string();
    let base64 = STANDARD.encode(JWK);
    assert_is_the_key("JWK", JWK);
    assert_is_the_key("JWK with a byte order mark", format!("{bom}{JWK}"));
    assert_is_the_key("JWKS", &set);
    let mut other = jwk();
    (other["use"], other["kid"]) = (json!("enc"), json!("for-encryption"));
    assert_is_the_key("JWKS with a key for encryption", json!({ "keys": [other, jwk()] }).to_string());
    assert_is_the_key("base64", &base64);
    assert_is_the_key("base64 without padding", base64.trim_end_matches('='));
    assert_is_the_key("base64 in lines", wrapped(&base64, "\r\n"));
    assert_is_the_key("base64 with spelled-out line breaks", wrapped(&base64, "\\n"));
    assert_is_the_key("base64 in quotes", format!("{bom}\"{base64}\"\n"));
    assert_is_the_key("base64 of a text with a byte order mark", STANDARD.encode(format!("{bom}{JWK}")));
    assert_is_the_key("base64url", URL_SAFE.encode(JWK));
    assert_is_the_key("base64url without padding", URL_SAFE_NO_PAD.encode(JWK));
    assert_is_the_key("base64 of JWKS", STANDARD.encode(&set));
    for (name, pem) in [("PKCS#8", PKCS8_PEM), ("PKCS#1", PKCS1_PEM)] {
        assert_is_the_key(name, pem);
        assert_is_the_key(name, format!("# some text\n{bom}{pem}"));
        assert_is_the_key(name, pem.replace('\n', "\r\n"));
        assert_is_the_key(name, pem.replace('\n', "\\n"));
        assert_is_the_key(name, pem.replace('\n', " "));
        assert_is_the_key(name, STANDARD.encode(pem));
        assert_is_the_key(name, pem_der(pem).as_slice());
        assert_is_the_key(name, STANDARD.encode(pem_der(pem)));
    }
}

#[test]
fn what_else_may_be_given_is_named() {
    let found = |text: &str| SigningKey::detect(text).unwrap_err();
    for (text, error) in [
        (" ", KeyError::Empty),
        ("secret", KeyError::Unknown),
        ("/etc/keys/maskinporten.pem", KeyError::Unknown),
        ("c2VjcmV0", KeyError::Unknown),
        ("{}", KeyError::NotJwk),
        ("[]", KeyError::NotJwk),
        (r#"{"keys":[]}"#, KeyError::KeySet),
        (r#"{"keys":[{"kty":"RSA","use":"enc","d":"x"}]}"#, KeyError::NotForSigning),
        (&json!({ "keys": [jwk(), jwk()] }).to_string(), KeyError::SeveralKeys(2)),
        (r#"{"MaskinportenSettings":{"clientId":"x"}}"#, KeyError::Settings),
        (r#"{"kty":"RSA","n":"x","e":"AQAB"}"#, KeyError::PublicOnly),
        (EC, KeyError::NotRsa("EC".into())),
        (EC_PEM, KeyError::NotRsa("EC".into())),
        (PUBLIC_PEM, KeyError::PublicOnly),
        (ENCRYPTED, KeyError::Encrypted),
        (ENCRYPTED_PKCS1, KeyError::Encrypted),
        (CERTIFICATE, KeyError::CertificateOnly),
        (&format!("{PKCS8_PEM}{PKCS1_PEM}"), KeyError::SeveralKeys(2)),
        (&format!("{PKCS8_PEM}{OTHER_CERTIFICATE}"), KeyError::CertificateMismatch),
        (&PKCS8_PEM.replace("END", "FIN"), KeyError::DamagedPem),
        (&PKCS8_PEM.replace("MII", "M!I"), KeyError::DamagedPem),
        (&PKCS8_PEM.replace("MII", "AII"), KeyError::Unknown),
        (&PKCS8_PEM.replace("PRIVATE", "SECRET"), KeyError::PemLabel("SECRET KEY".into())),
        (&STANDARD.encode(PKCS12), KeyError::Pkcs12),
        (&STANDARD.encode(STANDARD.encode(JWK)), KeyError::Unknown),
    ] {
        assert_eq!(found(text), error);
    }
    assert_eq!(SigningKey::detect(PKCS12).unwrap_err(), KeyError::Pkcs12);
    assert_eq!(SigningKey::detect([0xff, 0xfe, 0]).unwrap_err(), KeyError::Unknown);
}

#[test]
fn the_key_s_own_certificate_comes_first() {
    for text in
        [format!("{OTHER_CERTIFICATE}{PKCS8_PEM}{CERTIFICATE}"), format!("{CERTIFICATE}{OTHER_CERTIFICATE}{PKCS1_PEM}")]
    {
        let key = SigningKey::detect(text).unwrap();
        assert_eq!(*key.certificates, [CERTIFICATE, OTHER_CERTIFICATE].map(|pem| STANDARD.encode(pem_der(pem))));
        assert_eq!(key.kid(), None);
        assert!(key.with_kid("k").certificates.is_empty());
    }
}

#[test]
fn values_for_quick_signing_are_computed_where_they_are_absent() {
    for absent in [&["p", "q", "dp", "dq", "qi"][..], &["dp", "dq", "qi"], &["qi"], &["p"], &["q", "dp"]] {
        let changes: serde_json::Map<_, _> = absent.iter().map(|name| ((*name).to_owned(), Value::Null)).collect();
        let mut shorter = jwk();
        for name in changes.keys() {
            shorter.as_object_mut().unwrap().remove(name);
        }
        let parsed = jwk::parse(&shorter.to_string()).unwrap_or_else(|error| panic!("{absent:?}: {error}"));
        assert_eq!(parsed[0].rsa.pkcs1().as_slice(), PKCS1, "{absent:?}");
    }
    let (n, d) = (jwk()["n"].clone(), jwk()["d"].clone());
    for (d, e) in [(&n, "AQAB"), (&d, "Aw"), (&d, "AQ"), (&d, ""), (&json!("Ag"), "AQAB")] {
        for absent in [&["p"][..], &["p", "q"]] {
            let mut changes = json!({ "d": d, "e": e });
            for name in absent {
                changes[*name] = Value::Null;
            }
            assert_eq!(error(changes), KeyError::Inconsistent);
        }
    }
    for prime in [json!("AQ"), json!("AA"), json!(""), jwk()["n"].clone(), jwk()["dp"].clone()] {
        assert_eq!(error(json!({ "p": prime, "qi": null })), KeyError::Inconsistent);
        assert_eq!(error(json!({ "p": prime, "q": null })), KeyError::Inconsistent);
    }
}

#[test]
fn when_a_key_ends_is_known_from_what_was_told_or_its_jwk_or_its_certificate() {
    let end = |seconds| Some(SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(seconds));
    let key = SigningKey::from_jwk(JWK).unwrap();
    assert_eq!(key.expires_at(), None);
    assert_eq!(key.with_expiry(end(5).unwrap()).expires_at(), end(5));
    let dated = |exp: Value| changed(json!({ "exp": exp })).unwrap().expires_at();
    assert_eq!(dated(json!(1_900_000_000)), end(1_900_000_000));
    for other in [json!("soon"), json!(-1), json!(1.5), json!(u64::MAX), json!({})] {
        assert_eq!(dated(other), None);
    }
    let certified = SigningKey::detect(format!("{CERTIFICATE}{PKCS8_PEM}")).unwrap();
    assert!(certified.expires_at() > Some(SystemTime::now()));
    assert_eq!(certified.clone().with_expiry(end(5).unwrap()).expires_at(), end(5));
    assert_eq!(certified.with_kid("k").expires_at(), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_is_taken(text in "\\PC*") {
        let _ = SigningKey::from_jwk(&text);
        let _ = SigningKey::detect(&text);
        let _ = SigningKey::detect(STANDARD.encode(&text));
    }

    #[test]
    fn any_bytes_are_taken(bytes in any::<Vec<u8>>(), body in "[A-Za-z0-9+/=\n -]{0,200}") {
        let _ = SigningKey::detect(&bytes);
        let _ = SigningKey::detect(STANDARD.encode(&bytes));
        let _ = SigningKey::detect(format!("-----BEGIN PRIVATE KEY-----{body}-----END PRIVATE KEY-----"));
    }

    #[test]
    fn any_damage_to_a_written_key_is_taken(at in 0..1190_usize, byte: u8, length in 0..1190_usize) {
        let mut damaged = PKCS1.to_vec();
        damaged[at] = byte;
        let _ = SigningKey::detect(&damaged);
        damaged.truncate(length);
        let _ = SigningKey::detect(&damaged);
    }

    #[test]
    fn any_member_can_be_anything_and_another_absent(
        index in 0..8_usize,
        absent in 0..8_usize,
        value in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        const MEMBERS: [&str; 8] = ["n", "e", "d", "p", "q", "dp", "dq", "qi"];
        let value = URL_SAFE_NO_PAD.encode(value);
        let _ = changed(json!({ MEMBERS[index]: value }));
        let _ = changed(json!({ MEMBERS[absent]: null, MEMBERS[index]: value }));
        let _ = changed(json!({ "p": null, "q": null, MEMBERS[index]: value }));
    }
}
