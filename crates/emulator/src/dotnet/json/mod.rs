//! JSON as Newtonsoft.Json reads it into a model: lenient about names and kinds of values, and exact about what it
//! says when it can't.
//!
//! A model is declared once with [`net_object!`] or [`net_enum!`]; that gives both directions. Reading goes on after
//! a member that can't be read, so that one body can earn several messages, each under the path of its member.

mod bind;
mod lex;
mod model;
mod reader;
mod scan;
mod typed;

pub(crate) use bind::{FromJson, JsonObject, Sink, member, not_converted, object_from_token};
pub(crate) use model::{net_enum, net_object};
pub(crate) use reader::{Fault, Reader, Token};

use serde_json::Value;

use crate::response::FieldErrors;

/// What a body that holds nothing is told.
const NOTHING: &str = "A non-empty request body is required.";

/// Reads a request body into `T`.
///
/// # Errors
///
/// The messages per member path; under the empty path when there is nothing to read.
pub(crate) fn read_body<T: FromJson>(body: &[u8]) -> Result<T, FieldErrors> {
    let text = String::from_utf8_lossy(body);
    let mut reader = Reader::new(text.strip_prefix('\u{feff}').unwrap_or(&text));
    let mut sink = Sink::default();
    let value = match root(&mut reader, &mut sink) {
        Ok(value) => value,
        Err(fault) => {
            sink.report(None, &reader, &fault);
            None
        }
    };
    if !sink.errors.is_empty() {
        return Err(sink.errors);
    }
    value.ok_or_else(|| FieldErrors::of("", NOTHING))
}

/// A member of an object that was sent, found as reading finds it: in any letter case.
pub(crate) fn sent_member<'v>(object: &'v Value, name: &str) -> Option<&'v Value> {
    object.as_object()?.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn root<T: FromJson>(reader: &mut Reader, sink: &mut Sink) -> Result<Option<T>, Fault> {
    if T::advance(reader)? { Option::<T>::from_token(reader, sink) } else { Ok(None) }
}

#[cfg(test)]
mod tests;
