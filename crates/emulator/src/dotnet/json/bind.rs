//! From tokens to models, member by member.

use std::collections::BTreeMap;

use serde::Serialize;
use uuid::Uuid;

use super::reader::{Fault, Reader, Token};
use crate::dotnet::datetime::DateTime;
use crate::dotnet::{guid, number};
use crate::response::FieldErrors;

/// What could not be read so far.
#[derive(Debug, Default)]
pub(crate) struct Sink {
    pub(super) errors: FieldErrors,
}

impl Sink {
    /// Files `fault` under the path where the reader stands, joined with the member that was being read.
    pub(super) fn report(&mut self, member: Option<&str>, reader: &Reader, fault: &Fault) {
        let path = reader.path();
        let key = match member {
            Some(member) if !names(&path, member) => joined(&path, member),
            _ => path,
        };
        self.errors.add(key, fault.0.clone());
    }
}

/// Whether `path` begins or ends with `member` already.
fn names(path: &str, member: &str) -> bool {
    member.is_empty()
        || path == member
        || path.starts_with(&format!("{member}."))
        || path.starts_with(&format!("{member}["))
        || path.ends_with(&format!(".{member}"))
        || path.ends_with(&format!("['{member}']"))
        || path.ends_with(&format!("[{member}]"))
}

fn joined(path: &str, member: &str) -> String {
    if path.is_empty() || member.starts_with('[') { format!("{path}{member}") } else { format!("{path}.{member}") }
}

/// A value that can be read from JSON and written to it.
pub(crate) trait FromJson: Sized + Serialize {
    /// Whether .NET has it as a value type, which can't be null.
    const VALUE_TYPE: bool;
    /// Whether a null in a list is an item like others.
    const NULLABLE: bool = false;

    /// The name of the .NET type, which messages show.
    fn net_type() -> String;

    /// Moves to the value; `false` when the text ends before it.
    fn advance(reader: &mut Reader) -> Result<bool, Fault> {
        reader.read()
    }

    /// Makes the value from the current token and what follows it.
    fn from_token(reader: &mut Reader, sink: &mut Sink) -> Result<Self, Fault>;

    /// Whether it is left out where nulls are.
    fn is_null(&self) -> bool {
        false
    }
}

/// A model with members.
pub(crate) trait JsonObject: Default {
    /// Reads the member called `name`; the reader stands on the name. `None` when the model has no such member.
    fn read_member(&mut self, name: &str, reader: &mut Reader, sink: &mut Sink) -> Option<Result<(), Fault>>;
}

/// Reads one member's value: moves to it and makes it.
pub(crate) fn member<T: FromJson>(name: &str, reader: &mut Reader, sink: &mut Sink) -> Result<T, Fault> {
    if !T::advance(reader)? {
        return Err(reader.fault(&format!("Unexpected end when setting {name}'s value.")));
    }
    T::from_token(reader, sink)
}

/// Reads a model from an object.
pub(crate) fn object_from_token<T: JsonObject + FromJson>(reader: &mut Reader, sink: &mut Sink) -> Result<T, Fault> {
    if *reader.token() == Token::StartObject {
        populate_object(reader, sink)
    } else {
        Err(mismatch::<T>(reader, Expected::Object))
    }
}

/// Reads the members of an object; the reader stands on its start.
fn populate_object<T: JsonObject>(reader: &mut Reader, sink: &mut Sink) -> Result<T, Fault> {
    reader.read_and_assert()?;
    let mut object = T::default();
    let depth = reader.depth();
    loop {
        match reader.token().clone() {
            Token::PropertyName(name) => {
                let outcome = match object.read_member(&name, reader, sink) {
                    Some(outcome) => outcome,
                    None => ignore(reader),
                };
                if let Err(fault) = outcome {
                    sink.report(Some(&name), reader, &fault);
                    recover(reader, depth)?;
                }
            }
            Token::EndObject => return Ok(object),
            other => {
                return Err(reader.fault(&format!("Unexpected token when deserializing object: {}", other.kind())));
            }
        }
        if !reader.read()? {
            let fault = reader.fault("Unexpected end when deserializing object.");
            sink.report(None, reader, &fault);
            return Ok(object);
        }
    }
}

fn ignore(reader: &mut Reader) -> Result<(), Fault> {
    if reader.read()? { reader.skip() } else { Ok(()) }
}

