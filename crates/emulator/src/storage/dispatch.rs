//! From a request to its handler, in the order in which the framework does it: route, method, content type, caller,
//! policy, form, body.

use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures::future::BoxFuture;
use http::header::{ALLOW, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, Request, StatusCode};

use super::caller::Caller;
use super::checks;
use super::context::{Answer, Context, Refusal, UNKNOWN_INSTANCE, forbidden, unauthorized, unhandled};
use super::decisions::Asked;
use super::forms::{self, FORM_LIMIT, Form};
use super::incoming::Incoming;
use super::policy;
use super::routes::ROUTES;
use crate::dotnet::guid;
use crate::dotnet::media_type::MediaType;
use crate::dotnet::query::Query;
use crate::platform::Platform;
use crate::response::{self, ProblemType, with_header};
use crate::routing::{Matched, RouteValues};
use crate::storage::faults::Fault;

/// What every route begins with.
const PREFIX: &str = "/storage/api/v1/";
/// The largest body of actions that set no limit of their own.
pub(crate) const DEFAULT_BODY_LIMIT: u64 = 30_000_000;

/// Who may call an action, as far as the action itself isn't asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    Anonymous,
    /// Anyone with a valid token.
    Authenticated,
    /// Whom the app's policy permits this action on the instance in the path.
    Policy(&'static str),
    /// Studio alone.
    Studio,
}

/// How a handler takes the request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Run {
    /// With the whole body at hand, without waiting.
    Whole(fn(&Context) -> Answer),
    /// With the whole body at hand.
    Waiting(for<'r> fn(&'r Context) -> BoxFuture<'r, Answer>),
    /// With the body as it arrives.
    Streamed(for<'r> fn(&'r Context, &'r mut Incoming) -> BoxFuture<'r, Answer>),
}

/// One action.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Endpoint {
    pub(crate) access: Access,
    /// Whether the route asks for `application/json`; another type is refused before anything else.
    pub(crate) wants_json: bool,
    /// What takes a body of another type instead, where something does.
    pub(crate) without_json: Option<fn(&Context) -> Answer>,
    pub(crate) problems: ProblemType,
    /// The action needs no database, or says itself what becomes of it without one.
    pub(crate) without_database: bool,
    /// The action stores an event apart from the change that it tells of.
    pub(crate) tells: bool,
    /// The action has parameters, so that the framework looks for them in forms, too.
    pub(crate) has_parameters: bool,
    pub(crate) run: Run,
}

/// Answers a request below `/storage`.
pub(crate) async fn handle(platform: Arc<Platform>, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let mut incoming = Incoming::new(&parts.headers, body);
    let faults = platform.storage.faults();
    let response = answer(platform, parts, &mut incoming).await.unwrap_or_else(Refusal::into_response);
    incoming.pass_over();
    let status = response.status();
    let refused = status.is_client_error() || status.is_server_error();
    if !refused || response.headers().contains_key(CONTENT_TYPE) || faults.shows(Fault::RefusalsHaveManyShapes) {
        return response;
    }
    let mut problem = response::problem(ProblemType::Problem, status, None);
    problem.headers_mut().extend(response.headers().clone());
    problem
}

