//! Nothing that is shown holds a secret: not even what a server sends back of what it got.

use std::error::Error as _;

use altinn_auth::{
    Algorithm, AuthLayer, Credentials, CredentialsBuilder, Error, ErrorKind, KeySize, NewKey, Setting, Settings,
    Signer, SigningKey, check,
};
use altinn_core::{CredentialFailure, Environment, ReadWrite};
use altinn_watch::Recording;
use serde_json::{Value, json};

use crate::stub::{EXCHANGE, JWK, Reply, Stub, altinn_token, jwt};

/// Fails if any run of twelve letters of a secret is in the text.
pub(crate) fn assert_hidden(text: &str, secrets: &[String]) {
    for secret in secrets {
        let letters: Vec<char> = secret.chars().collect();
        for run in letters.windows(12.min(letters.len())) {
            let run: String = run.iter().collect();
            assert!(!text.contains(&run), "{run:?} of a secret is in {text}");
        }
    }
}

pub(crate) fn private_members() -> Vec<String> {
    let jwk: Value = serde_json::from_str(JWK).unwrap();
    ["d", "p", "q", "dp", "dq", "qi"].iter().map(|name| jwk[*name].as_str().unwrap().to_owned()).collect()
}

/// An error in every form in which it may get into a log.
fn forms(error: &altinn_auth::Error) -> String {
    let mut text = format!("{error} {error:?} {error:#?}");
    let mut source = error.source();
    while let Some(inner) = source {
        text += &format!(" {inner} {inner:?}");
        source = inner.source();
    }
    let failure = CredentialFailure::new(error.clone(), false);
    text += &format!(" {failure} {failure:?}");
    let outer = reqwest_middleware::Error::middleware(failure);
    text + &format!(" {outer} {outer:?} {outer:#?}")
}

#[tokio::test]
async fn credentials_builder_key_and_layer() {
    let stub = Stub::of_legs(Vec::new(), Vec::new()).await;
    let key = SigningKey::from_jwk(JWK).unwrap();
    let builder = Credentials::<ReadWrite>::builder(stub.environment()).client_id("c").key(key.clone());
    let mut text = format!("{key:?} {builder:?}");
    let credentials = builder.build().unwrap();
    let token = credentials.token().await.unwrap();
    text +=
        &format!("{credentials:?} {token:?} {:?} {:?}", AuthLayer::new(credentials.clone()), credentials.read_only());

    let maskinporten_token = credentials.maskinporten_token().await.unwrap();
    text += &format!("{maskinporten_token:?} {:#?} {:?}", Some([&maskinporten_token]), credentials.statistics());

    let given_token = jwt(&json!({"iat": 1_000, "name": "given from elsewhere"}));
    let given = Credentials::<ReadWrite>::with_token(stub.environment(), given_token.as_str());
    given.token().await.unwrap();
    text += &format!("{given:?} {:?}", AuthLayer::new(given.clone()));

    let mut secrets = private_members();
    secrets.push(altinn_token());
    secrets.push(given_token);
    secrets.push(maskinporten_token.expose().to_owned());
    secrets.push(stub.received("/token")[0].form("assertion").to_owned());
    secrets.push(stub.received(EXCHANGE)[0].bearer().to_owned());
    assert_hidden(&text, &secrets);
}

#[derive(Debug)]
struct Elsewhere;

impl Signer for Elsewhere {
    fn algorithm(&self) -> Algorithm {
        Algorithm::Rs256
    }

    fn kid(&self) -> Option<&str> {
        Some(JWK)
    }

    async fn sign(&self, _: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(vec![0; 256])
    }
}

