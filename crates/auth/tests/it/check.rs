//! What is wrong with a set-up, step by step.

use altinn_auth::{
    AltinnToken, CheckError, CheckOutcome, CheckReport, CheckStep, Credentials, CredentialsBuilder, Error, ErrorKind,
    SigningKey, TokenProvider, TokenRequest, check,
};
use altinn_core::{Environment, INSTANCES_READ, INSTANCES_WRITE, Read, ReadConfirm, ReadWrite, Scope};
use altinn_emulator::{Emulator, Failure, NewClient, RegisteredClient};
use jiff::SignedDuration;
use serde_json::json;

use crate::stub::{BOTH_SCOPES, EXCHANGE, JWK, Reply, Stub, altinn_token, jwt};

const TTD: &str = "405003309";
const UNLISTED: &str = "310000000";
const METADATA: &str = "/.well-known/oauth-authorization-server";
const ALL: [CheckStep; 7] = [
    CheckStep::Key,
    CheckStep::Metadata,
    CheckStep::Clock,
    CheckStep::Token,
    CheckStep::Scopes,
    CheckStep::Exchange,
    CheckStep::OrgCode,
];

async fn start(client: NewClient) -> (Emulator, RegisteredClient) {
    let emulator = Emulator::start().await.unwrap();
    let client = emulator.register_client(client).unwrap();
    (emulator, client)
}

fn builder<S: Scope>(url: &str, client_id: &str, jwk: &str) -> CredentialsBuilder<S> {
    let key = SigningKey::from_jwk(jwk).unwrap();
    Credentials::builder(Environment::emulator(url).unwrap()).client_id(client_id).key(key)
}

fn credentials<S: Scope>(emulator: &Emulator, client: &RegisteredClient) -> CredentialsBuilder<S> {
    builder(emulator.url(), client.client_id(), client.jwk())
}

fn stubbed(stub: &Stub) -> CredentialsBuilder<ReadWrite> {
    builder(&stub.url(""), "the-client", JWK)
}

