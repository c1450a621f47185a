//! The vocabulary and the transport that the Altinn SDK crates share.
//!
//! | what | where |
//! | --- | --- |
//! | which Altinn to talk to | [`Environment`] |
//! | identifiers, checked when they are made | [`PartyId`], [`InstanceId`], [`DataElementId`], [`AppId`], [`DataTypeId`], [`OrgNumber`], [`PersonNumber`] |
//! | what a client may do | [`Scope`], [`Read`], [`ReadConfirm`], [`Write`], [`ReadWrite`] |
//! | texts that must not print | [`Secret`] |
//! | texts of an answer | [`Text`] |
//! | points in time as the service writes them | [`Timestamp`] |
//! | what is uploaded | [`Payload`] |
//! | what went wrong | [`Error`], [`ErrorKind`], [`Problem`] |
//! | when a call is tried again | [`RetryPolicy`] |
//! | the way from a request description to an answer | [`transport`] |
//!
//! Programs use these types with the crates that talk to a service, such as `altinn-auth` and `altinn-storage`.
//!
//! # Features
//!
//! | feature | what it does |
//! | --- | --- |
//! | `rustls` (default) | TLS by rustls on aws-lc-rs, with the system's root certificates |
//! | `native-tls` | TLS by the system's own library |
//! | `rustls-no-provider` | TLS by rustls, with the cryptography that the program installs for it |
//!
//! Without either only plain http works, which only this computer's own addresses may use.

#[cfg(test)]
use altinn_watch as _;

mod credential;
mod environment;
mod error;
mod ids;
mod payload;
mod retry;
mod scope;
mod secret;
mod text;
mod timestamp;
mod token_scopes;
pub mod transport;

pub use credential::CredentialFailure;
pub use environment::{Environment, InvalidEnvironment};
pub use error::{Error, ErrorKind, Problem};
pub use ids::{AppId, DataElementId, DataTypeId, InstanceId, InvalidId, OrgNumber, PartyId, PersonNumber};
pub use payload::Payload;
pub use retry::RetryPolicy;
pub use scope::{
    CanConfirm, CanRead, CanWrite, INSTANCES_READ, INSTANCES_WRITE, Read, ReadConfirm, ReadWrite, Scope, Write,
};
pub use secret::Secret;
pub use text::Text;
pub use timestamp::{InvalidTimestamp, Timestamp};
pub use token_scopes::TokenScopes;
