//! The Altinn exchange, refresh and key documents over HTTP.

use crate::support::{READ, Setup, claims_of, get, laid_over, part_of};
use altinn_emulator::{Emulator, NewClient, Submission};
use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::SignedDuration;
use serde_json::{Value, json};

const PATH: &str = "authentication/api/v1/exchange/maskinporten";
const REFRESH: &str = "authentication/api/v1/refresh";

async fn setup() -> Setup {
    Setup::new(NewClient::new("405003309").scopes([READ, "other:scope"])).await
}

#[tokio::test]
async fn a_token_is_exchanged_for_half_an_hour_as_the_service_owner() {
    let setup = setup().await;
    let token = setup.token(json!({})).await;
    let incoming = claims_of(&token);
    setup.emulator.clock().advance(SignedDuration::from_secs(100));
    let response = setup.exchange(&token).await;
    assert_eq!(response.headers()["content-type"], "text/plain; charset=utf-8");
    let altinn = response.text().await.unwrap();
    let claims = claims_of(&altinn);
    assert_eq!(claims["urn:altinn:org"], "ttd");
    assert_eq!(claims["urn:altinn:orgNumber"], "405003309");
    assert_eq!(claims["urn:altinn:authlevel"], 3);
    assert_eq!(claims["urn:altinn:authenticatemethod"], "maskinporten");
    assert_eq!(claims["iss"], format!("{}authentication/api/v1/openid/", setup.emulator.url()));
    for kept in ["scope", "token_type", "client_id", "consumer", "jti"] {
        assert_eq!(claims[kept], incoming[kept]);
    }
    assert!(!claims.contains_key("client_amr"));
    assert_eq!(claims["nbf"], claims["iat"]);
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 1800);
    assert!((claims["iat"].as_i64().unwrap() - setup.now()).abs() <= 2);
}

#[tokio::test]
async fn in_the_demonstration_world_a_supplier_reads_what_its_consumer_may() {
    let setup = setup().await;
    let id = setup.emulator.seed(Submission::new("digdir/mottak-demo", 510_001));
    let token = setup.exchange(&setup.token(json!({"consumer_org": "991825827"})).await).await.text().await.unwrap();
    assert_eq!(claims_of(&token)["urn:altinn:org"], "digdir");
    let (status, page) = get(&setup, "storage/api/v1/instances?org=digdir", &token).await;
    assert!(status == 200 && page.contains(&id), "{page}");
}

#[tokio::test]
async fn the_signature_verifies_with_the_published_key() {
    let setup = setup().await;
    let token = setup.exchange(&setup.token(json!({})).await).await.text().await.unwrap();
    let document = setup.get("authentication/api/v1/openid/.well-known/openid-configuration", &[]).await;
    let document: Value = serde_json::from_str(&document.text().await.unwrap()).unwrap();
    assert_eq!(document["issuer"], claims_of(&token)["iss"]);
    let path = document["jwks_uri"].as_str().unwrap().strip_prefix(setup.emulator.url()).unwrap().to_owned();
    let set: Value = serde_json::from_str(&setup.get(&path, &[]).await.text().await.unwrap()).unwrap();
    let key = &set["keys"][0];
    let header = part_of(&token, 0);
    assert_eq!(header["kid"], key["kid"]);
    let certificate = STANDARD.decode(key["x5c"][0].as_str().unwrap()).unwrap();
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, &certificate);
    assert_eq!(header["x5t"], URL_SAFE_NO_PAD.encode(digest.as_ref()));
    let number = |name: &str| STANDARD.decode(key[name].as_str().unwrap()).unwrap();
    let (input, signature) = token.rsplit_once('.').unwrap();
    RsaPublicKeyComponents { n: number("n"), e: number("e") }
        .verify(&RSA_PKCS1_2048_8192_SHA256, input.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap())
        .unwrap();
}

#[tokio::test]
async fn json_puts_the_token_in_quotes() {
    let setup = setup().await;
    let bearer = format!("Bearer {}", setup.token(json!({})).await);
    let response = setup.get(PATH, &[("authorization", &bearer), ("accept", "application/json")]).await;
    assert_eq!(response.headers()["content-type"], "application/json; charset=utf-8");
    assert!(!response.headers().contains_key("content-length"));
    let quoted: String = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    assert_eq!(claims_of(&quoted)["urn:altinn:org"], "ttd");
}

