//! A client of the emulator's own making: it builds grants and tokens from their parts, wrong ones included.

use altinn_emulator::{Emulator, NewClient, RegisteredClient, World};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::{Response, StatusCode};
use serde_json::{Map, Value, json};

pub(crate) use crate::private_jwk::signer_of;
use crate::signer::Signer;

pub(crate) const READ: &str = "altinn:serviceowner/instances.read";
pub(crate) const WRITE: &str = "altinn:serviceowner/instances.write";

/// An emulator with one registered client.
pub(crate) struct Setup {
    pub(crate) emulator: Emulator,
    pub(crate) client: RegisteredClient,
    pub(crate) signer: Signer,
    pub(crate) http: reqwest::Client,
}

impl Setup {
    pub(crate) async fn new(client: NewClient) -> Self {
        Self::with(Emulator::start().await.unwrap(), client)
    }

    pub(crate) async fn in_world(world: &str, client: NewClient) -> Self {
        let builder = Emulator::builder().world(World::from_json(world).unwrap());
        Self::with(builder.start().await.unwrap(), client)
    }

    pub(crate) fn with(emulator: Emulator, client: NewClient) -> Self {
        let client = emulator.register_client(client).unwrap();
        let signer = signer_of(client.jwk());
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { emulator, client, signer, http }
    }

    pub(crate) fn now(&self) -> i64 {
        self.emulator.clock().now().as_second()
    }

    pub(crate) fn header(&self) -> Value {
        json!({"alg": "RS256", "typ": "JWT", "kid": self.signer.kid})
    }

    /// The claims of a good grant.
    pub(crate) fn claims(&self) -> Value {
        let now = self.now();
        json!({
            "aud": self.emulator.url(), "iss": self.client.client_id(), "scope": READ, "iat": now, "exp": now + 100,
            "jti": uuid::Uuid::new_v4(),
        })
    }

    /// A grant with these claims laid over the good ones; null takes one out.
    pub(crate) fn grant(&self, changes: Value) -> String {
        self.signer.sign(&self.header(), &laid_over(self.claims(), changes))
    }

    pub(crate) async fn post(&self, assertion: &str) -> Answer {
        let form = [("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", assertion)];
        let url = format!("{}token", self.emulator.url());
        Answer::of(self.http.post(url).form(&form).send().await.unwrap()).await
    }

    /// The answer to a grant with these changes.
    pub(crate) async fn ask(&self, changes: Value) -> Answer {
        self.post(&self.grant(changes)).await
    }

    /// A Maskinporten token.
    pub(crate) async fn token(&self, changes: Value) -> String {
        let answer = self.ask(changes).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        answer.body["access_token"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Response {
        let mut request = self.http.get(format!("{}{path}", self.emulator.url()));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    }

    pub(crate) async fn exchange(&self, token: &str) -> Response {
        let bearer = format!("Bearer {token}");
        self.get("authentication/api/v1/exchange/maskinporten", &[("authorization", &bearer)]).await
    }
}

/// Status and body of a `GET` with this token.
pub(crate) async fn get(setup: &Setup, path: &str, token: &str) -> (u16, String) {
    let bearer = format!("Bearer {token}");
    let response = setup.get(path, &[("authorization", &bearer)]).await;
    (response.status().as_u16(), response.text().await.unwrap())
}

/// What the token endpoint said.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
}

impl Answer {
    async fn of(response: Response) -> Self {
        let status = response.status();
        let body = serde_json::from_str(&response.text().await.unwrap()).unwrap_or(Value::Null);
        Self { status, body }
    }

    pub(crate) fn claims(&self) -> Map<String, Value> {
        claims_of(self.body["access_token"].as_str().unwrap())
    }

    /// Asserts a refusal: its status, its `error`, the MP code at the end of `error_uri`, a phrase of its description.
    #[track_caller]
    pub(crate) fn refuses(&self, status: u16, error: &str, code: Option<&str>, phrase: &str) {
        assert_eq!((self.status.as_u16(), self.body["error"].as_str()), (status, Some(error)), "{}", self.body);
        let uri = self.body["error_uri"].as_str();
        assert_eq!(uri.and_then(|uri| uri.rsplit('/').next()), code, "{}", self.body);
        let description = self.body["error_description"].as_str().unwrap();
        assert!(description.contains(phrase), "{description}");
        let trace = description.rsplit_once("(trace_id: ").unwrap().1;
        assert_eq!(trace.len(), 33, "{description}");
    }
}

pub(crate) fn laid_over(mut claims: Value, changes: Value) -> Value {
    let map = claims.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => map.remove(name),
            value => map.insert(name.clone(), value.clone()),
        };
    }
    claims
}

pub(crate) fn part_of(token: &str, part: usize) -> Map<String, Value> {
    let text = token.split('.').nth(part).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap()
}

pub(crate) fn claims_of(token: &str) -> Map<String, Value> {
    part_of(token, 1)
}
