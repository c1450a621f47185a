//! Who asks: the claims of each bearer token, and what is wrong with the broken ones.

use std::fmt;
use std::path::Path;

use serde_json::{Map, Value};

use super::error::ContractError;
use super::scenario::read_json;

/// The actors of a service's recordings. `Debug` tells names only: claims hold person numbers.
#[derive(Clone)]
pub struct Actors(Map<String, Value>);

/// One actor, with everything it takes over from another one.
#[derive(Clone, PartialEq)]
pub(super) struct Actor(Map<String, Value>);

/// A member of an actor that may be absent, or null to leave something out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Setting<'a> {
    Usual,
    LeftOut,
    Set(&'a Value),
}

impl Actors {
    /// Reads an `actors.json`.
    ///
    /// * `path`: the file.
    ///
    /// # Errors
    ///
    /// [`ContractError::Read`] and [`ContractError::Parse`].
    pub fn read(path: &Path) -> Result<Self, ContractError> {
        read_json(path).map(Self)
    }

    /// The names of the keys that the actors sign with, beside the usual one.
    #[must_use]
    pub fn keys(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.0.values().filter_map(|actor| actor.get("key")?.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The actor of this name.
    pub(super) fn get(&self, name: &str) -> Result<Actor, ContractError> {
        let mut chain = Vec::new();
        let mut next = Some(name);
        while let Some(name) = next {
            // More links than actors can only be a circle.
            let members = self.0.get(name).and_then(Value::as_object).filter(|_| chain.len() < self.0.len());
            let members = members.ok_or_else(|| ContractError::Unknown { kind: "actor", name: name.to_owned() })?;
            chain.push(members);
            next = members.get("like").and_then(Value::as_str);
        }
        let mut actor = Map::new();
        for members in chain.into_iter().rev() {
            take_over(&mut actor, members);
        }
        Ok(Actor(actor))
    }
}

impl fmt::Debug for Actors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl fmt::Debug for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Lays `members` over `actor`: claims and header members one by one, anything else whole.
fn take_over(actor: &mut Map<String, Value>, members: &Map<String, Value>) {
    for (name, value) in members {
        match (name.as_str(), actor.get_mut(name), value) {
            ("claims" | "header", Some(Value::Object(old)), Value::Object(new)) => {
                for (claim, value) in new {
                    old.insert(claim.clone(), value.clone());
                }
            }
            _ => {
                actor.insert(name.clone(), value.clone());
            }
        }
    }
}

impl Actor {
    pub(super) fn setting(&self, name: &str) -> Setting<'_> {
        match self.0.get(name) {
            None => Setting::Usual,
            Some(Value::Null) => Setting::LeftOut,
            Some(value) => Setting::Set(value),
        }
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    pub(super) fn number(&self, name: &str) -> Option<u64> {
        self.0.get(name)?.as_u64()
    }

    pub(super) fn is(&self, name: &str) -> bool {
        self.0.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    pub(super) fn members(&self, name: &str) -> impl Iterator<Item = (&String, &Value)> {
        self.0.get(name).and_then(Value::as_object).into_iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::redaction::assert_redacted;

    fn actors() -> Actors {
        let json = json!({
            "first": {"about": "a", "key": "main", "kid": "k", "exp": 120, "header": {"typ": null}, "claims": {"scope": "s", "iss": "i"}},
            "second": {"about": "b", "like": "first", "exp": null, "claims": {"scope": null, "pid": "p"}},
            "third": {"about": "c", "like": "second", "claims": {"iss": "j"}, "key": "other"},
            "circle": {"like": "circle"},
        });
        let Value::Object(actors) = json else { unreachable!() };
        Actors(actors)
    }

    #[test]
    fn claims_are_taken_over_one_by_one_and_the_rest_whole() {
        let third = actors().get("third").unwrap();
        let claims: Vec<_> = third.members("claims").map(|(name, value)| (name.as_str(), value.clone())).collect();
        assert_eq!(claims, [("scope", Value::Null), ("iss", json!("j")), ("pid", json!("p"))]);
        assert_eq!((third.text("kid"), third.text("key")), (Some("k"), Some("other")));
        assert_eq!((third.setting("exp"), third.setting("nbf")), (Setting::LeftOut, Setting::Usual));
        assert_eq!(third.members("header").count(), 1);
    }

    #[test]
    fn an_unknown_actor_and_a_circle_are_errors() {
        assert_eq!(actors().get("nobody").unwrap_err().to_string(), "no actor `nobody`");
        assert_eq!(actors().get("circle").unwrap_err().to_string(), "no actor `circle`");
    }

    #[test]
    fn claims_are_not_printed() {
        let actors = Actors(Map::from_iter([("a".to_owned(), json!({"claims": {"pid": "01039012345"}}))]));
        let actor = actors.get("a").unwrap();
        assert_redacted(&format!("{actors:?} {actor:?}"), &[("person number", "01039012345")]);
    }

    #[test]
    fn the_keys_are_told_once() {
        assert_eq!(actors().keys(), ["main", "other"]);
    }
}
