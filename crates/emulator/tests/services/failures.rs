//! What a network and a gateway do at Maskinporten's token endpoint, as a client sees it.

use std::time::{Duration, Instant};

use crate::support::Setup;
use altinn_emulator::{Failure, NewClient};
use reqwest::Response;
use serde_json::{Value, json};

const FORM: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

async fn post(setup: &Setup) -> reqwest::Result<Response> {
    let grant = setup.grant(json!({}));
    let form = [("grant_type", FORM), ("assertion", grant.as_str())];
    setup.http.post(format!("{}token", setup.emulator.url())).form(&form).send().await
}

async fn setup_with(failure: Failure) -> Setup {
    let setup = Setup::new(NewClient::new("405003309")).await;
    setup.emulator.fail_next("/token", failure);
    setup
}

/// The next grant is answered as if nothing had been.
async fn goes_on(setup: &Setup) {
    let token: Value = post(setup).await.unwrap().json().await.unwrap();
    assert_eq!(token["token_type"], "Bearer");
}

#[tokio::test]
async fn a_status_comes_with_its_headers_and_its_body() {
    for (failure, status, header, body) in [
        (Failure::status(503), 503, None, ""),
        (Failure::status(429).header("retry-after", "7"), 429, Some(("retry-after", "7")), ""),
        (
            Failure::status(502).header("content-type", "text/html").body("<html></html>"),
            502,
            Some(("content-type", "text/html")),
            "<html></html>",
        ),
    ] {
        let setup = setup_with(failure).await;
        let answer = post(&setup).await.unwrap();
        assert_eq!(answer.status(), status);
        if let Some((name, value)) = header {
            assert_eq!(answer.headers()[name], value);
        }
        assert_eq!(answer.text().await.unwrap(), body);
        assert_eq!(setup.emulator.journal().token_requests().failed, 1);
        goes_on(&setup).await;
    }
}

#[tokio::test]
async fn a_lost_answer_has_used_the_grant_up() {
    let setup = setup_with(Failure::lost_answer()).await;
    let grant = setup.grant(json!({}));
    let form = [("grant_type", FORM), ("assertion", grant.as_str())];
    let url = format!("{}token", setup.emulator.url());
    assert!(setup.http.post(url).form(&form).send().await.is_err());
    setup.post(&grant).await.refuses(400, "invalid_grant", Some("MP-012"), "used before");
    goes_on(&setup).await;
}

#[tokio::test]
async fn half_of_the_json_comes_with_or_without_an_end() {
    let setup = setup_with(Failure::cut_after(30)).await;
    // The connection may close before the head has been sent.
    if let Ok(answer) = post(&setup).await {
        assert_eq!(answer.status(), 200);
        assert!(answer.bytes().await.is_err(), "a part passed for the whole");
    }
    assert_eq!(setup.emulator.journal().token_requests().succeeded, 1);
    goes_on(&setup).await;

    let half = r#"{"access_token":"eyJ"#;
    let setup = setup_with(Failure::status(200).header("content-type", "application/json").body(half)).await;
    let answer = post(&setup).await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.text().await.unwrap()), (200, half.to_owned()));
    goes_on(&setup).await;
}

#[tokio::test]
async fn a_path_may_lack_its_slash() {
    let setup = Setup::new(NewClient::new("405003309")).await;
    setup.emulator.fail_next("token", Failure::status(503));
    assert_eq!(post(&setup).await.unwrap().status(), 503);
    goes_on(&setup).await;
}

#[tokio::test]
async fn a_late_answer_is_late_and_good() {
    let delay = Duration::from_millis(300);
    let setup = setup_with(Failure::delayed(delay)).await;
    let begun = Instant::now();
    goes_on(&setup).await;
    assert!(begun.elapsed() >= delay);
}
