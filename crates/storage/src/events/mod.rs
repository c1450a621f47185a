//! Instance events: the log of what happened to an instance.

mod advice;
mod filter;
mod model;
mod step;

use altinn_core::transport::{Operation, RequestSpec};
use altinn_core::{CanRead, CanWrite, Error, ErrorKind, InstanceId, Scope, operation};
use http::Method;
use serde::Deserialize;
use serde_with::{As, DefaultOnNull};
use uuid::Uuid;

use crate::Client;
use crate::instances::of;

pub use filter::EventFilter;
pub use model::{InstanceEvent, InstanceEventType, PlatformUser};
pub(crate) use step::lacks;

const LIST: Operation = operation!("events.list");
const GET: Operation = operation!("events.get");
const POST: Operation = operation!("events.post");

/// Operations on the events of one instance. From [`Client::events`].
///
/// These are the log inside Storage, not Altinn's event feed, to which one subscribes.
#[derive(Debug)]
pub struct Events<'a, S: Scope> {
    client: &'a Client<S>,
    instance: InstanceId,
}

impl<'a, S: Scope> Events<'a, S> {
    pub(crate) fn new(client: &'a Client<S>, instance: InstanceId) -> Self {
        Self { client, instance }
    }

    /// Lists the events that match `filter`, oldest first. Needs `altinn:serviceowner/instances.read`.
    ///
    /// The order is that of the times as texts: two within the same second may be swapped if one of them has no
    /// fraction.
    ///
    /// # Errors
    /// [`Forbidden`](ErrorKind::Forbidden) when the app's policy does not let the service owner read the instance or
    /// there is none, [`InvalidInput`](ErrorKind::InvalidInput) for a window that ends before it begins, and what any
    /// call may meet.
    pub async fn list(&self, filter: EventFilter) -> Result<Vec<InstanceEvent>, Error>
    where
        S: CanRead,
    {
        let answer: EventList = self.client.transport().json(&filter.spec(self.instance)?).await?;
        Ok(answer.instance_events)
    }

    /// Reads one event. Needs `altinn:serviceowner/instances.read`.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) when the instance has no such event; the service itself would give one of
    /// another instance. [`Forbidden`](ErrorKind::Forbidden) when the app's policy does not let the service owner read
    /// the instance or there is none, and what any call may meet.
    pub async fn get(&self, id: Uuid) -> Result<InstanceEvent, Error>
    where
        S: CanRead,
    {
        let event: InstanceEvent = self.client.transport().json(&get(self.instance, id)).await?;
        if event.is_of(self.instance) {
            Ok(event)
        } else {
            Err(Error::new(ErrorKind::NotFound, GET).with_detail("the event belongs to another instance"))
        }
    }

    /// Adds an event to the log. Needs `altinn:serviceowner/instances.write`; of the app's policy the service asks the
    /// action `read` alone.
    ///
    /// * `event`: gets this instance if it names none. One that tells of a step of the process (its beginning or end,
    ///   or those of a task) needs a [`user`](InstanceEvent::user) and the process's state in
    ///   [`process_info`](InstanceEvent::process_info), with the start event, the task or the end event that it tells of:
    ///   without them the service takes it, and from then on fails on a [history](crate::Process::history) of the instance.
    ///
    /// The instance's time of change does not move. The event's id is made by the client, so that one whose call failed
    /// after it may have reached the service can be looked for by [`get`](Self::get): keep the id. Such a call is not
    /// repeated.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) for an event of another instance, without a type, or that tells of a
    /// step of the process and lacks what this needs, [`Forbidden`](ErrorKind::Forbidden) when the app's policy does not
    /// let the service owner read the instance or there is none, [`Server`](ErrorKind::Server) when the id is taken (so
    /// the service answers) or, in some environments, for a type that is not known; and what any call may meet.
    pub async fn post(&self, event: InstanceEvent) -> Result<InstanceEvent, Error>
    where
        S: CanWrite,
    {
        self.client.transport().json(&post(self.instance, event)?).await
    }
}

impl<S: Scope> Clone for Events<'_, S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S: Scope> Copy for Events<'_, S> {}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EventList {
    // No default: an answer without it is none, and must not pass for an empty list.
    #[serde(deserialize_with = "As::<DefaultOnNull>::deserialize")]
    instance_events: Vec<InstanceEvent>,
}

fn get(instance: InstanceId, id: Uuid) -> RequestSpec {
    of(RequestSpec::new(GET, Method::GET), instance).path(["events"]).segment(id).judge(advice::read)
}

fn post(instance: InstanceId, mut event: InstanceEvent) -> Result<RequestSpec, Error> {
    // The service files it under the instance that the body names, and does not compare that with the path.
    event.belong_to(POST, instance)?;
    if event.event_type.as_ref().is_none_or(|event_type| event_type.as_str().is_empty()) {
        return Err(Error::new(ErrorKind::InvalidInput, POST).with_detail("the event has no type"));
    }
    if let Some(lacks) = lacks(&event) {
        return Err(Error::new(ErrorKind::InvalidInput, POST).with_detail(lacks));
    }
    of(RequestSpec::new(POST, Method::POST), instance).path(["events"]).judge(advice::post).json(&event)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{element, instance, target};

    #[test]
    fn an_event_of_another_instance_or_without_a_type_is_refused() {
        let spec = post(instance(), InstanceEvent::new(InstanceEventType::Saved)).unwrap();
        assert_eq!(target(&spec), "instances/{i}/events");
        assert_eq!(target(&get(instance(), element().as_uuid())), "instances/{i}/events/{e}");
        for other in ["501337/00000000-0000-4000-8000-000000000002", "1/00000000-0000-4000-8000-000000000abc"] {
            let mut event = InstanceEvent::new(InstanceEventType::Saved);
            event.instance_id = Some(other.into());
            assert_eq!(post(instance(), event).unwrap_err().kind(), ErrorKind::InvalidInput);
        }
        let mut untyped = InstanceEvent::new(InstanceEventType::Saved);
        untyped.event_type = None;
        assert!(post(instance(), untyped).is_err());
    }

    #[test]
    fn an_event_that_would_break_the_history_is_refused() {
        let nobody = InstanceEvent::new(InstanceEventType::ProcessEndEvent);
        let stateless = nobody.clone().user(PlatformUser::org("ttd", 3));
        let mut whole = stateless.clone();
        whole.process_info =
            Some(crate::ProcessState { end_event: Some("EndEvent_1".into()), ..crate::ProcessState::default() });
        let mut nameless = whole.clone();
        nameless.process_info = Some(crate::ProcessState::default());
        for event in [nobody, stateless, nameless] {
            let error = post(instance(), event).unwrap_err();
            assert_eq!((error.kind(), error.operation()), (ErrorKind::InvalidInput, "events.post"));
            assert!(error.to_string().contains("history"), "{error}");
        }
        assert!(post(instance(), whole).is_ok());
    }
}
