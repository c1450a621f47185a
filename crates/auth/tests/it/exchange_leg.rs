use std::time::Duration;

use altinn_auth::{Credentials, Error, ErrorKind, Leg, Retry, SigningKey};
use altinn_core::Read;
use http::StatusCode;
use serde_json::json;

use crate::stub::{BOTH_SCOPES, EXCHANGE, JWK, Reply, Stub, altinn_token, jwt};

async fn failure(exchange: Vec<Reply>) -> (Stub, Error) {
    let stub = Stub::of_legs(Vec::new(), exchange).await;
    let error = stub.credentials().token().await.unwrap_err();
    assert_eq!(error.leg(), Some(Leg::Exchange));
    (stub, error)
}

fn unauthorized() -> Reply {
    Reply::json(401, &json!({"title": "Unauthorized", "status": 401, "traceId": "00-0af7-b7ad-00"}))
}

#[tokio::test]
async fn it_is_a_get_with_the_maskinporten_token_and_no_wish_for_json() {
    let stub = Stub::of_legs(Vec::new(), Vec::new()).await;
    let token = stub.credentials().token().await.unwrap();
    assert_eq!(token.expose(), altinn_token());
    assert_eq!((token.lifetime().as_secs(), token.org()), (1800, Some("ttd")));
    let call = &stub.received(EXCHANGE)[0];
    assert_eq!((call.method.as_str(), call.target.as_str()), ("GET", EXCHANGE));
    assert!(call.header("accept").is_none_or(|accept| accept == "*/*"));
    assert!(call.bearer().starts_with("eyJ"));
}

#[tokio::test]
async fn the_test_organisation_is_asked_for_in_the_query() {
    let stub = Stub::of_legs(Vec::new(), Vec::new()).await;
    let credentials: Credentials<Read> = Credentials::builder(stub.environment())
        .client_id("the-client")
        .key(SigningKey::from_jwk(JWK).unwrap())
        .test_organisation(true)
        .build()
        .unwrap();
    credentials.token().await.unwrap();
    assert_eq!(stub.received(EXCHANGE)[0].target, format!("{EXCHANGE}?test=true"));
    assert_eq!(stub.received("/token")[0].grant()["scope"], "altinn:serviceowner/instances.read");
}

#[tokio::test]
async fn a_token_in_quotes_is_taken_out_of_them() {
    let stub = Stub::of_legs(Vec::new(), vec![Reply::new(200, format!("\"{}\"", altinn_token()))]).await;
    assert_eq!(stub.credentials().token().await.unwrap().expose(), altinn_token());
}

#[tokio::test]
async fn an_error_page_with_status_200_is_no_token() {
    let (stub, error) = failure(vec![Reply::new(200, "<html>Sign in</html>"); 9]).await;
    assert_eq!((error.kind(), error.status()), (ErrorKind::Exchange, Some(StatusCode::OK)));
    assert_eq!(stub.count(EXCHANGE), 3);
}

#[tokio::test]
async fn a_401_is_tried_once_more_with_a_new_maskinporten_token() {
    let stub = Stub::of_legs(Vec::new(), vec![unauthorized()]).await;
    assert!(stub.credentials().token().await.is_ok());
    assert_eq!((stub.count("/token"), stub.count(EXCHANGE)), (2, 2));

    let (stub, error) = failure(vec![unauthorized(); 9]).await;
    assert_eq!((error.kind(), error.status()), (ErrorKind::Exchange, Some(StatusCode::UNAUTHORIZED)));
    assert_eq!(error.trace_id(), Some("00-0af7-b7ad-00"));
    assert!(error.is_transient());
    assert!(error.advice().contains("gives no reason"), "{error}");
    assert_eq!((stub.count("/token"), stub.count(EXCHANGE)), (2, 2));
}

#[tokio::test]
async fn passing_trouble_is_waited_out_with_the_same_maskinporten_token() {
    let stub = Stub::of_legs(Vec::new(), vec![Reply::new(503, ""), Reply::Drop]).await;
    assert!(stub.credentials().token().await.is_ok());
    assert_eq!((stub.count("/token"), stub.count(EXCHANGE)), (1, 3));
}

#[tokio::test]
async fn other_refusals_are_not_tried_again() {
    for (status, words) in [
        (400, "trusted token providers"),
        (403, "proxy"),
        (302, "redirect"),
        (404, "platform"),
        (405, "platform"),
        (407, "HTTPS_PROXY"),
        (410, "enterprise users"),
        (418, "platform"),
    ] {
        let body = "Invalid token provider: x. trusted token providers are";
        let (stub, error) = failure(vec![Reply::new(status, if status == 400 { body } else { "" })]).await;
        assert_eq!((error.kind(), error.status().map(|s| s.as_u16())), (ErrorKind::Exchange, Some(status)));
        assert!(error.to_string().contains(words), "{error}");
        assert!(!error.is_transient());
        assert!(!error.advice().is_empty(), "{error}");
        assert_eq!(stub.count(EXCHANGE), 1);
    }
}

