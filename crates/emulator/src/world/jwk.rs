//! Keys in the world file.

use std::fmt;

use serde::Deserialize;
use serde_json::{Map, Value};

/// A JWK as the file has it. Only its public members are ever read.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub(crate) struct Jwk(Map<String, Value>);

/// Somebody may have pasted a private key.
impl fmt::Debug for Jwk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jwk").field("kid", &self.0.get("kid")).finish_non_exhaustive()
    }
}

impl Jwk {
    pub(crate) fn members(&self) -> &Map<String, Value> {
        &self.0
    }
}

impl From<Map<String, Value>> for Jwk {
    fn from(members: Map<String, Value>) -> Self {
        Self(members)
    }
}
