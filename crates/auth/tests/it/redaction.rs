//! Nothing that is shown holds a secret: not even what a server sends back of what it got.

use std::error::Error as _;

use altinn_auth::{AuthLayer, Credentials, SigningKey};
use altinn_core::{CredentialFailure, ReadWrite};
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