#[tokio::test]
async fn whose_fault_a_passing_trouble_is() {
    for (status, words) in [
        (429, "less often"),
        (500, "could not read the token"),
        (502, "the fault is Altinn's"),
        (503, "the fault is Altinn's"),
        (504, "the fault is Altinn's"),
    ] {
        let reply = Reply::new(status, "").with("retry-after", "3600");
        let (stub, error) = failure(vec![reply; 9]).await;
        assert_eq!(error.kind(), ErrorKind::Exchange);
        assert!(error.advice().contains(words) && error.to_string().contains("asks to wait 3600 s"), "{error}");
        assert_eq!((error.retry(), error.retry_after()), (Retry::AfterPause, Some(Duration::from_secs(3600))));
        assert_eq!(stub.count(EXCHANGE), 1);
    }
}

/// Each status that is told apart, in the section of the leg that it comes from.
#[test]
fn the_guide_has_a_row_for_each_status() {
    let guide = include_str!("../../docs/failures.md");
    let section = |title: &str| guide.split("\n# ").find(|section| section.starts_with(title)).unwrap();
    let statuses = |title: &str| -> Vec<String> {
        let rows = section(title).lines().filter_map(|line| line.strip_prefix("| ")?.split(" |").next());
        rows.flat_map(|cell| cell.split(", ")).map(|status| status.trim().to_owned()).collect()
    };
    for (title, codes) in [
        ("From Maskinporten", &["3xx", "401", "403", "404", "405", "407", "429", "5xx", "200", "none"][..]),
        (
            "From Altinn's exchange",
            &["3xx", "400", "401", "403", "404", "405", "407", "410", "429", "500", "502", "503", "504", "200", "none"],
        ),
    ] {
        let found = statuses(title);
        for code in codes {
            assert!(found.iter().any(|status| status == code), "{title}: {code}");
        }
    }
    let others = section("From a token sidecar");
    for service in ["the token sidecar", "LocalTest", "the test-token generator"] {
        assert!(others.contains(&format!("| {service} | 5xx |")), "{service}");
        assert!(others.contains(&format!("| {service} | can't be reached")), "{service}");
    }
}

/// As the exchange answers to `test=1`.
#[tokio::test]
async fn what_is_wrong_with_a_parameter_is_said_and_what_to_do_about_it() {
    let problem = json!({
        "type": "https://tools.ietf.org/html/rfc9110#section-15.5.1",
        "title": "One or more validation errors occurred.",
        "status": 400,
        "errors": {"test": ["The value '1' is not valid."]},
        "traceId": "00-0af7-b7ad-00",
    });
    let (_, error) = failure(vec![Reply::json(400, &problem)]).await;
    assert_eq!(error.description(), Some("test: The value '1' is not valid."));
    assert_eq!(error.trace_id(), Some("00-0af7-b7ad-00"));
    assert!(error.advice().contains("addresses of the platform"), "{error}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (stub, error) = failure(vec![Reply::new(302, "").with("location", "/elsewhere")]).await;
    assert_eq!(error.status(), Some(StatusCode::FOUND));
    assert_eq!((stub.count(EXCHANGE), stub.count("/elsewhere")), (1, 0));
}

#[tokio::test]
async fn a_maskinporten_token_with_time_left_is_exchanged_again() {
    for (seconds, expected) in [(3600, 1), (10, 2)] {
        let granted = Reply::granted_for(seconds, crate::stub::BOTH_SCOPES);
        let stub = Stub::of_legs(vec![granted; 9], Vec::new()).await;
        let credentials = stub.credentials();
        let first = credentials.token().await.unwrap();
        credentials.invalidate(&first);
        credentials.token().await.unwrap();
        assert_eq!((stub.count("/token"), stub.count(EXCHANGE)), (expected, 2), "{seconds} s");
    }
}

#[tokio::test]
async fn a_kept_maskinporten_token_that_is_refused_is_replaced() {
    let granted = Reply::granted_for(3600, crate::stub::BOTH_SCOPES);
    let stub = Stub::of_legs(vec![granted; 9], vec![Reply::exchanged(), unauthorized()]).await;
    let credentials = stub.credentials();
    let first = credentials.token().await.unwrap();
    credentials.invalidate(&first);
    assert!(credentials.token().await.is_ok());
    assert_eq!((stub.count("/token"), stub.count(EXCHANGE)), (2, 3));
}

#[tokio::test]
async fn a_token_without_lifetime_is_refused() {
    let (_, error) = failure(vec![Reply::new(200, jwt(&json!({"urn:altinn:org": "ttd"}))); 9]).await;
    assert_eq!(error.kind(), ErrorKind::Exchange);
}

#[tokio::test]
async fn a_token_may_be_bound_to_the_one_it_was_exchanged_for() {
    let builder = |stub: &Stub| {
        Credentials::<Read>::builder(stub.environment())
            .client_id("the-client")
            .key(SigningKey::from_jwk(JWK).unwrap())
            .bound_to_maskinporten(true)
    };
    let stub = Stub::of_legs(vec![Reply::granted_for(120, BOTH_SCOPES)], Vec::new()).await;
    let lifetime = builder(&stub).build().unwrap().token().await.unwrap().lifetime().as_secs();
    assert!((110..=120).contains(&lifetime), "{lifetime}");
    let stub = Stub::of_legs(vec![Reply::granted_for(3600, BOTH_SCOPES)], Vec::new()).await;
    assert_eq!(builder(&stub).build().unwrap().token().await.unwrap().lifetime().as_secs(), 1800);
}
