//! Maskinporten, the Altinn token exchange and Altinn Storage in one process, for offline tests.
//!
//! [`Emulator::start`] opens a server on a free loopback port. It answers the same requests with the same answers as
//! the real services, as far as they have been observed: Maskinporten at the root, Altinn Authentication below
//! `/authentication/api/v1/`, Storage below `/storage/api/v1/`.
//!
//! ```
//! # use altinn_watch as _;
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), altinn_emulator::EmulatorError> {
//! use altinn_emulator::{Emulator, NewClient};
//!
//! let emulator = Emulator::start().await?;
//! let client = emulator.register_client(NewClient::new("405003309"))?;
//! println!("{} for client {}", emulator.url(), client.client_id());
//! # Ok(())
//! # }
//! ```
//!
//! What the services know from the start (organisations, parties, applications, clients) is a [`World`]. The
//! emulator keeps its own [`Clock`], so that a test can let tokens expire without waiting; the clients' own clocks do not
//! move with it, and [`Clock`] says what to make of that.
//!
//! # Changing what it knows
//!
//! In Rust by the functions of [`Emulator`]: [`register_client`](Emulator::register_client),
//! [`add_key`](Emulator::add_key), [`add_scope`](Emulator::add_scope), [`delegate`](Emulator::delegate),
//! [`add_system_user`](Emulator::add_system_user), [`add_consent`](Emulator::add_consent), those that take it out again,
//! [`seed`](Emulator::seed),
//! [`set_rights`](Emulator::set_rights), [`fail_next`](Emulator::fail_next). In any language over HTTP, on a second port
//! that [`Builder::control_port`] or the program's `--control-port` opens:
//!
//! | request | does |
//! | --- | --- |
//! | `POST /_emulator/world` | adds a piece of world in the form of [`World`], and replaces what has the same id: `orgs`, `parties`, `users`, `policies`, `apps`, `clients`, `restrictedScopes`, `delegations`, `systemUsers`, `consents`, `submissions`; the answer names the instances that the submissions have become, `{"submissions": ["510001/…"]}` |
//! | `POST /_emulator/clock` | `{"advanceSeconds": 1900}` moves the clock, backwards when negative; `{"now": "2030-05-17T08:00:00Z"}` sets it. A client goes by a clock of its own: see [`Clock`] |
//! | `GET /_emulator/clock` | `{"now": "…"}` |
//! | `POST /_emulator/failures` | lets the next request whose path begins with `path` fail: `{"path": "/token", "status": 503, "headers": {"retry-after": "1"}, "body": "busy"}`; or `"drop": true`, `"cutAfter": 30`, `"stalledAfter": 30` (bytes of the answer) in the place of `status`; each with or without `"delaySeconds": 0.5`, which also stands alone. `DELETE` takes back what no request has met, and tells how many: `{"withdrawn": 1}` |
//! | `GET /_emulator/journal` | how often which path was asked: `[{"method", "path", "succeeded", "failed"}]`; `DELETE` forgets it |
//! | `DELETE /_emulator/clients/{id}` | takes the client out |
//! | `POST /_emulator/clients/{id}/keys` | registers a public JWK on the client, or posts it again |
//! | `DELETE /_emulator/clients/{id}/keys/{kid}` | takes the key from the client |
//! | `POST /_emulator/clients/{id}/expireKeys` | has all keys of the client expire now |
//! | `PUT`, `DELETE /_emulator/clients/{id}/scopes/{scope}` | lets the client ask for the scope, or no longer |
//! | `DELETE /_emulator/delegations/{consumer}/{supplier}/{scope}` | withdraws the delegation |
//! | `DELETE /_emulator/systemUsers/{id}` | takes the system user out |
//! | `DELETE /_emulator/consents/{id}` | takes the consent back |
//!
//! What can't be done is answered with 400 or 404, with 405 for a method that the path doesn't take, or with 413 for more
//! than 256 MiB, and always with `{"error": "…"}`. To take out what isn't there is no error, a client excepted. What the
//! services keep for a while they also go by for a while here: the exchange reads the list of service owners once an
//! hour, for instance.
//!
//! # What it is not
//!
//! It is a test tool: it listens on loopback only, and its keys protect nothing.

#[cfg(test)]
use altinn_watch as _;

mod accept;
mod authentication;
mod builder;
mod cdn;
mod changes;
mod chunked;
mod clock;
mod control;
mod dotnet;
mod dots;
mod emulator;
mod error;
mod failures;
mod journal;
mod kept;
mod keys;
mod maskinporten;
mod outages;
mod platform;
mod response;
mod routing;
mod seed;
mod server;
mod staging;
mod storage;
mod token;
mod world;

pub use builder::Builder;
pub use cdn::OrgsList;
pub use clock::Clock;
pub use emulator::Emulator;
pub use error::EmulatorError;
pub use failures::Failure;
/// The library of times and durations that functions here take.
pub use jiff;
pub use journal::{Entry, Journal};
pub use keys::KeyError;
pub use maskinporten::{CertificateAuthority, EnterpriseCertificate, NewClient, RegisteredClient};
pub use outages::Outages;
pub use seed::{ScanResult, Submission};
pub use storage::{Fault, UnknownFault};
pub use world::{World, WorldError};
