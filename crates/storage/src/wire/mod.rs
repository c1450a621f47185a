//! What models share: how lists are read, open enums, and texts that must not print.

pub(crate) mod direct;
pub(crate) mod reader;

pub(crate) use direct::members;

/// Declares an enum whose values are texts on the wire. A text that is not listed is kept in `Unknown` and written
/// back as it came, so a value that the service learns tomorrow breaks nothing. Letter case is ignored when reading,
/// as the service does itself.
macro_rules! open_enum {
    (
        $(#[$about:meta])*
        $name:ident { $( $(#[$variant_about:meta])* $variant:ident = $text:literal ),+ $(,)? }
    ) => {
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $( $(#[$variant_about])* $variant, )+
            /// A value that this version does not know, as the service wrote it.
            Unknown(Box<str>),
        }

        impl $name {
            /// The text on the wire.
            pub fn as_str(&self) -> &str {
                match self {
                    $( Self::$variant => $text, )+
                    Self::Unknown(text) => text,
                }
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                match text {
                    $( $text => Self::$variant, )+
                    $( _ if text.eq_ignore_ascii_case($text) => Self::$variant, )+
                    _ => Self::Unknown(text.into()),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl $crate::wire::direct::Direct for $name {
            fn read(
                reader: &mut $crate::wire::reader::Reader<'_>,
            ) -> Result<Self, $crate::wire::reader::Unusual> {
                Ok(Self::from(reader.plain()?))
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Name;

                impl serde::de::Visitor<'_> for Name {
                    type Value = $name;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str("a text, or the number of a value without a name")
                    }

                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$name, E> {
                        Ok($name::from(text))
                    }

                    // The service stores any number where it expects a name, and writes it back.
                    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<$name, E> {
                        Ok($name::Unknown(number.to_string().into()))
                    }

                    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<$name, E> {
                        Ok($name::Unknown(number.to_string().into()))
                    }
                }

                deserializer.deserialize_any(Name)
            }
        }
    };
}
pub(crate) use open_enum;

/// Reads and writes an optional [`Secret`](altinn_core::Secret) as a plain text: it is personal data on the wire, and
/// must print nowhere else.
pub(crate) mod private_text {
    use altinn_core::Secret;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(text: &Option<Secret>, serializer: S) -> Result<S::Ok, S::Error> {
        match text {
            Some(text) => serializer.serialize_some(text.expose()),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Secret>, D::Error> {
        Ok(Option::<String>::deserialize(deserializer)?.map(Secret::from))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::instances::ReadStatus;

    #[test]
    fn known_values_are_read_in_any_case() {
        assert_eq!(ReadStatus::from("Unread"), ReadStatus::Unread);
        assert_eq!(ReadStatus::from("updatedsincelastreview"), ReadStatus::UpdatedSinceLastReview);
    }

    proptest! {
        #[test]
        fn an_unknown_value_goes_back_as_it_came(text in "\\PC{0,20}") {
            let json = serde_json::to_string(&text).unwrap();
            let status: ReadStatus = serde_json::from_str(&json).unwrap();
            if matches!(status, ReadStatus::Unknown(_)) {
                prop_assert_eq!(serde_json::to_string(&status).unwrap(), json);
            }
        }
    }
}
