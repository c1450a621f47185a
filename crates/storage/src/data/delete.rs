use std::future::IntoFuture;

use altinn_core::transport::{RequestSpec, Transport};
use altinn_core::{DataElementId, Error, InstanceId};
use futures::future::BoxFuture;
use http::Method;

use super::{DELETE, DataElement, advice, of};

/// A deletion of a data element to be sent: set it up, then `.await` it for the element as it was.
#[derive(Debug)]
#[must_use = "nothing is sent before it is awaited"]
pub struct DeleteElement {
    transport: Transport,
    instance: InstanceId,
    element: DataElementId,
    delayed: bool,
}

impl DeleteElement {
    pub(super) fn new(transport: Transport, instance: InstanceId, element: DataElementId) -> Self {
        Self { transport, instance, element, delayed: false }
    }

    /// Only marks it. Its content stays until the service clears up, seven days after both the mark and the service
    /// owner's confirmation, and the service owner can read it until then.
    ///
    /// For data types alone whose app logic has `autoDeleteOnProcessEnd` in the app's metadata.
    pub fn delayed(mut self) -> Self {
        self.delayed = true;
        self
    }

    fn spec(&self) -> RequestSpec {
        let spec = of(RequestSpec::new(DELETE, Method::DELETE), self.instance)
            .path(["data"])
            .segment(self.element)
            .judge(advice::delete);
        if self.delayed { spec.query("delay", true) } else { spec }
    }
}

impl IntoFuture for DeleteElement {
    type Output = Result<DataElement, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.transport.json(&self.spec()).await })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{element, instance, target, transport};

    #[test]
    fn at_once_unless_it_is_said() {
        let delete = || DeleteElement::new(transport(), instance(), element());
        assert_eq!(target(&delete().spec()), "instances/{i}/data/{e}");
        assert_eq!(target(&delete().delayed().spec()), "instances/{i}/data/{e}?delay=true");
    }
}
