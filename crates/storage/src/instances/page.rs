#[cfg(test)]
mod tests;

use altinn_core::transport::{Answer, read_json};
use altinn_core::{Error, ErrorKind};
use serde::Deserialize;
use serde_json::Value;

use super::unreadable::Unreadable;
use super::{ContinuationToken, Instance, LIST};
use crate::wire::direct::Members;
use crate::wire::members;
use crate::wire::reader::Reader;

/// A part of a list.
#[derive(Debug)]
#[non_exhaustive]
pub struct Page {
    /// The instances. May be none although others follow.
    pub instances: Vec<Instance>,
    /// What could not be read, while the rest could.
    pub unreadable: Vec<Unreadable>,
    /// Where the next page begins; none after the last one.
    pub next: Option<ContinuationToken>,
}

impl Page {
    /// Reads a page as the service answers it: one that was stored, came from a [raw request](crate::RawRequest), or is
    /// made up for a test. Lists read theirs in the same way.
    ///
    /// * `json`: the body of the answer.
    ///
    /// # Errors
    /// * [`Decode`](ErrorKind::Decode) when it is no JSON or no page, with the place. An instance that can't be read is
    ///   none: it goes to [`unreadable`](Self::unreadable).
    /// * [`Protocol`](ErrorKind::Protocol) when its address of the next page carries no token.
    ///
    /// ```
    /// use altinn_storage::Page;
    ///
    /// let page = Page::from_json(br#"{"count":1,"instances":[{"id":"501337/3d241248-9d65-4471-8b76-85b73ad99035"}]}"#)?;
    /// assert_eq!(page.instances[0].id.party().get(), 501_337);
    /// assert!(page.next.is_none());
    /// # Ok::<(), altinn_core::Error>(())
    /// ```
    pub fn from_json(json: &[u8]) -> Result<Self, Error> {
        read(json, &|detail| Error::new(ErrorKind::Decode, LIST).with_detail(detail))
    }

    pub(super) fn from_answer(answer: &Answer) -> Result<Self, Error> {
        read(answer.bytes(), &|detail| answer.undecodable(detail))
    }
}

#[derive(Deserialize)]
struct Listed<I> {
    #[serde(default)]
    next: Option<String>,
    #[serde(default = "Vec::new")]
    instances: Vec<I>,
}

impl<I> Default for Listed<I> {
    fn default() -> Self {
        Self { next: None, instances: Vec::new() }
    }
}

members! { Listed<Instance> [] { "next" => next, "instances" => instances } }

/// What an instance with its data elements takes at least on the wire, most often.
const LENGTH_OF_INSTANCE: usize = 2_000;

/// Reads a page that is written as the service writes it.
fn directly(json: &[u8]) -> Option<Listed<Instance>> {
    let mut reader = Reader::new(std::str::from_utf8(json).ok()?).ok()?;
    let mut listed = Listed::<Instance>::begin(&mut reader).ok()?;
    listed.instances.reserve_exact(json.len() / LENGTH_OF_INSTANCE);
    listed.go_on(&mut reader).ok()?;
    reader.is_done().then_some(listed)
}

fn read(json: &[u8], undecodable: &dyn Fn(String) -> Error) -> Result<Page, Error> {
    // serde takes an array for an object whose members may all be missing.
    if json.trim_ascii_start().first() == Some(&b'[') {
        return Err(undecodable("it is an array, where an object is expected".to_owned()));
    }
    let whole = directly(json).or_else(|| read_json(json).ok());
    let (listed, unreadable) = match whole {
        Some(listed) => (listed, Vec::new()),
        None => one_by_one(read_json(json).map_err(undecodable)?, undecodable),
    };
    let next = match listed.next.as_deref() {
        None | Some("") => None,
        // A `next` that can't be read must not pass for the end of the list.
        Some(next) => Some(
            ContinuationToken::from_next(next)
                .ok_or_else(|| Error::new(ErrorKind::Protocol, LIST).with_detail("its next page carries no token"))?,
        ),
    };
    Ok(Page { instances: listed.instances, unreadable, next })
}

/// For a page that can't be read whole: what can be read of it, and what can't.
fn one_by_one(listed: Listed<Value>, undecodable: &dyn Fn(String) -> Error) -> (Listed<Instance>, Vec<Unreadable>) {
    let mut instances = Vec::new();
    let mut unreadable = Vec::new();
    for (n, value) in listed.instances.into_iter().enumerate() {
        let id = value["id"].as_str().and_then(|id| id.parse().ok());
        let changed = value["lastChanged"].as_str().and_then(|time| time.parse().ok());
        match serde_json::from_value(value) {
            Ok(instance) => instances.push(instance),
            Err(_) => {
                let detail = match &id {
                    Some(id) => format!("the instance {id} can't be read"),
                    None => format!("the instance at place {} of its page can't be read", n + 1),
                };
                unreadable.push(Unreadable { id, from: changed, through: changed, error: undecodable(detail) });
            }
        }
    }
    (Listed { next: listed.next, instances }, unreadable)
}
