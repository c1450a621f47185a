//! Changing a running emulator over HTTP, as a test in another language does.

use std::time::{Duration, Instant};

use crate::support::{READ, Setup, WRITE, get, laid_over, signer_of};
use altinn_emulator::{Emulator, EmulatorError, NewClient};
use reqwest::Method;
use serde_json::{Value, json};

const OWN: &str = "405003309";

async fn setup() -> Setup {
    let emulator = Emulator::builder().control_port(0).start().await.unwrap();
    Setup::with(emulator, NewClient::new(OWN).scopes([READ]))
}

impl Setup {
    /// Status and JSON of the answer on the control port.
    async fn control(&self, method: Method, path: &str, body: impl ToString) -> (u16, Value) {
        let url = format!("{}_emulator/{path}", self.emulator.control_url().unwrap());
        let answer = self.http.request(method, url).body(body.to_string()).send().await.unwrap();
        (answer.status().as_u16(), serde_json::from_str(&answer.text().await.unwrap()).unwrap_or(Value::Null))
    }

    /// Asserts that the body is refused in words that have `phrase` in them.
    async fn refuses(&self, path: &str, body: Value, phrase: &str) {
        let (status, answer) = self.control(Method::POST, path, &body).await;
        let words = answer["error"].as_str().unwrap_or_default();
        assert!(status == 400 && words.contains(phrase), "{path} {body}: {status} {answer}");
    }
}

#[tokio::test]
async fn the_port_is_one_of_its_own_and_closed_unless_it_was_asked_for() {
    assert_eq!(Emulator::start().await.unwrap().control_url(), None);
    let setup = setup().await;
    assert_eq!(setup.get("_emulator/journal", &[]).await.status(), 404);
    let control = setup.emulator.control_url().unwrap();
    assert!(control.starts_with("http://127.0.0.1:"));
    assert_eq!(setup.http.get(format!("{control}health")).send().await.unwrap().status(), 404);
    let port = url::Url::parse(control).unwrap().port().unwrap();
    assert!(Emulator::builder().control_port(port).start().await.is_err());
    let control = control.to_owned();
    setup.emulator.stop().await;
    assert!(setup.http.get(format!("{control}health")).send().await.is_err(), "it goes with the emulator");
}

#[tokio::test]
async fn a_submission_in_an_unknown_app_or_of_an_unknown_party_is_refused_with_all_that_came_with_it() {
    let setup = setup().await;
    for (app, party, named) in [("ttd/nosuch", 510_001, "ttd/nosuch"), ("ttd/mottak-demo", 7, "party 7")] {
        let piece = json!({
            "clients": [{"clientId": "not-added", "orgNumber": OWN}],
            "submissions": [{"appId": "ttd/mottak-demo", "partyId": 510_001}, {"appId": app, "partyId": party}],
        });
        let (status, refused) = setup.control(Method::POST, "world", &piece).await;
        assert!(status == 400 && refused["error"].as_str().unwrap().contains(named), "{refused}");
    }
    assert!(matches!(setup.emulator.new_key("not-added"), Err(EmulatorError::UnknownClient(_))));
}

