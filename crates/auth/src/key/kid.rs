use super::ring::identified;
use super::{KeyError, SigningKey};
use crate::identifier::is_identifier;

/// A key id as it counts wherever it is given: without what was pasted around it. `None` for a blank one.
pub(super) fn written(kid: &str) -> Option<&str> {
    let kid = kid.trim();
    (!kid.is_empty()).then_some(kid)
}

/// A key id that is given beside the keys.
#[derive(Debug, Clone)]
pub(crate) enum GivenKid {
    /// For keys that Maskinporten could not find otherwise.
    ForUnnamed(String),
    /// In place of what a key has of its own, certificates among it. Of several keys it chooses the one that has it.
    Overriding(String),
}

impl GivenKid {
    pub(crate) fn apply(&self, keys: Vec<SigningKey>) -> Result<Vec<SigningKey>, KeyError> {
        let count = keys.len();
        let keys: Vec<_> = match self {
            Self::ForUnnamed(kid) => {
                keys.into_iter().map(|key| if identified(&key) { key } else { key.with_kid(kid) }).collect()
            }
            Self::Overriding(kid) if count > 1 => {
                keys.into_iter().filter(|key| key.kid() == Some(kid.trim())).collect()
            }
            Self::Overriding(kid) => keys.into_iter().map(|key| key.with_kid(kid)).collect(),
        };
        if keys.is_empty() {
            return Err(KeyError::NoSuchKid(count));
        }
        if keys.iter().filter_map(SigningKey::kid).any(|kid| !is_identifier(kid)) {
            return Err(KeyError::BadKid);
        }
        Ok(keys)
    }
}
