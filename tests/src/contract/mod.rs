//! Holds a service against recordings of the real one.
//!
//! A recording is a scenario: requests in order, each with the answer of the real service in *normal form*, where what
//! varies from run to run (identifiers, times, hosts, traces) stands as a placeholder. [`Runner`] sends the same
//! requests, brings what comes back into the same form and tells the differences.
//!
//! One thing is not compared: texts below `errors` whose key begins with `$`. They are sentences of the JSON reader of
//! .NET, which the contract does not hold anybody to; the key and the kind of its value are compared. Every waived
//! text is counted in [`Outcome::waived`].
//!
//! | file | holds |
//! | --- | --- |
//! | `scenario.rs`, `recorded.rs` | what a recording file says, to be sent and as it stands |
//! | `actors.rs`, `keys.rs`, `mint.rs` | who asks, with which key, and the bearer token made of it |
//! | `variables.rs`, `save.rs` | values taken from one answer and used in later requests |
//! | `body.rs`, `http.rs` | the request on the wire |
//! | `patterns.rs`, `normal.rs`, `jwt_view.rs`, `view.rs` | an answer in normal form |
//! | `world.rs`, `setup.rs` | a recording's world with keys of our own, and the state that it is in |
//! | `compare.rs`, `run.rs`, `exceptions.rs` | the verdict |

mod actors;
mod body;
mod compare;
mod error;
mod exceptions;
mod http;
mod jwt_view;
mod keys;
mod mint;
mod normal;
mod patterns;
mod recorded;
mod run;
mod save;
mod scenario;
mod setup;
mod variables;
mod view;
mod world;

pub use actors::Actors;
pub use error::ContractError;
pub use exceptions::{Exceptions, Verdict};
pub use keys::{KeyKind, KeyRing};
pub use recorded::recorded;
pub use run::{Outcome, Runner};
pub use scenario::Scenario;
pub use setup::Setup;
pub use world::with_own_keys;
