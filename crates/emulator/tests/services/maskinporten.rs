//! Maskinporten's token endpoint over HTTP: which grants it takes, what it issues, and how it refuses.

use crate::signer::Signer;
use crate::support::{READ, Setup, WRITE, laid_over, part_of, signer_of};
use altinn_emulator::{CertificateAuthority, Emulator, EmulatorError, KeyError, NewClient, World};
use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::SignedDuration;
use serde_json::{Value, json};

const OWN: &str = "405003309";

async fn setup() -> Setup {
    Setup::new(NewClient::new(OWN)).await
}

#[tokio::test]
async fn a_good_grant_buys_a_token_under_each_algorithm() {
    let setup = setup().await;
    for alg in ["RS256", "RS384", "RS512"] {
        let header = laid_over(setup.header(), json!({"alg": alg}));
        let claims = laid_over(setup.claims(), json!({"scope": format!("{READ} {WRITE}")}));
        let answer = setup.post(&setup.signer.sign(&header, &claims)).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.body["token_type"], "Bearer");
        assert_eq!(answer.body["expires_in"], 120);
        assert_eq!(answer.body["scope"], format!("{READ} {WRITE}"));
        let token = answer.claims();
        assert_eq!(token["iss"], setup.emulator.url());
        assert_eq!(token["client_id"], setup.client.client_id());
        assert_eq!(token["client_amr"], "private_key_jwt");
        assert_eq!(token["consumer"], json!({"authority": "iso6523-actorid-upis", "ID": "0192:405003309"}));
        assert_eq!(token["exp"].as_i64().unwrap() - token["iat"].as_i64().unwrap(), 120);
        assert_eq!(token["jti"].as_str().unwrap().len(), 43);
        assert!(!token.contains_key("nbf") && !token.contains_key("aud"));
        let header = part_of(answer.body["access_token"].as_str().unwrap(), 0);
        assert_eq!(header.keys().collect::<Vec<_>>(), ["kid", "alg"]);
    }
}

#[tokio::test]
async fn tokens_verify_with_the_published_key_found_through_the_metadata() {
    let setup = setup().await;
    let metadata: Value = json_of(&setup, ".well-known/oauth-authorization-server").await;
    assert_eq!(metadata["issuer"], setup.emulator.url());
    assert_eq!(metadata["token_endpoint"], format!("{}token", setup.emulator.url()));
    let types = json!(["urn:altinn:systemuser", "urn:altinn:consent"]);
    assert_eq!(metadata["authorization_details_types_supported"], types);
    let jwks_path = metadata["jwks_uri"].as_str().unwrap().strip_prefix(setup.emulator.url()).unwrap().to_owned();
    let key = json_of(&setup, &jwks_path).await["keys"][0].clone();
    let token = setup.token(json!({})).await;
    assert_eq!(part_of(&token, 0)["kid"], key["kid"]);
    let number = |name: &str| URL_SAFE_NO_PAD.decode(key[name].as_str().unwrap()).unwrap();
    let (input, signature) = token.rsplit_once('.').unwrap();
    RsaPublicKeyComponents { n: number("n"), e: number("e") }
        .verify(&RSA_PKCS1_2048_8192_SHA256, input.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap())
        .unwrap();
}

async fn json_of(setup: &Setup, path: &str) -> Value {
    serde_json::from_str(&setup.get(path, &[]).await.text().await.unwrap()).unwrap()
}

#[tokio::test]
async fn other_algorithms_are_refused() {
    let setup = setup().await;
    for alg in ["ES256", "PS256", "none", "HS256"] {
        let header = laid_over(setup.header(), json!({"alg": alg}));
        let answer = setup.post(&setup.signer.sign(&header, &setup.claims())).await;
        answer.refuses(400, "invalid_grant", None, "algorithm");
    }
}

