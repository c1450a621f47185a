//! Tokens from elsewhere than a key of our own.

use altinn_auth::{Credentials, ErrorKind, LocalTest, Setting, Settings, TestTokenGenerator};
use altinn_core::{Environment, OrgNumber, Read, ReadWrite};
use http::StatusCode;
use serde_json::{Value, json};

use crate::stub::{BOTH_SCOPES, EXCHANGE, Reply, Stub, altinn_token, jwt};

const SIDECAR: &str = "/api/v1/token";

fn ttd() -> OrgNumber {
    "405003309".parse().unwrap()
}

async fn sidecar(answers: Vec<Reply>) -> (Stub, Credentials<ReadWrite>) {
    let stub = Stub::start(move |request, before| match request.target.as_str() {
        SIDECAR => answers.get(before).cloned().unwrap_or_else(Reply::granted),
        EXCHANGE => Reply::exchanged(),
        _ => Reply::new(404, ""),
    })
    .await;
    let endpoint = stub.url("api/v1/token");
    let settings = Settings::new()
        .set(Setting::Environment, stub.url(""))
        .variables(|name| (name == "NAIS_TOKEN_ENDPOINT").then(|| endpoint.clone()));
    (stub, settings.build().unwrap())
}

#[tokio::test]
async fn a_sidecar_is_asked_in_its_own_words_and_its_token_is_exchanged() {
    let (stub, credentials) = sidecar(vec![Reply::new(503, "")]).await;
    assert_eq!(credentials.token().await.unwrap().expose(), altinn_token());
    assert_eq!((stub.count(SIDECAR), stub.count("/token"), stub.count(EXCHANGE)), (2, 0, 1));
    let call = &stub.received(SIDECAR)[0];
    assert_eq!((call.method.as_str(), call.header("content-type")), ("POST", Some("application/json")));
    let body: Value = serde_json::from_str(&call.body).unwrap();
    assert_eq!(body, json!({"identity_provider": "maskinporten", "target": BOTH_SCOPES}));

    let token = credentials.maskinporten_token().await.unwrap();
    assert_eq!(stub.received(EXCHANGE)[0].bearer(), token.expose());

    let request = credentials.request().clone().resource(&"https://api.example/".parse().unwrap()).unwrap();
    credentials.with_request(request).token().await.unwrap();
    let body: Value = serde_json::from_str(&stub.received(SIDECAR)[2].body).unwrap();
    assert_eq!(body["resource"], "https://api.example/");
}

#[tokio::test]
async fn what_a_sidecar_can_t_ask_for_is_refused_before_it_is_asked() {
    let (stub, credentials) = sidecar(Vec::new()).await;
    let error = credentials.on_behalf_of(ttd()).token().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.advice().contains("key"), "{error}");
    assert_eq!(stub.count(SIDECAR), 0);
}

#[tokio::test]
async fn a_sidecar_passes_on_maskinporten_s_refusal() {
    let refusal = Reply::refused(400, "invalid_scope", "Token request contains invalid scopes for client, x", "MP-200");
    let (_, credentials) = sidecar(vec![refusal]).await;
    let error = credentials.token().await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::ScopeNotGranted, Some("MP-200")), "{error}");
}

#[tokio::test]
async fn a_token_that_is_set_stands_for_everything_else() {
    let token = jwt(&json!({"iat": 1_000}));
    let settings = Settings::new().set(Setting::Environment, "local").set(Setting::Token, token.as_str());
    assert_eq!(settings.build::<Read>().unwrap().token().await.unwrap().expose(), token);
}

#[tokio::test]
async fn the_test_token_generator_is_asked_for_a_service_owner_s_token() {
    let stub = Stub::start(|_, before| if before == 0 { Reply::new(502, "") } else { Reply::exchanged() }).await;
    let environment = Environment::tt02();
    let generator = TestTokenGenerator::new(&environment, "ttd", ttd(), "the-user", "the-password").unwrap();
    let generator = generator.at(stub.url("api/").parse().unwrap()).unwrap();
    let shown = format!("{generator:?}");
    assert!(!shown.contains("the-user") && !shown.contains("the-password"), "{shown}");
    let credentials: Credentials<Read> = Credentials::from_provider(environment, generator);
    assert_eq!(credentials.token().await.unwrap().expose(), altinn_token());

    let calls = stub.received("/api/GetEnterpriseToken");
    assert_eq!(calls.len(), 2);
    assert_eq!(calls[0].header("authorization"), Some("Basic dGhlLXVzZXI6dGhlLXBhc3N3b3Jk"));
    assert_eq!(
        calls[0].target,
        "/api/GetEnterpriseToken?env=tt02&scopes=altinn%3Aserviceowner%2Finstances.read&org=ttd&orgNo=405003309"
    );
}

#[tokio::test]
async fn test_tokens_are_for_test_environments() {
    for environment in [Environment::production(), Environment::local()] {
        let error = TestTokenGenerator::new(&environment, "ttd", ttd(), "u", "p").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
    }
    for environment in [Environment::production(), Environment::tt02()] {
        assert_eq!(LocalTest::new(&environment, "ttd", ttd()).unwrap_err().kind(), ErrorKind::Config);
    }
    let generator = TestTokenGenerator::new(&Environment::tt02(), "ttd", ttd(), "u", "p").unwrap();
    assert_eq!(generator.at("http://generator.example/".parse().unwrap()).unwrap_err().kind(), ErrorKind::Config);
}

#[tokio::test]
async fn local_test_is_asked_at_its_newer_address_then_at_its_older_one() {
    let older_only = Stub::start(|request, _| match request.target.split('?').next() {
        Some("/Home/GetTestOrgToken") => Reply::exchanged(),
        _ => Reply::new(404, ""),
    })
    .await;
    let newer = Stub::start(|_, _| Reply::exchanged()).await;
    for (stub, calls) in [(&newer, [1, 0]), (&older_only, [1, 1])] {
        let environment = stub.environment();
        let tokens = LocalTest::new(&environment, "ttd", ttd()).unwrap();
        let credentials: Credentials<ReadWrite> = Credentials::from_provider(environment, tokens);
        assert_eq!(credentials.token().await.unwrap().expose(), altinn_token());
        assert_eq!([stub.count("/Home/auth/serviceowner"), stub.count("/Home/GetTestOrgToken")], calls);
    }
    let target = &newer.received("/Home/auth/serviceowner")[0].target;
    assert!(target.contains("org=ttd&orgNumber=405003309&scope=altinn%3Aserviceowner%2Finstances.read+altinn"));
}

#[tokio::test]
async fn what_is_no_token_is_said_with_the_source_s_words() {
    for (reply, status, words) in [
        (Reply::new(400, "org: Parameter was supplied with an invalid value"), 400, "invalid value"),
        (Reply::new(401, ""), 401, "user and password"),
        (Reply::new(200, "<html>Sign in</html>"), 200, "is no token"),
    ] {
        let stub = Stub::start(move |_, _| reply.clone()).await;
        let environment = stub.environment();
        let tokens = LocalTest::new(&environment, "ttd", ttd()).unwrap();
        let error = Credentials::<Read>::from_provider(environment, tokens).token().await.unwrap_err();
        assert_eq!((error.kind(), error.status()), (ErrorKind::Exchange, StatusCode::from_u16(status).ok()));
        assert!(error.to_string().contains(words), "{error}");
        assert_eq!(stub.count("/Home/auth/serviceowner"), 1);
    }
}
