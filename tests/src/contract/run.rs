//! Runs a scenario against a service.

use std::collections::HashMap;
use std::sync::Arc;

use altinn_emulator::Clock;
use jiff::SignedDuration;
use serde_json::{Map, Value};
use url::Url;
use uuid::Uuid;

use super::actors::Actors;
use super::body::payload;
use super::compare::compare;
use super::error::ContractError;
use super::http::{Incoming, Outgoing, send};
use super::jwt_view::sent_claims;
use super::keys::KeyRing;
use super::mint::mint;
use super::normal::Normaliser;
use super::patterns::Patterns;
use super::save::save;
use super::scenario::{Scenario, Step};
use super::variables::{Variables, names_with_prefix};
use super::view::view;

/// The service sorts by times of a microsecond and compares some of a millisecond: what changes it is kept apart, as
/// when the recordings were made.
const AFTER_A_CHANGE: SignedDuration = SignedDuration::from_millis(6);

/// Runs scenarios against one service, as one set of actors.
#[derive(Debug)]
pub struct Runner {
    base: Url,
    actors: Actors,
    keys: Arc<KeyRing>,
    patterns: Patterns,
    clock: Clock,
}

/// What came of one step.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outcome {
    /// What the caller calls the recording.
    pub file: String,
    /// The name of the step.
    pub step: String,
    /// Method and path, as they stand in the recording.
    pub request: String,
    /// In what the answer differs; none when the step passes.
    pub differences: Vec<String>,
    /// How many texts were not compared, being sentences of the JSON reader of .NET.
    pub waived: usize,
}

impl Outcome {
    /// Whether the answer is the recorded one.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.differences.is_empty()
    }

    /// `file / step`, as in the list of exceptions.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{} / {}", self.file, self.step)
    }
}

/// What one scenario has so far.
#[derive(Debug)]
struct State<'a> {
    scenario: &'a Scenario,
    variables: Variables,
    /// One token for each actor: a scenario can ask for the same `jti` twice.
    tokens: HashMap<String, String>,
}

/// An answer in normal form, and whether it held what later steps need.
#[derive(Debug)]
struct Seen {
    view: Value,
    saved: Result<(), ContractError>,
}

impl Runner {
    /// A runner for one service.
    ///
    /// * `base`: where the service listens; only host and port count.
    /// * `actors`: who asks.
    /// * `keys`: the keys that the actors sign with; the service must trust their public halves.
    /// * `clock`: what the service goes by. Where a recording waits, it is moved.
    ///
    /// # Errors
    ///
    /// [`ContractError::Pattern`] when a pattern of the normal form can't be compiled.
    pub fn new(base: Url, actors: Actors, keys: Arc<KeyRing>, clock: Clock) -> Result<Self, ContractError> {
        Ok(Self { base, actors, keys, patterns: Patterns::new()?, clock })
    }

