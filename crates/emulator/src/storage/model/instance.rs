//! The instance and its parts.

use std::collections::BTreeMap;

use super::{DataElement, ProcessState};
use crate::dotnet::datetime::DateTime;
use crate::dotnet::json::{net_enum, net_object};

/// Free keys to texts; a key may stand for null.
pub(crate) type TextMap = BTreeMap<String, Option<String>>;

net_object! {
    /// One form in progress or submitted.
    pub(crate) struct Instance = "Altinn.Platform.Storage.Interface.Models.Instance", nulls omit {
        "id" => id: Option<String>,
        "instanceOwner" => instance_owner: Option<InstanceOwner>,
        "appId" => app_id: Option<String>,
        "org" => org: Option<String>,
        "selfLinks" => self_links: Option<ResourceLinks>,
        "dueBefore" => due_before: Option<DateTime>,
        "visibleAfter" => visible_after: Option<DateTime>,
        "process" => process: Option<ProcessState>,
        "status" => status: Option<InstanceStatus>,
        "completeConfirmations" => complete_confirmations: Option<Vec<CompleteConfirmation>>,
        "data" => data: Option<Vec<DataElement>>,
        "presentationTexts" => presentation_texts: Option<TextMap>,
        "dataValues" => data_values: Option<TextMap>,
        "created" => created: Option<DateTime>,
        "createdBy" => created_by: Option<String>,
        "lastChanged" => last_changed: Option<DateTime>,
        "lastChangedBy" => last_changed_by: Option<String>,
    }
}

net_object! {
    /// Whom the form is about.
    pub(crate) struct InstanceOwner = "Altinn.Platform.Storage.Interface.Models.InstanceOwner", nulls omit {
        "partyId" => party_id: Option<String>,
        "personNumber" => person_number: Option<String>,
        "organisationNumber" => organisation_number: Option<String>,
        "username" => username: Option<String>,
        "externalIdentifier" => external_identifier: Option<String>,
    }
}

net_object! {
    /// Archived, deleted, read.
    pub(crate) struct InstanceStatus = "Altinn.Platform.Storage.Interface.Models.InstanceStatus", nulls omit {
        "isArchived" => is_archived: bool,
        "archived" => archived: Option<DateTime>,
        "isSoftDeleted" => is_soft_deleted: bool,
        "softDeleted" => soft_deleted: Option<DateTime>,
        "isHardDeleted" => is_hard_deleted: bool,
        "hardDeleted" => hard_deleted: Option<DateTime>,
        "readStatus" => read_status: ReadStatus = ReadStatus::Unread,
        "substatus" => substatus: Option<Substatus>,
    }
}

net_object! {
    /// What the service owner says about the state.
    pub(crate) struct Substatus = "Altinn.Platform.Storage.Interface.Models.Substatus", nulls keep {
        "label" => label: Option<String>,
        "description" => description: Option<String>,
    }
}

net_object! {
    /// A stakeholder has received the instance.
    pub(crate) struct CompleteConfirmation =
        "Altinn.Platform.Storage.Interface.Models.CompleteConfirmation", nulls omit
    {
        "stakeholderId" => stakeholder_id: Option<String>,
        "confirmedOn" => confirmed_on: DateTime = DateTime::from_ticks(0),
    }
}

net_object! {
    /// Where the resource is.
    pub(crate) struct ResourceLinks = "Altinn.Platform.Storage.Interface.Models.ResourceLinks", nulls omit {
        "apps" => apps: Option<String>,
        "platform" => platform: Option<String>,
    }
}

net_object! {
    /// Body of an update of presentation texts.
    pub(crate) struct PresentationTexts = "Altinn.Platform.Storage.Interface.Models.PresentationTexts", nulls keep {
        "texts" => texts: Option<TextMap>,
    }
}

net_object! {
    /// Body of an update of data values.
    pub(crate) struct DataValues = "Altinn.Platform.Storage.Interface.Models.DataValues", nulls keep {
        "values" => values: Option<TextMap>,
    }
}

net_enum! {
    /// Whether the instance owner has seen the instance.
    pub(crate) enum ReadStatus = "Altinn.Platform.Storage.Interface.Models.ReadStatus" {
        Unread = 0,
        Read = 1,
        UpdatedSinceLastReview = 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::model::PlatformUser;

    #[test]
    fn person_numbers_do_not_show() {
        let number = Some("01039012345".to_owned());
        let owner = InstanceOwner { person_number: number.clone(), ..InstanceOwner::default() };
        let user = PlatformUser { national_identity_number: number, ..PlatformUser::default() };
        let instance = Instance { instance_owner: Some(owner.clone()), ..Instance::default() };
        assert!(!format!("{owner:?} {user:?} {instance:?} {:?}", Some(&owner)).contains("01039012345"));
    }
}
