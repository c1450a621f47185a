use std::collections::HashSet;
use std::future::IntoFuture;

use altinn_core::transport::{Operation, RequestSpec, Transport};
use altinn_core::{Error, ErrorKind, InstanceId};
use futures::future::BoxFuture;
use http::Method;
use serde::Serialize;

use super::{ProcessState, UPDATE, UPDATE_WITH_EVENTS, advice};
use crate::events::{InstanceEvent, InstanceEventType, PlatformUser, lacks};
use crate::instances::{Instance, of};

/// A move of the process with its events, to be sent: set it up, then `.await` it for the instance as it is then.
#[derive(Debug)]
#[must_use = "nothing is sent before it is awaited"]
pub struct UpdateWithEvents {
    transport: Transport,
    instance: InstanceId,
    state: ProcessState,
    events: Vec<InstanceEvent>,
    keeps_generated: bool,
}

impl UpdateWithEvents {
    pub(super) fn new(
        transport: Transport,
        instance: InstanceId,
        state: ProcessState,
        events: Vec<InstanceEvent>,
    ) -> Self {
        Self { transport, instance, state, events, keeps_generated: false }
    }

    /// Keeps the data elements that were generated in the task to which the process moves. Without this the service
    /// deletes them, so that going back to a task does not leave two receipts of it; it does so first, even if the move
    /// then fails.
    pub fn keeping_generated_elements(mut self) -> Self {
        self.keeps_generated = true;
        self
    }

    /// Gives the events their instance, and refuses what the service would refuse or stumble on.
    fn prepare(&mut self) -> Result<(), Error> {
        leads_on(UPDATE_WITH_EVENTS, &self.state)?;
        self.events.iter_mut().try_for_each(|event| {
            event.belong_to(UPDATE_WITH_EVENTS, self.instance)?;
            check(event)
        })?;
        // The second one fails in the service's database, which rolls everything back with a 500.
        let mut ids = HashSet::new();
        match self.events.iter().filter_map(|event| event.id).all(|id| ids.insert(id)) {
            true => Ok(()),
            false => invalid("two of the events have the same id"),
        }
    }

    fn spec(mut self) -> Result<RequestSpec, Error> {
        self.prepare()?;
        let mut spec = of(RequestSpec::new(UPDATE_WITH_EVENTS, Method::PUT), self.instance)
            .path(["process", "instanceandevents"])
            .repeatable(false)
            .judge(advice::update);
        if self.keeps_generated {
            spec = spec.query("deleteGeneratedElements", false);
        }
        spec.json(&StateAndEvents { state: &self.state, events: &self.events })
    }
}

impl IntoFuture for UpdateWithEvents {
    type Output = Result<Instance, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let transport = self.transport.clone();
            transport.json(&self.spec()?).await
        })
    }
}

#[derive(Serialize)]
struct StateAndEvents<'a> {
    state: &'a ProcessState,
    events: &'a [InstanceEvent],
}

/// A PUT, but it is judged by the current task, which it changes: a second one may be refused, or undo what somebody
/// else did in between.
pub(super) fn update(instance: InstanceId, state: &ProcessState) -> Result<RequestSpec, Error> {
    leads_on(UPDATE, state)?;
    of(RequestSpec::new(UPDATE, Method::PUT), instance)
        .path(["process"])
        .repeatable(false)
        .judge(advice::update)
        .json(state)
}

fn leads_on(operation: Operation, state: &ProcessState) -> Result<(), Error> {
    if state.current_task.is_none() && state.ended.is_none() {
        return Err(Error::new(ErrorKind::InvalidInput, operation).with_detail(
            "the process would have neither a current task nor an end, and the service lets nobody move one without a \
             current task",
        ));
    }
    Ok(())
}

/// The service refuses an event without a user, and rolls everything back with a 500 for a type that it does not know.
fn check(event: &InstanceEvent) -> Result<(), Error> {
    if matches!(event.event_type, None | Some(InstanceEventType::Unknown(_))) {
        return invalid("an event has no type, or one that the service does not know");
    }
    if !event.user.as_ref().is_some_and(PlatformUser::is_named) {
        return invalid(
            "an event names nobody: its user needs a user id, a service owner's code, an end-user system, or a system \
             user with its owner's organisation number",
        );
    }
    lacks(event).map_or(Ok(()), invalid)
}

fn invalid(detail: &'static str) -> Result<(), Error> {
    Err(Error::new(ErrorKind::InvalidInput, UPDATE_WITH_EVENTS).with_detail(detail))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::{instance, target, transport};

    fn state() -> ProcessState {
        serde_json::from_value(json!({"currentTask": {"elementId": "Task_2", "altinnTaskType": "signing"}})).unwrap()
    }

    fn event() -> InstanceEvent {
        let mut event = InstanceEvent::new(InstanceEventType::ProcessStartTask).user(PlatformUser::org("ttd", 3));
        event.process_info = Some(state());
        event
    }

    fn moved(state: ProcessState, events: Vec<InstanceEvent>) -> UpdateWithEvents {
        UpdateWithEvents::new(transport(), instance(), state, events)
    }

    #[test]
    fn events_get_their_instance() {
        let mut update = moved(state(), vec![event()]).keeping_generated_elements();
        update.prepare().unwrap();
        assert_eq!(update.events[0].instance_id, Some(instance().to_string().into()));
        let spec = update.spec().unwrap();
        assert_eq!(target(&spec), "instances/{i}/process/instanceandevents?deleteGeneratedElements=false");
    }

    #[test]
    fn what_the_service_would_refuse_or_stumble_on_is_refused() {
        let refused = |state, events| moved(state, events).spec().unwrap_err().kind() == ErrorKind::InvalidInput;
        assert!(refused(ProcessState::default(), vec![event()]));
        let mut foreign = event();
        foreign.instance_id = Some("1/00000000-0000-4000-8000-000000000abc".into());
        let unknown = InstanceEvent::new(InstanceEventType::from("Nonsense")).user(PlatformUser::org("ttd", 3));
        let nobody = InstanceEvent::new(InstanceEventType::Saved);
        let ownerless = PlatformUser { system_user_id: Some(uuid::Uuid::nil()), ..PlatformUser::default() };
        let stateless = InstanceEvent { process_info: None, ..event() };
        for event in [foreign, unknown, nobody.clone(), nobody.user(ownerless), stateless] {
            assert!(refused(state(), vec![event]));
        }
        let (one, other) = (event(), event());
        assert!(refused(state(), vec![one.clone(), other.clone(), one.clone()]));
        let without_ids = [one.clone(), other.clone()].map(|event| InstanceEvent { id: None, ..event });
        assert!(moved(state(), [one, other].into_iter().chain(without_ids).collect()).spec().is_ok());
        assert_eq!(update(instance(), &ProcessState::default()).unwrap_err().kind(), ErrorKind::InvalidInput);
        assert_eq!(target(&update(instance(), &state()).unwrap()), "instances/{i}/process");
    }
}
