//! One request on its way to its handler, and the refusals that handlers end early with.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, MutexGuard};

use axum::response::Response;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::caller::Caller;
use super::faults::Fault;
use super::forms::Form;
use super::model::{DataElement, Instance, InstanceEvent, ResourceLinks};
use super::store::State;
use crate::accept;
use crate::dotnet::charset::Charset;
use crate::dotnet::datetime::DateTime;
use crate::dotnet::json::{FromJson, read_body};
use crate::dotnet::media_type::MediaType;
use crate::dotnet::query::{Binder, Query, refused};
use crate::dotnet::{guid, number};
use crate::platform::Platform;
use crate::response::{self, FieldErrors, ProblemType};
use crate::routing::RouteValues;
use crate::token;

/// What is said of an instance that does not exist, where the service says it in problem details.
pub(crate) const UNKNOWN_INSTANCE: &str = "Instance not found.";

/// What the database's driver says when the database is out of reach.
pub(crate) const DOWN: &str = "Exception while reading from stream";

/// What the service's reader of documents says of a time that is none.
pub(crate) const UNREADABLE: &str =
    "The JSON value could not be converted to System.Nullable`1[System.DateTime]. Path: $.LastChanged | LineNumber: 0";

/// A request whose caller has been let in.
pub(crate) struct Context {
    pub(crate) platform: Arc<Platform>,
    pub(crate) caller: Option<Caller>,
    pub(crate) values: RouteValues,
    pub(crate) query: Query,
    pub(crate) raw_query: Option<String>,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    /// Empty where the handler takes the body as a stream.
    pub(crate) body: Bytes,
    /// What the framework has read of the body before.
    pub(crate) form: Form,
    /// How the action declares its problems.
    pub(crate) problems: ProblemType,
    pub(crate) now: Timestamp,
}

/// Headers hold tokens, and bodies what people have filled in.
impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("path", &self.path).finish_non_exhaustive()
    }
}

/// What a handler gives.
pub(crate) type Answer = Result<Response, Refusal>;

/// An answer that ends a handler early.
#[derive(Debug)]
pub(crate) struct Refusal(Box<Response>);

impl Refusal {
    pub(crate) fn into_response(self) -> Response {
        *self.0
    }
}

impl From<Response> for Refusal {
    fn from(response: Response) -> Self {
        Self(Box::new(response))
    }
}

/// 403 without a body.
pub(crate) fn forbidden() -> Refusal {
    response::empty(StatusCode::FORBIDDEN).into()
}

/// 401 without a body.
pub(crate) fn unauthorized() -> Refusal {
    response::empty(StatusCode::UNAUTHORIZED).into()
}

/// What an exception that nobody catches becomes.
pub(crate) fn unhandled() -> Refusal {
    response::unhandled().into()
}

impl Context {
    /// The caller, who has to have a token.
    pub(crate) fn caller(&self) -> Result<&Caller, Refusal> {
        self.caller.as_ref().ok_or_else(unauthorized)
    }

    /// Whether the service shows this fault.
    pub(crate) fn shows(&self, fault: Fault) -> bool {
        self.platform.storage.faults().shows(fault)
    }

    /// Fails when the storage of content is out of order.
    pub(crate) fn blobs(&self) -> Result<(), Refusal> {
        if self.platform.outages.blobs() { Err(unhandled()) } else { Ok(()) }
    }

    /// Files an event of an instance, which the service does apart from the change that it tells of.
    ///
    /// # Errors
    ///
    /// An unhandled exception when events can't be stored; the change stays.
    pub(crate) fn tell(&self, state: &mut State, instance: Uuid, event: InstanceEvent) -> Result<(), Refusal> {
        if self.platform.outages.events() {
            return Err(unhandled());
        }
        state.events.add(instance, event);
        Ok(())
    }

    /// The refusal of an instance that does not exist, by an action that looks for it itself and would end in `usual`.
    pub(crate) fn unknown_instance(&self, usual: Refusal) -> Refusal {
        match self.shows(Fault::UnknownInstanceIsForbidden) {
            true => usual,
            false => self.problem(StatusCode::NOT_FOUND, Some(UNKNOWN_INSTANCE)),
        }
    }

