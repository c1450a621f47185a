//! The instance lock.

use crate::dotnet::json::net_object;

net_object! {
    /// How long to hold it.
    pub(crate) struct InstanceLockRequest = "Altinn.Platform.Storage.Interface.Models.InstanceLockRequest", nulls keep {
        "ttlSeconds" => ttl_seconds: i32,
    }
}

net_object! {
    /// Proof of holding it.
    pub(crate) struct InstanceLockResponse = "Altinn.Platform.Storage.Interface.Models.InstanceLockResponse", nulls keep {
        "lockToken" => lock_token: Option<String>,
    }
}
