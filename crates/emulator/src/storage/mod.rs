//! Altinn Storage.
//!
//! A request goes through `dispatch` (route, content type, caller, policy, form, body) to one handler, which works on the
//! [`Store`] and answers. Each resource has a folder or file of its own; what several need stands beside them.

mod applications;
mod blobs;
mod caller;
mod checks;
mod cleanup;
mod context;
mod data;
mod decisions;
mod dispatch;
mod events;
mod faults;
mod forms;
mod incoming;
mod instances;
mod locks;
mod message_box;
mod metrics;
mod model;
mod policy;
mod process;
mod routes;
mod seeding;
mod sign;
mod store;
mod studio;
mod texts;

pub(crate) use dispatch::handle;
pub(crate) use faults::Faults;
pub use faults::{Fault, UnknownFault};
pub(crate) use seeding::seed;
pub(crate) use store::Store;