/// Moves on behind a value that could not be read.
fn recover(reader: &mut Reader, depth: usize) -> Result<(), Fault> {
    reader.skip()?;
    while reader.depth() > depth {
        if !reader.read()? {
            break;
        }
    }
    Ok(())
}

/// The refusal of a value of another kind.
pub(crate) fn not_converted<T: FromJson>(reader: &Reader) -> Fault {
    wrong_type(reader, &T::net_type())
}

fn wrong_type(reader: &Reader, net_type: &str) -> Fault {
    let value = match reader.token() {
        Token::Null | Token::None | Token::Undefined => "{null}".to_owned(),
        Token::String(text) => format!("\"{text}\""),
        Token::Integer(value) => value.to_string(),
        Token::BigInteger(digits) => digits.clone(),
        Token::Float(value) => value.to_string(),
        Token::Boolean(value) => if *value { "True" } else { "False" }.to_owned(),
        Token::Date(date) => date.to_string(),
        other => return reader.fault(&format!("Unexpected token while deserializing object: {}", other.kind())),
    };
    reader.fault(&format!("Error converting value {value} to type '{net_type}'."))
}

const FIX_ARRAY: &str = "change the deserialized type to an array or a type that implements a collection interface (e.g. ICollection, IList) like List<T> that can be deserialized from a JSON array. JsonArrayAttribute can also be added to the type to force it to deserialize from a JSON array.";
const FIX_OBJECT: &str = "change the deserialized type so that it is a normal .NET type (e.g. not a primitive type like integer, not a collection type like an array or List<T>) that can be deserialized from a JSON object. JsonObjectAttribute can also be added to the type to force it to deserialize from a JSON object.";

/// What stands where an object, list or plain value is expected.
#[derive(Clone, Copy, Debug)]
enum Expected {
    Object,
    Array,
    Primitive,
}

impl Expected {
    fn words(self) -> &'static str {
        match self {
            Self::Object => "JSON object (e.g. {\"name\":\"value\"})",
            Self::Array => "JSON array (e.g. [1,2,3])",
            Self::Primitive => "JSON primitive value (e.g. string, number, boolean, null)",
        }
    }
}

/// The refusal of the current token where `expected` should stand.
fn mismatch<T: FromJson>(reader: &Reader, expected: Expected) -> Fault {
    let (found, fix) = match reader.token() {
        Token::StartArray => ("array (e.g. [1,2,3])", FIX_ARRAY),
        Token::StartObject => ("object (e.g. {\"name\":\"value\"})", FIX_OBJECT),
        _ => return not_converted::<T>(reader),
    };
    let (words, net_type) = (expected.words(), T::net_type());
    reader.fault(&format!(
        "Cannot deserialize the current JSON {found} into type '{net_type}' because the type requires a {words} to \
         deserialize correctly.\nTo fix this error either change the JSON to a {words} or {fix}\n"
    ))
}

impl<T: FromJson> FromJson for Option<T> {
    const VALUE_TYPE: bool = false;
    const NULLABLE: bool = true;

    fn net_type() -> String {
        if T::VALUE_TYPE { format!("System.Nullable`1[{}]", T::net_type()) } else { T::net_type() }
    }

    fn advance(reader: &mut Reader) -> Result<bool, Fault> {
        T::advance(reader)
    }

    fn from_token(reader: &mut Reader, sink: &mut Sink) -> Result<Self, Fault> {
        match reader.token() {
            Token::Null | Token::Undefined => Ok(None),
            Token::String(text) if text.is_empty() && T::net_type() != "System.String" => Ok(None),
            Token::String(_) | Token::Integer(_) | Token::Float(_) | Token::Boolean(_) if T::VALUE_TYPE => {
                let refused = wrong_type(reader, &Self::net_type());
                T::from_token(reader, sink).map(Some).map_err(|_| refused)
            }
            _ => T::from_token(reader, sink).map(Some),
        }
    }

    fn is_null(&self) -> bool {
        self.is_none()
    }
}

macro_rules! plain {
    ($type:ty, $name:literal, $value_type:literal, $advance:ident, $($token:pat $(if $guard:expr)? => $value:expr),+) => {
        impl FromJson for $type {
            const VALUE_TYPE: bool = $value_type;

            fn net_type() -> String {
                $name.to_owned()
            }

            fn advance(reader: &mut Reader) -> Result<bool, Fault> {
                reader.$advance()?;
                Ok(*reader.token() != Token::None)
            }

            fn from_token(reader: &mut Reader, _sink: &mut Sink) -> Result<Self, Fault> {
                match reader.token() {
                    $($token $(if $guard)? => Ok($value),)+
                    _ => Err(mismatch::<Self>(reader, Expected::Primitive)),
                }
            }
        }
    };
}