#[tokio::test]
async fn the_audience_is_the_issuer_to_the_letter_or_the_token_endpoint() {
    let setup = setup().await;
    let issuer = setup.emulator.url().to_owned();
    for good in [json!(issuer), json!([issuer]), json!(format!("{issuer}token"))] {
        assert_eq!(setup.ask(json!({"aud": good})).await.status, 200, "{good}");
    }
    let bare = issuer.trim_end_matches('/');
    for bad in [json!(bare), json!([issuer, "https://other.test/"]), json!(5), Value::Null] {
        let answer = setup.ask(json!({"aud": bad})).await;
        answer.refuses(400, "invalid_grant", Some("MP-110"), "Invalid JWT claim aud");
    }
}

#[tokio::test]
async fn the_clock_may_be_ten_seconds_off_and_a_grant_lives_three_minutes_at_most() {
    let setup = setup().await;
    let now = setup.now();
    let ask = |iat: i64, exp: i64| setup.ask(json!({"iat": now + iat, "exp": now + exp}));
    assert_eq!(ask(8, 60).await.status, 200);
    ask(60, 90).await.refuses(400, "invalid_grant", None, "Issue time is in the future");
    assert_eq!(ask(0, 180).await.status, 200);
    ask(0, 181).await.refuses(400, "invalid_grant", None, "JWT has too long lifetime");
    assert_eq!(ask(-100, -3).await.status, 200);
    ask(-100, -12).await.refuses(400, "invalid_grant", Some("MP-130"), "JWT has expired");
    let missing = setup.ask(json!({"exp": null})).await;
    missing.refuses(400, "invalid_request", Some("MP-011"), "exp");
}

#[tokio::test]
async fn a_client_whose_clock_is_ahead_learns_the_time_from_the_date_header() {
    let setup = setup().await;
    let grant = setup.grant(json!({}));
    setup.emulator.clock().advance(SignedDuration::from_secs(-60));
    setup.post(&grant).await.refuses(400, "invalid_grant", None, "Issue time is in the future");
    let response = setup.get("jwk", &[]).await;
    let date = response.headers()["date"].to_str().unwrap().to_owned();
    let told = jiff::fmt::strtime::parse("%a, %d %b %Y %H:%M:%S GMT", date).unwrap().to_datetime().unwrap();
    let told = told.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp().as_second();
    assert!((told - setup.now()).abs() <= 2);
}

#[tokio::test]
async fn a_grant_is_single_use_even_if_it_was_refused_later() {
    let setup = setup().await;
    let grant = setup.grant(json!({}));
    assert_eq!(setup.post(&grant).await.status, 200);
    setup.post(&grant).await.refuses(400, "invalid_grant", Some("MP-012"), "Grant is used before");
    let again = setup.ask(json!({"jti": "same", "scope": "unknown:scope"})).await;
    again.refuses(400, "invalid_scope", Some("MP-200"), "unknown:scope");
    let again = setup.ask(json!({"jti": "same"})).await;
    again.refuses(400, "invalid_grant", Some("MP-012"), "Grant is used before");
}

#[tokio::test]
async fn without_jti_a_grant_can_be_used_again_unless_the_emulator_is_strict() {
    let setup = setup().await;
    let grant = setup.grant(json!({"jti": null}));
    assert_eq!(setup.post(&grant).await.status, 200);
    assert_eq!(setup.post(&grant).await.status, 200);
    let strict = Emulator::builder().strict(true).start().await.unwrap();
    let strict = Setup::with(strict, NewClient::new(OWN));
    let grant = strict.grant(json!({"jti": null}));
    assert_eq!(strict.post(&grant).await.status, 200);
    strict.post(&grant).await.refuses(400, "invalid_grant", Some("MP-012"), "used before");
}

#[tokio::test]
async fn keys_are_found_by_kid_on_the_client() {
    let setup = setup().await;
    let other = setup.emulator.register_client(NewClient::new(OWN)).unwrap();
    let other_kid = signer_of(other.jwk()).kid;
    for kid in [json!("nobody"), json!(other_kid)] {
        let header = laid_over(setup.header(), json!({"kid": kid}));
        let answer = setup.post(&setup.signer.sign(&header, &setup.claims())).await;
        answer.refuses(400, "invalid_grant", None, "Unknown key identifier (kid) for client");
    }
    let header = laid_over(setup.header(), json!({"kid": null}));
    let answer = setup.post(&setup.signer.sign(&header, &setup.claims())).await;
    answer.refuses(400, "invalid_grant", None, "no key identifier (kid) provided");
    let unknown = setup.ask(json!({"iss": uuid::Uuid::new_v4()})).await;
    unknown.refuses(400, "invalid_grant", Some("MP-100"), "Client not found");
}