#[tokio::test]
async fn no_token_and_wrong_tokens_are_refused_without_a_reason() {
    let setup = setup().await;
    let response = setup.get(PATH, &[]).await;
    assert_eq!(response.status(), 401);
    assert_eq!(response.headers()["content-type"], "application/problem+json; charset=utf-8");
    let problem: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    assert_eq!((&problem["title"], &problem["status"]), (&json!("Unauthorized"), &json!(401)));
    let foreign =
        setup.signer.sign(&json!({"alg": "RS256"}), &json!({"iss": setup.emulator.url(), "exp": setup.now() + 60}));
    for token in ["abc", "a.b", &foreign] {
        assert_eq!(get(&setup, PATH, token).await.0, 401, "{token}");
    }
}

#[tokio::test]
async fn the_page_of_errors_can_be_asked_for_with_any_method() {
    let setup = setup().await;
    for method in ["GET", "POST", "DELETE", "OPTIONS", "HEAD"] {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let url = format!("{}authentication/api/v1/error", setup.emulator.url());
        let answer = setup.http.request(method.clone(), url).send().await.unwrap();
        assert_eq!(answer.status(), 500, "{method}");
        assert_eq!(answer.headers()["content-type"], "application/problem+json; charset=utf-8");
    }
}

#[tokio::test]
async fn a_token_can_be_exchanged_until_ten_seconds_after_its_end() {
    let setup = setup().await;
    let token = setup.token(json!({})).await;
    setup.emulator.clock().advance(SignedDuration::from_secs(127));
    assert_eq!(setup.exchange(&token).await.status(), 200);
    setup.emulator.clock().advance(SignedDuration::from_secs(5));
    assert_eq!(setup.exchange(&token).await.status(), 401);
}

#[tokio::test]
async fn digdir_acts_as_the_test_department_when_it_says_so() {
    let setup = Setup::new(NewClient::new("991825827")).await;
    let token = setup.token(json!({})).await;
    for (query, org) in [("", "digdir"), ("?test=true", "ttd"), ("?test=%20TRUE%20", "ttd"), ("?test=false", "digdir")]
    {
        let (status, body) = get(&setup, &format!("{PATH}{query}"), &token).await;
        assert_eq!((status, claims_of(&body)["urn:altinn:org"].as_str()), (200, Some(org)), "{query}");
    }
    let (status, body) = get(&setup, &format!("{PATH}?test=1"), &token).await;
    assert_eq!(status, 400);
    assert!(body.contains("The value '1' is not valid."));
}

#[tokio::test]
async fn without_a_service_owner_scope_or_off_the_list_there_is_no_org() {
    let setup = setup().await;
    let other = setup.token(json!({"scope": "other:scope"})).await;
    assert!(!claims_of(&get(&setup, PATH, &other).await.1).contains_key("urn:altinn:org"));
    let unlisted = Setup::new(NewClient::new("310000009")).await;
    let claims = claims_of(&get(&unlisted, PATH, &unlisted.token(json!({})).await).await.1);
    assert!(!claims.contains_key("urn:altinn:org"));
    assert_eq!(claims["urn:altinn:orgNumber"], "310000009");
}

#[tokio::test]
async fn the_provider_is_named_and_only_get_is_allowed() {
    let setup = setup().await;
    let token = setup.token(json!({})).await;
    let (status, body) = get(&setup, "authentication/api/v1/exchange/secret", &token).await;
    assert_eq!(status, 400);
    assert!(body.starts_with("Invalid token provider: secret."));
    assert_eq!(get(&setup, "authentication/api/v1/exchange/MASKINPORTEN/", &token).await.0, 200);
    assert_eq!(get(&setup, "authentication/api/v1/exchange", &token).await.0, 404);
    let post = setup.http.post(format!("{}{PATH}", setup.emulator.url())).send().await.unwrap();
    assert_eq!((post.status().as_u16(), post.headers()["allow"].to_str().unwrap()), (405, "GET"));
}

#[tokio::test]
async fn enterprise_users_are_gone() {
    let setup = setup().await;
    let bearer = format!("Bearer {}", setup.token(json!({})).await);
    let header = ("x-altinn-enterpriseuser-authentication", "eDp5");
    let gone = setup.get(PATH, &[("authorization", &bearer), header]).await;
    assert_eq!(gone.status(), 410);
    assert!(!gone.text().await.unwrap().contains("traceId"));
    assert_eq!(setup.get(PATH, &[header]).await.status(), 401);
    let (first, empty) = (("authorization", bearer.as_str()), (header.0, ""));
    assert_eq!(setup.get(PATH, &[first, empty, header]).await.status(), 410);
    assert_eq!(setup.get(PATH, &[first, empty, empty]).await.status(), 200);
}

