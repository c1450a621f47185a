use std::collections::HashSet;
use std::time::Duration;

use altinn_auth::{Error, ErrorKind, Leg, Retry};
use http::StatusCode;
use tokio::time::Instant;

use crate::stub::{BOTH_SCOPES, EXCHANGE, Reply, Stub};

async fn outcome(token: Vec<Reply>) -> (Stub, Result<String, Error>) {
    let stub = Stub::of_legs(token, Vec::new()).await;
    let result = stub.credentials().token().await.map(|token| token.expose().to_owned());
    (stub, result)
}

async fn failure(token: Vec<Reply>) -> (Stub, Error) {
    let (stub, result) = outcome(token).await;
    let error = result.unwrap_err();
    assert_eq!(error.leg(), Some(Leg::Maskinporten));
    assert_eq!(stub.count(EXCHANGE), 0);
    (stub, error)
}

/// The ids of the grants that came in; all different, or the test fails.
fn different_ids(stub: &Stub) -> usize {
    let calls = stub.received("/token");
    let ids: HashSet<_> = calls.iter().map(|call| call.grant()["jti"].to_string()).collect();
    assert_eq!(ids.len(), calls.len(), "a grant was sent twice");
    calls.len()
}

#[tokio::test]
async fn the_call_is_a_form_with_a_grant_to_the_issuer() {
    let (stub, result) = outcome(Vec::new()).await;
    assert!(result.is_ok());
    let call = &stub.received("/token")[0];
    assert_eq!((call.method.as_str(), call.target.as_str()), ("POST", "/token"));
    assert_eq!(call.header("accept"), Some("application/json"));
    assert_eq!(call.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(call.form("grant_type"), "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer");
    let grant = call.grant();
    assert_eq!(grant["aud"], stub.url(""));
    assert_eq!(grant["iss"], "the-client");
    assert_eq!(grant["scope"], BOTH_SCOPES);
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_with_a_new_grant() {
    let (stub, result) = outcome(vec![Reply::Drop]).await;
    assert!(result.is_ok());
    assert_eq!(different_ids(&stub), 2);
}

#[tokio::test]
async fn passing_trouble_is_waited_out() {
    let page = Reply::new(502, "<html>Bad Gateway</html>").with("content-type", "text/html");
    let (stub, result) = outcome(vec![page, Reply::new(503, "")]).await;
    assert!(result.is_ok());
    assert_eq!(different_ids(&stub), 3);
}

#[tokio::test]
async fn lasting_trouble_is_an_error_after_three_tries() {
    let (stub, error) = failure(vec![Reply::new(503, ""); 9]).await;
    assert_eq!(error.kind(), ErrorKind::Maskinporten);
    assert_eq!(error.status(), Some(StatusCode::SERVICE_UNAVAILABLE));
    assert!(error.is_transient());
    assert_eq!(different_ids(&stub), 3);
}

#[tokio::test]
async fn a_500_is_tried_once_more() {
    let (stub, result) = outcome(vec![Reply::new(500, "")]).await;
    assert!(result.is_ok());
    assert_eq!(different_ids(&stub), 2);
    let (stub, error) = failure(vec![Reply::new(500, ""); 9]).await;
    assert!(error.is_transient());
    assert_eq!(different_ids(&stub), 2);
}

#[tokio::test(start_paused = true)]
async fn the_wish_to_wait_is_met() {
    let started = Instant::now();
    let (_, result) = outcome(vec![Reply::new(429, "").with("retry-after", "2")]).await;
    assert!(result.is_ok());
    let waited = started.elapsed();
    assert!(waited >= Duration::from_secs(2) && waited < Duration::from_secs(3), "{waited:?}");
}

#[tokio::test]
async fn too_long_a_wait_is_left_to_the_caller() {
    let (stub, error) = failure(vec![Reply::new(429, "").with("retry-after", "3600")]).await;
    assert!(error.is_transient());
    assert_eq!(error.retry_after(), Some(Duration::from_secs(3600)));
    assert!(error.to_string().contains("asks to wait 3600 s") && error.advice().contains("less often"), "{error}");
    assert_eq!(stub.count("/token"), 1);
}

#[tokio::test]
async fn a_grant_taken_for_a_used_one_is_replaced_once() {
    let used = || Reply::refused(400, "invalid_grant", "Invalid assertion. Grant is used before.", "MP-012");
    let (stub, result) = outcome(vec![used()]).await;
    assert!(result.is_ok());
    assert_eq!(different_ids(&stub), 2);

    let (stub, error) = failure(vec![used(); 9]).await;
    assert_eq!((error.kind(), error.code()), (ErrorKind::Maskinporten, Some("MP-012")));
    assert_eq!(different_ids(&stub), 2);
}

#[tokio::test]
async fn a_refusal_is_not_tried_again() {
    for (reply, kind) in [
        (Reply::refused(400, "invalid_grant", "Client not found.", "MP-100"), ErrorKind::ClientUnknown),
        (Reply::refused(400, "invalid_grant", "Invalid JWT signature.", "MP-124"), ErrorKind::KeyRejected),
        (Reply::refused(400, "invalid_grant", "Something new.", "MP-999"), ErrorKind::Maskinporten),
        (Reply::new(404, "<html>not here</html>"), ErrorKind::Maskinporten),
    ] {
        let (stub, error) = failure(vec![reply; 9]).await;
        assert_eq!(error.kind(), kind, "{error}");
        assert!(!error.is_transient());
        assert_eq!(stub.count("/token"), 1);
    }
}

/// A gateway's or a proxy's answer is not Maskinporten's.
#[tokio::test]
async fn an_answer_without_a_reason_has_a_remedy_by_its_status() {
    for (status, body, message, advice) in [
        (401, "<html>Unauthorized</html>", "Maskinporten gave no token", "gateway"),
        (403, "Forbidden", "Maskinporten gave no token", "gateway"),
        (403, r#"{"message":"Forbidden"}"#, "Maskinporten gave no token", "gateway"),
        (404, "<html>not here</html>", "is not at the address", "address of Maskinporten"),
        (405, "", "is not at the address", "address of Maskinporten"),
        (407, "<html>log in</html>", "a proxy on the way", "HTTPS_PROXY"),
        (407, r#"{"error":"invalid_client"}"#, "a proxy on the way", "HTTPS_PROXY"),
    ] {
        let (stub, error) = failure(vec![Reply::new(status, body); 9]).await;
        assert_eq!(error.kind(), ErrorKind::Maskinporten);
        assert!(error.to_string().contains(message) && error.advice().contains(advice), "{error}");
        assert_eq!((error.retry(), stub.count("/token")), (Retry::Never, 1), "{error}");
    }
}

#[tokio::test]
async fn trouble_of_maskinporten_s_is_said_to_be_its_own() {
    for status in [500, 502, 503, 504] {
        let (_, error) = failure(vec![Reply::new(status, r#"{"error":"server_error"}"#); 9]).await;
        assert!(error.advice().contains("the fault is Maskinporten's"), "{error}");
        assert_eq!((error.retry(), error.retry_after()), (Retry::AfterPause, None));
    }
}

#[tokio::test]
async fn a_missing_scope_is_named_from_the_server_s_words() {
    let write = "altinn:serviceowner/instances.write";
    let words = format!("Consumer has not been granted access to the scope {write}.");
    let (_, error) = failure(vec![Reply::refused(403, "forbidden", &words, "MP-250")]).await;
    assert_eq!(error.kind(), ErrorKind::ScopeNotGranted);
    assert_eq!(error.missing_scopes(), [write]);
    assert_eq!(error.status(), Some(StatusCode::FORBIDDEN));
    assert_eq!(error.oauth_error(), Some("forbidden"));
    assert_eq!(error.trace_id(), Some("0af7651916cd43dd8448eb211c80319c"));
    assert_eq!(error.description(), Some(words.as_str()));
}

#[tokio::test]
async fn a_wrong_clock_is_measured() {
    let ahead = Reply::refused(400, "invalid_grant", "Issue time is in the future.", "")
        .with("date", "Thu, 01 Jan 2026 00:00:00 GMT");
    let (stub, error) = failure(vec![ahead; 9]).await;
    assert_eq!(error.kind(), ErrorKind::ClockSkew);
    assert!(error.clock_skew().unwrap() > 3600);
    assert!(error.to_string().contains("s ahead of the server's"), "{error}");
    assert_eq!(stub.count("/token"), 1);

    let behind = Reply::refused(400, "invalid_grant", "JWT has expired.", "MP-130")
        .with("date", "Sun, 01 Jan 2096 00:00:00 GMT");
    let (stub, error) = failure(vec![behind; 9]).await;
    assert_eq!((error.kind(), error.code()), (ErrorKind::ClockSkew, Some("MP-130")));
    assert!(error.clock_skew().unwrap() < -3600);
    assert!(error.to_string().contains("s behind the server's"), "{error}");
    assert_eq!(different_ids(&stub), 2);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    for status in [301, 302, 303, 307, 308] {
        let (stub, error) = failure(vec![Reply::new(status, "").with("location", "/elsewhere")]).await;
        assert_eq!(error.kind(), ErrorKind::Maskinporten);
        assert!(error.to_string().contains("redirect"), "{error}");
        assert_eq!((stub.count("/token"), stub.count("/elsewhere")), (1, 0));
    }
}

#[tokio::test]
async fn half_an_answer_is_no_token() {
    let half = Reply::Truncated { body: r#"{"access_token":"x"#.to_owned(), missing: 40 };
    let (stub, error) = failure(vec![half; 9]).await;
    assert_eq!(error.kind(), ErrorKind::Transport);
    assert_eq!(different_ids(&stub), 3);

    let (_, error) = failure(vec![Reply::new(200, r#"{"access_token":"x"#); 9]).await;
    assert_eq!((error.kind(), error.status()), (ErrorKind::Maskinporten, Some(StatusCode::OK)));

    let (_, error) = failure(vec![Reply::new(200, "x".repeat(1 << 20)); 9]).await;
    assert_eq!(error.kind(), ErrorKind::Maskinporten);
}

#[tokio::test]
async fn an_unreachable_host_is_a_transport_error() {
    let stub = Stub::of_legs(Vec::new(), Vec::new()).await;
    // A port that was just free: nothing listens there.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let environment =
        altinn_core::Environment::custom("gone", Some(&format!("http://{free}")), &stub.url(""), &stub.url(""))
            .unwrap();
    let key = altinn_auth::SigningKey::from_jwk(crate::stub::JWK).unwrap();
    let credentials = altinn_auth::Credentials::<altinn_core::Read>::builder(environment)
        .client_id("the-client")
        .key(key)
        .build()
        .unwrap();
    let error = credentials.token().await.unwrap_err();
    assert_eq!((error.kind(), error.leg()), (ErrorKind::Transport, Some(Leg::Maskinporten)));
    assert!(error.is_transient());
    assert!(error.to_string().contains("Maskinporten can't be reached"), "{error}");
}

#[tokio::test]
async fn a_refusal_without_a_code_and_in_unknown_words_has_a_cause_and_a_remedy() {
    for (error, advice) in [
        ("invalid_request", "client id"),
        ("invalid_grant", "clock"),
        ("unauthorized_client", "active"),
        ("never_heard_of", "Digdir's support"),
    ] {
        let body = serde_json::json!({"error": error, "error_description": "Invalid assertion. Something else."});
        let (stub, failure) = failure(vec![Reply::json(400, &body)]).await;
        assert_eq!((failure.oauth_error(), failure.code()), (Some(error), None));
        assert!(failure.advice().contains(advice), "{failure}");
        assert_eq!(stub.count("/token"), 1);
    }
}
