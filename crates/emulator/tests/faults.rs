//! Each known fault of the real Storage is shown by default, and gone when it is switched off.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails as loudly as a test")]

use altinn_watch as _;

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
    "policies": {"open": {"owner": ["read", "write", "complete", "delete", "sign"], "org:digdir": ["read", "complete"]}},
    "dataTypes": [{"id": "model"}],
    "apps": {"ttd/app": {"policy": "open"}}
}"#;

impl Setup {
    async fn new(without: Option<Fault>) -> Self {
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

    /// Sends a file, and gives the status with the answer's document.
    async fn file(&self, method: Method, path: &str, name: Option<&str>, content: Vec<u8>) -> (StatusCode, Value) {
        let url = format!("{}storage/api/v1/{path}", self.emulator.url());
        let mut request = self.http.request(method, url).bearer_auth(&self.token).header("content-type", "text/plain");
        if let Some(name) = name {
            request = request.header("content-disposition", format!("attachment; filename=\"{name}\""));
        }
        let answer = request.body(content).send().await.unwrap();
        (answer.status(), answer.json().await.unwrap_or(Value::Null))
    }

    /// The path of a file in a new instance.
    async fn element(&self) -> String {
        let id = self.seed();
        let (_, instance) = self.send(Method::GET, &format!("instances/{id}"), None).await;
        format!("instances/{id}/data/{}", instance["data"][0]["id"].as_str().unwrap())
    }

    async fn lists(&self, filter: &str) -> bool {
        let (status, page) = self.send(Method::GET, &format!("instances?appId=ttd/app&{filter}"), None).await;
        status == StatusCode::OK && page["count"] != 0
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
            let path = setup.element().await;
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
        Fault::UnknownInstanceIsForbidden => {
            let path = "instances/501337/00000000-0000-4000-8000-00000000dead/complete";
            setup.send(Method::POST, path, None).await.0 == StatusCode::FORBIDDEN
        }
        Fault::ReadingFaultIs404 => {
            let path = format!("instances/{}", setup.seed());
            setup.emulator.outages().set_database(true);
            let (status, _) = setup.send(Method::GET, &path, None).await;
            setup.emulator.outages().set_database(false);
            assert_eq!(setup.send(Method::GET, &path, None).await.0, StatusCode::OK);
            status == StatusCode::NOT_FOUND
        }
        _ => {
            shows_in_queries(setup, fault).await
                || shows_in_data(setup, fault).await
                || shows_elsewhere(setup, fault).await
        }
    }
}

async fn shows_in_queries(setup: &Setup, fault: Fault) -> bool {
    let noon = "2024-05-01T12:00:00.5Z".parse().unwrap();
    setup.emulator.seed(Submission::new("ttd/app", 501_337).created(noon).last_changed(noon));
    match fault {
        Fault::BadQueryIsAServerError => {
            let (status, words) = setup.send(Method::GET, "instances?appId=ttd/app&created=gt:x", None).await;
            assert!(words.as_str().unwrap().starts_with("Invalid date expression"));
            status == StatusCode::INTERNAL_SERVER_ERROR
        }
        Fault::OddDateFilterIsIgnored => {
            assert!(!setup.lists("created=gt:2999-01-01").await);
            setup.lists("created=GT:2999-01-01").await
        }
        Fault::EndEventFilterIsIgnored => {
            assert!(setup.lists("process.endEvent=EndEvent_1").await);
            setup.lists("process.endEvent=nosuch").await
        }
        Fault::SetTimesAreComparedAsText => !setup.lists("process.ended=gt:2024-05-01T12:00:00Z").await,
        _ => false,
    }
}

async fn shows_in_data(setup: &Setup, fault: Fault) -> bool {
    let path = setup.element().await;
    match fault {
        Fault::ReplacementLosesTheName => {
            setup.file(Method::PUT, &path, Some("a.txt"), vec![1]).await;
            setup.file(Method::PUT, &path, None, vec![2]).await.1["filename"].is_null()
        }
        Fault::ReplacementsAreSmall => {
            let (status, _) = setup.file(Method::PUT, &path, None, vec![7; 30_000_001]).await;
            status == StatusCode::INTERNAL_SERVER_ERROR
        }
        Fault::LockedElementIsDeleted => {
            setup.send(Method::PUT, &format!("{path}/lock"), None).await;
            setup.send(Method::DELETE, &path, None).await.0 == StatusCode::OK
        }
        Fault::InfectedContentIsSent => {
            let scan = format!("{}/filescanstatus", path.replace("/data/", "/dataelements/"));
            setup.send(Method::PUT, &scan, Some(json!({"fileScanResult": "Infected"}))).await;
            setup.send(Method::GET, &path, None).await.0 == StatusCode::OK
        }
        Fault::DownloadHasNoLength => {
            let url = format!("{}storage/api/v1/{path}", setup.emulator.url());
            let answer = setup.http.get(url).bearer_auth(&setup.token).send().await.unwrap();
            let length = answer.content_length();
            assert_eq!(answer.text().await.unwrap(), "<a/>");
            assert!(length.is_none_or(|length| length == 4));
            length.is_none()
        }
        Fault::FileNameIsDecodedTwice => {
            setup.file(Method::PUT, &path, Some("a+b.txt"), vec![1]).await.1["filename"] == "a b.txt"
        }
        Fault::UnnamedWriterFailsLate => {
            let claims =
                json!({"urn:altinn:org": "ttd", "urn:altinn:orgNumber": "405003309", "exp": 4_000_000_000_u64});
            let token = setup.emulator.sign_altinn_token(&claims).unwrap();
            setup.send_as(&token, Method::DELETE, &path, None).await.0 == StatusCode::INTERNAL_SERVER_ERROR
        }
        _ => false,
    }
}

async fn shows_elsewhere(setup: &Setup, fault: Fault) -> bool {
    let id = setup.seed();
    match fault {
        Fault::SoftDeletionIsStampedAnew => {
            let path = format!("instances/{id}");
            let delete = || setup.send(Method::DELETE, &path, None);
            let (_, first) = delete().await;
            setup.emulator.clock().advance(jiff::SignedDuration::from_secs(1));
            let (_, second) = delete().await;
            assert!(first["status"]["softDeleted"].is_string());
            first["status"]["softDeleted"] != second["status"]["softDeleted"]
        }
        Fault::UndeclaredSignatureIs405 => {
            let request = json!({"signatureDocumentDataType": "nosuch", "signee": {"userId": "7"},
                                 "dataElementSignatures": []});
            let (status, _) = setup.send(Method::POST, &format!("instances/{id}/sign"), Some(request)).await;
            assert!(status.is_client_error());
            status == StatusCode::METHOD_NOT_ALLOWED
        }
        Fault::EventPathIsIgnored => {
            let other = setup.seed();
            let event = |of: &str| json!({"instanceId": of, "eventType": "Saved", "user": {"orgId": "ttd"}});
            let path = format!("instances/{id}/events");
            let (_, own) = setup.send(Method::POST, &path, Some(event(&id))).await;
            let elsewhere = format!("instances/{other}/events/{}", own["id"].as_str().unwrap());
            let read = setup.send(Method::GET, &elsewhere, None).await.0 == StatusCode::OK;
            let posted = setup.send(Method::POST, &path, Some(event(&other))).await.0 == StatusCode::CREATED;
            assert_eq!(read, posted);
            read
        }
        Fault::HalfOpenPeriodIsIgnored => {
            let path = format!("instances/{id}/events?from=2999-01-01");
            setup.send(Method::GET, &path, None).await.1["instanceEvents"] != json!([])
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