/// The error of the step that is to have failed, when those before it passed and those after it were skipped.
fn failure(report: &CheckReport, step: CheckStep) -> &Error {
    assert!(!report.passed());
    let place = ALL.iter().position(|other| *other == step).unwrap();
    assert_eq!(report.steps().iter().map(|done| done.step()).collect::<Vec<_>>(), ALL);
    for (number, done) in report.steps().iter().enumerate() {
        let as_expected = match done.outcome() {
            CheckOutcome::Passed => number < place,
            CheckOutcome::Failed(_) => number == place,
            CheckOutcome::Skipped => number > place,
            _ => false,
        };
        assert!(as_expected, "{report}");
    }
    assert_eq!(report.failed().unwrap().step(), step);
    match report.failed().unwrap().error() {
        Some(CheckError::Credentials(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_good_set_up_passes_and_says_what_was_found() {
    let (emulator, client) = start(NewClient::new(TTD)).await;
    let report = check(credentials::<ReadConfirm>(&emulator, &client).service_owner("ttd").build()).await;
    assert!(report.passed(), "{report}");
    assert!(report.failed().is_none());
    assert_eq!(report.org(), Some("ttd"));
    assert_eq!(report.scopes(), [INSTANCES_READ, INSTANCES_WRITE]);
    assert!(report.clock_offset().unwrap().unsigned_abs() <= 2, "{report}");
    assert_eq!(report.steps().iter().map(|done| done.step()).collect::<Vec<_>>(), ALL);

    let text = report.to_string();
    assert_eq!(text.lines().count(), ALL.len(), "{text}");
    assert!(text.lines().all(|line| line.contains(" passed: ")), "{text}");
    let kid: serde_json::Value = serde_json::from_str(client.jwk()).unwrap();
    for found in [kid["kid"].as_str().unwrap(), emulator.url(), client.client_id(), "s ahead of", "120 s", "1800 s"] {
        assert!(text.contains(found), "{found}: {text}");
    }
    assert!(text.ends_with("org code  passed: ttd\n"), "{text}");
}

#[tokio::test]
async fn it_asks_anew_and_shows_no_secret() {
    let stub = Stub::start(|request, _| match request.target.as_str() {
        METADATA => metadata_of(request.header("host").unwrap()),
        "/token" => Reply::granted(),
        _ => Reply::exchanged(),
    })
    .await;
    let credentials = stubbed(&stub).build().unwrap();
    credentials.token().await.unwrap();
    let report = check(Ok(credentials.clone())).await;
    assert!(report.passed(), "{report}");
    assert_eq!((stub.count("/token"), stub.count(EXCHANGE)), (2, 2));
    for shown in [report.to_string(), format!("{report:?}")] {
        assert!(!shown.contains("eyJ") && !shown.contains(&altinn_token()), "{shown}");
        assert!(!shown.contains(stub.received("/token")[1].form("assertion")), "{shown}");
    }
}

#[tokio::test]
async fn the_token_s_claims_are_told_without_what_identifies_it_or_a_person() {
    let person = "01017012345";
    let token = jwt(&json!({
        "iss": "https://test.maskinporten.no/", "aud": "https://api.example", "scope": BOTH_SCOPES, "iat": 1_000,
        "exp": 1_120, "client_id": person, "jti": "the-only-one", "pid": person,
        "consumer": {"authority": "iso6523-actorid-upis", "ID": "0192:405003309"},
        "authorization_details": [{"type": "urn:altinn:consent", "from": "urn:altinn:person:identifier-no:someone"}],
        "new_claim": "new words",
    }));
    let body = json!({"access_token": token, "token_type": "Bearer", "expires_in": 120, "scope": BOTH_SCOPES});
    let stub = Stub::start(move |request, _| match request.target.as_str() {
        METADATA => metadata_of(request.header("host").unwrap()),
        "/token" => Reply::json(200, &body),
        _ => Reply::new(403, ""),
    })
    .await;
    let report = check(stubbed(&stub).build()).await;
    assert_eq!(report.failed().unwrap().step(), CheckStep::Exchange);
    let claims = report.claims().unwrap();
    for part in [
        "aud=\"https://api.example\"",
        "iss=\"https://test.maskinporten.no/\"",
        "exp=1120",
        "0192:405003309",
        INSTANCES_WRITE,
        "jti=[masked]",
        "pid=[masked]",
        "authorization_details=[masked]",
        "new_claim=[masked]",
    ] {
        assert!(claims.contains(part), "{part}: {claims}");
    }
    assert_eq!(claims.lines().count(), 1);
    for hidden in [person, "the-only-one", "someone", "new words", "eyJ"] {
        assert!(!claims.contains(hidden) && !format!("{report} {report:?}").contains(hidden), "{hidden}: {claims}");
    }

    let given = jwt(&json!({"iat": 1_000, "urn:altinn:org": "ttd"}));
    let report = check(Ok(Credentials::<Read>::with_token(stub.environment(), given))).await;
    assert!(report.claims().unwrap().contains("urn:altinn:org=\"ttd\""), "{report}");
    assert!(check(Credentials::<Read>::from_vars(|_| None)).await.claims().is_none());
}

#[tokio::test]
async fn a_refusal_that_is_remembered_does_not_count() {
    let stub = Stub::start(|request, before| match request.target.as_str() {
        METADATA => metadata_of(request.header("host").unwrap()),
        "/token" if before == 0 => Reply::refused(400, "invalid_scope", "invalid scopes for client", "MP-200"),
        "/token" => Reply::granted(),
        _ => Reply::exchanged(),
    })
    .await;
    let credentials = stubbed(&stub).build().unwrap();
    for _ in 0..2 {
        credentials.token().await.unwrap_err();
    }
    assert_eq!(stub.count("/token"), 1);
    assert!(check(Ok(credentials)).await.passed());
}

fn metadata_of(host: &str) -> Reply {
    Reply::json(200, &json!({"issuer": format!("http://{host}/"), "token_endpoint": format!("http://{host}/token")}))
}

#[tokio::test]
async fn settings_and_a_key_that_can_t_be_used() {
    let emulator = Emulator::start().await.unwrap();
    let environment = || Environment::emulator(emulator.url()).unwrap();
    let missing = check(Credentials::<Read>::from_vars(|_| None)).await;
    assert_eq!(failure(&missing, CheckStep::Key).kind(), ErrorKind::Config);

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    std::fs::write(&path, "-----BEGIN nothing").unwrap();
    let unusable = check(Credentials::<Read>::builder(environment()).client_id("c").key_file(path).build()).await;
    assert_eq!(failure(&unusable, CheckStep::Key).kind(), ErrorKind::Key);
    // The key's own error says what is wrong with it, and stands in the same line.
    let line = unusable.to_string().lines().next().unwrap().to_owned();
    assert!(line.starts_with("key       failed: the key file ") && line.matches(": ").count() >= 2, "{line}");
    assert_eq!(emulator.journal().token_requests().failed, 0);
}

#[derive(Debug)]
struct OutOfReach;

impl altinn_auth::Signer for OutOfReach {
    fn algorithm(&self) -> altinn_auth::Algorithm {
        altinn_auth::Algorithm::Rs256
    }

    fn kid(&self) -> Option<&str> {
        Some("in-the-vault")
    }

    async fn sign(&self, _: &[u8]) -> Result<Vec<u8>, Error> {
        Err(Error::signer(std::io::Error::other("the vault is locked"), false))
    }
}

#[tokio::test]
async fn a_signer_that_does_not_sign() {
    let (emulator, client) = start(NewClient::new(TTD)).await;
    let report = check(credentials::<Read>(&emulator, &client).signer(OutOfReach).build()).await;
    assert_eq!(failure(&report, CheckStep::Key).kind(), ErrorKind::Key);
    assert!(report.to_string().contains("the vault is locked"), "{report}");
}

#[tokio::test]
async fn no_network() {
    let (emulator, client) = start(NewClient::new(TTD)).await;
    let built = credentials::<ReadWrite>(&emulator, &client).build();
    emulator.stop().await;
    let report = check(built).await;
    let error = failure(&report, CheckStep::Metadata);
    assert_eq!(error.kind(), ErrorKind::Transport);
    assert!(error.is_transient() && error.advice().contains("nothing listens there"), "{report}");
}

#[tokio::test]
async fn metadata_of_another_issuer() {
    for (metadata, kind) in [
        (
            json!({"issuer": "https://maskinporten.no/", "token_endpoint": "https://maskinporten.no/token"}),
            ErrorKind::Config,
        ),
        (json!({"keys": []}), ErrorKind::Maskinporten),
    ] {
        let stub = Stub::start(move |_, _| Reply::json(200, &metadata)).await;
        let report = check(stubbed(&stub).build()).await;
        assert_eq!(failure(&report, CheckStep::Metadata).kind(), kind, "{report}");
        assert!(report.to_string().contains("issuer"), "{report}");
        assert_eq!(stub.count("/token"), 0);
    }
}

#[tokio::test]
async fn an_endpoint_that_the_metadata_name_and_that_is_not_used() {
    let stub = Stub::start(|request, _| match request.target.as_str() {
        METADATA => {
            let host = request.header("host").unwrap();
            let (issuer, endpoint) = (format!("http://{host}/"), format!("http://{host}/v2"));
            Reply::json(200, &json!({"issuer": issuer, "token_endpoint": endpoint}))
        }
        EXCHANGE => Reply::exchanged(),
        _ => Reply::granted(),
    })
    .await;
    for (discovers, hint) in [(false, true), (true, false)] {
        let report = check(stubbed(&stub).discover(discovers).build()).await;
        assert!(report.passed(), "{report}");
        assert_eq!(report.steps()[1].detail().contains("see discover"), hint, "{report}");
        // The stub tells no time.
        assert!(matches!(report.steps()[2].outcome(), CheckOutcome::Skipped), "{report}");
        assert_eq!(report.clock_offset(), None);
    }
}

#[tokio::test]
async fn a_clock_that_is_off() {
    for off in [40, -600] {
        let (emulator, client) = start(NewClient::new(TTD)).await;
        emulator.clock().advance(SignedDuration::from_secs(-off));
        let report = check(credentials::<ReadWrite>(&emulator, &client).build()).await;
        let error = failure(&report, CheckStep::Clock);
        assert_eq!(error.kind(), ErrorKind::ClockSkew);
        assert!((report.clock_offset().unwrap() - off).abs() <= 2, "{report}");
        assert_eq!(error.clock_skew(), report.clock_offset());
        assert_eq!(emulator.journal().token_requests().failed, 0);

        let corrected = check(credentials::<ReadWrite>(&emulator, &client).correct_clock(true).build()).await;
        assert!(matches!(corrected.steps()[2].outcome(), CheckOutcome::Passed), "{corrected}");
    }
}

#[tokio::test]
async fn a_clock_that_is_off_by_what_maskinporten_takes() {
    // Within a grant's dates and the server's leeway: what passes here is what Maskinporten accepts.
    for off in [15, -95] {
        let (emulator, client) = start(NewClient::new(TTD)).await;
        emulator.clock().advance(SignedDuration::from_secs(-off));
        let report = check(credentials::<ReadWrite>(&emulator, &client).build()).await;
        let clock_and_token = report.steps().get(2..4).unwrap();
        assert!(clock_and_token.iter().all(|done| matches!(done.outcome(), CheckOutcome::Passed)), "{report}");
    }
}

#[tokio::test]
async fn an_unknown_client_and_a_key_that_is_not_its_own() {
    let (emulator, client) = start(NewClient::new(TTD)).await;
    let unknown = check(builder::<Read>(emulator.url(), "nobody", client.jwk()).build()).await;
    assert_eq!(failure(&unknown, CheckStep::Token).kind(), ErrorKind::ClientUnknown, "{unknown}");
    let foreign = check(builder::<Read>(emulator.url(), client.client_id(), JWK).build()).await;
    assert_eq!(failure(&foreign, CheckStep::Token).kind(), ErrorKind::KeyRejected, "{foreign}");
}

#[tokio::test]
async fn a_scope_that_is_refused_or_not_granted() {
    let (emulator, client) = start(NewClient::new(TTD).scopes([INSTANCES_READ])).await;
    let refused = check(credentials::<ReadConfirm>(&emulator, &client).build()).await;
    let error = failure(&refused, CheckStep::Scopes);
    assert_eq!((error.code(), error.missing_scopes()), (Some("MP-200"), &[INSTANCES_WRITE.to_owned()][..]));
    assert!(check(credentials::<Read>(&emulator, &client).build()).await.passed());

    let stub = Stub::start(|request, _| match request.target.as_str() {
        METADATA => metadata_of(request.header("host").unwrap()).with("date", "Thu, 01 Jan 2026 00:00:00 GMT"),
        _ => Reply::granted_for(120, INSTANCES_READ),
    })
    .await;
    let ignored = check(stubbed(&stub).correct_clock(true).build()).await;
    assert_eq!(failure(&ignored, CheckStep::Scopes).missing_scopes(), [INSTANCES_WRITE]);
    assert_eq!(ignored.scopes(), [INSTANCES_READ]);
    assert_eq!(stub.count(EXCHANGE), 0);
}

#[tokio::test]
async fn scopes_that_nobody_asked_for_are_named() {
    let (emulator, client) = start(NewClient::new(TTD)).await;
    emulator.fail_next("/token", Failure::status(200).body(granted(&format!("{BOTH_SCOPES} altinn:other"))));
    let report = check(credentials::<ReadWrite>(&emulator, &client).build()).await;
    assert!(report.steps()[4].detail().ends_with("; not asked for: altinn:other"), "{report}");
}

fn granted(scope: &str) -> String {
    let token = jwt(&json!({"iat": 1_000, "exp": 1_120, "scope": scope}));
    json!({"access_token": token, "token_type": "Bearer", "expires_in": 120, "scope": scope}).to_string()
}

#[tokio::test]
async fn an_exchange_that_refuses() {
    let (emulator, client) = start(NewClient::new(TTD)).await;
    emulator.fail_next("/token", Failure::status(200).body(granted(BOTH_SCOPES)));
    let report = check(credentials::<ReadWrite>(&emulator, &client).build()).await;
    let error = failure(&report, CheckStep::Exchange);
    assert_eq!((error.kind(), error.status().map(|status| status.as_u16())), (ErrorKind::Exchange, Some(401)));
    assert!(error.advice().contains("gives no reason"), "{report}");
}

#[tokio::test]
async fn an_organisation_that_is_not_on_altinn_s_list_or_another_than_expected() {
    let (emulator, client) = start(NewClient::new(UNLISTED)).await;
    let unlisted = check(credentials::<ReadWrite>(&emulator, &client).build()).await;
    assert_eq!(failure(&unlisted, CheckStep::OrgCode).kind(), ErrorKind::NoOrgCode);
    assert_eq!(unlisted.org(), None);

    let (emulator, client) = start(NewClient::new(TTD)).await;
    let later = credentials::<ReadWrite>(&emulator, &client).build().unwrap().expect_service_owner("skd");
    assert_eq!(failure(&check(later).await, CheckStep::OrgCode).kind(), ErrorKind::WrongOrgCode);
    let other = check(credentials::<ReadWrite>(&emulator, &client).service_owner("skd").build()).await;
    assert_eq!(failure(&other, CheckStep::OrgCode).kind(), ErrorKind::WrongOrgCode);
    assert_eq!(other.org(), Some("ttd"));
}

#[derive(Debug)]
struct Given(String);

impl TokenProvider for Given {
    async fn fetch(&self, _: &TokenRequest) -> Result<AltinnToken, Error> {
        AltinnToken::from_jwt(self.0.as_str())
    }
}

#[tokio::test]
async fn of_tokens_from_elsewhere_what_is_theirs_is_looked_at() {
    let tt02 = Environment::tt02;
    let outcomes = |report: &CheckReport| {
        let letter = |outcome: &CheckOutcome| match outcome {
            CheckOutcome::Passed => 'p',
            CheckOutcome::Failed(_) => 'f',
            _ => 's',
        };
        report.steps().iter().map(|done| letter(done.outcome())).collect::<String>()
    };
    let report = check(Ok(Credentials::<ReadWrite>::from_provider(tt02(), Given(altinn_token())))).await;
    assert_eq!((outcomes(&report).as_str(), report.org()), ("sssppsp", Some("ttd")), "{report}");
    assert!(report.steps()[0].detail().contains("not from Maskinporten"), "{report}");

    let nameless = jwt(&json!({"iat": 1, "exp": 9_000_000_000_u64, "scope": INSTANCES_READ}));
    let report = check(Ok(Credentials::<Read>::with_token(tt02(), nameless.as_str()))).await;
    assert_eq!(outcomes(&report), "sssppsf", "{report}");
    let report = check(Ok(Credentials::<ReadWrite>::with_token(tt02(), nameless))).await;
    assert_eq!(outcomes(&report), "ssspfss", "{report}");

    let stub = Stub::of_legs(Vec::new(), Vec::new()).await;
    let sidecar = stub.url("token").parse().unwrap();
    let report = check(Credentials::<ReadWrite>::builder(stub.environment()).token_sidecar(sidecar).build()).await;
    assert_eq!((outcomes(&report).as_str(), report.org()), ("ssspppp", Some("ttd")), "{report}");
}
