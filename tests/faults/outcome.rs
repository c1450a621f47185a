//! What an operation leaves behind, and what of it may come again when it is repeated.

use std::ops::RangeInclusive;

use serde_json::json;

use super::state::{Log, State};
use super::{Fault, Operation};

/// As many as the usual retry policy allows.
const ATTEMPTS: usize = 5;

impl Fault {
    /// How often the service does what is sent again until an answer arrives.
    pub(super) fn times_done(&self) -> RangeInclusive<usize> {
        match self.name {
            // The answers alone don't arrive.
            "lost once" | "cut once" => 2..=2,
            "lost for good" => ATTEMPTS..=ATTEMPTS,
            // On a busy machine the little patience may end again.
            "stalled in the body once" => 2..=ATTEMPTS,
            "stalled once" => 1..=ATTEMPTS,
            _ => 1..=1,
        }
    }
}

impl Operation {
    /// The event that it leaves in the log of its instance.
    fn event(self) -> Option<&'static str> {
        Some(match self {
            Self::Confirm => "ConfirmedComplete",
            Self::Delete | Self::DeleteForGood => "Deleted",
            Self::Undelete => "Undeleted",
            Self::Substatus => "SubstatusUpdated",
            Self::Sign => "Signed",
            Self::Upload | Self::RawWrite => "Created of data",
            Self::Replace => "Saved of data",
            Self::DeleteData | Self::DeleteLater => "Deleted of data",
            Self::Process => "SentToSign",
            Self::ProcessAndEvents | Self::Post => "Saved",
            _ => return None,
        })
    }

    /// Whether each time that the service does it leaves an event and moves the times of change and of deletion. It is
    /// repeated nevertheless, since all else is as after once. Of whatever is not named here there is one event at most.
    fn leaves_traces_each_time(self) -> bool {
        matches!(self, Self::Delete | Self::DeleteForGood | Self::Substatus | Self::Replace)
    }

    /// Holds `after` against what `before` becomes when `fault` met the operation and it took effect.
    pub(super) fn check_effect(self, fault: &Fault, before: &State, after: &State, case: &str) {
        let mut times = 1;
        if self.leaves_traces_each_time() {
            let left = |state: &State| self.event().map_or(0, |event| state.events.count(event));
            times = left(after) - left(before);
            assert!(fault.times_done().contains(&times), "{case}, and was done {times} times");
        }
        let mut expected = self.outcome(before, times);
        if matches!(self, Self::Metadata | Self::EditMetadata) {
            // Set by the client, whose notion of the service's clock has whole seconds alone.
            for name in ["lastChanged", "data.lastChanged"] {
                expected.stamps.insert(name, after.stamps[name]);
            }
        }
        assert_eq!(*after, expected, "{case}");
    }

    /// What `before` becomes when the service does it so many times.
    fn outcome(self, before: &State, times: usize) -> State {
        let mut after = before.clone();
        // When it was done first, and when last.
        let first = before.events.len();
        let last = first + times - 1;
        if let Some(event) = self.event() {
            after.events.add(event, times);
            // An event that is only posted moves no time.
            if self != Self::Post {
                after.stamps.insert("lastChanged", last);
            }
        }
        let element = after.element.as_mut().unwrap();
        match self {
            Self::Create => after.created.push(Log::of_one("Created")),
            Self::Confirm => {
                after.confirmations = 1;
                after.stamps.insert("confirmedOn", first);
            }
            Self::Delete => {
                after.soft_deleted = true;
                after.stamps.insert("softDeleted", last);
            }
            Self::DeleteForGood => {
                (after.soft_deleted, after.hard_deleted) = (true, true);
                after.stamps.extend([("softDeleted", first), ("hardDeleted", last)]);
            }
            Self::Undelete => {
                after.soft_deleted = false;
                after.stamps.remove("softDeleted");
            }
            Self::ReadStatus => after.read_status = json!("Read"),
            Self::Substatus => after.substatus = json!("merke"),
            Self::Texts => after.text = json!("Åse"),
            Self::Values => after.value = json!("1"),
            Self::InstanceLock => after.is_locked = true,
            Self::LockRelease | Self::LockHold => after.is_locked = false,
            Self::Sign | Self::Upload | Self::RawWrite => after.elements += 1,
            Self::Replace => {
                "annet innhold".clone_into(&mut element.content);
                after.stamps.insert("data.lastChanged", last);
            }
            Self::DeleteData => {
                (after.elements, after.element) = (after.elements - 1, None);
                after.stamps.remove("data.lastChanged");
            }
            Self::DeleteLater => {
                element.hard_deleted = true;
                after.stamps.extend([("data.lastChanged", first), ("data.hardDeleted", first)]);
            }
            Self::Metadata | Self::EditMetadata => element.tags = json!(["lest"]),
            Self::LockData => element.locked = true,
            Self::UnlockData => element.locked = false,
            Self::Process | Self::ProcessAndEvents => after.task = json!("Task_2"),
            _ => {}
        }
        after
    }
}
