//! A Storage with instances in it, and trouble between it and its client.

#![allow(clippy::expect_used, reason = "what a test is built on fails as loudly as a test")]

use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use altinn_auth::Credentials;
use altinn_core::{Environment, Error, INSTANCES_READ, Read, Timestamp};
use altinn_emulator::{Emulator, Submission};
use altinn_storage::reqwest_middleware::{Middleware, Next, Result};
use altinn_storage::{Client, InstanceQuery, ListInstances, Unreadable};
use http::Extensions;
use reqwest::{Request, Response};

use crate::clients::quick;

/// What the service says when its database gives up.
pub const GAVE_UP: (u16, &str) =
    (500, "Unable to perform query on instances due to: Exception while reading from stream");
/// What the service says of an instance that is stored in a form that it can't read.
pub const NOT_CONVERTED: (u16, &str) = (
    400,
    "The JSON value could not be converted to Altinn.Platform.Storage.Interface.Models.Instance. \
     Path: $.process.started | LineNumber: 0 | BytePositionInLine: 423.",
);

/// What goes wrong. Nothing by default.
#[derive(Debug, Default)]
pub struct Trouble {
    /// The service fails on every page that holds one of these instances …
    pub unservable: Vec<String>,
    /// … in these words, or else in those of [`GAVE_UP`].
    pub words: Option<(u16, &'static str)>,
    /// It sends this instance with a number for an id.
    pub unreadable: Option<String>,
    /// It fails on pages of more than this many instances.
    pub too_large: Option<usize>,
    /// It fails on these requests, counted from 0.
    pub down: Vec<Range<usize>>,
    /// How many requests came.
    pub asked: usize,
}

/// The layer with the trouble. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Between(Arc<Mutex<Trouble>>);

impl Between {
    /// The trouble, to be changed or looked at.
    pub fn trouble(&self) -> MutexGuard<'_, Trouble> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn answer((status, words): (u16, &str)) -> Response {
    let body = serde_json::to_string(words).expect("a text");
    let answer = http::Response::builder().status(status).header("content-type", "application/json");
    answer.body(body).expect("a status and a header").into()
}

#[async_trait::async_trait]
impl Middleware for Between {
    async fn handle(&self, request: Request, extensions: &mut Extensions, next: Next<'_>) -> Result<Response> {
        let is_down = {
            let mut trouble = self.trouble();
            let number = trouble.asked;
            trouble.asked += 1;
            trouble.down.iter().any(|down| down.contains(&number))
        };
        if is_down {
            return Ok(answer(GAVE_UP));
        }
        let served = next.run(request, extensions).await?;
        let status = served.status();
        let mut text = served.text().await?;
        let trouble = self.trouble();
        if trouble.unservable.iter().any(|id| text.contains(id)) {
            return Ok(answer(trouble.words.unwrap_or(GAVE_UP)));
        }
        if trouble.too_large.is_some_and(|most| text.matches("\"instanceOwner\"").count() > most) {
            return Ok(answer(GAVE_UP));
        }
        if let Some(id) = &trouble.unreadable {
            text = text.replacen(&format!("\"id\":\"{id}\""), "\"id\":7", 1);
        }
        Ok(http::Response::builder().status(status).body(text).expect("a status").into())
    }
}

/// Instances of `ttd/mottak-demo`, and a client that gets at them through trouble.
#[derive(Debug)]
pub struct Troubled {
    _emulator: Emulator,
    /// The instances' ids, in the order of their rows.
    pub ids: Vec<String>,
    /// When they changed last.
    pub times: Vec<Timestamp>,
    /// The trouble.
    pub between: Between,
    credentials: Credentials<Read>,
    client: Client<Read>,
}

impl Troubled {
    /// With an instance for each of these seconds.
    ///
    /// # Panics
    /// When the emulator does not start.
    pub async fn new(seconds: impl IntoIterator<Item = i64>) -> Self {
        let emulator = Emulator::start().await.expect("an emulator");
        let begun: jiff::Timestamp = "2024-05-01T12:00:00.000123Z".parse().expect("a time");
        let (mut ids, mut times) = (Vec::new(), Vec::new());
        for second in seconds {
            let at = begun + jiff::SignedDuration::from_secs(second);
            times.push(at.into());
            ids.push(emulator.seed(Submission::new("ttd/mottak-demo", 510_001).created(at).last_changed(at)));
        }
        let between = Between::default();
        let token = emulator.service_owner_token("ttd", INSTANCES_READ).expect("a token");
        let environment = Environment::emulator(emulator.url()).expect("a loopback address");
        let credentials = Credentials::with_token(environment, token);
        let client =
            Client::builder(credentials.clone()).retry(quick()).layer(between.clone()).build().expect("a client");
        Self { _emulator: emulator, ids, times, between, credentials, client }
    }

    /// The client, with another layer before the trouble.
    ///
    /// # Panics
    /// When there is no such client.
    pub fn client_with(&self, layer: impl Middleware) -> Client<Read> {
        let builder = Client::builder(self.credentials.clone()).retry(quick());
        builder.layer(layer).layer(self.between.clone()).build().expect("a client")
    }

    /// The query for all of them.
    pub fn query(&self) -> InstanceQuery {
        InstanceQuery::org("ttd").complete(true)
    }

    /// All of them.
    pub fn list(&self) -> ListInstances {
        self.client.instances().list(self.query())
    }

    /// What a list of `query` gives to one who asks again after each error that may pass, forty times at most.
    ///
    /// # Errors
    /// What is final, or comes once more.
    pub async fn read(&self, query: InstanceQuery) -> std::result::Result<Found, Error> {
        let mut pages = self.client.instances().list(query).pages();
        let mut found = Found::default();
        loop {
            match pages.try_next().await {
                Ok(None) => return Ok(found),
                Ok(Some(page)) => {
                    found.ids.extend(page.instances.iter().map(|instance| instance.id.to_string()));
                    found.unreadable.extend(page.unreadable);
                }
                Err(error) if error.is_transient() && found.errors.len() < 40 => found.errors.push(error),
                Err(error) => return Err(error),
            }
        }
    }
}

/// What a list gave.
#[derive(Debug, Default)]
pub struct Found {
    /// The instances, in the list's order.
    pub ids: Vec<String>,
    /// What it could not give.
    pub unreadable: Vec<Unreadable>,
    /// The errors after which it was asked again.
    pub errors: Vec<Error>,
}
