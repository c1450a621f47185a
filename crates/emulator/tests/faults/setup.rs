//! An emulator with one fault switched off, and somebody who asks it.

use altinn_emulator::{Emulator, Fault, Submission, World};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

pub(crate) struct Setup {
    pub(crate) emulator: Emulator,
    pub(crate) token: String,
    pub(crate) http: reqwest::Client,
}

pub(crate) const WORLD: &str = r#"{
    "orgs": {"ttd": {"orgNumber": "405003309", "name": {}}, "digdir": {"orgNumber": "991825827", "name": {}}},
    "parties": [{"partyId": 501337, "person": "01039012345", "name": "Sophie Salt"}],
    "policies": {"open": {"owner": ["read", "write", "complete", "delete", "sign", "instantiate"], "org:digdir": ["read", "complete"],
        "org:TTD": ["complete"]}},
    "dataTypes": [{"id": "model"}],
    "apps": {"ttd/app": {"policy": "open"}},
    "platform": {"keptSeconds": {"metadata": 60, "texts": 60}}
}"#;

impl Setup {
    pub(crate) async fn in_world(world: &str, without: Option<Fault>) -> Self {
        let mut builder = Emulator::builder().world(World::from_json(world).unwrap());
        if let Some(fault) = without {
            builder = builder.without(fault);
        }
        let emulator = builder.start().await.unwrap();
        let token = token(&emulator, "ttd");
        Self { emulator, token, http: reqwest::Client::builder().no_proxy().build().unwrap() }
    }

    pub(crate) async fn send(&self, method: Method, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        self.send_as(&self.token, method, path, body).await
    }

    pub(crate) async fn send_as(
        &self,
        token: &str,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> (StatusCode, Value) {
        let url = format!("{}storage/api/v1/{path}", self.emulator.url());
        let mut request = self.http.request(method, url).bearer_auth(token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        (answer.status(), answer.json().await.unwrap_or(Value::Null))
    }

    /// Sends a file, and gives the status with the answer's document.
    pub(crate) async fn file(
        &self,
        method: Method,
        path: &str,
        name: Option<&str>,
        content: Vec<u8>,
    ) -> (StatusCode, Value) {
        let url = format!("{}storage/api/v1/{path}", self.emulator.url());
        let mut request = self.http.request(method, url).bearer_auth(&self.token).header("content-type", "text/plain");
        if let Some(name) = name {
            request = request.header("content-disposition", format!("attachment; filename=\"{name}\""));
        }
        let answer = request.body(content).send().await.unwrap();
        (answer.status(), answer.json().await.unwrap_or(Value::Null))
    }

    /// The path of a file in a new instance.
    pub(crate) async fn element(&self) -> String {
        let id = self.seed();
        let (_, instance) = self.send(Method::GET, &format!("instances/{id}"), None).await;
        format!("instances/{id}/data/{}", instance["data"][0]["id"].as_str().unwrap())
    }

    pub(crate) async fn lists(&self, filter: &str) -> bool {
        let (status, page) = self.send(Method::GET, &format!("instances?appId=ttd/app&{filter}"), None).await;
        status == StatusCode::OK && page["count"] != 0
    }

    /// Where the metadata of the file at `path` is, and what has to be sent there.
    pub(crate) fn metadata_of(&self, path: &str) -> (String, Value) {
        let parts: Vec<&str> = path.split('/').collect();
        let body = json!({"id": parts[4], "instanceGuid": parts[2], "dataType": "model"});
        (path.replace("/data/", "/dataelements/"), body)
    }

    /// An answer with all that belongs to it.
    pub(crate) async fn answer(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Response {
        let url = format!("{}storage/api/v1/{path}", self.emulator.url());
        let mut request = self.http.request(method, url).bearer_auth(&self.token).body(body.to_owned());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    }

    /// A token with these claims besides its end.
    pub(crate) fn token_of(&self, mut claims: Value) -> String {
        claims["exp"] = json!(4_000_000_000_u64);
        self.emulator.sign_altinn_token(&claims).unwrap()
    }

    pub(crate) fn pass(&self, seconds: i64) {
        self.emulator.clock().advance(jiff::SignedDuration::from_secs(seconds));
    }

    pub(crate) fn seed(&self) -> String {
        self.emulator.seed(Submission::new("ttd/app", 501_337).unfinished().element("model", "text/xml", None, "<a/>"))
    }
}

pub(crate) fn token(emulator: &Emulator, org: &str) -> String {
    let scopes = "altinn:serviceowner/instances.read altinn:serviceowner/instances.write";
    emulator.service_owner_token(org, scopes).unwrap()
}
