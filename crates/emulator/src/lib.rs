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
//! It is a test tool: it listens on loopback only, and its keys protect nothing.

#[cfg(test)]
use altinn_watch as _;

mod accept;
mod authentication;
mod builder;
mod cdn;
mod chunked;
mod clock;
mod dotnet;
mod emulator;
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
pub use emulator::{Emulator, EmulatorError};
pub use failures::Failure;
pub use journal::{Entry, Journal};
pub use keys::KeyError;
pub use maskinporten::{CertificateAuthority, EnterpriseCertificate, NewClient, RegisteredClient};
pub use outages::Outages;
pub use seed::Submission;
pub use storage::{Fault, UnknownFault};
pub use world::{World, WorldError};
