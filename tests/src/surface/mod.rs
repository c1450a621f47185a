//! Holds what a client sends and what a service answers against a document in `openapi/`.

mod schema;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use altinn_storage::reqwest_middleware::{Middleware, Next, Result as Sent};
use bytes::Bytes;
use http::{Extensions, Method, StatusCode};
use serde_json::Value;
use url::Url;

/// A document of `openapi/`, and which of its operations were called. Clones count together.
#[derive(Debug, Clone)]
pub struct Surface {
    document: Arc<Value>,
    base: &'static str,
    called: Arc<Mutex<BTreeSet<String>>>,
}

/// An operation of the document, with what its path says for all of its methods.
struct Operation<'a> {
    path: &'a Value,
    own: &'a Value,
}

impl Surface {
    /// Of Storage.
    ///
    /// # Errors
    /// When the document can't be read.
    pub fn storage() -> Result<Self, String> {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi/storage.json");
        let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
        let document = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        Ok(Self { document: Arc::new(document), base: "/storage/api/v1", called: Arc::default() })
    }

    /// The ids of the operations that succeeded so far.
    pub fn called(&self) -> BTreeSet<String> {
        self.called.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, method: &Method, url: &Url) {
        let id = self.operation(method, url).ok().and_then(|operation| operation.own["operationId"].as_str());
        self.called.lock().unwrap_or_else(PoisonError::into_inner).extend(id.map(str::to_owned));
    }

    /// Whether the document has this request: its path and method, its query with all that is required, and its body.
    ///
    /// # Errors
    /// What it does not have.
    pub fn check_request(&self, method: &Method, url: &Url, body: Option<&[u8]>) -> Result<(), String> {
        let operation = self.operation(method, url)?;
        for (name, value) in url.query_pairs() {
            let parameter = operation.parameters().find(|one| one["in"] == "query" && one["name"] == name.as_ref());
            let schema = &parameter.ok_or(format!("the query parameter {name}"))?["schema"];
            let schema = if schema["type"] == "array" { &schema["items"] } else { schema };
            let typed = match schema["type"].as_str() {
                Some("boolean" | "integer") => serde_json::from_str(&value).unwrap_or(Value::Null),
                _ => Value::from(value.as_ref()),
            };
            schema::check(&self.document, schema, &typed).map_err(|error| format!("{name}: {error}"))?;
        }
        for required in operation.parameters().filter(|one| one["in"] == "query" && one["required"] == true) {
            let given = url.query_pairs().any(|(name, _)| required["name"] == name.as_ref());
            if !given {
                return Err(format!("a request without {}", required["name"]));
            }
        }
        let content = &operation.own["requestBody"]["content"];
        match (content["application/json"].get("schema"), body) {
            (Some(schema), Some(body)) => self.check_json(schema, body),
            (Some(_), None) => Err("a request without its body".to_owned()),
            (None, Some(body)) if content.is_null() && !body.is_empty() => Err("a body".to_owned()),
            _ => Ok(()),
        }
    }

    /// Whether the document has this answer: its status, and for a success its body.
    ///
    /// # Errors
    /// What it does not have.
    pub fn check_answer(&self, method: &Method, url: &Url, status: StatusCode, body: &[u8]) -> Result<(), String> {
        let responses = &self.operation(method, url)?.own["responses"];
        if !status.is_success() {
            return responses.get("default").map(drop).ok_or(format!("a refusal with {status}"));
        }
        let response = responses.get(status.as_str()).ok_or(format!("the status {status}"))?;
        match response["content"]["application/json"].get("schema") {
            Some(schema) => self.check_json(schema, body),
            None if response["content"].is_null() && !body.is_empty() => Err("an answer with a body".to_owned()),
            None => Ok(()),
        }
    }

    /// Whether the answer is a document, and not a file's content.
    fn answers_json(&self, method: &Method, url: &Url) -> bool {
        let binary =
            |response: &Value| !response["content"].is_null() && response["content"]["application/json"].is_null();
        let responses = self.operation(method, url).ok().and_then(|operation| operation.own["responses"].as_object());
        responses.is_some_and(|responses| !responses.values().any(binary))
    }

    fn check_json(&self, schema: &Value, body: &[u8]) -> Result<(), String> {
        let value = serde_json::from_slice(body).map_err(|error| format!("a body that is no JSON: {error}"))?;
        schema::check(&self.document, schema, &value)
    }

    /// The operation whose path fits; fixed segments go before variable ones.
    fn operation(&self, method: &Method, url: &Url) -> Result<Operation<'_>, String> {
        let unknown = || format!("{method} {}", url.path());
        let path = url.path().strip_prefix(self.base).ok_or_else(unknown)?;
        let given: Vec<&str> = path.split('/').collect();
        let variable = |segment: &str| segment.starts_with('{');
        let paths = self.document["paths"].as_object().into_iter().flatten();
        let fitting = paths.filter(|(template, _)| {
            let wanted: Vec<&str> = template.split('/').collect();
            wanted.len() == given.len() && wanted.iter().zip(&given).all(|(w, g)| variable(w) || w == g)
        });
        let (_, path) = fitting
            .min_by_key(|(template, _)| template.split('/').filter(|segment| variable(segment)).count())
            .ok_or_else(unknown)?;
        let own = path.get(method.as_str().to_lowercase()).ok_or_else(unknown)?;
        Ok(Operation { path, own })
    }
}

impl<'a> Operation<'a> {
    fn parameters(&self) -> impl Iterator<Item = &'a Value> + use<'a> {
        [self.path, self.own].into_iter().flat_map(|part| part["parameters"].as_array().into_iter().flatten())
    }
}

/// A layer of a client that fails the test as soon as something is sent or answered that the document does not have.
///
/// # Panics
/// Then.
#[async_trait::async_trait]
impl Middleware for Surface {
    async fn handle(
        &self,
        request: reqwest::Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> Sent<reqwest::Response> {
        let (method, url) = (request.method().clone(), request.url().clone());
        let sent = request.body().map(|body| body.as_bytes().unwrap_or(b"a stream"));
        let outcome = self.check_request(&method, &url, sent);
        assert!(outcome.is_ok(), "{method} {}: the document lacks {outcome:?}", url.path());
        let answer = next.run(request, extensions).await?;
        if answer.status().is_success() {
            self.note(&method, &url);
        }
        if !self.answers_json(&method, &url) {
            return Ok(answer);
        }
        let mut rebuilt = http::Response::builder().status(answer.status());
        for (name, value) in answer.headers() {
            rebuilt = rebuilt.header(name, value);
        }
        let status = answer.status();
        let body: Bytes = answer.bytes().await?;
        let outcome = self.check_answer(&method, &url, status, &body);
        assert!(outcome.is_ok(), "{method} {}: the document lacks {outcome:?}", url.path());
        let rebuilt = rebuilt.body(body);
        rebuilt.map(reqwest::Response::from).map_err(altinn_storage::reqwest_middleware::Error::middleware)
    }
}
