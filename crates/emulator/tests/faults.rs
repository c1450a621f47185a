//! Each known fault of the real Storage is shown by default, and gone when it is switched off.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails as loudly as a test")]

mod watch;

use altinn_emulator::{Emulator, Fault, Submission, World};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

struct Setup {
    emulator: Emulator,
    token: String,
    http: reqwest::Client,
}

const WORLD: &str = r#"{
    "orgs": {"ttd": {"orgNumber": "405003309", "name": {}}, "digdir": {"orgNumber": "991825827", "name": {}}},
    "parties": [{"partyId": 501337, "person": "01039012345", "name": "Sophie Salt"}],
    "policies": {"open": {"owner": ["read", "write", "complete"], "org:digdir": ["read", "complete"]}},
    "dataTypes": [{"id": "model"}],
    "apps": {"ttd/app": {"policy": "open"}}
}"#;

impl Setup {
    async fn new(without: Option<Fault>) -> Self {
        watch::watch();
        let mut builder = Emulator::builder().world(World::from_json(WORLD).unwrap());
        if let Some(fault) = without {
            builder = builder.without(fault);
        }
        let emulator = builder.start().await.unwrap();
        let token = token(&emulator, "ttd");
        Self { emulator, token, http: reqwest::Client::new() }
    }

    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        self.send_as(&self.token, method, path, body).await
    }

    async fn send_as(&self, token: &str, method: Method, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        let url = format!("{}storage/api/v1/{path}", self.emulator.url());
        let mut request = self.http.request(method, url).bearer_auth(token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        (answer.status(), answer.json().await.unwrap_or(Value::Null))
    }

    fn seed(&self) -> String {
        self.emulator.seed(Submission::new("ttd/app", 501_337).unfinished().element("model", "text/xml", None, "<a/>"))
    }
}

fn token(emulator: &Emulator, org: &str) -> String {
    let scopes = "altinn:serviceowner/instances.read altinn:serviceowner/instances.write";
    emulator.service_owner_token(org, scopes).unwrap()
}

/// Whether the fault shows.
async fn shows(setup: &Setup, fault: Fault) -> bool {
    match fault {
        Fault::TextsAreNeverRemoved => {
            let path = format!("instances/{}/presentationtexts", setup.seed());
            setup.send(Method::PUT, &path, Some(json!({"texts": {"a": "1", "b": "2"}}))).await;
            let (_, answer) = setup.send(Method::PUT, &path, Some(json!({"texts": {"a": ""}}))).await;
            answer["presentationTexts"]["a"] == "1"
        }
        Fault::DescendingPagesLoseTies => {
            let at = "2024-05-01T12:00:00Z".parse().unwrap();
            for _ in 0..3 {
                setup.emulator.seed(Submission::new("ttd/app", 501_337).created(at).last_changed(at));
            }
            let (_, first) = setup.send(Method::GET, "instances?appId=ttd/app&size=2", None).await;
            let next = first["next"].as_str().unwrap();
            let query = next.split_once('?').unwrap().1;
            let (_, second) = setup.send(Method::GET, &format!("instances?{query}"), None).await;
            let ids = |page: &Value| -> Vec<Value> {
                page["instances"].as_array().unwrap().iter().map(|instance| instance["id"].clone()).collect()
            };
            let (first, second) = (ids(&first), ids(&second));
            second.len() != 1 || first.contains(&second[0])
        }
        Fault::OddTokenEndsTheList => {
            setup.seed();
            setup.send(Method::GET, "instances?appId=ttd/app&continuationToken=x", None).await.0 == StatusCode::OK
        }
        Fault::EmptyPageHasANext => {
            setup.send(Method::GET, "instances?appId=ttd/app&size=0", None).await.1["next"].is_string()
        }
        Fault::EmptyReplacementDestroys => {
            let id = setup.seed();
            let (_, instance) = setup.send(Method::GET, &format!("instances/{id}"), None).await;
            let path = format!("instances/{id}/data/{}", instance["data"][0]["id"].as_str().unwrap());
            assert_eq!(setup.send(Method::PUT, &path, None).await.0, StatusCode::UNPROCESSABLE_ENTITY);
            let url = format!("{}storage/api/v1/{path}", setup.emulator.url());
            let content = setup.http.get(url).bearer_auth(&setup.token).send().await.unwrap().bytes().await.unwrap();
            content.is_empty()
        }
        Fault::UnknownElementIsAccepted => {
            let id = setup.seed();
            let (element, guid) = ("00000000-0000-4000-8000-000000000001", id.split_once('/').unwrap().1);
            let body = json!({"id": element, "instanceGuid": guid, "dataType": "model"});
            let path = format!("instances/{id}/dataelements/{element}");
            setup.send(Method::PUT, &path, Some(body)).await.0 == StatusCode::OK
        }
        Fault::ConfirmationsAreDoubled => {
            let path = format!("instances/{}/complete", setup.seed());
            setup.send(Method::POST, &path, None).await;
            let other = token(&setup.emulator, "digdir");
            let (_, answer) = setup.send_as(&other, Method::POST, &path, None).await;
            answer["completeConfirmations"].as_array().unwrap().len() == 3
        }
        Fault::ConfirmationsRace => {
            let path = format!("instances/{}/complete", setup.seed());
            let twenty = std::iter::repeat_with(|| setup.send(Method::POST, &path, None)).take(20);
            let answers = futures::future::join_all(twenty).await;
            assert!(answers.iter().all(|(status, _)| *status == StatusCode::OK));
            let (_, last) = setup.send(Method::POST, &path, None).await;
            last["completeConfirmations"].as_array().unwrap().len() > 1
        }
        Fault::PartyInPathIsIgnored => {
            let path = format!("instances/1/{}", setup.seed().split_once('/').unwrap().1);
            setup.send(Method::GET, &path, None).await.0 == StatusCode::OK
        }
        _ => false,
    }
}

#[tokio::test]
async fn every_fault_has_a_switch() {
    for fault in Fault::ALL {
        assert!(shows(&Setup::new(None).await, *fault).await, "{fault} does not show");
        assert!(!shows(&Setup::new(Some(*fault)).await, *fault).await, "{fault} shows although it is off");
    }
}
