//! The process of an instance.

use super::InstanceEvent;
use crate::dotnet::datetime::DateTime;
use crate::dotnet::json::net_object;

net_object! {
    /// Where the process is.
    pub(crate) struct ProcessState = "Altinn.Platform.Storage.Interface.Models.ProcessState", nulls omit {
        "started" => started: Option<DateTime>,
        "startEvent" => start_event: Option<String>,
        "currentTask" => current_task: Option<ProcessElementInfo>,
        "ended" => ended: Option<DateTime>,
        "endEvent" => end_event: Option<String>,
    }
}

net_object! {
    /// One task.
    pub(crate) struct ProcessElementInfo = "Altinn.Platform.Storage.Interface.Models.ProcessElementInfo", nulls omit {
        "flow" => flow: Option<i32>,
        "started" => started: Option<DateTime>,
        "elementId" => element_id: Option<String>,
        "name" => name: Option<String>,
        "altinnTaskType" => altinn_task_type: Option<String>,
        "ended" => ended: Option<DateTime>,
        "validated" => validated: Option<ValidationStatus>,
        "flowType" => flow_type: Option<String>,
    }
}

net_object! {
    /// Whether the task could be completed, when apps still said so.
    pub(crate) struct ValidationStatus = "Altinn.Platform.Storage.Interface.Models.ValidationStatus", nulls omit {
        "timestamp" => timestamp: Option<DateTime>,
        "canCompleteTask" => can_complete_task: bool,
    }
}

net_object! {
    /// Body of a process update with its events.
    pub(crate) struct ProcessStateUpdate = "Altinn.Platform.Storage.Interface.Models.ProcessStateUpdate", nulls omit {
        "state" => state: Option<ProcessState>,
        "events" => events: Option<Vec<Option<InstanceEvent>>>,
    }
}

net_object! {
    /// What the decision point needs to know of an instance.
    pub(crate) struct AuthInfo = "Altinn.Platform.Storage.Interface.Models.AuthInfo", nulls omit {
        "process" => process: Option<ProcessState>,
        "appId" => app_id: Option<String>,
    }
}
