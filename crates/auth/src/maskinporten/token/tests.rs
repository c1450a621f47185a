use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use serde_json::json;

use super::*;

fn jwt(payload: &Value) -> String {
    format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(payload.to_string()))
}

fn read_answer(body: &Value) -> Option<MaskinportenToken> {
    MaskinportenToken::read(body.to_string().as_bytes(), Moment::now(), Asked::default)
}

#[test]
fn the_shorter_of_two_lifetimes_counts() {
    let token = jwt(&json!({"iat": 1000, "exp": 1060, "scope": "in-token"}));
    let lifetime = |expires_in| {
        read_answer(&json!({"access_token": token, "expires_in": expires_in})).unwrap().lifetime().as_secs()
    };
    assert_eq!(lifetime(json!(120)), 60);
    assert_eq!(lifetime(json!(30)), 30);
    assert_eq!(lifetime(json!("30")), 30);
}

#[test]
fn an_opaque_token_is_taken_at_the_answer_s_word() {
    let token = read_answer(&json!({"access_token": "opaque", "expires_in": 120, "scope": "a b"})).unwrap();
    assert_eq!(token.lifetime(), Duration::from_secs(120));
    assert_eq!(token.scopes().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(token.expose(), "opaque");
}

#[test]
fn granted_scopes_are_those_of_the_answer_else_of_the_token() {
    let token = jwt(&json!({"scope": "in-token"}));
    let scope = |body: Value| read_answer(&body).unwrap().scope().map(str::to_owned);
    assert_eq!(scope(json!({"access_token": token, "expires_in": 1})).as_deref(), Some("in-token"));
    assert_eq!(scope(json!({"access_token": token, "expires_in": 1, "scope": "x"})).as_deref(), Some("x"));
    assert_eq!(scope(json!({"access_token": "opaque", "expires_in": 1})), None);
}

#[test]
fn half_an_answer_is_none() {
    for body in [
        json!({}),
        json!([]),
        json!({"access_token": "x"}),
        json!({"access_token": "", "expires_in": 1}),
        json!({"access_token": 5, "expires_in": 1}),
        json!({"access_token": "x", "expires_in": -1}),
        json!({"access_token": "x", "expires_in": "soon"}),
        json!({"access_token": "x", "expires_in": 1e300}),
    ] {
        assert!(read_answer(&body).is_none(), "{body}");
    }
    assert!(MaskinportenToken::read(br#"{"access_token":"x","expires"#, Moment::now(), Asked::default).is_none());
}

#[test]
fn debug_hides_the_token() {
    let token = read_answer(&json!({"access_token": "opaque-secret", "expires_in": 120})).unwrap();
    let shown = format!("{token:?} {:#?}", Some([&token]));
    assert!(!shown.contains("opaque-secret") && shown.contains("[redacted]"), "{shown}");
}

proptest! {
    #[test]
    fn any_body_is_taken(body in any::<Vec<u8>>()) {
        let _ = MaskinportenToken::read(&body, Moment::now(), Asked::default);
    }
}