async fn answer(platform: Arc<Platform>, parts: Parts, incoming: &mut Incoming) -> Answer {
    let path = parts.uri.path().to_owned();
    let (endpoint, values) = match route(&path) {
        Some(inner) => match ROUTES.find(&parts.method, inner) {
            Matched::Route(endpoint, values) => (*endpoint, values),
            Matched::OtherMethod(allow) => {
                return Ok(with_header(response::empty(StatusCode::METHOD_NOT_ALLOWED), ALLOW, &allow));
            }
            Matched::Nothing => return Ok(response::empty(StatusCode::NOT_FOUND)),
        },
        None => return Ok(response::empty(StatusCode::NOT_FOUND)),
    };
    let mut endpoint = by_content_type(endpoint, &parts.headers)?;
    if !platform.storage.faults().shows(Fault::RefusalsHaveManyShapes) {
        endpoint.problems = ProblemType::Problem;
    }
    let caller = Caller::of(&parts.headers, &platform);
    let known = caller.is_some() || matches!(endpoint.access, Access::Anonymous);
    let reading_fails = || platform.outages.database() || is_unreadable(&platform, &endpoint, &values);
    if known && !endpoint.without_database && reading_fails() {
        return Err(unhandled());
    }
    let_in(&platform, &endpoint, &values, caller.as_ref())?;
    let apart = platform.storage.faults().shows(Fault::EventsAreStoredApart);
    if endpoint.tells && platform.outages.events() && !apart {
        return Err(unhandled());
    }
    checks::all(&platform, &parts, &values, endpoint.problems, caller.as_ref())?;
    let raw_query = parts.uri.query().map(str::to_owned);
    let mut context = Context {
        now: platform.clock.now(),
        query: Query::parse(raw_query.as_deref().unwrap_or_default()),
        body: Bytes::new(),
        form: Form::None,
        problems: endpoint.problems,
        headers: parts.headers,
        platform,
        caller,
        values,
        raw_query,
        path,
    };
    if endpoint.has_parameters {
        let limit = if matches!(endpoint.run, Run::Streamed(_)) { FORM_LIMIT } else { DEFAULT_BODY_LIMIT };
        context.form = forms::read(&context, incoming, limit).await?;
    }
    match endpoint.run {
        Run::Whole(run) => {
            context.body = incoming.whole(DEFAULT_BODY_LIMIT).await?;
            run(&context)
        }
        Run::Waiting(run) => {
            context.body = incoming.whole(DEFAULT_BODY_LIMIT).await?;
            run(&context).await
        }
        Run::Streamed(run) => run(&context, incoming).await,
    }
}

/// Whether the service fails on the instance in the path as soon as it reads it. What is open to anyone reads none, or
/// minds itself what becomes of it.
fn is_unreadable(platform: &Platform, endpoint: &Endpoint, values: &RouteValues) -> bool {
    let guid = guid::parse(values.get("instanceGuid")).filter(|_| endpoint.access != Access::Anonymous);
    guid.is_some_and(|guid| platform.storage.lock().rows.get(guid).is_some_and(|row| row.unreadable))
}

/// The part of the path that routes are written for. A slash of its own before it makes it another path.
fn route(path: &str) -> Option<&str> {
    let (prefix, rest) = path.split_at_checked(PREFIX.len())?;
    (prefix.eq_ignore_ascii_case(PREFIX) && !rest.starts_with('/')).then_some(rest)
}

/// Refuses content of the wrong type. Content of no type at all is left to the reader of the body.
fn by_content_type(endpoint: Endpoint, headers: &HeaderMap) -> Result<Endpoint, Refusal> {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let Some(content_type) = content_type.filter(|_| endpoint.wants_json) else { return Ok(endpoint) };
    if MediaType::parse(content_type).is_some_and(|parsed| parsed.essence == "application/json") {
        return Ok(endpoint);
    }
    match endpoint.without_json {
        Some(run) => Ok(Endpoint { access: Access::Anonymous, run: Run::Whole(run), ..endpoint }),
        None => Err(response::empty(StatusCode::UNSUPPORTED_MEDIA_TYPE).into()),
    }
}

fn let_in(
    platform: &Platform,
    endpoint: &Endpoint,
    values: &RouteValues,
    caller: Option<&Caller>,
) -> Result<(), Refusal> {
    let permitted = match endpoint.access {
        Access::Anonymous => return Ok(()),
        Access::Authenticated => caller.is_some(),
        Access::Studio => caller.is_some_and(Caller::is_studio),
        Access::Policy(action) => {
            // The policy's handler fails on a path without a guid before it looks at the caller.
            let guid = guid::parse(values.get("instanceGuid")).ok_or_else(unhandled)?;
            let asked = platform.storage.lock().rows.get(guid).map(Asked::of);
            let Some(caller) = caller else { return Err(unauthorized()) };
            let permitted = policy::guards(platform, asked.as_ref(), caller, action).ok_or_else(unhandled)?;
            if asked.is_none() && !platform.storage.faults().shows(Fault::UnknownInstanceIsForbidden) {
                return Err(response::problem(endpoint.problems, StatusCode::NOT_FOUND, Some(UNKNOWN_INSTANCE)).into());
            }
            permitted
        }
    };
    match caller {
        _ if permitted => Ok(()),
        Some(_) => Err(forbidden()),
        None => Err(unauthorized()),
    }
}
