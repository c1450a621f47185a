use altinn_core::transport::RequestSpec;
use altinn_core::{Error, ErrorKind, InstanceId, Timestamp};
use http::Method;

use super::{InstanceEventType, LIST, advice};
use crate::instances::of;

/// Later than any event: the first second of the year 9999, which every part of the service can reckon with.
const FAR_END: jiff::Timestamp = jiff::Timestamp::constant(253_370_764_800, 0);

/// Which events of an instance to list: all of them, unless something is said.
///
/// ```
/// use altinn_storage::{EventFilter, InstanceEventType};
///
/// let in_may = EventFilter::new()
///     .event_type(InstanceEventType::Saved)
///     .between("2024-05-01T00:00:00Z".parse()?, "2024-05-31T23:59:59.999Z".parse()?);
/// # let _ = in_may;
/// # Ok::<(), altinn_core::InvalidTimestamp>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
#[must_use]
pub struct EventFilter {
    types: Vec<InstanceEventType>,
    window: Option<(Timestamp, Timestamp)>,
}

impl EventFilter {
    /// All events.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only those of this type. May be called several times, for those of any of them.
    pub fn event_type(mut self, event_type: InstanceEventType) -> Self {
        self.types.push(event_type);
        self
    }

    /// Only those from `from` to `to`, both included.
    pub fn between(mut self, from: Timestamp, to: Timestamp) -> Self {
        self.window = Some((from, to));
        self
    }

    /// Only those from `from` on, itself included.
    ///
    /// An event has the time that whoever posted it gave it, so that one may turn up behind others that were listed
    /// before: begin somewhat before the last one, and tell those that come again by their [id](super::InstanceEvent::id).
    pub fn since(self, from: Timestamp) -> Self {
        // The service ignores a window with one end.
        self.between(from, Timestamp::from(FAR_END))
    }

    pub(super) fn spec(&self, instance: InstanceId) -> Result<RequestSpec, Error> {
        let mut spec = of(RequestSpec::new(LIST, Method::GET), instance).path(["events"]).judge(advice::read);
        for event_type in &self.types {
            // Repeated, since the service does not split a list.
            spec = spec.query("eventTypes", event_type);
        }
        if let Some((from, to)) = self.window {
            if from > to {
                return Err(Error::new(ErrorKind::InvalidInput, LIST).with_detail("the window ends before it begins"));
            }
            spec = spec.query("from", format!("{from:.7}")).query("to", format!("{to:.7}"));
        }
        Ok(spec)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{instance, target};

    #[test]
    fn types_are_repeated_and_times_are_in_utc() {
        let (from, to) = ("2024-05-01T02:00:00+02:00".parse().unwrap(), "2024-05-02T00:00:00Z".parse().unwrap());
        let filter = EventFilter::new()
            .event_type(InstanceEventType::Submitted)
            .event_type(InstanceEventType::ProcessStartTask)
            .between(from, to);
        assert_eq!(
            target(&filter.spec(instance()).unwrap()),
            "instances/{i}/events?eventTypes=Submited&eventTypes=process_StartTask\
             &from=2024-05-01T00%3A00%3A00.0000000Z&to=2024-05-02T00%3A00%3A00.0000000Z"
        );
        assert_eq!(
            target(&EventFilter::new().since(from).spec(instance()).unwrap()),
            "instances/{i}/events?from=2024-05-01T00%3A00%3A00.0000000Z&to=9999-01-01T00%3A00%3A00.0000000Z"
        );
        assert!(EventFilter::new().between(to, from).spec(instance()).is_err());
        assert!(EventFilter::new().between(to, to).spec(instance()).is_ok());
    }
}
