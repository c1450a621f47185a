use std::collections::BTreeMap;
use std::fmt;

use altinn_core::transport::RequestSpec;
use altinn_core::{AppId, Error, OrgNumber, PartyId, PersonNumber, Secret, Timestamp};
use http::Method;
use serde::Serialize;

use super::{CREATE, InstanceOwner, InstanceStatus, advice};
use crate::process::ProcessState;

/// An instance to be created: what the service takes from the caller. It sets everything else itself.
///
/// `Debug` leaves out the owner's identity and the values, which are personal data.
///
/// ```
/// use altinn_core::PartyId;
/// use altinn_storage::NewInstance;
///
/// let new = NewInstance::new(PartyId::new(501_337)?).data_value("saksnummer", "2024/17");
/// # let _ = new;
/// # Ok::<(), altinn_core::InvalidId>(())
/// ```
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
#[must_use]
pub struct NewInstance {
    instance_owner: InstanceOwner,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_before: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    visible_after: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    process: Option<ProcessState>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<InstanceStatus>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    data_values: BTreeMap<String, String>,
}

impl NewInstance {
    /// For an instance owner by party id, and nothing else. See [`person`](Self::person) for where only a number is known.
    pub fn new(owner: PartyId) -> Self {
        Self {
            instance_owner: InstanceOwner { party_id: Some(owner), ..InstanceOwner::default() },
            due_before: None,
            visible_after: None,
            process: None,
            status: None,
            data_values: BTreeMap::new(),
        }
    }

    /// The owner's organisation number. The service does not compare it with the party id.
    pub fn organisation(mut self, number: &OrgNumber) -> Self {
        self.instance_owner.organisation_number = Some(number.as_str().into());
        self
    }

    /// The owner's national identity number. The service does not compare it with the party id, and takes none instead of
    /// that: the party id behind a number is known to Altinn's Register, which this crate does not cover. Instances of the
    /// same owner [have it](crate::InstanceOwner::party_id), and can be
    /// [listed by number](crate::InstanceOwnerFilter::Person); for a request of your own to Register put an
    /// [`AuthLayer`](altinn_auth::AuthLayer) on an HTTP client, which adds the token.
    pub fn person(mut self, number: &PersonNumber) -> Self {
        self.instance_owner.person_number = Some(Secret::new(number.expose()));
        self
    }

    /// When it should be done.
    pub fn due_before(mut self, time: Timestamp) -> Self {
        self.due_before = Some(time);
        self
    }

    /// From when its owner is to see it. Default: at once.
    pub fn visible_after(mut self, time: Timestamp) -> Self {
        self.visible_after = Some(time);
        self
    }

    /// Where it stands in the app's process. Without one its process can't be moved later: the service decides by the
    /// current task who may.
    pub fn process(mut self, process: ProcessState) -> Self {
        self.process = Some(process);
        self
    }

    /// Its status from the beginning. The service takes it as it is, so that it may begin as archived.
    pub fn status(mut self, status: InstanceStatus) -> Self {
        self.status = Some(status);
        self
    }

    /// A data value. May be called several times; the last one of a key counts.
    pub fn data_value(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.data_values.insert(key.into(), value.into());
        self
    }
}

impl fmt::Debug for NewInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewInstance")
            .field("instance_owner", &self.instance_owner)
            .field("process", &self.process)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

pub(super) fn create(app: &AppId, new: &NewInstance) -> Result<RequestSpec, Error> {
    RequestSpec::new(CREATE, Method::POST).path(["instances"]).query("appId", app).judge(advice::create).json(new)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::target;

    fn new() -> NewInstance {
        NewInstance::new(PartyId::new(501_337).unwrap()).person(&"01039012345".parse().unwrap())
    }

    #[test]
    fn what_is_not_said_is_not_sent() {
        let sent = serde_json::to_value(new().due_before("2026-01-01T08:00:00Z".parse().unwrap())).unwrap();
        let owner = json!({"partyId": "501337", "personNumber": "01039012345"});
        assert_eq!(sent, json!({"instanceOwner": owner, "dueBefore": "2026-01-01T08:00:00Z"}));
    }

    #[test]
    fn the_app_is_named_in_the_query() {
        let spec = create(&"ttd/mottak".parse().unwrap(), &new()).unwrap();
        assert_eq!(target(&spec), "instances?appId=ttd%2Fmottak");
    }

    #[test]
    fn nothing_personal_prints() {
        let new = new().data_value("navn", "Åse Bærland");
        let printed = format!("{new:?}");
        assert!(!printed.contains("Bærland") && !printed.contains("01039012345"), "{printed}");
    }
}