#[tokio::test]
async fn a_signature_of_another_key_is_refused() {
    let setup = setup().await;
    let other = setup.emulator.register_client(NewClient::new(OWN).fresh_key()).unwrap();
    let other = signer_of(other.jwk());
    let answer = setup.post(&other.sign(&setup.header(), &setup.claims())).await;
    answer.refuses(400, "invalid_grant", Some("MP-124"), "Invalid JWT signature");
}

#[tokio::test]
async fn a_key_expires_after_a_year_or_when_told_so() {
    let setup = setup().await;
    setup.emulator.clock().advance(SignedDuration::from_hours(364 * 24));
    assert_eq!(setup.ask(json!({})).await.status, 200);
    setup.emulator.clock().advance(SignedDuration::from_hours(2 * 24));
    let answer = setup.ask(json!({})).await;
    answer.refuses(400, "invalid_grant", Some("MP-121"), "Expired key");
    assert!(answer.body["error_uri"].as_str().unwrap().starts_with(setup.emulator.url()));
    let young = Setup::new(NewClient::new(OWN)).await;
    young.emulator.expire_keys(young.client.client_id()).unwrap();
    young.ask(json!({})).await.refuses(400, "invalid_grant", Some("MP-121"), "Expired key");
    assert!(young.emulator.expire_keys("nobody").is_err());
}

#[tokio::test]
async fn a_client_without_keys_signs_with_an_enterprise_certificate() {
    let keyed = setup().await;
    let client = keyed.emulator.register_client(NewClient::new(OWN).without_key()).unwrap();
    let certificate = |authority, org| keyed.emulator.enterprise_certificate(authority, org).unwrap();
    let own = certificate(CertificateAuthority::Test, OWN);
    let signer = Signer::from_pem(&own.private_key_pem(), "");
    let assertion = |x5c: Value| {
        let claims = laid_over(keyed.claims(), json!({"iss": client.client_id()}));
        signer.sign(&json!({"alg": "RS256", "x5c": x5c}), &claims)
    };
    for chain in [json!(own.chain()), json!([own.chain()[0]])] {
        let answer = keyed.post(&assertion(chain)).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.claims()["client_amr"], "virksomhetssertifikat");
    }
    let refused = keyed.post(&assertion(json!(own.chain()[0]))).await;
    refused.refuses(400, "invalid_grant", Some("MP-123"), "x5c");
    let production = certificate(CertificateAuthority::Production, OWN);
    let refused = keyed.post(&assertion(json!(production.chain()))).await;
    refused.refuses(400, "invalid_grant", Some("MP-120"), "invalid certificate");
    let other = certificate(CertificateAuthority::Test, "310000019");
    let refused = keyed.post(&assertion(json!(other.chain()))).await;
    refused.refuses(400, "invalid_grant", Some("MP-122"), "does not match certificate");
    let with_keys = keyed.signer.sign(&json!({"alg": "RS256", "x5c": own.chain()}), &keyed.claims());
    keyed.post(&with_keys).await.refuses(400, "invalid_grant", None, "requires pre-registered jwk");
}

#[tokio::test]
async fn scopes_are_registered_granted_and_set_the_lifetime() {
    let client = NewClient::new(OWN)
        .scopes(["skatteetaten:formueinntekt"])
        .scope_with_max_age("a:short", 120)
        .scope_with_max_age("a:long", 3600)
        .scope_with_max_age("a:unlimited", 0)
        .token_lifetime(7200);
    let setup = Setup::new(client).await;
    let unknown = setup.ask(json!({"scope": "a:long a:absent"})).await;
    unknown.refuses(400, "invalid_scope", Some("MP-200"), "invalid scopes for client, a:absent");
    let restricted = setup.ask(json!({"scope": "skatteetaten:formueinntekt"})).await;
    restricted.refuses(403, "forbidden", Some("MP-250"), "access to the scope skatteetaten:formueinntekt");
    for (scope, lifetime) in [("a:long a:short", 120), ("a:long", 3600), ("a:unlimited", 7200)] {
        assert_eq!(setup.ask(json!({"scope": scope})).await.body["expires_in"], lifetime, "{scope}");
    }
    setup.emulator.remove_scope(setup.client.client_id(), "a:long").unwrap();
    setup.ask(json!({"scope": "a:long"})).await.refuses(400, "invalid_scope", Some("MP-200"), "a:long");
}