#[tokio::test]
async fn the_audit_log_takes_numbers_of_32_bits_only() {
    let source = setup().await;
    let jwk: Value = serde_json::from_str(source.client.jwk()).unwrap();
    for (org, status) in [("405003309", 200), ("9999999999", 401)] {
        let world = json!({
            "orgs": {"ttd": {"orgNumber": "405003309"}}, "platform": {"auditLog": true},
            "clients": [{"clientId": "of-the-world", "orgNumber": org, "scopes": [READ],
                "keys": [{"kty": "RSA", "kid": source.signer.kid, "n": jwk["n"], "e": jwk["e"]}]}],
        });
        let setup = Setup::in_world(&world.to_string(), NewClient::new("405003309")).await;
        let claims = laid_over(setup.claims(), json!({"iss": "of-the-world"}));
        let answer = setup.post(&source.signer.sign(&source.header(), &claims)).await;
        let token = answer.body["access_token"].as_str().unwrap();
        assert_eq!(setup.exchange(token).await.status(), status, "{org}");
    }
}

#[tokio::test]
async fn a_token_can_be_refreshed_while_it_is_valid() {
    let setup = setup().await;
    let token = setup.exchange(&setup.token(json!({})).await).await.text().await.unwrap();
    setup.emulator.clock().advance(SignedDuration::from_mins(20));
    let (status, fresh) = get(&setup, REFRESH, &token).await;
    assert_eq!(status, 200);
    assert_eq!(claims_of(&fresh)["sid"], claims_of(&token)["sid"]);
    setup.emulator.clock().advance(SignedDuration::from_mins(11));
    assert_eq!(get(&setup, REFRESH, &token).await, (401, String::new()));
    assert_eq!(get(&setup, REFRESH, &fresh).await.0, 200);
    let cookie = format!("AltinnStudioRuntime={fresh}");
    assert_eq!(setup.get(REFRESH, &[("cookie", &cookie)]).await.status(), 200);
    let last = format!("AltinnStudioRuntime=x; altinnSTUDIOruntime={fresh}");
    assert_eq!(setup.get(REFRESH, &[("cookie", &last)]).await.status(), 200);
    assert_eq!(setup.get(REFRESH, &[]).await.status(), 401);
    let maskinporten = setup.token(json!({})).await;
    assert_eq!(get(&setup, REFRESH, &maskinporten).await.0, 401);
}

#[tokio::test]
async fn any_claims_are_refreshed_as_one_by_one() {
    let setup = setup().await;
    let now = setup.now();
    let refresh = async |claims: Value| {
        let token = setup.emulator.sign_altinn_token(&claims).unwrap();
        get(&setup, REFRESH, &token).await
    };
    let (status, fresh) = refresh(json!({"sid": [], "sub": 5, "x": [[1], [2]], "nbf": now + 5, "exp": now + 2})).await;
    assert_eq!(status, 200);
    let claims = claims_of(&fresh);
    assert!(!claims.contains_key("sid"));
    assert_eq!((&claims["nameid"], &claims["x"]), (&json!("5"), &json!([[1], [2]])));
    assert_eq!(refresh(json!({"sid": ["a"], "exp": now + 100})).await.0, 500);
}

#[tokio::test]
async fn a_maskinporten_token_can_be_refreshed_where_maskinporten_is_a_provider() {
    let world = r#"{"maskinporten": {"main": {"issuer": "https://mp.test/", "metadata": "https://mp.test/x"}},
        "orgs": {"ttd": {"orgNumber": "405003309"}},
        "platform": {"oidcProviders": {"maskinporten": {"issuer": "https://mp.test/"}}}}"#;
    let setup = Setup::in_world(world, NewClient::new("405003309")).await;
    let token = setup.token(json!({"aud": "https://mp.test/"})).await;
    let (status, fresh) = get(&setup, REFRESH, &token).await;
    assert_eq!(status, 200);
    let claims = claims_of(&fresh);
    assert_eq!((&claims["iss"], &claims["client_amr"]), (&json!("https://mp.test/"), &json!("private_key_jwt")));
    assert!(!claims.contains_key("urn:altinn:orgNumber"));
    // It bears Maskinporten's name now, but not its signature.
    assert_eq!(get(&setup, REFRESH, &fresh).await, (401, String::new()));
    let own = setup.exchange(&token).await.text().await.unwrap();
    assert_eq!(get(&setup, REFRESH, &own).await.0, 200);
}