plain!(String, "System.String", false, read_as_string, Token::String(text) => text.clone());
plain!(bool, "System.Boolean", true, read_as_boolean, Token::Boolean(value) => *value);
plain!(DateTime, "System.DateTime", true, read_as_date, Token::Date(date) => *date);
plain!(i32, "System.Int32", true, read_as_int32, Token::Integer(value) => i32::try_from(*value).unwrap_or_default());
plain!(i64, "System.Int64", true, read, Token::Integer(value) => *value, Token::Boolean(value) => i64::from(*value),
    Token::String(text) if number::int64(text).is_ok() => number::int64(text).unwrap_or_default());

impl FromJson for Uuid {
    const VALUE_TYPE: bool = true;

    fn net_type() -> String {
        "System.Guid".to_owned()
    }

    fn from_token(reader: &mut Reader, _sink: &mut Sink) -> Result<Self, Fault> {
        match reader.token() {
            Token::String(text) => guid::parse(text).ok_or_else(|| not_converted::<Self>(reader)),
            _ => Err(mismatch::<Self>(reader, Expected::Primitive)),
        }
    }
}

impl<T: FromJson> FromJson for Vec<T> {
    const VALUE_TYPE: bool = false;

    fn net_type() -> String {
        format!("System.Collections.Generic.List`1[{}]", T::net_type())
    }

    fn from_token(reader: &mut Reader, sink: &mut Sink) -> Result<Self, Fault> {
        if *reader.token() != Token::StartArray {
            return Err(mismatch::<Self>(reader, Expected::Array));
        }
        let depth = reader.depth();
        let mut items = Self::new();
        let mut failed_at = None;
        loop {
            match item::<T>(reader, sink) {
                Ok(Next::Item(item)) => items.push(item),
                Ok(Next::Nothing) => {}
                Ok(Next::End) => return Ok(items),
                Ok(Next::Cut) => {
                    let fault = reader.fault("Unexpected end when deserializing array.");
                    sink.report(None, reader, &fault);
                    return Ok(items);
                }
                Err(fault) => {
                    let index = reader.index();
                    sink.report(None, reader, &fault);
                    recover(reader, depth + 1)?;
                    if failed_at == Some(index) {
                        return Err(reader.fault("Infinite loop detected from error handling."));
                    }
                    failed_at = Some(index);
                }
            }
        }
    }
}

enum Next<T> {
    Item(T),
    /// A null that no consumer could use.
    Nothing,
    End,
    Cut,
}

fn item<T: FromJson>(reader: &mut Reader, sink: &mut Sink) -> Result<Next<T>, Fault> {
    if !T::advance(reader)? {
        return Ok(Next::Cut);
    }
    match reader.token() {
        Token::EndArray => Ok(Next::End),
        Token::Null if !T::VALUE_TYPE && !T::NULLABLE => Ok(Next::Nothing),
        _ => T::from_token(reader, sink).map(Next::Item),
    }
}

impl<T: FromJson> FromJson for BTreeMap<String, T> {
    const VALUE_TYPE: bool = false;

    fn net_type() -> String {
        format!("System.Collections.Generic.Dictionary`2[System.String,{}]", T::net_type())
    }

    fn from_token(reader: &mut Reader, sink: &mut Sink) -> Result<Self, Fault> {
        if *reader.token() != Token::StartObject {
            return Err(mismatch::<Self>(reader, Expected::Object));
        }
        populate_object::<Entries<T>>(reader, sink).map(|entries| entries.0)
    }
}

struct Entries<T>(BTreeMap<String, T>);

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T: FromJson> JsonObject for Entries<T> {
    fn read_member(&mut self, name: &str, reader: &mut Reader, sink: &mut Sink) -> Option<Result<(), Fault>> {
        let value = match T::advance(reader) {
            Ok(true) => T::from_token(reader, sink),
            Ok(false) => Err(reader.fault("Unexpected end when deserializing object.")),
            Err(fault) => Err(fault),
        };
        Some(value.map(|value| {
            self.0.insert(name.to_owned(), value);
        }))
    }
}