#[tokio::test]
async fn a_supplier_acts_for_those_who_delegated_to_it() {
    let setup = setup().await;
    let token = setup.ask(json!({"consumer_org": "991825827"})).await;
    assert_eq!(token.status, 200, "{}", token.body);
    let claims = token.claims();
    assert_eq!(claims["consumer"]["ID"], "0192:991825827");
    assert_eq!(claims["supplier"]["ID"], "0192:405003309");
    assert!(claims.contains_key("delegation_source"));
    let refused = setup.ask(json!({"consumer_org": "310000027"})).await;
    refused.refuses(403, "forbidden", Some("MP-251"), "Consumer 310000027 has not delegated access");
    setup.emulator.delegate("310000027", OWN, READ);
    assert_eq!(setup.ask(json!({"consumer_org": "310000027"})).await.status, 200);
    let own = setup.ask(json!({"consumer_org": OWN})).await;
    own.refuses(400, "invalid_request", None, "The combination consumer_org");
}

#[tokio::test]
async fn a_resource_becomes_the_audience() {
    let setup = setup().await;
    for (resource, audience) in
        [(json!("https://a.test/"), json!("https://a.test/")), (json!(["https://a.test/"]), json!("https://a.test/"))]
    {
        assert_eq!(setup.ask(json!({"resource": resource})).await.claims()["aud"], audience);
    }
    let fragment = setup.ask(json!({"resource": "https://a.test/#x"})).await;
    fragment.refuses(400, "invalid_target", None, "resource");
    let pid = setup.ask(json!({"pid": "01839012345"})).await;
    assert_eq!(pid.claims()["pid"], "01839012345");
}

#[tokio::test]
async fn system_users_are_looked_up() {
    let setup = setup().await;
    let detail = |owner: &str, more: Value| {
        let organisation = json!({"authority": "iso6523-actorid-upis", "ID": format!("0192:{owner}")});
        laid_over(json!({"type": "urn:altinn:systemuser", "systemuser_org": organisation}), more)
    };
    let ask = |details: Value| setup.ask(json!({"authorization_details": details}));
    let claims = ask(json!([detail("310000019", json!({}))])).await.claims();
    assert_eq!(claims["authorization_details"][0]["systemuser_id"][0], "7a0c0000-3333-4444-8555-dddddddddddd");
    assert_eq!(claims["consumer"]["ID"], "0192:405003309");
    let with_reference = detail("310000027", json!({"externalRef": "avdeling-2"}));
    assert_eq!(ask(json!([with_reference])).await.status, 200);
    let missing = ask(json!([detail("310000027", json!({}))])).await;
    missing.refuses(400, "invalid_altinn_customer_configuration", Some("MP-303"), "values");
    let field = ask(json!([detail("310000019", json!({"x": 1}))])).await;
    field.refuses(400, "invalid_request", Some("MP-302"), "Unknown fields");
    let kind = ask(json!([detail("310000019", json!({"type": "urn:altinn:other"}))])).await;
    kind.refuses(400, "invalid_request", Some("MP-301"), "Unknown authorization details type");
    let one = detail("310000019", json!({}));
    assert_eq!(ask(json!([one, one])).await.status, 400);
}

