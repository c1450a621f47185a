//! The process of an instance: where it stands, how it came there, and moving it.

mod advice;
mod model;
mod update;

use altinn_core::transport::{Operation, RequestSpec};
use altinn_core::{CanRead, CanWrite, Error, InstanceId, Scope, operation};
use http::Method;
use serde::Deserialize;
use serde_with::{As, DefaultOnNull};

use crate::Client;
use crate::events::InstanceEvent;
use crate::instances::{self, Instance, of};

pub use model::{AuthInfo, ProcessElement, ProcessHistoryItem, ProcessState, ValidationStatus};
pub use update::UpdateWithEvents;

const STATE: Operation = operation!("process.state");
const HISTORY: Operation = operation!("process.history");
const AUTH_INFO: Operation = operation!("process.auth_info");
const UPDATE: Operation = operation!("process.update");
const UPDATE_WITH_EVENTS: Operation = operation!("process.update_with_events");

/// Operations on the process of one instance. From [`Client::process`].
///
/// The service stores what it is told and runs nothing: no validation, no form for the next task, no receipt. Those are
/// the app's; move a process through the app's own API where the app's logic is to run.
#[derive(Debug)]
pub struct Process<'a, S: Scope> {
    client: &'a Client<S>,
    instance: InstanceId,
}

impl<'a, S: Scope> Process<'a, S> {
    pub(crate) fn new(client: &'a Client<S>, instance: InstanceId) -> Self {
        Self { client, instance }
    }

    /// Where the process stands; none if it never began. Needs `altinn:serviceowner/instances.read`.
    ///
    /// It comes with the instance, which the service has no smaller answer for.
    ///
    /// # Errors
    /// As for [`Instances::get`](crate::Instances::get).
    pub async fn state(&self) -> Result<Option<ProcessState>, Error>
    where
        S: CanRead,
    {
        let instance: Instance = self.client.transport().json(&state(self.instance)).await?;
        Ok(instance.process)
    }

    /// What happened so far: beginning, tasks, end, in the order of the events that tell of them. Needs
    /// `altinn:serviceowner/instances.read`.
    ///
    /// It is made from the [events](crate::Events) that whoever moved the process has posted; the service adds none by
    /// itself. A task that was visited twice stands there once. One such event without a user or without the process's
    /// state, and the service fails here with [`Server`](altinn_core::ErrorKind::Server) from then on; one of the end
    /// without an end event, and it fails as soon as an event of a task comes after that. This client posts none of them,
    /// but others may have.
    ///
    /// # Errors
    /// [`Forbidden`](altinn_core::ErrorKind::Forbidden) when the policy does not let the service owner read it or there
    /// is no such instance, and what any call may meet.
    pub async fn history(&self) -> Result<Vec<ProcessHistoryItem>, Error>
    where
        S: CanRead,
    {
        let answer: History = self.client.transport().json(&history(self.instance)).await?;
        Ok(answer.process_history)
    }

    /// Process and app of the instance, as Altinn's own authorization reads them. Needs
    /// `altinn:serviceowner/instances.read` here; the service answers this to anybody.
    ///
    /// Cheaper than [`state`](Self::state) for an instance with many data elements, and no policy is asked. But it is no
    /// documented part of the service.
    ///
    /// # Errors
    /// [`NotFound`](altinn_core::ErrorKind::NotFound) when there is no such instance of this party, and what any call
    /// may meet. A fault of the service that it reports as 404 is told apart and comes as
    /// [`Server`](altinn_core::ErrorKind::Server).
    pub async fn auth_info(&self) -> Result<AuthInfo, Error>
    where
        S: CanRead,
    {
        self.client.transport().json(&auth_info(self.instance)).await
    }

    /// Replaces the process. Needs `altinn:serviceowner/instances.write`, and the right to work on the current task in
    /// the app's policy.
    ///
    /// * `state`: all of it. What it lacks is gone. With [`ended`](ProcessState::ended) the instance is archived.
    ///
    /// A process that never began, or that has ended, can't be moved. The events that tell of the move are the caller's
    /// to post; [`update_with_events`](Self::update_with_events) does both in one. A call that fails after it may have
    /// reached the service is not repeated, since the next attempt would be judged by the task that the first one led
    /// to: read the [`state`](Self::state) then.
    ///
    /// # Errors
    /// [`Forbidden`](altinn_core::ErrorKind::Forbidden) when the policy does not allow it, or the process has no current
    /// task, [`NotFound`](altinn_core::ErrorKind::NotFound) when there is no such instance,
    /// [`InvalidInput`](altinn_core::ErrorKind::InvalidInput) for a state with neither task nor end, from which nothing
    /// leads on, and what any call may meet.
    pub async fn update(&self, state: ProcessState) -> Result<Instance, Error>
    where
        S: CanWrite,
    {
        self.client.transport().json(&update::update(self.instance, &state)?).await
    }

    /// Replaces the process and posts the events that tell of it, both or neither. Needs
    /// `altinn:serviceowner/instances.write`, and the right to work on the current task in the app's policy.
    ///
    /// * `state`: all of it, as for [`update`](Self::update).
    /// * `events`: each with a user and an id of its own; those of a step of the process with the process's state and, in
    ///   it, what they tell of, as for [`Events::post`](crate::Events::post); those without an instance get this one.
    ///
    /// Unless told otherwise by [`keeping_generated_elements`](UpdateWithEvents::keeping_generated_elements), data
    /// elements that were generated in the task to which the process moves are deleted. That happens before the rest, and
    /// is not undone: where the move then fails, they are gone all the same.
    ///
    /// # Errors
    /// As for [`update`](Self::update), and [`InvalidInput`](altinn_core::ErrorKind::InvalidInput) for an event without a
    /// user, of another instance, or of a type that is not known, for one of a step without the process's state or without
    /// what it tells of, and for two with the same id.
    pub fn update_with_events(
        &self,
        state: ProcessState,
        events: impl IntoIterator<Item = InstanceEvent>,
    ) -> UpdateWithEvents
    where
        S: CanWrite,
    {
        let events = events.into_iter().collect();
        UpdateWithEvents::new(self.client.transport().clone(), self.instance, state, events)
    }
}

impl<S: Scope> Clone for Process<'_, S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S: Scope> Copy for Process<'_, S> {}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct History {
    // No default: an answer without it is none, and must not pass for an empty list.
    #[serde(deserialize_with = "As::<DefaultOnNull>::deserialize")]
    process_history: Vec<ProcessHistoryItem>,
}

fn state(instance: InstanceId) -> RequestSpec {
    of(RequestSpec::new(STATE, Method::GET), instance).judge(instances::advice::get)
}

fn history(instance: InstanceId) -> RequestSpec {
    of(RequestSpec::new(HISTORY, Method::GET), instance).path(["process", "history"]).judge(advice::history)
}

fn auth_info(instance: InstanceId) -> RequestSpec {
    of(RequestSpec::new(AUTH_INFO, Method::GET), instance).path(["process", "authinfo"]).judge(advice::auth_info)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{instance, target};

    #[test]
    fn each_question_has_its_path() {
        assert_eq!(target(&state(instance())), "instances/{i}");
        assert_eq!(target(&history(instance())), "instances/{i}/process/history");
        assert_eq!(target(&auth_info(instance())), "instances/{i}/process/authinfo");
    }
}