    /// Sends every request of `scenario` in order and tells what came of each.
    ///
    /// * `file`: what the outcomes call the recording.
    ///
    /// A step that can't be run does not pass and does not end the run: it is one of the outcomes.
    pub async fn run(&self, file: &str, scenario: &Scenario) -> Vec<Outcome> {
        let mut state = State { scenario, variables: Variables::default(), tokens: HashMap::new() };
        state.variables.set("run", Uuid::new_v4().simple().to_string()[..8].to_owned());
        for (name, value) in &scenario.vars {
            state.variables.set(name, value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        }
        let mut outcomes = Vec::with_capacity(scenario.steps.len());
        for step in &scenario.steps {
            let answer = self.step(step, &mut state).await;
            if step.method != "GET" {
                self.clock.advance(AFTER_A_CHANGE);
            }
            let (differences, waived) = judge(step, answer);
            outcomes.push(Outcome {
                file: file.to_owned(),
                step: step.name.clone(),
                request: format!("{} {}", step.method, step.path),
                differences,
                waived,
            });
        }
        outcomes
    }

    async fn step(&self, step: &Step, state: &mut State<'_>) -> Result<Seen, ContractError> {
        let outgoing = self.outgoing(step, state)?;
        if let Some(pause) = step.wait_ms {
            // The recording waits for the service's own clock here: a lock that runs out, a cache that ages.
            self.clock.advance(SignedDuration::from_millis(pause.cast_signed()));
        }
        let answer = send(&self.base, &outgoing).await?;
        let saved = save(&step.save, &answer, &mut state.variables);
        let view = self.view(step, state, &outgoing, &answer);
        Ok(Seen { view, saved })
    }

    fn view(&self, step: &Step, state: &State<'_>, outgoing: &Outgoing, answer: &Incoming) -> Value {
        let normaliser = Normaliser::new(&self.patterns, state.scenario, &state.variables);
        let keep = state.scenario.keep.iter().chain(&step.keep).map(String::as_str);
        let sent = sent_claims(&outgoing.header("authorization"));
        view(answer, &normaliser, keep, sent.as_ref(), self.clock.now().as_duration().as_secs_f64())
    }

    fn outgoing(&self, step: &Step, state: &mut State<'_>) -> Result<Outgoing, ContractError> {
        let payload = step.body.as_ref().map(|body| payload(body, &state.variables)).transpose()?;
        let mut headers: Vec<(String, Value)> = Vec::new();
        if let Some(content_type) = payload.as_ref().and_then(|payload| payload.content_type.clone()) {
            headers.push(("content-type".to_owned(), content_type.into()));
        }
        for (name, value) in self.headers(step, state)? {
            set(&mut headers, &name, value);
        }
        if let Some(token) = self.token(step.actor.as_deref().unwrap_or("anonymous"), state)? {
            set(&mut headers, "authorization", format!("Bearer {token}").into());
        }
        let chunked = step.headers.get("content-length").is_some_and(Value::is_null);
        let body = payload.map(|payload| payload.bytes);
        if !chunked {
            set(&mut headers, "content-length", body.as_ref().map_or(0, bytes::Bytes::len).to_string().into());
        }
        Ok(Outgoing {
            method: step.method.clone(),
            target: state.variables.fill(&step.path)?,
            headers: headers.into_iter().flat_map(|(name, value)| lines(&name, value)).collect(),
            body,
            chunked,
        })
    }

    /// The headers of the step, filled; `{{token:ACTOR}}` is the token of that actor.
    fn headers(&self, step: &Step, state: &mut State<'_>) -> Result<Map<String, Value>, ContractError> {
        let text = Value::Object(step.headers.clone()).to_string();
        let mut variables = state.variables.clone();
        for actor in names_with_prefix(&text, "token") {
            if let Some(token) = self.token(actor, state)? {
                variables.set(&format!("token:{actor}"), token);
            }
        }
        variables.fill_members(&step.headers)
    }

    fn token(&self, actor: &str, state: &mut State<'_>) -> Result<Option<String>, ContractError> {
        if actor == "anonymous" {
            return Ok(None);
        }
        if let Some(token) = state.tokens.get(actor) {
            return Ok(Some(token.clone()));
        }
        let token = mint(&self.actors.get(actor)?, &self.keys, self.clock.now().as_second())?;
        state.tokens.insert(actor.to_owned(), token.clone());
        Ok(Some(token))
    }
}

/// Sets a header, whatever case its name is in.
fn set(headers: &mut Vec<(String, Value)>, name: &str, value: Value) {
    let name = name.to_ascii_lowercase();
    match headers.iter_mut().find(|(known, _)| *known == name) {
        Some((_, old)) => *old = value,
        None => headers.push((name, value)),
    }
}

/// A list sends the header once for each item; null sends none.
fn lines(name: &str, value: Value) -> Vec<(String, String)> {
    let values = match value {
        Value::Null => Vec::new(),
        Value::Array(values) => values,
        one => vec![one],
    };
    let text = |value: Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    values.into_iter().map(|value| (name.to_owned(), text(value))).collect()
}

/// The differences of an answer, and how many texts were waived. A recorded error wants any error.
fn judge(step: &Step, answer: Result<Seen, ContractError>) -> (Vec<String>, usize) {
    let wants_error = step.response.get("error").is_some();
    let seen = match answer {
        Ok(seen) => seen,
        Err(_) if wants_error => return (Vec::new(), 0),
        Err(error) => return (vec![error.to_string()], 0),
    };
    match seen.saved {
        Err(_) if wants_error => (Vec::new(), 0),
        Ok(()) if wants_error => (vec![format!("want {}, got {}", step.response, seen.view["status"])], 0),
        saved => {
            let mut found = compare(&step.response, &seen.view, &step.ignore);
            found.lines.extend(saved.err().map(|error| error.to_string()));
            (found.lines, found.waived)
        }
    }
}

#[cfg(test)]
mod tests;
