//! Reading lists at the rate of the network.
//!
//! A page holds thousands of members, and serde spends most of its time on finding out which member it has before it
//! and where to put it. The service writes the members of a resource in the same order each time, so here each is
//! simply looked for where it should stand, and read into its place.

use std::collections::BTreeMap;

use altinn_core::{AppId, DataElementId, DataTypeId, InstanceId, PartyId, Secret, Text, Timestamp};
use uuid::Uuid;

use super::reader::{Reader, Unusual};

/// A value of what the service writes.
pub(crate) trait Direct: Sized {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Unusual>;

    /// Reads one into its place.
    #[inline]
    fn read_into(&mut self, reader: &mut Reader<'_>) -> Result<(), Unusual> {
        *self = Self::read(reader)?;
        Ok(())
    }

    /// Reads one into the place of an optional one.
    #[inline]
    fn read_some(place: &mut Option<Self>, reader: &mut Reader<'_>) -> Result<(), Unusual> {
        *place = Some(Self::read(reader)?);
        Ok(())
    }
}

/// A resource, read member by member into its place.
pub(crate) trait Members: Sized {
    /// One with what comes first.
    fn begin(reader: &mut Reader<'_>) -> Result<Self, Unusual>;

    /// All that follows.
    fn go_on(&mut self, reader: &mut Reader<'_>) -> Result<(), Unusual>;
}

impl<T: Members> Direct for T {
    #[inline]
    fn read(reader: &mut Reader<'_>) -> Result<Self, Unusual> {
        let mut value = Self::begin(reader)?;
        value.go_on(reader)?;
        Ok(value)
    }

    fn read_some(place: &mut Option<Self>, reader: &mut Reader<'_>) -> Result<(), Unusual> {
        place.insert(Self::begin(reader)?).go_on(reader)
    }
}

/// Implements [`Members`]: `"name on the wire" => field`, in the order in which the service writes them, and the field
/// for what has no line; without one it is left out. A type without a default begins with a member that must be there,
/// in brackets with what makes one of it.
macro_rules! members {
    (
        $type:ty [$($first:literal => $new:path)?]
        { $($wire:literal => $field:ident),+ $(,)? }
        $($extra:ident)?
    ) => {
        impl $crate::wire::direct::Members for $type {
            fn begin(
                reader: &mut $crate::wire::reader::Reader<'_>,
            ) -> Result<Self, $crate::wire::reader::Unusual> {
                $crate::wire::direct::members!(@begin reader $($first => $new)?)
            }

            fn go_on(
                &mut self,
                reader: &mut $crate::wire::reader::Reader<'_>,
            ) -> Result<(), $crate::wire::reader::Unusual> {
                use $crate::wire::direct::{Direct, members, once};

                if members!(@enter reader $($first)?)? {
                    return Ok(());
                }
                let mut seen = 0;
                loop {
                    let place = reader.place();
                    // Known to the compiler wherever it is used.
                    let mut field = 0;
                    $(
                        if reader.take(concat!("\"", $wire, "\":")) {
                            once(&mut seen, field)?;
                            self.$field.read_into(reader)?;
                            if reader.ends(b'}')? {
                                return Ok(());
                            }
                        }
                        field += 1;
                    )+
                    let _ = field;
                    // All were tried where the reader stands, so it is none of them.
                    if reader.place() == place {
                        let name = reader.string()?;
                        reader.expect(":")?;
                        $( if name == $first { return Err($crate::wire::reader::Unusual); } )?
                        members!(@other self reader name $($extra)?);
                        if reader.ends(b'}')? {
                            return Ok(());
                        }
                    }
                }
            }
        }
    };

    (@begin $reader:ident) => {{
        let _ = $reader;
        Ok(Self::default())
    }};
    (@begin $reader:ident $first:literal => $new:path) => {{
        $reader.expect(concat!("{\"", $first, "\":"))?;
        Ok($new($crate::wire::direct::Direct::read($reader)?))
    }};

    (@enter $reader:ident) => { $reader.enter() };
    (@enter $reader:ident $first:literal) => { $reader.ends(b'}') };

    (@other $self:ident $reader:ident $name:ident) => {
        drop($name);
        $reader.other::<serde::de::IgnoredAny>()?;
    };
    (@other $self:ident $reader:ident $name:ident $extra:ident) => {
        $self.$extra.insert($name.into_owned(), $reader.other()?);
    };
}
pub(crate) use members;

/// A member that stands there twice is refused by serde.
#[inline]
pub(crate) fn once(seen: &mut u64, field: u32) -> Result<(), Unusual> {
    let bit = 1_u64 << field;
    if *seen & bit != 0 {
        return Err(Unusual);
    }
    *seen |= bit;
    Ok(())
}

impl<T: Direct> Direct for Option<T> {
    #[inline]
    fn read(reader: &mut Reader<'_>) -> Result<Self, Unusual> {
        if reader.take("null") { Ok(None) } else { T::read(reader).map(Some) }
    }

    #[inline]
    fn read_into(&mut self, reader: &mut Reader<'_>) -> Result<(), Unusual> {
        if reader.take("null") {
            *self = None;
            return Ok(());
        }
        T::read_some(self, reader)
    }
}

impl<T: Members> Direct for Vec<T> {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Unusual> {
        let mut values = Self::new();
        values.read_into(reader)?;
        Ok(values)
    }

    fn read_into(&mut self, reader: &mut Reader<'_>) -> Result<(), Unusual> {
        reader.expect("[")?;
        self.clear();
        if reader.take("]") {
            return Ok(());
        }
        loop {
            if self.len() == self.capacity() {
                // Most instances have one or two data elements; room for four would be kept for each.
                self.reserve_exact(self.len().max(2));
            }
            self.push(T::begin(reader)?);
            // Where it lies: these are large, and moving them costs as much as reading them.
            if let Some(value) = self.last_mut() {
                value.go_on(reader)?;
            }
            if reader.ends(b']')? {
                return Ok(());
            }
        }
    }
}

impl Direct for Vec<Text> {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Unusual> {
        if reader.take("[]") { Ok(Vec::new()) } else { reader.other() }
    }
}

impl Direct for BTreeMap<Text, Option<Text>> {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Unusual> {
        let mut map = Self::new();
        if reader.enter()? {
            return Ok(map);
        }
        loop {
            let name = Text::read(reader)?;
            reader.expect(":")?;
            map.insert(name, Direct::read(reader)?);
            if reader.ends(b'}')? {
                return Ok(map);
            }
        }
    }
}

impl Direct for String {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Unusual> {
        reader.string().map(Into::into)
    }
}

impl Direct for Text {
    #[inline]
    fn read(reader: &mut Reader<'_>) -> Result<Self, Unusual> {
        reader.string().map(|text| Self::from(&*text))
    }
}

impl Direct for Secret {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Unusual> {
        reader.string().map(Self::new)
    }
}

impl Direct for bool {
    #[inline]
    fn read(reader: &mut Reader<'_>) -> Result<Self, Unusual> {
        if reader.take("false") {
            return Ok(false);
        }
        reader.expect("true").map(|()| true)
    }
}

impl Direct for u64 {
    #[inline]
    fn read(reader: &mut Reader<'_>) -> Result<Self, Unusual> {
        reader.number()
    }
}

/// With the lengths that are usual, in growing order: then no end has to be looked for.
macro_rules! from_plain_text {
    ($($type:ty $([$($length:literal),+])?),+ $(,)?) => { $(
        impl Direct for $type {
            #[inline]
            fn read(reader: &mut Reader<'_>) -> Result<Self, Unusual> {
                $( $(
                    if let Some(value) = reader.fixed::<$length, _>() {
                        return Ok(value);
                    }
                )+ )?
                reader.plain()?.parse().map_err(|_| Unusual)
            }
        }
    )+ };
}

from_plain_text!(AppId, DataElementId [36], DataTypeId, InstanceId [43], PartyId, Timestamp [20, 22, 23, 24, 25, 26, 27, 28], Uuid [36]);

macro_rules! from_any {
    ($($type:ty),+ $(,)?) => { $(
        impl Direct for $type {
            fn read(reader: &mut Reader<'_>) -> Result<Self, Unusual> {
                reader.other()
            }
        }
    )+ };
}

// Those that are rare.
from_any!(i32, Vec<DataElementId>, crate::Substatus, crate::ValidationStatus);
