#[cfg(test)]
mod tests;

use altinn_core::transport::{Answer, read_json};
use altinn_core::{Error, ErrorKind};
use serde::Deserialize;
use serde_json::Value;

use super::unreadable::Unreadable;
use super::{ContinuationToken, Instance, LIST};
use crate::wire::direct::{Direct, Members};
use crate::wire::members;
use crate::wire::reader::{Reader, Unusual};

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
    /// * [`Decode`](ErrorKind::Decode) when it is no JSON or no page, with the place; what has no `instances` is no
    ///   page. An instance that can't be read is no error: it goes to [`unreadable`](Self::unreadable).
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
    // No default: an answer without it is no page, and must not pass for the end of the list.
    instances: Vec<I>,
}

/// A page while it is read directly.
#[derive(Default)]
struct Whole {
    next: Option<String>,
    instances: Instances,
}

members! { Whole [] { "next" => next, "instances" => instances } }

/// The instances of a page, and whether the page holds a list of them at all.
#[derive(Default)]
struct Instances {
    list: Vec<Instance>,
    are_there: bool,
}

impl Direct for Instances {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Unusual> {
        Ok(Self { list: Direct::read(reader)?, are_there: true })
    }

    fn read_into(&mut self, reader: &mut Reader<'_>) -> Result<(), Unusual> {
        self.are_there = true;
        self.list.read_into(reader)
    }
}

/// What an instance with its data elements takes at least on the wire, most often.
const LENGTH_OF_INSTANCE: usize = 2_000;

/// Reads a page that is written as the service writes it.
fn directly(json: &[u8]) -> Option<Listed<Instance>> {
    let mut reader = Reader::new(std::str::from_utf8(json).ok()?).ok()?;
    let mut page = Whole::begin(&mut reader).ok()?;
    page.instances.list.reserve_exact(json.len() / LENGTH_OF_INSTANCE);
    page.go_on(&mut reader).ok()?;
    let Whole { next, instances: Instances { list, are_there } } = page;
    (reader.is_done() && are_there).then_some(Listed { next, instances: list })
}

fn read(json: &[u8], undecodable: &dyn Fn(String) -> Error) -> Result<Page, Error> {
    // serde takes an array for an object, with the members in their order.
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
