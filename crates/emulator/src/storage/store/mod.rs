//! What Storage holds, behind one lock.

mod events;
mod index;
mod locks;
mod registry;
mod row;
mod rows;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

pub(crate) use events::Events;
pub(crate) use index::{Order, Position, Scope, StatusTraits, Traits, Window};
pub(crate) use locks::{LockFault, Locks};
pub(crate) use registry::Registry;
pub(crate) use row::Row;
pub(crate) use rows::Rows;

use super::blobs::Blob;
use super::decisions::Decisions;
use super::faults::Faults;
use crate::world::World;

/// What Storage holds. Each request takes the lock once or a few times, never across a wait, and what it does under
/// the lock happens at once for everyone else, like a stored procedure of the real service.
pub(crate) struct Store {
    state: Mutex<State>,
    decisions: Decisions,
    faults: Faults,
}

/// Neither content nor secrets are for logs.
impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("faults", &self.faults).finish_non_exhaustive()
    }
}

/// The content of a [`Store`].
#[derive(Default)]
pub(crate) struct State {
    pub(crate) rows: Rows,
    pub(crate) events: Events,
    pub(crate) locks: Locks,
    pub(crate) registry: Registry,
    /// Content by the path that its element names.
    pub(crate) blobs: HashMap<String, Blob>,
}

impl Store {
    /// The store of an empty service that knows the applications of `world` and shows `faults`.
    pub(crate) fn new(world: &World, faults: Faults) -> Self {
        let state = State { registry: Registry::new(world, faults), ..State::default() };
        Self { state: Mutex::new(state), decisions: Decisions::default(), faults }
    }

    /// The content. Keep it no longer than a step takes.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the decision point has said and changed.
    pub(crate) fn decisions(&self) -> &Decisions {
        &self.decisions
    }

    /// Which faults of the real service are shown.
    pub(crate) fn faults(&self) -> Faults {
        self.faults
    }
}