    /// The refusal of a query that the database layer can't use.
    pub(crate) fn bad_query(&self, words: &str) -> Refusal {
        let status = match self.shows(Fault::BadQueryIsAServerError) {
            true => StatusCode::INTERNAL_SERVER_ERROR,
            false => StatusCode::BAD_REQUEST,
        };
        self.message(status, words)
    }

    /// The content of the store. Never keep it across a wait.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.platform.storage.lock()
    }

    /// The time of the request.
    pub(crate) fn date(&self) -> DateTime {
        DateTime::utc(self.now)
    }

    /// The time of an event, which is later than that of the request that causes it.
    pub(crate) fn event_date(&self) -> DateTime {
        DateTime::utc(self.platform.clock.now())
    }

    /// The time of content that has been received: when its request began, however long it took, or by right now.
    pub(crate) fn content_date(&self) -> DateTime {
        if self.shows(Fault::UploadIsStampedEarly) { self.date() } else { self.event_date() }
    }

    /// A text as a JSON string, or bare where the action declares no JSON.
    pub(crate) fn message(&self, status: StatusCode, words: &str) -> Refusal {
        if !self.shows(Fault::RefusalsHaveManyShapes) {
            return self.problem(status, Some(words));
        }
        match self.problems {
            ProblemType::Json => response::message(status, words),
            ProblemType::Problem => accept::text(&self.headers, status, words),
        }
        .into()
    }

    /// Problem details.
    pub(crate) fn problem(&self, status: StatusCode, detail: Option<&str>) -> Refusal {
        response::problem(self.problems, status, detail).into()
    }

    /// The party id in the path, which the route keeps a number; 0 where it isn't one.
    pub(crate) fn party(&self) -> i32 {
        number::route_int32(self.values.get("instanceOwnerPartyId")).unwrap_or_default()
    }

    /// The instance in the path.
    pub(crate) fn instance_guid(&self) -> Result<Uuid, Refusal> {
        guid::parse(self.values.get("instanceGuid")).ok_or_else(unhandled)
    }

    /// The data element in the path.
    pub(crate) fn data_guid(&self) -> Result<Uuid, Refusal> {
        guid::parse(self.values.get("dataGuid")).ok_or_else(unhandled)
    }

    /// `{party}/{guid}` with the party of the path.
    pub(crate) fn instance_id(&self) -> Result<String, Refusal> {
        Ok(format!("{}/{}", self.party(), self.instance_guid()?))
    }

    /// A header as a parameter: one that was sent several times is joined.
    pub(crate) fn joined_header(&self, name: &str) -> Option<String> {
        self.headers.contains_key(name).then(|| token::joined(&self.headers, name))
    }

    /// A header's text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| std::str::from_utf8(value.as_bytes()).ok())
    }

    /// Begins to bind the parameters of the request.
    pub(crate) fn bind(&self) -> Binding<'_> {
        Binding { context: self, binder: Binder::new(&self.query), errors: FieldErrors::new(), unsupported: false }
    }

    /// Refuses what the database can't hold: a zero character anywhere in a text.
    pub(crate) fn storable(&self, document: &impl Serialize) -> Result<(), Refusal> {
        match serde_json::to_string(document) {
            // A backslash of a text is doubled, and begins no escape.
            Ok(text) if !text.replace(r"\\", "").contains(r"\u0000") => Ok(()),
            _ => Err(unhandled()),
        }
    }

    /// An instance in an answer that has no links at the real service.
    pub(crate) fn linked(&self, instance: Instance) -> Instance {
        if self.shows(Fault::LinksAreMissing) { instance } else { self.links().put_on(instance) }
    }

    /// An element of the instance in the path, in an answer that has no links at the real service.
    pub(crate) fn linked_element(&self, mut element: DataElement) -> Result<DataElement, Refusal> {
        if !self.shows(Fault::LinksAreMissing) {
            element.self_links = Some(self.links().element(&self.instance_id()?, &element));
        }
        Ok(element)
    }

    /// Where something new is: its id alone, as the real service says it, or what follows `…/storage/api/v1/`.
    pub(crate) fn location(&self, id: &str, path: &str) -> String {
        match self.shows(Fault::LocationIsBare) {
            true => id.to_owned(),
            false => format!("{}/storage/api/v1/{path}", self.platform.origin()),
        }
    }

    /// Begins an answer's links.
    pub(crate) fn links(&self) -> Links {
        Links { base: format!("{}/storage/api/v1/instances", self.platform.origin()) }
    }
}

