//! Holds what a client sends and what a service answers against the documents in `openapi/`.

mod covers;
mod document;
mod held;
mod layer;
mod proxy;
mod schema;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::{HeaderMap, Method, StatusCode, header};
use url::Url;

use document::{Document, Operation};

pub use covers::{Cover, covered, covers, ids, read_file};
pub use proxy::HoldingProxy;

/// The services that have a document.
pub const SERVICES: [&str; 7] = ["storage", "authentication", "maskinporten", "cdn", "texas", "testtools", "localtest"];

/// The documents of `openapi/`, and which of their operations were called. Clones count together.
///
/// As a layer of a Storage client it sees what that one sends and is answered; see [`HoldingProxy`] for other clients.
#[derive(Debug, Clone)]
pub struct Surface {
    documents: Arc<[Document]>,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Debug, Default)]
struct Seen {
    /// Operations that succeeded: service and id.
    called: BTreeSet<(&'static str, String)>,
    /// Operations that were refused, or failed: service and id.
    refused: BTreeSet<(&'static str, String)>,
    /// Parameters that were sent with them: service, id and name.
    sent: BTreeSet<(&'static str, String, String)>,
}

impl Surface {
    /// Of all services.
    ///
    /// # Errors
    /// When a document can't be read.
    pub fn load() -> Result<Self, String> {
        let documents: Result<Vec<_>, _> = SERVICES.into_iter().map(Document::read).collect();
        Ok(Self { documents: documents?.into(), seen: Arc::default() })
    }

    /// The ids of the operations of a service that succeeded so far.
    pub fn called(&self, service: &str) -> BTreeSet<String> {
        self.seen().called.iter().filter(|(of, _)| *of == service).map(|(_, id)| id.clone()).collect()
    }

    /// The ids of the operations of a service that it answered with an error so far.
    pub fn refused(&self, service: &str) -> BTreeSet<String> {
        self.seen().refused.iter().filter(|(of, _)| *of == service).map(|(_, id)| id.clone()).collect()
    }

    /// The parameters in queries and headers that the document of a service describes for operations that succeeded,
    /// and that none of them was sent with: `operation: parameter`.
    pub fn unsent(&self, service: &str) -> Vec<String> {
        let seen = self.seen();
        let documents = self.documents.iter().filter(|document| document.service == service);
        let described = documents.flat_map(Document::parameters);
        let unsent = described.filter(|(id, name)| {
            let was_called = seen.called.iter().any(|(of, called)| *of == service && called == id);
            let was_sent = seen.sent.iter().any(|(of, with, sent)| *of == service && with == id && sent == name);
            was_called && !was_sent
        });
        unsent.map(|(id, name)| format!("{id}: {name}")).collect()
    }

    /// Whether a document says what this request is answered.
    pub fn describes(&self, method: &Method, url: &Url) -> bool {
        self.operation(method, url).is_ok_and(|operation| operation.has_answers())
    }

    /// The id of the operation that a request is for.
    pub fn operation_id(&self, method: &Method, url: &Url) -> Option<String> {
        self.operation(method, url).ok()?.id().map(str::to_owned)
    }

    /// The refusals that a service's document lists by their status: the operation's id and the status.
    pub fn refusals(&self, service: &str) -> BTreeSet<(String, u16)> {
        let documents = self.documents.iter().filter(|document| document.service == service);
        let refusals = documents.flat_map(Document::refusals);
        refusals.map(|(id, status)| (id.to_owned(), status.as_u16())).collect()
    }

    /// Whether a document has this request: its path and method, its query and headers with all that is required, and
    /// its body.
    ///
    /// # Errors
    /// What it does not have.
    pub fn check_request(
        &self,
        method: &Method,
        url: &Url,
        headers: &HeaderMap,
        body: Option<&[u8]>,
    ) -> Result<(), String> {
        held::request(&self.operation(method, url)?, url, headers, body)
    }

    /// Whether a request has a token exactly where its document asks for one. For requests as they are on the wire.
    ///
    /// # Errors
    /// What is wrong.
    pub fn check_token(&self, method: &Method, url: &Url, headers: &HeaderMap) -> Result<(), String> {
        let bearer = |value: &http::HeaderValue| value.as_bytes().starts_with(b"Bearer ");
        let has_token = headers.get(header::AUTHORIZATION).is_some_and(bearer);
        match (self.operation(method, url)?.wants_token(), has_token) {
            (true, false) => Err("a request without a token".to_owned()),
            (false, true) => Err("a token where none is asked for".to_owned()),
            _ => Ok(()),
        }
    }

    /// Whether a document has this answer: its status, headers and body.
    ///
    /// # Errors
    /// What it does not have.
    pub fn check_answer(
        &self,
        method: &Method,
        url: &Url,
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<(), String> {
        held::answer(&self.operation(method, url)?, status, headers, body)
    }

    fn note_refusal(&self, method: &Method, url: &Url) {
        let operation = self.operation(method, url);
        let refused = operation.ok().and_then(|one| Some((one.document.service, one.id()?.to_owned())));
        self.seen().refused.extend(refused);
    }

    fn note(&self, method: &Method, url: &Url, headers: &HeaderMap) {
        let Ok(operation) = self.operation(method, url) else { return };
        let Some(id) = operation.id() else { return };
        let service = operation.document.service;
        let in_query = url.query_pairs().map(|(name, _)| name.into_owned());
        let in_headers = headers.keys().map(|name| name.as_str().to_owned());
        let sent = in_query.chain(in_headers).map(|name| (service, id.to_owned(), name));
        let mut seen = self.seen();
        seen.called.insert((service, id.to_owned()));
        seen.sent.extend(sent);
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether an answer is a file's content, and no document.
    fn answers_a_file(&self, method: &Method, url: &Url, status: StatusCode) -> bool {
        let operation = self.operation(method, url);
        operation.is_ok_and(|one| one.response(status).is_ok_and(|response| response["content"]["*/*"].is_object()))
    }

    fn operation(&self, method: &Method, url: &Url) -> Result<Operation<'_>, String> {
        let fitting = self.documents.iter().find_map(|document| document.find(method, url));
        fitting.ok_or_else(|| format!("{method} {}", url.path()))
    }
}
