//! One generated key per role and process.

use std::sync::{Arc, Mutex, PoisonError};

use super::{KeyError, RsaKey};

/// What a generated key is for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Role {
    Altinn,
    Maskinporten,
    Client,
}

static KEYS: [Mutex<Option<Arc<RsaKey>>>; 3] = [const { Mutex::new(None) }; 3];

/// The process's key for `role`, generated at the first call. Generating takes a good part of a second without
/// optimisation, and test suites start emulators by the dozen.
pub(crate) fn shared_key(role: Role) -> Result<Arc<RsaKey>, KeyError> {
    let slot = match role {
        Role::Altinn => &KEYS[0],
        Role::Maskinporten => &KEYS[1],
        Role::Client => &KEYS[2],
    };
    let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(key) = slot.as_ref() {
        return Ok(Arc::clone(key));
    }
    let key = Arc::new(RsaKey::generate()?);
    *slot = Some(Arc::clone(&key));
    Ok(key)
}