/// Binds what a handler takes, and collects everything that can't be bound before it refuses.
#[derive(Debug)]
pub(crate) struct Binding<'c> {
    context: &'c Context,
    pub(crate) binder: Binder<'c>,
    errors: FieldErrors,
    unsupported: bool,
}

impl Binding<'_> {
    /// A GUID in the path that the route doesn't constrain.
    pub(crate) fn path_guid(&mut self, name: &str) {
        let value = self.context.values.get(name);
        if guid::parse(value).is_none() {
            self.errors.add(name, refused(value, None));
        }
    }

    /// A number in the path that the route doesn't constrain.
    pub(crate) fn path_int(&mut self, name: &str) {
        let value = self.context.values.get(name);
        if number::int32(value).is_none() {
            self.errors.add(name, refused(value, None));
        }
    }

    /// The JSON body. `required` names the parameter where its absence is an error of its own.
    pub(crate) fn body<T: FromJson>(&mut self, required: Option<&str>) -> Option<T> {
        let content_type = self.context.joined_header(CONTENT_TYPE.as_str());
        let content_type = content_type.as_deref().and_then(MediaType::parse);
        if !content_type.as_ref().is_some_and(MediaType::is_json) {
            self.unsupported = true;
            return None;
        }
        let Some(text) = content_type.and_then(|content_type| in_utf8(&content_type, &self.context.body)) else {
            self.unsupported = true;
            return None;
        };
        match read_body(&text) {
            Ok(body) => Some(body),
            Err(errors) => {
                self.errors.extend(errors);
                if let Some(name) = required {
                    self.errors.add(name, format!("The {name} field is required."));
                }
                None
            }
        }
    }

    /// A member of the body that is not there and has to be.
    pub(crate) fn required_member(&mut self, name: &str) {
        self.errors.add(name, format!("The {name} field is required."));
    }

    /// A header that has to be there.
    pub(crate) fn required_header(&mut self, name: &str, parameter: &str) -> Option<String> {
        let value = self.context.joined_header(name).filter(|value| !value.trim().is_empty());
        if value.is_none() {
            self.errors.add(name, format!("The {parameter} field is required."));
        }
        value
    }

    /// Refuses if anything could not be bound.
    pub(crate) fn finish(self) -> Result<(), Refusal> {
        if self.unsupported {
            return Err(self.context.problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, None));
        }
        let mut errors = self.binder.errors();
        errors.extend(self.errors);
        if errors.is_empty() {
            return Ok(());
        }
        Err(response::invalid(self.context.problems, &errors).into())
    }
}

/// A body in UTF-8, which it is unless it says UTF-16, by any of their names; `None` for other character sets.
fn in_utf8<'b>(content_type: &MediaType, body: &'b [u8]) -> Option<Cow<'b, [u8]>> {
    let Some(name) = content_type.parameter("charset") else { return Some(Cow::Borrowed(body)) };
    match Charset::named(name)? {
        Charset::Utf8 => Some(Cow::Borrowed(body)),
        charset @ Charset::Utf16 => Some(Cow::Owned(charset.decode(body).into_bytes())),
        _ => None,
    }
}

/// Where things are, seen from outside.
#[derive(Debug)]
pub(crate) struct Links {
    base: String,
}

impl Links {
    /// Of an instance with this id.
    pub(crate) fn instance(&self, id: &str) -> ResourceLinks {
        ResourceLinks { platform: Some(format!("{}/{id}", self.base)), apps: None }
    }

    /// Of an element of the instance with this id.
    pub(crate) fn element(&self, instance_id: &str, element: &DataElement) -> ResourceLinks {
        let id = element.id.as_deref().unwrap_or_default();
        ResourceLinks { platform: Some(format!("{}/{instance_id}/data/{id}", self.base)), apps: None }
    }

    /// Puts links on an instance and its elements.
    pub(crate) fn put_on(&self, mut instance: Instance) -> Instance {
        let id = instance.id.clone().unwrap_or_default();
        for element in instance.data.iter_mut().flatten() {
            element.self_links = Some(self.element(&id, element));
        }
        instance.self_links = Some(self.instance(&id));
        instance
    }
}
