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
//! emulator keeps its own [`Clock`], so that a test can let tokens expire without waiting.
//!
//! # Changing what it knows
//!
//! In Rust by the functions of [`Emulator`]: [`register_client`](Emulator::register_client),
//! [`add_key`](Emulator::add_key), [`add_scope`](Emulator::add_scope), [`delegate`](Emulator::delegate),
//! [`add_system_user`](Emulator::add_system_user) and their like, [`seed`](Emulator::seed),
//! [`set_rights`](Emulator::set_rights), [`fail_next`](Emulator::fail_next). In any language over HTTP, on a second port
//! that [`Builder::control_port`] or the program's `--control-port` opens:
//!
//! | request | does |
//! | --- | --- |
//! | `POST /_emulator/world` | adds a piece of world in the form of [`World`], and replaces what has the same id: `orgs`, `parties`, `users`, `policies`, `apps`, `clients`, `restrictedScopes`, `delegations`, `systemUsers`, `consents`, `submissions`; the answer names the instances that the submissions have become, `{"submissions": ["510001/…"]}` |
//! | `POST /_emulator/clock` | `{"advanceSeconds": 1900}` moves the clock, backwards when negative; `{"now": "2030-05-17T08:00:00Z"}` sets it |
//! | `GET /_emulator/clock` | `{"now": "…"}` |
//! | `POST /_emulator/failures` | lets the next request whose path begins with `path` fail: `{"path": "/token", "status": 503, "headers": {"retry-after": "1"}, "body": "busy"}`; or `"drop": true`, `"cutAfter": 30`, `"stalledAfter": 30` (bytes of the answer) in the place of `status`; each with or without `"delaySeconds": 0.5`, which also stands alone. `DELETE` takes back what no request has met, and tells how many: `{"withdrawn": 1}` |
//! | `GET /_emulator/journal` | how often which path was asked: `[{"method", "path", "succeeded", "failed"}]`; `DELETE` forgets it |
//! | `POST /_emulator/clients/{id}/keys` | registers a public JWK on the client, or posts it again |
//! | `PUT`, `DELETE /_emulator/clients/{id}/scopes/{scope}` | lets the client ask for the scope, or no longer |
//!
//! What can't be done is answered with 400 or 404 and `{"error": "…"}`. What the services keep for a while they also go
//! by for a while here: the exchange reads the list of service owners once an hour, for instance.
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
pub use journal::{Entry, Journal};
pub use keys::KeyError;
pub use maskinporten::{CertificateAuthority, EnterpriseCertificate, NewClient, RegisteredClient};
pub use outages::Outages;
pub use seed::Submission;
pub use storage::{Fault, UnknownFault};
pub use world::{World, WorldError};
