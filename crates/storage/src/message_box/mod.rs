//! The message box: instances as the older portal shows them to their owners.

mod advice;
mod model;
mod query;

use altinn_core::transport::{Operation, RequestSpec};
use altinn_core::{CanRead, Error, InstanceId, Scope, operation};
use http::Method;

use crate::Client;
use crate::instances::of;

pub use model::{Message, MessageEvent, MessageLanguage};
pub use query::MessageQuery;

const SEARCH: Operation = operation!("message_box.search");
const GET: Operation = operation!("message_box.get");
const EVENTS: Operation = operation!("message_box.events");

/// Reads instances as their owners see them in the older portal. From [`Client::message_box`].
///
/// For questions about what an end user is shown: titles in words, what may be done, several parties at a time. To
/// fetch submissions take [`Instances`](crate::Instances): here there are no pages and no data elements. A message is
/// deleted and brought back by [`delete`](crate::Instances::delete) and [`undelete`](crate::Instances::undelete) there.
#[derive(Debug)]
pub struct MessageBox<'a, S: Scope> {
    client: &'a Client<S>,
}

impl<'a, S: Scope> MessageBox<'a, S> {
    pub(crate) fn new(client: &'a Client<S>) -> Self {
        Self { client }
    }

    /// Searches messages of some parties, in no useful order. Needs `altinn:serviceowner/instances.read`. It is asked
    /// for with POST, but changes nothing.
    ///
    /// Only what the apps' policies let the service owner read is found; nothing that is deleted for good, that its
    /// owner does not see yet, or that its app hides. Of the instances that match the query the service looks at the 5000
    /// that changed last, and does not say when there are more: ask for few parties at a time, or for less of them.
    ///
    /// # Errors
    /// [`InvalidInput`](altinn_core::ErrorKind::InvalidInput) for what the service would pass over or answer wrongly
    /// (see [`MessageQuery`]), and what any call may meet.
    pub async fn search(&self, query: MessageQuery) -> Result<Vec<Message>, Error>
    where
        S: CanRead,
    {
        self.client.transport().json(&query.spec()?).await
    }

    /// Reads one message. Needs `altinn:serviceowner/instances.read`, and the action `read` in the app's policy.
    ///
    /// * `language`: of the title and the substatus, where the app has texts in it.
    ///
    /// # Errors
    /// [`NotFound`](altinn_core::ErrorKind::NotFound) when there is no such instance,
    /// [`Forbidden`](altinn_core::ErrorKind::Forbidden) when the policy does not let the service owner read it, and
    /// what any call may meet.
    pub async fn get(&self, id: InstanceId, language: MessageLanguage) -> Result<Message, Error>
    where
        S: CanRead,
    {
        self.client.transport().json(&get(id, language)).await
    }

    /// Lists what the portal shows of an instance's log, oldest first. Needs `altinn:serviceowner/instances.read`, and
    /// the action `read` in the app's policy.
    ///
    /// Less than [`Events::list`](crate::Events::list): steps of the process and confirmations are left out. That a data
    /// element was made or replaced is called `Saved`; that it was deleted, and all else about it, is left out. Of several
    /// savings in a row by the same user only the last one comes.
    ///
    /// # Errors
    /// [`Forbidden`](altinn_core::ErrorKind::Forbidden) when the policy does not let the service owner read the
    /// instance or there is none, and what any call may meet.
    pub async fn events(&self, id: InstanceId) -> Result<Vec<MessageEvent>, Error>
    where
        S: CanRead,
    {
        self.client.transport().json(&events(id)).await
    }
}

impl<S: Scope> Clone for MessageBox<'_, S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S: Scope> Copy for MessageBox<'_, S> {}

fn get(id: InstanceId, language: MessageLanguage) -> RequestSpec {
    let spec = of(RequestSpec::new(GET, Method::GET).path(["sbl"]), id);
    spec.query("language", language.code()).judge(advice::get)
}

fn events(id: InstanceId) -> RequestSpec {
    of(RequestSpec::new(EVENTS, Method::GET).path(["sbl"]), id).path(["events"]).judge(advice::events)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{instance, target};

    #[test]
    fn each_question_has_its_path() {
        assert_eq!(target(&get(instance(), MessageLanguage::Nynorsk)), "sbl/instances/{i}?language=nn");
        assert_eq!(target(&events(instance())), "sbl/instances/{i}/events");
    }
}
