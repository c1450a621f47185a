//! Tokens from elsewhere than a key of our own.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use altinn_auth::{
    AltinnToken, Credentials, Error, ErrorKind, LocalTest, Setting, Settings, SystemUser, TestTokenGenerator,
    TokenProvider, TokenRequest,
};
use altinn_core::{Environment, OrgNumber, Read, ReadWrite};
use http::StatusCode;
use serde_json::{Value, json};

use crate::stub::{BOTH_SCOPES, EXCHANGE, JWK, Reply, Stub, altinn_token, jwt};

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

    let request = credentials.request().clone().resource("https://api.example").unwrap();
    credentials.with_request(request).token().await.unwrap();
    let body: Value = serde_json::from_str(&stub.received(SIDECAR)[2].body).unwrap();
    assert_eq!(body["resource"], "https://api.example");
}

#[tokio::test]
async fn what_a_sidecar_can_t_ask_for_is_refused_before_it_is_asked() {
    let (stub, credentials) = sidecar(Vec::new()).await;
    let request = || credentials.request().clone();
    let both = ["https://a.example/", "https://b.example/"];
    let both = both.into_iter().fold(request(), |request, api| request.resource(api).unwrap());
    for (request, words) in [
        (request().on_behalf_of(ttd()), "another organisation"),
        (request().person("01017012345".parse().unwrap()), "a person"),
        (request().claim("a", "b").unwrap(), "claims of your own"),
        (both, "several resources"),
    ] {
        let error = credentials.with_request(request).token().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains(words) && error.advice().contains("key"), "{error}");
    }
    assert_eq!(stub.count(SIDECAR), 0);
}

#[tokio::test]
async fn a_sidecar_is_asked_for_a_system_user_s_token() {
    let (stub, credentials) = sidecar(Vec::new()).await;
    let user = SystemUser::new(ttd()).external_reference("a").unwrap();
    credentials.for_system_user(user).token().await.unwrap();
    let details = json!([{
        "type": "urn:altinn:systemuser",
        "systemuser_org": {"authority": "iso6523-actorid-upis", "ID": "0192:405003309"},
        "externalRef": "a",
    }]);
    assert_eq!(asked(&stub, 0)["authorization_details"], details);
}

#[tokio::test]
async fn a_sidecar_is_not_to_give_a_refused_token_again() {
    let unauthorized = Reply::new(401, "");
    let stub = Stub::start(move |request, before| match request.target.as_str() {
        SIDECAR => Reply::granted(),
        EXCHANGE if before < 3 => unauthorized.clone(),
        _ => Reply::exchanged(),
    })
    .await;
    let builder = Credentials::<ReadWrite>::builder(stub.environment());
    let credentials = builder.token_sidecar(stub.url("api/v1/token").parse().unwrap()).build().unwrap();
    let skips = |calls: std::ops::Range<usize>| -> Vec<_> {
        calls.map(|call| asked(&stub, call).get("skip_cache").cloned()).collect()
    };
    let yes = || Some(Value::from(true));
    assert_eq!(credentials.token().await.unwrap_err().kind(), ErrorKind::Exchange);
    assert_eq!(skips(0..2), [None, yes()]);
    // The last one was refused as well.
    let altinn = credentials.token().await.unwrap();
    assert_eq!(skips(2..4), [yes(), yes()]);

    let token = credentials.maskinporten_token().await.unwrap();
    credentials.invalidate_maskinporten(&token);
    credentials.maskinporten_token().await.unwrap();
    credentials.invalidate_maskinporten(&token);
    credentials.invalidate(&altinn);
    credentials.token().await.unwrap();
    assert_eq!((skips(4..5), stub.count(SIDECAR)), (vec![yes()], 5));
    // Of another request nothing was refused.
    let request = credentials.request().clone().resource("https://api.example/").unwrap();
    credentials.with_request(request).token().await.unwrap();
    assert_eq!(skips(5..6), [None]);
}

/// The body of a call to the sidecar.
fn asked(stub: &Stub, call: usize) -> Value {
    serde_json::from_str(&stub.received(SIDECAR)[call].body).unwrap()
}

