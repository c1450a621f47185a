use std::fmt;
use std::str::FromStr;

use super::InvalidId;
use crate::Text;

/// The id of a data type, as the app's metadata declares it: `model`, `vedlegg`, `ref-data-as-pdf`.
///
/// Compared letter by letter: the service takes `Model` for another type than `model`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DataTypeId(Text);

impl DataTypeId {
    /// From a text.
    ///
    /// # Errors
    /// [`InvalidId`] when the text is empty or holds a control character.
    pub fn new(text: impl Into<Text>) -> Result<Self, InvalidId> {
        let text = text.into();
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Ok(Self(text));
        }
        if text.trim().is_empty() {
            return Err(InvalidId::new("a data type", "it is empty"));
        }
        if text.chars().any(char::is_control) {
            return Err(InvalidId::new("a data type", "it holds a control character"));
        }
        Ok(Self(text))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DataTypeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for DataTypeId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Self::new(text)
    }
}

super::serde_as_text!(DataTypeId);