#[tokio::test]
async fn a_system_users_details_lose_their_brackets() {
    let setup = setup().await;
    let organisation = json!({"authority": "iso6523-actorid-upis", "ID": "0192:310000019"});
    let details = json!([{"type": "urn:altinn:systemuser", "systemuser_org": organisation}]);
    let token = setup.token(json!({"authorization_details": details})).await;
    let claims = claims_of(&get(&setup, PATH, &token).await.1);
    assert!(claims["authorization_details"]["systemuser_id"].is_array());
}

#[tokio::test]
async fn a_world_with_a_host_name_has_it_in_issuers_and_links() {
    let world = r#"{"hostname": "contract.test", "orgs": {"ttd": {"orgNumber": "405003309"}}}"#;
    let setup = Setup::in_world(world, NewClient::new("405003309")).await;
    let claims = claims_of(&get(&setup, PATH, &setup.token(json!({})).await).await.1);
    assert_eq!(claims["iss"], "https://platform.contract.test/authentication/api/v1/openid/");
}

#[tokio::test]
async fn tokens_can_be_signed_with_any_claims() {
    let emulator = Emulator::start().await.unwrap();
    let token = emulator.sign_altinn_token(&json!({"urn:altinn:org": "ttd"})).unwrap();
    assert_eq!(claims_of(&token)["urn:altinn:org"], "ttd");
    assert!(emulator.sign_altinn_token(&json!([])).is_err());
}

#[tokio::test]
async fn a_persons_token_becomes_an_end_users_and_keeps_its_end() {
    let source = setup().await;
    let jwk: Value = serde_json::from_str(source.client.jwk()).unwrap();
    let key = json!({"kty": "RSA", "kid": "idp", "n": jwk["n"], "e": jwk["e"]});
    let world = json!({
        "parties": [{"partyId": 501337, "person": "01039012345", "name": "Sophie Salt"},
            {"partyId": 501338, "person": "03838012345", "partyUuid": "aaaaaaaa-0000-4000-8000-00000000dead"}],
        "users": [{"userId": 1337, "partyId": 501337}, {"userId": 1338, "partyId": 501338, "username": "per"}],
        "idporten": {"keys": {"idp": key}},
    });
    let setup = Setup::in_world(&world.to_string(), NewClient::new("405003309")).await;
    let exchange = async |claims: Value| {
        let now = setup.now();
        let usual = json!({"iss": "https://idp.test/", "scope": "openid altinn:instances.read", "sub": "s",
            "pid": "01039012345", "acr": "idporten-loa-high", "amr": "BankID", "exp": now + 120});
        let token = source.signer.sign(&json!({"alg": "RS256", "kid": "idp"}), &laid_over(usual, claims));
        get(&setup, "authentication/api/v1/exchange/id-porten", &token).await
    };
    let (status, body) = exchange(json!({})).await;
    assert_eq!(status, 200);
    let claims = claims_of(&body);
    assert_eq!((&claims["urn:altinn:userid"], &claims["urn:altinn:partyid"]), (&json!(1337), &json!(501337)));
    assert_eq!((&claims["nameid"], &claims["urn:altinn:authlevel"]), (&json!("1337"), &json!(4)));
    assert_eq!(claims["urn:altinn:authenticatemethod"], "BankID");
    assert_eq!(claims["urn:altinn:username"], "user1337");
    assert!(uuid::Uuid::parse_str(claims["urn:altinn:party:uuid"].as_str().unwrap()).is_ok());
    let named = claims_of(&exchange(json!({"pid": "03838012345"})).await.1);
    assert_eq!(named["urn:altinn:username"], "per");
    assert_eq!(named["urn:altinn:party:uuid"], "aaaaaaaa-0000-4000-8000-00000000dead");
    assert!((claims["exp"].as_i64().unwrap() - setup.now() - 120).abs() <= 2);
    assert_eq!(exchange(json!({"scope": "openid"})).await, (403, String::new()));
    for refused in [json!({"pid": null}), json!({"acr": null}), json!({"pid": "02058012345"})] {
        assert_eq!(exchange(refused).await.0, 401);
    }
}