#[tokio::test]
async fn more_claims_are_only_refused_in_strict_mode() {
    let lenient = setup().await;
    assert_eq!(lenient.ask(json!({"sub": "x", "nbf": 1, "nonce": "y"})).await.status, 200);
    let strict = Emulator::builder().strict(true).start().await.unwrap();
    let strict = Setup::with(strict, NewClient::new(OWN));
    assert_eq!(strict.ask(json!({"sub": "x", "nbf": 1})).await.status, 200);
    strict.ask(json!({"nonce": "y"})).await.refuses(400, "invalid_request", Some("MP-011"), "Unknown claim");
    let now = strict.now();
    let long = strict.ask(json!({"iat": now, "exp": now + 121})).await;
    long.refuses(400, "invalid_grant", None, "too long lifetime");
}

#[tokio::test]
async fn the_form_may_stand_in_the_query_string_and_must_be_a_form() {
    let setup = setup().await;
    let url = format!("{}token", setup.emulator.url());
    let query = format!(
        "{url}?grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion={}",
        setup.grant(json!({}))
    );
    assert_eq!(setup.http.post(query).send().await.unwrap().status(), 200);
    assert_eq!(setup.http.get(&url).send().await.unwrap().status(), 405);
    let json = setup.http.post(&url).header("content-type", "application/json").body("{}").send().await.unwrap();
    assert_eq!(json.status(), 415);
    let post = |form: &'static [(&'static str, &'static str)]| setup.http.post(&url).form(form).send();
    let error = async |form| {
        let text = post(form).await.unwrap().text().await.unwrap();
        serde_json::from_str::<Value>(&text).unwrap()["error"].clone()
    };
    assert_eq!(error(&[("assertion", "x")]).await, "invalid_request");
    assert_eq!(error(&[("grant_type", "client_credentials")]).await, "unsupported_grant_type");
    setup.post("not a token").await.refuses(400, "invalid_request", Some("MP-011"), "Invalid assertion");
    setup.post(&format!("{}\n", setup.grant(json!({})))).await.refuses(400, "invalid_request", Some("MP-011"), "");
}

#[tokio::test]
async fn a_client_may_bring_its_own_public_key() {
    let source = setup().await;
    let jwk: Value = serde_json::from_str(source.client.jwk()).unwrap();
    let public = json!({"kty": "RSA", "kid": "own-key", "n": jwk["n"], "e": jwk["e"]});
    let client = source.emulator.register_client(NewClient::new(OWN).public_jwk(public.to_string())).unwrap();
    let header = json!({"alg": "RS256", "kid": "own-key"});
    let claims = laid_over(source.claims(), json!({"iss": client.client_id()}));
    assert_eq!(source.post(&source.signer.sign(&header, &claims)).await.status, 200);
    assert!(source.emulator.register_client(NewClient::new(OWN).public_jwk("{}")).is_err());
}

#[tokio::test]
async fn the_older_way_to_name_whom_it_is_for_is_taken_and_changes_nothing() {
    let strict = Emulator::builder().strict(true).start().await.unwrap();
    for setup in [setup().await, Setup::with(strict, NewClient::new(OWN))] {
        setup.emulator.delegate("310000035", OWN, READ);
        let token = setup.ask(json!({"iss_onbehalfof": "sub-client"})).await.claims();
        assert_eq!(token["consumer"]["ID"], format!("0192:{OWN}"));
        assert!(!token.contains_key("supplier") && !token.contains_key("iss_onbehalfof"));
        let both = setup.ask(json!({"iss_onbehalfof": "sub-client", "consumer_org": "310000035"})).await;
        both.refuses(400, "invalid_request", Some("MP-011"), "consumer_org and iss_onbehalfof exclude each other");
        let number = setup.ask(json!({"iss_onbehalfof": 5})).await;
        number.refuses(400, "invalid_request", Some("MP-011"), "iss_onbehalfof");
    }
}

#[tokio::test]
async fn keys_are_rotated_while_both_are_registered() {
    let setup = setup().await;
    let id = setup.client.client_id();
    let other = setup.emulator.register_client(NewClient::new(OWN).fresh_key()).unwrap();
    setup.emulator.add_key(id, other.jwk()).unwrap();
    let new = signer_of(other.jwk());
    let header = json!({"alg": "RS256", "kid": new.kid});
    assert_eq!(setup.ask(json!({})).await.status, 200);
    assert_eq!(setup.post(&new.sign(&header, &setup.claims())).await.status, 200);
    setup.emulator.remove_key(id, &setup.signer.kid).unwrap();
    setup.ask(json!({})).await.refuses(400, "invalid_grant", None, "Unknown key identifier");
    assert_eq!(setup.post(&new.sign(&header, &setup.claims())).await.status, 200);
    assert!(setup.emulator.add_key(id, "{}").is_err() && setup.emulator.add_key("nobody", other.jwk()).is_err());
}