#[tokio::test]
async fn a_piece_of_world_is_added() {
    let setup = setup().await;
    let source = setup.emulator.register_client(NewClient::new(OWN).fresh_key()).unwrap();
    let (signer, jwk) = (signer_of(source.jwk()), serde_json::from_str::<Value>(source.jwk()).unwrap());
    let piece = json!({
        "orgs": {"brg": {"orgNumber": "974760673"}},
        "parties": [{"partyId": 520_009, "organisation": "310000051"}],
        "policies": {"narrow": {"owner": ["read", "complete"]}},
        "apps": {"brg/new-app": {"policy": "narrow", "metadata": {"title": {"nb": "Ny tjeneste"}}}},
        "clients": [{"clientId": "added", "orgNumber": "974760673", "scopes": [READ],
            "keys": [{"kty": "RSA", "kid": signer.kid, "n": jwk["n"], "e": jwk["e"]}]}],
        "delegations": [{"consumer": "310000051", "supplier": "974760673", "scope": READ}],
        "systemUsers": [{"vendor": "974760673", "owner": "310000051", "systemId": "974760673_x",
            "id": "7a0c0000-3333-4444-8555-ffffffffffff"}],
        "restrictedScopes": {"x:restricted": [OWN]},
        "submissions": [{"appId": "brg/new-app", "partyId": 520_009}],
    });
    let (status, added) = setup.control(Method::POST, "world", &piece).await;
    assert_eq!(status, 200, "{added}");

    let ask = async |changes: Value| {
        let claims = laid_over(laid_over(setup.claims(), json!({"iss": "added"})), changes);
        setup.post(&signer.sign(&json!({"alg": "RS256", "kid": signer.kid}), &claims)).await
    };
    let answer = ask(json!({})).await;
    let exchanged = setup.exchange(answer.body["access_token"].as_str().unwrap()).await.text().await.unwrap();
    let (status, page) = get(&setup, "storage/api/v1/instances?org=brg", &exchanged).await;
    let page: Value = serde_json::from_str(&page).unwrap();
    assert_eq!((status, &page["instances"][0]["id"]), (200, &added["submissions"][0]), "{page}");
    assert_eq!(page["instances"][0]["instanceOwner"]["organisationNumber"], "310000051");
    let (_, app) = get(&setup, "storage/api/v1/applications/brg/new-app", &exchanged).await;
    assert!(app.contains("Ny tjeneste"), "{app}");
    assert_eq!(ask(json!({"consumer_org": "310000051"})).await.status, 200);
    let organisation = json!({"authority": "iso6523-actorid-upis", "ID": "0192:310000051"});
    let details = json!([{"type": "urn:altinn:systemuser", "systemuser_org": organisation}]);
    assert_eq!(ask(json!({"authorization_details": details})).await.status, 200);
    // What was there before is still there.
    assert_eq!(setup.ask(json!({})).await.status, 200);
}

