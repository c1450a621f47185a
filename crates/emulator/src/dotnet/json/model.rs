//! How models are declared.

/// Declares a model: its .NET name, whether its null members are written (`keep`) or left out (`omit`), and its
/// members with their wire names in wire order. `= value` after a member gives what it is when nobody sets it.
macro_rules! net_object {
    (
        $(#[$meta:meta])*
        $visibility:vis struct $model:ident = $net_type:literal, nulls $nulls:ident {
            $($(#[$member_meta:meta])* $wire:literal => $member:ident: $kind:ty $(= $default:expr)?,)+
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq)]
        $visibility struct $model {
            $($(#[$member_meta])* pub(crate) $member: $kind,)+
        }

        /// What people have filled in is not for logs.
        impl std::fmt::Debug for $model {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($model)).finish_non_exhaustive()
            }
        }

        impl Default for $model {
            fn default() -> Self {
                Self { $($member: $crate::dotnet::json::net_object!(@default $($default)?),)+ }
            }
        }

        impl serde::Serialize for $model {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeMap as _;
                let mut map = serializer.serialize_map(None)?;
                $(
                    if $crate::dotnet::json::net_object!(@keeps $nulls)
                        || !$crate::dotnet::json::FromJson::is_null(&self.$member)
                    {
                        map.serialize_entry($wire, &self.$member)?;
                    }
                )+
                map.end()
            }
        }

        impl $crate::dotnet::json::JsonObject for $model {
            fn read_member(
                &mut self,
                name: &str,
                reader: &mut $crate::dotnet::json::Reader,
                sink: &mut $crate::dotnet::json::Sink,
            ) -> Option<Result<(), $crate::dotnet::json::Fault>> {
                $(
                    if name.eq_ignore_ascii_case($wire) {
                        return Some($crate::dotnet::json::member(name, reader, sink).map(|value| self.$member = value));
                    }
                )+
                None
            }
        }

        impl $crate::dotnet::json::FromJson for $model {
            const VALUE_TYPE: bool = false;

            fn net_type() -> String {
                $net_type.to_owned()
            }

            fn from_token(
                reader: &mut $crate::dotnet::json::Reader,
                sink: &mut $crate::dotnet::json::Sink,
            ) -> Result<Self, $crate::dotnet::json::Fault> {
                $crate::dotnet::json::object_from_token(reader, sink)
            }
        }
    };
    (@default) => { Default::default() };
    (@default $default:expr) => { $default };
    (@keeps keep) => { true };
    (@keeps omit) => { false };
}

/// Declares an enumeration that travels by name: read in any letter case or as its number, written as its name. A
/// number without a name is kept as it is.
macro_rules! net_enum {
    (
        $(#[$meta:meta])*
        $visibility:vis enum $model:ident = $net_type:literal { $($(#[$name_meta:meta])* $name:ident = $number:literal,)+ }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        $visibility enum $model {
            $($(#[$name_meta])* $name,)+
            /// A number that no name belongs to.
            Other(i32),
        }

        impl $model {
            /// The value with this name, or this number in digits. Several names, but no numbers, with commas between
            /// are laid over each other, bit by bit.
            pub(crate) fn parse(text: &str) -> Option<Self> {
                if let Some(number) = $crate::dotnet::number::route_int32(text.trim()) {
                    return Some(Self::from_number(number));
                }
                let number = |text: &str| {
                    let text = text.trim();
                    $(if text.eq_ignore_ascii_case(stringify!($name)) { return Some($number); })+
                    None
                };
                let numbers: Option<Vec<i32>> = text.split(',').map(number).collect();
                Some(Self::from_number(numbers?.into_iter().fold(0, |all, one| all | one)))
            }

            fn from_number(number: i32) -> Self {
                match number { $($number => Self::$name,)+ other => Self::Other(other) }
            }
        }

        impl serde::Serialize for $model {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    $(Self::$name => serializer.serialize_str(stringify!($name)),)+
                    Self::Other(number) => serializer.serialize_i32(*number),
                }
            }
        }

        impl $crate::dotnet::json::FromJson for $model {
            const VALUE_TYPE: bool = true;

            fn net_type() -> String {
                $net_type.to_owned()
            }

            fn from_token(
                reader: &mut $crate::dotnet::json::Reader,
                _sink: &mut $crate::dotnet::json::Sink,
            ) -> Result<Self, $crate::dotnet::json::Fault> {
                use $crate::dotnet::json::Token;
                let found = match reader.token() {
                    Token::String(text) => Self::parse(text),
                    Token::Integer(number) => i32::try_from(*number).ok().map(Self::from_number),
                    Token::Null => {
                        let message = format!("Cannot convert null value to {}.", Self::net_type());
                        return Err(reader.fault(&message));
                    }
                    other => {
                        let message = format!("Unexpected token {} when parsing enum.", other.kind());
                        return Err(reader.fault(&message));
                    }
                };
                found.ok_or_else(|| $crate::dotnet::json::not_converted::<Self>(reader))
            }
        }
    };
}

pub(crate) use {net_enum, net_object};