/// Requests for more than scopes, and what each asks for.
fn more_than_scopes(request: &TokenRequest) -> [(TokenRequest, &'static str); 5] {
    let request = || request.clone();
    [
        (request().on_behalf_of(ttd()), "another organisation"),
        (request().person("01017012345".parse().unwrap()), "a person"),
        (request().system_user(SystemUser::new(ttd())), "a system user"),
        (request().resource("https://api.example/").unwrap(), "a resource"),
        (request().claim("a", "b").unwrap(), "claims of your own"),
    ]
}

#[tokio::test]
async fn a_source_of_one_organisation_s_tokens_has_none_for_another_identity() {
    let stub = Stub::start(|_, _| Reply::exchanged()).await;
    let (here, tt02) = (stub.environment(), Environment::tt02());
    let local = LocalTest::new(&here, "ttd", ttd()).unwrap();
    let generator = TestTokenGenerator::new(&tt02, "ttd", ttd(), "u", "p").unwrap();
    let generator = generator.at(stub.url("api/").parse().unwrap()).unwrap();
    for (credentials, calls) in [
        (Credentials::<Read>::with_token(here.clone(), jwt(&json!({"iat": 1_000, "scope": BOTH_SCOPES}))), 0),
        (Credentials::from_provider(here, local), 1),
        (Credentials::from_provider(tt02, generator), 1),
    ] {
        let before = count(&stub);
        for (request, words) in more_than_scopes(credentials.request()) {
            let error = credentials.with_request(request).token().await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(error.to_string().contains(words), "{error}");
        }
        assert_eq!(count(&stub), before);
        credentials.token().await.unwrap();
        assert_eq!(count(&stub), before + calls);
    }
}

fn count(stub: &Stub) -> usize {
    stub.count("/Home/auth/serviceowner") + stub.count("/api/GetEnterpriseToken")
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
async fn of_a_token_a_key_and_a_sidecar_the_one_from_the_place_that_counts_most_is_used() {
    let stub = Stub::start(|request, _| match request.target.as_str() {
        SIDECAR | "/token" => Reply::granted(),
        EXCHANGE => Reply::exchanged(),
        _ => Reply::new(404, ""),
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("settings.json");
    std::fs::write(&path, json!({ "Jwk": JWK }).to_string()).unwrap();
    let (endpoint, token) = (stub.url("api/v1/token"), jwt(&json!({"iat": 1_000})));
    let client = || Settings::new().set(Setting::Environment, stub.url("")).set(Setting::ClientId, "c");
    let with = |settings: Settings, names: &[&str]| {
        settings.variables(|name| {
            let value = match name {
                "ALTINN_TOKEN" => token.as_str(),
                "MASKINPORTEN_CLIENT_JWK" => JWK,
                "NAIS_TOKEN_ENDPOINT" => endpoint.as_str(),
                _ => return None,
            };
            names.contains(&name).then(|| value.to_owned())
        })
    };
    let (key, sidecar) = ([0, 1], [1, 0]);
    let all = ["ALTINN_TOKEN", "MASKINPORTEN_CLIENT_JWK", "NAIS_TOKEN_ENDPOINT"];
    for (case, settings, expected) in [
        ("key before variables", with(client().set(Setting::Key, JWK), &all), key),
        ("sidecar before variables", with(client().set(Setting::TokenSidecar, endpoint.as_str()), &all), sidecar),
        ("token before variables", with(client().set(Setting::Token, token.as_str()), &all), [0, 0]),
        ("variable before a file", with(client().settings_file(&path).unwrap(), &all[2..]), sidecar),
        ("token of three variables", with(client(), &all), [0, 0]),
        ("key of two variables", with(client(), &all[1..]), key),
    ] {
        let before = [stub.count(SIDECAR), stub.count("/token")];
        settings.build::<ReadWrite>().unwrap().token().await.unwrap();
        let calls = [stub.count(SIDECAR) - before[0], stub.count("/token") - before[1]];
        assert_eq!(calls, expected, "{case}");
    }
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
        (Reply::new(401, ""), 401, "gateway"),
        (Reply::new(200, "<html>Sign in</html>"), 200, "holds no token"),
        (Reply::new(403, "<html>Forbidden</html>"), 403, "LocalTest gave no token (403) [at"),
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

/// Fails for good, or for the moment.
#[derive(Debug)]
struct Failing {
    asked: Arc<AtomicUsize>,
    transient: bool,
}

impl TokenProvider for Failing {
    async fn fetch(&self, _request: &TokenRequest) -> Result<AltinnToken, Error> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        Err(Error::provider(std::io::Error::other("no such account"), self.transient))
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_of_one_s_own_that_refuses_for_good_is_not_asked_again_at_once() {
    for (transient, expected) in [(false, [1, 2]), (true, [10, 20])] {
        let asked = Arc::<AtomicUsize>::default();
        let source = Failing { asked: Arc::clone(&asked), transient };
        let credentials: Credentials<Read> = Credentials::from_provider(Environment::tt02(), source);
        for expected in expected {
            for _ in 0..10 {
                assert_eq!(credentials.token().await.unwrap_err().kind(), ErrorKind::Provider);
            }
            assert_eq!(asked.load(Ordering::SeqCst), expected);
            tokio::time::advance(Duration::from_secs(30)).await;
        }
        credentials.forget_refusal();
        credentials.token().await.unwrap_err();
        assert_eq!(asked.load(Ordering::SeqCst), expected[1] + 1);
    }
}