#[tokio::test]
async fn a_key_that_is_posted_again_is_good_for_another_year() {
    let setup = setup().await;
    let id = setup.client.client_id();
    setup.emulator.expire_keys(id).unwrap();
    setup.ask(json!({})).await.refuses(400, "invalid_grant", Some("MP-121"), "Expired key");
    setup.emulator.add_key(id, setup.client.jwk()).unwrap();
    assert_eq!(setup.ask(json!({})).await.status, 200);
    setup.emulator.clock().advance(SignedDuration::from_hours(364 * 24));
    assert_eq!(setup.ask(json!({})).await.status, 200);
    setup.emulator.remove_key(id, &setup.signer.kid).unwrap();
    setup.ask(json!({})).await.refuses(400, "invalid_grant", None, "Unknown key identifier");
}

#[tokio::test]
async fn of_two_keys_with_one_kid_in_the_world_the_last_counts() {
    let source = setup().await;
    let jwk: Value = serde_json::from_str(source.client.jwk()).unwrap();
    let key = json!({"kty": "RSA", "kid": source.signer.kid, "n": jwk["n"], "e": jwk["e"]});
    let expired = laid_over(key.clone(), json!({"expires": "2020-01-01T00:00:00Z"}));
    for (keys, status) in [(json!([expired, key]), 200), (json!([key, expired]), 400)] {
        let client = json!({"clientId": "from-the-file", "orgNumber": OWN, "scopes": [READ], "keys": keys});
        let setup = Setup::in_world(&json!({"clients": [client]}).to_string(), NewClient::new(OWN)).await;
        let claims = laid_over(setup.claims(), json!({"iss": "from-the-file"}));
        let answer = setup.post(&source.signer.sign(&source.header(), &claims)).await;
        assert_eq!(answer.status.as_u16(), status, "{}", answer.body);
    }
}

#[tokio::test]
async fn keys_that_could_never_sign_a_grant_are_refused_when_they_are_registered() {
    let setup = setup().await;
    let id = setup.client.client_id();
    let good: Value = serde_json::from_str(setup.client.jwk()).unwrap();
    let public = json!({"kty": "RSA", "kid": "k", "n": good["n"], "e": good["e"]});
    setup.emulator.add_key(id, &public.to_string()).unwrap();
    let short = URL_SAFE_NO_PAD.encode([0xff; 128]);
    for (jwk, no_kid) in [
        (laid_over(public.clone(), json!({"kid": null})), true),
        (laid_over(public.clone(), json!({"n": short})), false),
        (json!({"kty": "EC", "crv": "P-256", "kid": "k", "x": "AQ", "y": "AQ"}), false),
    ] {
        let is_typed = |error: &KeyError| match no_kid {
            true => matches!(error, KeyError::NoKid),
            false => matches!(error, KeyError::NotClientKey),
        };
        let added = setup.emulator.add_key(id, &jwk.to_string());
        assert!(matches!(&added, Err(EmulatorError::Key(why)) if is_typed(why)), "{jwk}: {added:?}");
        let registered = setup.emulator.register_client(NewClient::new(OWN).public_jwk(jwk.to_string()));
        assert!(matches!(&registered, Err(EmulatorError::Key(why)) if is_typed(why)), "{jwk}: {registered:?}");
        let world = json!({"clients": [{"clientId": "from-the-file", "orgNumber": OWN, "keys": [jwk]}]});
        let world = World::from_json(&world.to_string()).unwrap();
        match Emulator::builder().world(world).start().await {
            Err(EmulatorError::ClientKey { client_id, source }) => {
                assert!(client_id == "from-the-file" && is_typed(&source), "{jwk}: {source:?}");
            }
            other => panic!("{jwk}: {other:?}"),
        }
    }
}
