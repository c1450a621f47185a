//! The list of service owners that Altinn publishes, from which services learn which organisation has which code.

use axum::body::Body;
use axum::response::Response;
use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, StatusCode};
use serde_json::{Map, Value, json};

use crate::failures;
use crate::platform::Platform;
use crate::response;
use crate::world::World;

const PATH: &str = "/orgs/altinn-orgs.json";

/// What is answered where Altinn publishes the list of service owners. For
/// [`Outages::set_orgs_list_answer`](crate::Outages::set_orgs_list_answer).
#[derive(Clone, Debug, Default)]
pub struct OrgsList(Answer);

#[derive(Clone, Debug, Default)]
enum Answer {
    #[default]
    World,
    Document(Value),
    Page(String),
    Status(StatusCode),
    Dropped,
}

impl OrgsList {
    /// The service owners of the world: how it is at the start.
    pub fn of_world() -> Self {
        Self(Answer::World)
    }

    /// Status 200 with `list` in the place of the world's service owners. The form is
    /// `{"orgs": {"ttd": {"orgnr": "405003309", "name": {…}}}}`; another one makes the list useless to the exchange, as
    /// does a single organisation whose `orgnr` is absent, null or that of another.
    pub fn document(list: Value) -> Self {
        Self(Answer::Document(list))
    }

    /// Status 200 with a page in the place of the list, as a portal or a proxy may give. `html` is its text.
    pub fn page(html: impl Into<String>) -> Self {
        Self(Answer::Page(html.into()))
    }

    /// This status without a body. A number that is no status counts as 500.
    pub fn status(status: u16) -> Self {
        Self(Answer::Status(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)))
    }

    /// The connection is closed without an answer.
    pub fn dropped() -> Self {
        Self(Answer::Dropped)
    }

    /// The list, as a service reads it. None when there is no JSON.
    pub(crate) fn read(&self, world: &World) -> Option<Value> {
        match &self.0 {
            Answer::World => Some(of(world)),
            Answer::Document(list) => Some(list.clone()),
            Answer::Page(text) => serde_json::from_str(text).ok(),
            Answer::Status(_) | Answer::Dropped => None,
        }
    }

    fn respond(&self, world: &World) -> Response {
        match &self.0 {
            Answer::World => response::json(StatusCode::OK, &of(world)),
            Answer::Document(list) => response::json(StatusCode::OK, list),
            Answer::Page(text) => {
                let mut response = Response::new(Body::from(text.clone()));
                response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
                response
            }
            Answer::Status(status) => response::empty(*status),
            Answer::Dropped => Response::new(failures::broken()),
        }
    }
}

fn of(world: &World) -> Value {
    let orgs = world.orgs.iter().map(|(code, org)| {
        let entry = json!({"name": org.name, "orgnr": org.org_number, "environments": ["tt02", "production"]});
        (code.clone(), entry)
    });
    json!({"orgs": orgs.collect::<Map<String, Value>>()})
}

/// Answers a request below `/orgs`.
pub(crate) fn handle<B>(platform: &Platform, request: &Request<B>) -> Response {
    if request.uri().path() != PATH {
        return response::empty(StatusCode::NOT_FOUND);
    }
    if request.method() != Method::GET {
        return response::with_header(response::empty(StatusCode::METHOD_NOT_ALLOWED), ALLOW, "GET");
    }
    platform.outages.orgs_list().respond(&platform.world())
}