/// The private key where a client id or a key id belongs, in every way in which one is given.
#[tokio::test]
async fn a_key_in_place_of_an_id_is_refused_and_shown_nowhere() {
    let recording = Recording::start();
    let folder = tempfile::tempdir().unwrap();
    let mut jwk: Value = serde_json::from_str(JWK).unwrap();
    jwk["kid"] = JWK.into();
    let wrong = jwk.to_string();
    let [wrong_file, good_file, settings_file] = [
        ("wrong", wrong.clone()),
        ("good", JWK.to_owned()),
        ("settings.json", json!({ "Jwk": serde_json::from_str::<Value>(JWK).unwrap(), "Kid": JWK }).to_string()),
    ]
    .map(|(name, text)| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    });
    let key = || SigningKey::from_jwk(JWK).unwrap();
    let builder = || Credentials::<ReadWrite>::builder(Environment::tt02()).client_id("c");
    let mut shown = format!("{:?}", key().with_kid(JWK));
    shown += &format!("{:?}", NewKey::generate(KeySize::Bits2048, Algorithm::Rs256).unwrap().with_kid(JWK));
    shown += &SigningKey::from_jwk(&wrong).unwrap_err().to_string();

    let builders: [(CredentialsBuilder<ReadWrite>, ErrorKind); 8] = [
        (builder().client_id(JWK).key(key()), ErrorKind::Config),
        (builder().key(key()).kid(JWK), ErrorKind::Key),
        (builder().key(key().with_kid(JWK)), ErrorKind::Key),
        (builder().key(key()).next_key(key().with_kid(JWK)), ErrorKind::Key),
        (builder().signer(Elsewhere), ErrorKind::Key),
        (builder().key(key()).next_signer(Elsewhere), ErrorKind::Key),
        (builder().key_file(&wrong_file), ErrorKind::Key),
        (builder().key_file(&good_file).kid(JWK), ErrorKind::Key),
    ];
    let mut results = Vec::new();
    for (builder, kind) in builders {
        shown += &format!("{builder:?} {builder:#?}");
        results.push((builder.build(), kind));
    }
    let settings = || Settings::new().set(Setting::Environment, "tt02").set(Setting::ClientId, "c");
    let variable = |wanted: &'static str, value: &'static str| {
        move |name: &str| match name {
            "MASKINPORTEN_CLIENT_JWK" => Some(JWK.to_owned()),
            _ => (name == wanted).then(|| value.to_owned()),
        }
    };
    for (settings, place, kind) in [
        (
            Settings::new().set(Setting::Environment, "tt02").variables(variable("MASKINPORTEN_CLIENT_ID", JWK)),
            "MASKINPORTEN_CLIENT_ID",
            ErrorKind::Config,
        ),
        (settings().variables(variable("MASKINPORTEN_CLIENT_KID", JWK)), "MASKINPORTEN_CLIENT_KID", ErrorKind::Config),
        (settings().settings_file(&settings_file).unwrap(), "Kid in the file", ErrorKind::Config),
        (settings().set(Setting::Key, wrong.as_str()), "the key in an argument", ErrorKind::Key),
    ] {
        shown += &format!("{settings} {settings:?}");
        let result = settings.build::<ReadWrite>();
        assert!(result.as_ref().is_err_and(|error| error.to_string().contains(place)), "{result:?}");
        results.push((result, kind));
    }
    for (result, kind) in results {
        let error = result.as_ref().unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        shown += &forms(error);
        let report = check(result).await;
        assert!(!report.passed());
        shown += &format!("{report} {report:?}");
    }
    shown += &recording.text();
    assert_hidden(&shown, &private_members());
}

#[tokio::test]
async fn a_server_that_sends_back_the_grant() {
    let stub = Stub::start(|request, _| {
        let words = format!("the grant {} is bad", request.form("assertion"));
        Reply::json(400, &json!({"error": request.form("assertion"), "error_description": words}))
    })
    .await;
    let error = stub.credentials().token().await.unwrap_err();
    let mut secrets = private_members();
    secrets.push(stub.received("/token")[0].form("assertion").to_owned());
    assert!(error.description().unwrap().contains("is bad"));
    assert_hidden(&forms(&error), &secrets);
}

#[tokio::test]
async fn an_exchange_that_sends_back_the_token_and_a_person_number() {
    let person = "01017012345";
    let stub = Stub::start(move |request, _| match request.target.as_str() {
        "/token" => Reply::granted(),
        _ => Reply::new(400, format!("{} of {person} is bad", request.bearer())),
    })
    .await;
    let error = stub.credentials().token().await.unwrap_err();
    let secrets = [stub.received(EXCHANGE)[0].bearer().to_owned(), person.to_owned()];
    assert!(error.description().unwrap().contains("is bad"));
    assert_hidden(&forms(&error), &secrets);
}

#[tokio::test]
async fn a_broken_connection() {
    let stub = Stub::of_legs(vec![Reply::Drop; 9], Vec::new()).await;
    let error = stub.credentials().token().await.unwrap_err();
    let secrets: Vec<_> = stub.received("/token").iter().map(|call| call.form("assertion").to_owned()).collect();
    assert_eq!(secrets.len(), 3);
    assert_hidden(&forms(&error), &secrets);
}
