use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use super::{InvalidId, PartyId};

/// An instance: `{party id}/{uuid}`, one submission of an app on behalf of its instance owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InstanceId {
    party: PartyId,
    guid: Uuid,
}

impl InstanceId {
    /// From its two parts.
    pub const fn new(party: PartyId, guid: Uuid) -> Self {
        Self { party, guid }
    }

    /// The instance owner's party id.
    pub const fn party(self) -> PartyId {
        self.party
    }

    /// The part after the slash. It alone decides which instance is meant; the service does not compare the party.
    pub const fn guid(self) -> Uuid {
        self.guid
    }
}

impl fmt::Display for InstanceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.party, self.guid)
    }
}

impl FromStr for InstanceId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let (party, guid) = text
            .split_once('/')
            .ok_or(InvalidId::new("an instance id", "it has no slash between party id and UUID"))?;
        let guid = Uuid::try_parse(guid)
            .map_err(|_| InvalidId::new("an instance id", "the part after the slash is no UUID"))?;
        Ok(Self { party: party.parse()?, guid })
    }
}

super::serde_as_text!(InstanceId);
