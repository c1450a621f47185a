use std::fmt;
use std::str::FromStr;

use super::InvalidId;
use crate::Secret;

/// A person's national identity number (fødselsnummer or D-nummer): eleven digits.
///
/// It is personal data, so nothing prints it: `Debug` shows a placeholder, there is no `Display`, and the digits come
/// out through [`expose`](Self::expose) alone. The check digits are not judged, because the synthetic people of the
/// test environments follow other rules than real ones.
#[derive(Clone)]
pub struct PersonNumber(Secret);

impl PersonNumber {
    /// The eleven digits, for the wire. Keep them out of logs and errors.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

impl PartialEq for PersonNumber {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for PersonNumber {}

impl fmt::Debug for PersonNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonNumber([redacted])")
    }
}

impl FromStr for PersonNumber {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        if text.len() != 11 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(InvalidId::new("a person number", "it must be exactly eleven digits"));
        }
        Ok(Self(Secret::new(text)))
    }
}

/// Reads and writes the digits as text: the wire needs them.
impl serde::Serialize for PersonNumber {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.expose())
    }
}

impl<'de> serde::Deserialize<'de> for PersonNumber {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
