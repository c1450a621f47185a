use std::fmt;
use std::str::FromStr;

use serde::de::{self, Visitor};

use super::InvalidId;

/// A party: a person or organisation by Altinn's own number, such as 501337.
///
/// The service writes it as a text of digits; numbers are read, too. It is positive and fits a signed 32-bit integer,
/// which is how the service's routes read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PartyId(u32);

impl PartyId {
    /// From a number.
    ///
    /// # Errors
    /// [`InvalidId`] for 0, which the service refuses as missing, and for anything above 2 147 483 647.
    pub const fn new(id: u32) -> Result<Self, InvalidId> {
        if id == 0 || id > i32::MAX as u32 {
            return Err(InvalidId::new("a party id", "it must lie between 1 and 2147483647"));
        }
        Ok(Self(id))
    }

    /// The number.
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl fmt::Display for PartyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for PartyId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let mut id = 0_u32;
        for byte in text.bytes() {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                return Err(InvalidId::new("a party id", "it must be digits only"));
            }
            id = id.saturating_mul(10).saturating_add(u32::from(digit));
        }
        if text.is_empty() {
            return Err(InvalidId::new("a party id", "it must be digits only"));
        }
        Self::new(id)
    }
}

impl serde::Serialize for PartyId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for PartyId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextOrNumber;

        impl Visitor<'_> for TextOrNumber {
            type Value = PartyId;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a party id as text or number")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<PartyId, E> {
                text.parse().map_err(E::custom)
            }

            fn visit_u64<E: de::Error>(self, id: u64) -> Result<PartyId, E> {
                u32::try_from(id)
                    .map_err(|_| InvalidId::new("a party id", "it is too large"))
                    .and_then(PartyId::new)
                    .map_err(E::custom)
            }
        }

        deserializer.deserialize_any(TextOrNumber)
    }
}
