//! Identifiers, checked when they are made, so that no address is ever built from a text that could change its path.

mod app_id;
mod data_element_id;
mod data_type;
mod instance_id;
mod org_number;
mod party_id;
mod person_number;

use std::fmt;

use serde::Deserializer;
use serde::de::{self, Visitor};

pub use app_id::AppId;
pub use data_element_id::DataElementId;
pub use data_type::DataTypeId;
pub use instance_id::InstanceId;
pub use org_number::OrgNumber;
pub use party_id::PartyId;
pub use person_number::PersonNumber;

/// A text that is not the identifier it should be. The text itself is not repeated: it may be personal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not {what}: {reason}")]
pub struct InvalidId {
    what: &'static str,
    reason: &'static str,
}

impl InvalidId {
    pub(crate) const fn new(what: &'static str, reason: &'static str) -> Self {
        Self { what, reason }
    }
}

/// Reads a value out of a text without keeping the text. `Cow` would copy it first.
pub(crate) fn read_text<'de, D, T, E>(
    deserializer: D,
    expected: &'static str,
    read: fn(&str) -> Result<T, E>,
) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    E: fmt::Display,
{
    struct Reading<T, E> {
        expected: &'static str,
        read: fn(&str) -> Result<T, E>,
    }

    impl<T, E: fmt::Display> Visitor<'_> for Reading<T, E> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.expected)
        }

        fn visit_str<D: de::Error>(self, text: &str) -> Result<T, D> {
            (self.read)(text).map_err(D::custom)
        }
    }

    deserializer.deserialize_str(Reading { expected, read })
}

/// Implements serde for an identifier through its `Display` and `FromStr`.
macro_rules! serde_as_text {
    ($name:ty) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::ids::read_text(deserializer, "a text", str::parse)
            }
        }
    };
}
pub(crate) use serde_as_text;

#[cfg(test)]
mod tests;