#[tokio::test]
async fn a_piece_that_can_not_be_added_changes_nothing() {
    let setup = setup().await;
    setup.refuses("world", json!({"hostname": "x.test"}), "clients").await;
    setup.refuses("world", json!({"client": []}), "clients").await;
    setup.refuses("world", json!([]), "expected a map").await;
    setup.refuses("world", json!({"parties": [{"person": "01839012345"}]}), "partyId").await;
    let (status, answer) = setup.control(Method::POST, "world", "{").await;
    assert_eq!((status, answer["error"].is_string()), (400, true));
    let good: Value = serde_json::from_str(setup.client.jwk()).unwrap();
    let client = |id: &str, key: Value| json!({"clientId": id, "orgNumber": OWN, "scopes": [READ], "keys": [key]});
    let clients = [client("good", good), client("bad", json!({"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "k"}))];
    setup.refuses("world", json!({"clients": clients}), "a key of the client bad can't be used").await;
    let unknown = setup.ask(json!({"iss": "good"})).await;
    unknown.refuses(400, "invalid_grant", Some("MP-100"), "Client not found");
}

#[tokio::test]
async fn no_refusal_repeats_a_key_or_a_number_of_a_person() {
    let setup = setup().await;
    for body in [
        json!({"parties": [{"partyId": "01839012345"}]}),
        json!({"parties": [{"partyId": 1, "person": 11_839_012_345_u64}]}),
        json!({"clients": [{"clientId": "a", "orgNumber": OWN, "keys": [setup.client.jwk()]}]}),
        json!({"clients": [{"clientId": "a", "orgNumber": OWN, "keys": setup.client.jwk()}]}),
    ] {
        let (status, answer) = setup.control(Method::POST, "world", &body).await;
        assert_eq!((status, altinn_watch::secret_in(&answer.to_string())), (400, None), "{answer}");
    }
}

#[tokio::test]
async fn the_clock_is_moved_set_and_read() {
    let setup = setup().await;
    let grant = setup.grant(json!({}));
    assert_eq!(setup.control(Method::POST, "clock", json!({"advanceSeconds": 600})).await.0, 200);
    setup.post(&grant).await.refuses(400, "invalid_grant", Some("MP-130"), "JWT has expired");
    assert_eq!(setup.ask(json!({})).await.status, 200);
    assert_eq!(setup.control(Method::POST, "clock", json!({"advanceSeconds": -600})).await.0, 200);
    assert_eq!(setup.post(&grant).await.status, 200);
    let (_, told) = setup.control(Method::POST, "clock", json!({"now": "2031-01-01T00:00:00Z"})).await;
    assert!(told["now"].as_str().unwrap().starts_with("2031-01-01T00:00:0"), "{told}");
    let (_, told) = setup.control(Method::GET, "clock", "").await;
    assert!(told["now"].as_str().unwrap().starts_with("2031-01-01T00:00:"), "{told}");
    for (body, phrase) in [
        (json!({}), "advanceSeconds"),
        (json!({"advanceSeconds": 1, "now": "2031-01-01T00:00:00Z"}), "advanceSeconds"),
        (json!({"advanceSeconds": 1.5}), "floating point"),
        (json!({"advanceSeconds": i64::MAX}), "years 1970"),
        (json!({"now": "0001-01-01T00:00:00Z"}), "years 1970"),
        (json!({"now": "tomorrow"}), ""),
        (json!({"advance": 1}), "unknown field `advance`"),
    ] {
        setup.refuses("clock", body, phrase).await;
    }
    assert!(setup.emulator.clock().now().to_string().starts_with("2031-01-01T00:00:"));
}

#[tokio::test]
async fn failures_are_ordered() {
    let setup = setup().await;
    let url = format!("{}health", setup.emulator.url());
    let order = async |failure: Value| {
        let body = laid_over(json!({"path": "/health"}), failure);
        assert_eq!(setup.control(Method::POST, "failures", &body).await, (204, Value::Null), "{body}");
        setup.http.get(&url).send().await
    };
    let busy = order(json!({"status": 429, "headers": {"retry-after": "7"}, "body": "busy"})).await.unwrap();
    assert_eq!((busy.status().as_u16(), &busy.headers()["retry-after"]), (429, &"7".parse().unwrap()));
    assert_eq!(busy.text().await.unwrap(), "busy");
    assert!(order(json!({"drop": true})).await.is_err());
    // The connection may close before the head has been sent.
    if let Ok(cut) = order(json!({"cutAfter": 3})).await {
        assert!(cut.bytes().await.is_err());
    }
    let mut stalled = order(json!({"stalledAfter": 3})).await.unwrap();
    assert_eq!(stalled.chunk().await.unwrap().unwrap(), "Hea");
    let begun = Instant::now();
    let late = order(json!({"delaySeconds": 0.3})).await.unwrap();
    assert_eq!(late.text().await.unwrap(), "Healthy");
    assert!(begun.elapsed() >= Duration::from_millis(300));
    assert_eq!(setup.http.get(&url).send().await.unwrap().status(), 200);
    for (body, phrase) in [
        (json!({"status": 503}), "missing field `path`"),
        (json!({"path": "health", "status": 503}), "slash"),
        (json!({"path": "/health"}), "give one of"),
        (json!({"path": "/health", "status": 503, "drop": true}), "give one of"),
        (json!({"path": "/health", "status": 100}), "200 to 999"),
        (json!({"path": "/health", "status": 503, "headers": {"a b": "x"}}), "header a b"),
        (json!({"path": "/health", "status": 503, "headers": {"content-length": "9"}}), "header content-length"),
        (json!({"path": "/health", "drop": true, "body": "x"}), "belong to a status"),
        (json!({"path": "/health", "delaySeconds": -1}), "delaySeconds"),
    ] {
        setup.refuses("failures", body, phrase).await;
    }
    assert_eq!(setup.http.get(&url).send().await.unwrap().status(), 200, "what was refused was not ordered");
    let body = json!({"path": "/health", "status": 503});
    setup.control(Method::POST, "failures", &body).await;
    assert_eq!(setup.control(Method::DELETE, "failures", "").await, (200, json!({"withdrawn": 1})));
    assert_eq!(setup.http.get(&url).send().await.unwrap().status(), 200, "it was taken back");
}

#[tokio::test]
async fn the_journal_is_read_and_forgotten() {
    let setup = setup().await;
    setup.ask(json!({})).await;
    setup.ask(json!({"scope": "unknown"})).await;
    let expected = json!([{"method": "POST", "path": "/token", "succeeded": 1, "failed": 1}]);
    assert_eq!(setup.control(Method::GET, "journal", "").await, (200, expected));
    assert_eq!(setup.control(Method::DELETE, "journal", "").await.0, 204);
    assert_eq!(setup.control(Method::GET, "journal", "").await, (200, json!([])));
}

#[tokio::test]
async fn keys_and_scopes_of_a_client_change() {
    let setup = setup().await;
    let id = setup.client.client_id();
    setup.emulator.expire_keys(id).unwrap();
    setup.ask(json!({})).await.refuses(400, "invalid_grant", Some("MP-121"), "Expired key");
    let (keys, scope) = (format!("clients/{id}/keys"), format!("clients/{id}/scopes/{WRITE}"));
    assert_eq!(setup.control(Method::POST, &keys, setup.client.jwk()).await.0, 204);
    assert_eq!(setup.ask(json!({})).await.status, 200);
    setup.ask(json!({"scope": WRITE})).await.refuses(400, "invalid_scope", Some("MP-200"), WRITE);
    assert_eq!(setup.control(Method::PUT, &scope, "").await.0, 204);
    assert_eq!(setup.ask(json!({"scope": WRITE})).await.status, 200);
    let encoded = scope.replace(WRITE, &WRITE.replace(':', "%3A").replace('/', "%2F"));
    assert_eq!(setup.control(Method::DELETE, &encoded, "").await.0, 204);
    setup.ask(json!({"scope": WRITE})).await.refuses(400, "invalid_scope", Some("MP-200"), WRITE);
    setup.refuses(&keys, json!({"kty": "RSA", "kid": "k"}), "2048 to 8192 bits").await;
    let mut public: Value = serde_json::from_str(setup.client.jwk()).unwrap();
    public.as_object_mut().unwrap().remove("kid");
    setup.refuses(&keys, public, "needs a kid").await;
    for (method, path, body) in [
        (Method::POST, "clients/nobody/keys", setup.client.jwk()),
        (Method::PUT, "clients/nobody/scopes/a", ""),
        (Method::DELETE, "clients/nobody/scopes/a", ""),
        (Method::GET, "nothing", ""),
    ] {
        let (status, answer) = setup.control(method, path, body).await;
        assert_eq!((status, answer["error"].is_string()), (404, true), "{path}");
    }
}

#[tokio::test]
async fn another_method_is_refused_in_words() {
    let setup = setup().await;
    for (method, path, allowed) in [
        (Method::DELETE, "world", "POST"),
        (Method::PUT, "journal", "GET,HEAD,DELETE"),
        (Method::GET, "clients/a", "DELETE"),
        (Method::DELETE, "clients/a/keys", "POST"),
        (Method::POST, "consents/a", "DELETE"),
    ] {
        let (status, answer) = setup.control(method.clone(), path, "").await;
        assert!(status == 405 && answer["error"].as_str().unwrap().contains("Allow"), "{path}: {status} {answer}");
        let url = format!("{}_emulator/{path}", setup.emulator.control_url().unwrap());
        let response = setup.http.request(method, url).send().await.unwrap();
        assert_eq!(response.headers()["allow"], allowed, "{path}");
    }
}

#[tokio::test]
async fn a_client_and_its_keys_go() {
    let setup = setup().await;
    let (id, kid) = (setup.client.client_id(), &setup.signer.kid);
    let client = format!("clients/{id}");
    let keys = format!("{client}/keys");
    assert_eq!(setup.control(Method::POST, &format!("{client}/expireKeys"), "").await, (204, Value::Null));
    setup.ask(json!({})).await.refuses(400, "invalid_grant", Some("MP-121"), "Expired key");
    assert_eq!(setup.control(Method::POST, &keys, setup.client.jwk()).await.0, 204);
    // Thumbprints may have slashes in them.
    let mut slashed: Value = serde_json::from_str(setup.client.jwk()).unwrap();
    slashed["kid"] = "a/b+c=".into();
    assert_eq!(setup.control(Method::POST, &keys, &slashed).await.0, 204);
    let header = json!({"alg": "RS256", "kid": "a/b+c="});
    assert_eq!(setup.post(&setup.signer.sign(&header, &setup.claims())).await.status, 200);
    assert_eq!(setup.control(Method::DELETE, &format!("{keys}/a%2Fb%2Bc%3D"), "").await.0, 204);
    let gone = setup.post(&setup.signer.sign(&header, &setup.claims())).await;
    gone.refuses(400, "invalid_grant", None, "Unknown key identifier");
    assert_eq!(setup.ask(json!({})).await.status, 200);
    let key = format!("{keys}/{kid}");
    assert_eq!(setup.control(Method::DELETE, &key, "").await, (204, Value::Null));
    assert_eq!(setup.control(Method::DELETE, &key, "").await.0, 204);
    setup.ask(json!({})).await.refuses(400, "invalid_grant", None, "Unknown key identifier");
    assert_eq!(setup.control(Method::DELETE, &client, "").await, (204, Value::Null));
    setup.ask(json!({})).await.refuses(400, "invalid_grant", Some("MP-100"), "Client not found");
    for (method, path) in
        [(Method::DELETE, client.clone()), (Method::DELETE, key), (Method::POST, format!("{client}/expireKeys"))]
    {
        let (status, answer) = setup.control(method, &path, "").await;
        assert!(status == 404 && answer["error"].as_str().unwrap().contains(id), "{path}: {status} {answer}");
    }
}

#[tokio::test]
async fn delegations_system_users_and_consents_go() {
    let setup = setup().await;
    let (customer, id) = ("310000051", "7a0c0000-3333-4444-8555-ffffffffffff");
    let organisation = |number: &str| format!("urn:altinn:organization:identifier-no:{number}");
    let piece = json!({
        "delegations": [{"consumer": customer, "supplier": OWN, "scope": READ}],
        "systemUsers": [{"vendor": OWN, "owner": customer, "systemId": "405003309_x", "id": id}],
        "consents": [{"id": id, "from": organisation(customer), "to": organisation(OWN), "consentRights": [],
            "consented": "2026-01-01T08:00:00Z", "validTo": "2096-01-01T08:00:00Z"}],
    });
    assert_eq!(setup.control(Method::POST, "world", &piece).await.0, 200);
    let system_user = json!({"type": "urn:altinn:systemuser",
        "systemuser_org": {"authority": "iso6523-actorid-upis", "ID": format!("0192:{customer}")}});
    let consent = json!({"type": "urn:altinn:consent", "id": id, "from": organisation(customer)});
    let without_values = (400, "MP-303");
    for (path, claims, refused) in [
        (format!("delegations/{customer}/{OWN}/{READ}"), json!({"consumer_org": customer}), (403, "MP-251")),
        (format!("systemUsers/{id}"), json!({"authorization_details": [system_user]}), without_values),
        (format!("consents/{id}"), json!({"authorization_details": [consent]}), without_values),
    ] {
        assert_eq!(setup.ask(claims.clone()).await.status, 200, "{path}");
        assert_eq!(setup.control(Method::DELETE, &path, "").await, (204, Value::Null), "{path}");
        let answer = setup.ask(claims).await;
        let code = answer.body["error_uri"].as_str().unwrap().rsplit('/').next().unwrap();
        assert_eq!((answer.status.as_u16(), code), refused, "{path}");
        assert_eq!(setup.control(Method::DELETE, &path, "").await.0, 204, "{path}");
    }
    for (path, words) in [
        ("systemUsers/01839012345", "the id is a UUID"),
        ("consents/01839012345", "the id is a UUID"),
        ("consents/%FF", "the request can't be read: 400 Bad Request"),
    ] {
        let (status, answer) = setup.control(Method::DELETE, path, "").await;
        assert_eq!((status, &answer["error"]), (400, &json!(words)), "{path}");
    }
}
