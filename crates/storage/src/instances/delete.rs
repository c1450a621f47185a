use std::future::IntoFuture;

use altinn_core::transport::{RequestSpec, Transport};
use altinn_core::{Error, InstanceId};
use futures::future::BoxFuture;
use http::Method;

use super::{DELETE, Instance, UNDELETE, advice, of};

/// A deletion to be sent: set it up, then `.await` it.
///
/// The answer is the instance as it is then, without its data elements: the service leaves them out here, whatever
/// there are.
#[derive(Debug)]
#[must_use = "nothing is sent before it is awaited"]
pub struct DeleteInstance {
    transport: Transport,
    id: InstanceId,
    hard: bool,
}

impl DeleteInstance {
    pub(super) fn new(transport: Transport, id: InstanceId) -> Self {
        Self { transport, id, hard: false }
    }

    /// For good (`true`), or into its owner's bin (`false`, the default).
    ///
    /// There is no way back from a deletion for good, although the instance stays readable until the service clears
    /// up: an unfinished one soon, an archived one seven days after both the deletion and the service owner's
    /// confirmation.
    pub fn hard(mut self, hard: bool) -> Self {
        self.hard = hard;
        self
    }

    /// Repeatable, although the service heeds no earlier deletion: a second one leaves another event and a later time of
    /// deletion, and the instance just as deleted.
    fn spec(&self) -> RequestSpec {
        let spec = of(RequestSpec::new(DELETE, Method::DELETE), self.id).judge(advice::delete);
        if self.hard { spec.query("hard", true) } else { spec }
    }
}

impl IntoFuture for DeleteInstance {
    type Output = Result<Instance, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.transport.json(&self.spec()).await })
    }
}

/// The one operation of a service owner that the service keeps below the old message box's path.
pub(super) fn undelete(id: InstanceId) -> RequestSpec {
    let spec = RequestSpec::new(UNDELETE, Method::PUT).path(["sbl"]);
    of(spec, id).path(["undelete"]).judge(advice::undelete)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{instance, target, transport};

    #[test]
    fn for_good_only_when_it_is_said() {
        let delete = || DeleteInstance::new(transport(), instance());
        assert_eq!(target(&delete().spec()), "instances/{i}");
        assert_eq!(target(&delete().hard(false).spec()), "instances/{i}");
        assert_eq!(target(&delete().hard(true).spec()), "instances/{i}?hard=true");
        assert_eq!(target(&undelete(instance())), "sbl/instances/{i}/undelete");
    }
}
