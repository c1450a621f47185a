//! What a program in another language changes while the emulator runs, over HTTP on a port of its own. None of it
//! exists at the real services. The crate's documentation has the list of requests.

mod failures;
mod maskinporten;
mod refused;
mod world;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::middleware::map_response;
use axum::response::Response;
use axum::routing::{delete, get, post, put};
use bytes::Bytes;
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::platform::Platform;
use crate::response;
use refused::{Refused, read};

/// Content of submissions comes in base64.
const MAX_BODY_BYTES: usize = 256 * 1024 * 1024;

/// Years that every service can tell of. The clock is kept within them.
const FIRST_YEAR: i16 = 1970;
const LAST_YEAR: i16 = 9000;

type Answer = Result<Response, Refused>;
type Shared = State<Arc<Platform>>;

/// Answers until the runtime ends.
pub(crate) async fn serve(listener: TcpListener, platform: Arc<Platform>) {
    let router = Router::new()
        .route("/_emulator/world", post(add_to_world))
        .route("/_emulator/clock", get(read_clock).post(move_clock))
        .route("/_emulator/failures", post(order_failure).delete(withdraw_failures))
        .route("/_emulator/journal", get(journal).delete(clear_journal))
        .route("/_emulator/clients/{id}", delete(maskinporten::remove_client))
        .route("/_emulator/clients/{id}/keys", post(maskinporten::add_key))
        .route("/_emulator/clients/{id}/keys/{*kid}", delete(maskinporten::remove_key))
        .route("/_emulator/clients/{id}/expireKeys", post(maskinporten::expire_keys))
        .route(
            "/_emulator/clients/{id}/scopes/{*scope}",
            put(maskinporten::add_scope).delete(maskinporten::remove_scope),
        )
        .route("/_emulator/delegations/{consumer}/{supplier}/{*scope}", delete(maskinporten::withdraw_delegation))
        .route("/_emulator/systemUsers/{id}", delete(maskinporten::remove_system_user))
        .route("/_emulator/consents/{id}", delete(maskinporten::remove_consent))
        .fallback(async || Refused::no_such_path())
        .method_not_allowed_fallback(async || Refused::other_method())
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(map_response(refused::worded))
        .with_state(platform);
    if let Err(error) = axum::serve(listener, router).await {
        tracing::error!(%error, "the control port is closed");
    }
}

async fn add_to_world(State(platform): Shared, body: Bytes) -> Answer {
    let instances = world::add(&platform, &body)?;
    Ok(response::json(StatusCode::OK, &json!({"submissions": instances})))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ClockChange {
    advance_seconds: Option<i64>,
    now: Option<Timestamp>,
}

async fn read_clock(State(platform): Shared) -> Response {
    told(platform.clock.now())
}

async fn move_clock(State(platform): Shared, body: Bytes) -> Answer {
    let change: ClockChange = read(&body)?;
    let to = match (change.advance_seconds, change.now) {
        (Some(seconds), None) => platform.clock.now().checked_add(SignedDuration::from_secs(seconds)).ok(),
        (None, Some(to)) => Some(to),
        _ => return Err(Refused::bad("give either advanceSeconds, a whole number, or now, as 2030-05-17T08:00:00Z")),
    };
    let year = |time: &Timestamp| time.to_zoned(jiff::tz::TimeZone::UTC).year();
    let to = to.filter(|to| (FIRST_YEAR..=LAST_YEAR).contains(&year(to)));
    let to = to.ok_or_else(|| Refused::bad(format!("the clock shows the years {FIRST_YEAR} to {LAST_YEAR}")))?;
    match change.advance_seconds {
        Some(seconds) => platform.clock.advance(SignedDuration::from_secs(seconds)),
        None => platform.clock.set(to),
    }
    Ok(told(platform.clock.now()))
}

fn told(now: Timestamp) -> Response {
    response::json(StatusCode::OK, &json!({"now": now.to_string()}))
}

async fn order_failure(State(platform): Shared, body: Bytes) -> Answer {
    let (path, failure) = failures::read(&body)?;
    platform.failures.order(path, failure);
    Ok(done())
}

async fn withdraw_failures(State(platform): Shared) -> Response {
    response::json(StatusCode::OK, &json!({"withdrawn": platform.failures.clear()}))
}

async fn journal(State(platform): Shared) -> Response {
    let entries = platform.journal.entries().into_iter().map(|entry| {
        json!({"method": entry.method, "path": entry.path, "succeeded": entry.succeeded, "failed": entry.failed})
    });
    response::json(StatusCode::OK, &entries.collect::<Vec<Value>>())
}

async fn clear_journal(State(platform): Shared) -> Response {
    platform.journal.clear();
    done()
}

fn done() -> Response {
    response::empty(StatusCode::NO_CONTENT)
}
