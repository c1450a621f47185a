//! Tokens for service owners: from a Maskinporten client's key to requests that Altinn accepts.
//!
//! [`Credentials`] hold the key and the current token. [`AuthLayer`] puts the token on requests. The clients of the
//! SDK, such as the one for Storage, do that by themselves: give them the credentials, and read no further than the
//! example.
//!
//! ```
//! use altinn_auth::{Credentials, SigningKey};
//! use altinn_core::{Environment, ReadConfirm};
//! use altinn_emulator::{Emulator, NewClient};
//!
//! # use altinn_watch as _;
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // An emulator stands in for Maskinporten and Altinn; for the test environment it is `Environment::tt02()`.
//! let emulator = Emulator::start().await?;
//! let client = emulator.register_client(NewClient::new("405003309"))?;
//! let environment = Environment::emulator(emulator.url())?;
//!
//! let credentials = Credentials::<ReadConfirm>::builder(environment)
//!     .client_id(client.client_id())
//!     .key(SigningKey::from_jwk(client.jwk())?)
//!     .build()?;
//! let token = credentials.token().await?;
//! assert_eq!(token.org(), Some("ttd"));
//! # Ok(())
//! # }
//! ```
//!
//! In a container with the variables that NAIS sets, [`Credentials::from_env`] is all it takes. When something is wrong,
//! [`check`](check()) says which step of the set-up it is.
//!
//! More is in the [`guide`]: how to [set up a Maskinporten client](guide::set_up), how to [keep and replace its
//! key](guide::keys), and [what the failures mean](guide::failures).
//!
//! # From key to token
//!
//! 1. A **grant** is signed with the key: a short JWT that names the client and the scopes.
//! 2. Maskinporten takes the grant, once, and gives a **Maskinporten token**.
//! 3. Altinn's exchange takes that and gives an **Altinn token**, which platform and apps accept.
//!
//! Each has a lifetime of its own, and they are easily mixed up:
//!
//! | | set by | usually | what it means here |
//! | --- | --- | --- | --- |
//! | grant | us | 110 s | has to survive one call; a new one is signed for every try |
//! | Maskinporten token | the scopes on the client | 120 s | has to survive the exchange; kept while 15 s are left |
//! | Altinn token | Altinn | 30 min | cached; how long the others last doesn't matter to it |
//!
//! The Altinn token is not given out in its last 30 s, and renewed when it is asked for in the five minutes before those (a
//! fifth of its life each, if that is less; and up to a twentieth of it earlier by chance, so that programs which were started
//! together don't renew together). One caller renews it, and the others go on with the old one, as that caller does after 5 s
//! without a new one; then 10 s pass before the next try. There is no background task, and a program that stops asking stops
//! fetching.
//!
//! A call that can't be sent twice begins with a token that has some time left: [`AuthLayer`] sees to that where the body
//! is a stream ([`token_for_streams`](AuthLayer::token_for_streams)), and for calls of your own there is
//! [`Credentials::token_lasting`].
//!
//! # Where tokens come from
//!
//! | | |
//! | --- | --- |
//! | [`Credentials::builder`] | a key of your own: [`SigningKey`], a file that may change, or a [`Signer`] elsewhere |
//! | [`Credentials::from_env`] | environment variables, as NAIS sets them |
//! | [`Settings`] | arguments, variables and files together, with a report of where each value came from |
//! | [`CredentialsBuilder::token_sidecar`] | the token sidecar of NAIS |
//! | [`Credentials::with_token`] | a token that you have already |
//! | [`TestTokenGenerator`], [`LocalTest`] | test environments |
//! | [`TokenProvider`] | anything else |
//!
//! [`Credentials::on_behalf_of`], [`for_system_user`](Credentials::for_system_user) and
//! [`with_request`](Credentials::with_request) give credentials of the same client for others: another organisation, a
//! customer's system user, one API. Without [`only_scopes`](TokenRequest::only_scopes) they ask for the scopes of a
//! service owner, too.
//!
//! # Access
//!
//! `Credentials<Read>` ask Maskinporten for `altinn:serviceowner/instances.read`, `Credentials<Write>` for
//! `altinn:serviceowner/instances.write`, `Credentials<ReadWrite>` and `Credentials<ReadConfirm>` for both: what the last
//! may do beside reading, to confirm, has no scope of its own. The scopes must be on the client: add
//! them in Digdir's self-service portal. Right after a fetch it is checked that they were granted, and that the
//! token names a service owner, as Altinn would say both later and with less of a reason.
//! [`Credentials::read_only`] gives code that only reads no more than that. [`AuthLayer`] refuses requests made by hand
//! whose method goes beyond the access. Where Maskinporten granted more scopes than were asked for, there is a warning.
//!
//! # Maskinporten's own token
//!
//! Some of the platform's newer APIs take it directly. [`Credentials::maskinporten_token`] gives it, as a
//! [`MaskinportenToken`], with scopes of theirs if they are [added](TokenRequest::additional_scope); it is of another
//! type, because apps and Storage take an Altinn token only, which is what [`Credentials::token`] gives and
//! [`AuthLayer`] sends.
//!
//! # When it fails
//!
//! Passing trouble is tried again within 30 s: no connection, 429, a 5xx. If it lasts, all credentials of the process
//! leave the host alone for a while, from 200 ms up to 10 s, and then one of them finds out whether it works. A refusal
//! that would come again is remembered for up to a minute. What is left is an [`Error`]:
//!
//! | [`ErrorKind`] | likely cause | what to do |
//! | --- | --- | --- |
//! | [`Config`](ErrorKind::Config) | a setting is missing, or from another environment | correct the one named |
//! | [`Key`](ErrorKind::Key) | no private RSA key of 2048 bits or more, or no key id; your [`Signer`] failed | see the source, a [`KeyError`] or your own |
//! | [`Transport`](ErrorKind::Transport) | network, proxy, firewall; a sidecar or a LocalTest that isn't running | check them; try later |
//! | [`ClientUnknown`](ErrorKind::ClientUnknown) | wrong client id, or that of another environment | compare with the portal |
//! | [`KeyRejected`](ErrorKind::KeyRejected) | not the registered key, or it is over a year old | register it (again) on the client |
//! | [`ClockSkew`](ErrorKind::ClockSkew) | this computer's clock is off; the message says by how much | use NTP |
//! | [`ScopeNotGranted`](ErrorKind::ScopeNotGranted) | the scope is not on the client, or not granted to its owner | add it, or ask for it |
//! | [`Maskinporten`](ErrorKind::Maskinporten) | another refusal, or Maskinporten or the sidecar is down | read the advice; try later if it is transient |
//! | [`Exchange`](ErrorKind::Exchange) | mixed environments, or trouble at Altinn or the source of test tokens | check the environment; try later |
//! | [`NoOrgCode`](ErrorKind::NoOrgCode) | the organisation is not on Altinn's list of service owners | ask Altinn to add it |
//! | [`WrongOrgCode`](ErrorKind::WrongOrgCode) | the client, or the token, is another organisation's than [`service_owner`](CredentialsBuilder::service_owner) or [`expect_service_owner`](Credentials::expect_service_owner) says | take the right client, or code |
//! | [`HostNotAllowed`](ErrorKind::HostNotAllowed) | a request to a host outside the environment | correct the address |
//! | [`AccessDenied`](ErrorKind::AccessDenied) | a request that writes, with credentials for reading, or the reverse | make them with more access |
//! | [`TokenExpired`](ErrorKind::TokenExpired) | a token that was given ready-made is too old | give a new one |
//! | [`Provider`](ErrorKind::Provider) | your own [`TokenProvider`] failed | see the source |
//!
//! [`Error::retry`] says what trying again takes, and [`Error::retry_after`] how long to wait. The error's text names the
//! client, the key id and the host that was asked; what was asked for is in [`Error::scopes`]. For a case at Digdir's
//! support, [`Error::trace_id`] is what they ask for.
//!
//! # Network
//!
//! Calls go through the proxy that the system names, as in `HTTPS_PROXY`, unless `NO_PROXY` excepts the host; never those
//! to this computer. [`CredentialsBuilder::http`] takes a client with other ideas. Only https is used, but for what is on
//! this computer, and redirects are not followed by the clients that the SDK builds.
//!
//! # Secrets
//!
//! Tokens, grants and keys are in no `Debug`, `Display` or log line, and are overwritten in memory when they are dropped,
//! except for the header that a token is sent in, the copies that the HTTP client makes of headers and bodies, and those
//! that are made to compute what an incomplete JWK lacks or to open a PKCS#12 file. What stands in the place of a client id
//! or a key id, and may be a key, is refused. With a `tracing` subscriber there is one line for each new token of a
//! Maskinporten client or a token sidecar: client id, key id, scopes, service owner and lifetime.
//! [`Credentials::statistics`] has counts of hits, fetches and failures, latencies, and when token and key end, for a
//! program's own metrics.
//!
//! # Features
//!
//! | feature | what it does |
//! | --- | --- |
//! | `rustls` (default) | TLS by rustls on aws-lc-rs |
//! | `native-tls` | TLS by the system's own library |
//! | `rustls-no-provider` | TLS by rustls, with the cryptography that the program installs for it; without one, building the credentials is an error |
//! | `pkcs12` | reads PKCS#12 files; 60 crates more |
//!
//! Grants are signed with aws-lc-rs in any case.

#[cfg(test)]
use altinn_watch as _;

mod askable;
mod builder;
mod cache;
mod call;
mod check;
mod cool_down;
mod credentials;
mod disk;
mod error;
mod exchange;
mod exchanged;
mod grant;
pub mod guide;
mod identifier;
mod jwt;
mod key;
mod layer;
mod maskinporten;
mod moment;
mod preflight;
mod provider;
mod random;
mod request;
mod retry;
mod settings;
mod static_token;
mod statistics;
mod test_tokens;
mod token;

pub use builder::CredentialsBuilder;
pub use check::{CheckError, CheckOutcome, CheckReport, CheckStep, CheckedStep, check};
pub use credentials::Credentials;
pub use disk::DiskCache;
pub use error::{Error, ErrorKind, Leg, Retry};
pub use key::{Algorithm, KeyError, KeySize, NewKey, Signer, SigningKey};
pub use layer::AuthLayer;
pub use maskinporten::MaskinportenToken;
pub use provider::TokenProvider;
pub use request::{SystemUser, TokenRequest};
pub use settings::{Origin, Setting, Settings};
pub use statistics::{Failure, Latency, Statistics, TokenKind};
pub use test_tokens::{LocalTest, TestTokenGenerator};
pub use token::AltinnToken;
