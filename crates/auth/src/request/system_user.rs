use altinn_core::OrgNumber;
use serde_json::{Value, json};

use crate::error::{Error, ErrorKind};

/// A system user: what an organisation makes in Altinn to let a vendor's system act for it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SystemUser {
    organisation: OrgNumber,
    external_reference: Option<String>,
}

const LONGEST_REFERENCE: usize = 255;

impl SystemUser {
    /// The system user of an organisation.
    ///
    /// `organisation`: the one that owns it. For a system user of an agent, such as an accountant, that is the agent
    /// and not its client.
    pub fn new(organisation: OrgNumber) -> Self {
        Self { organisation, external_reference: None }
    }

    /// Tells it from other system users of the same organisation.
    ///
    /// `reference`: must be given if the system user was made with one, and be the same. At most 255 letters
    /// (a–z, æ, ø, å and their capitals), digits, `_` and `-`.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] when it is empty, too long or holds anything else: Maskinporten would refuse it (MP-302).
    pub fn external_reference(mut self, reference: impl Into<String>) -> Result<Self, Error> {
        let reference = reference.into();
        let letter = |c: char| c.is_ascii_alphanumeric() || "æøåÆØÅ_-".contains(c);
        let length = reference.chars().count();
        if length == 0 || length > LONGEST_REFERENCE || !reference.chars().all(letter) {
            return Err(Error::of(ErrorKind::Config, "the external reference of the system user can't be used")
                .advice("it has 1 to 255 letters, digits, _ and -")
                .into());
        }
        self.external_reference = Some(reference);
        Ok(self)
    }

    pub(super) fn details(&self) -> Value {
        let mut details = json!({
            "type": "urn:altinn:systemuser",
            "systemuser_org": {"authority": "iso6523-actorid-upis", "ID": format!("0192:{}", self.organisation)},
        });
        if let (Some(reference), Some(members)) = (&self.external_reference, details.as_object_mut()) {
            members.insert("externalRef".to_owned(), reference.as_str().into());
        }
        details
    }
}
