//! Figures for a program's own monitoring.

mod counters;
mod latency;

use std::time::{Duration, SystemTime};

use http::StatusCode;

use crate::error::{Error, ErrorKind};

pub use latency::Latency;

pub(crate) use counters::{Counter, Counters};
pub(crate) use latency::Histogram;

/// How often tokens were asked for, and what came of it, from the making of the credentials until
/// [`Credentials::statistics`](crate::Credentials::statistics) was called; and how things stand then.
///
/// Clones of credentials count together; those [for another request](crate::Credentials::with_request) count apart,
/// except for the latencies and the key, which are the client's. The numbers are for monitoring: taken while others ask
/// for tokens they need not add up.
///
/// | what is watched | figure |
/// | --- | --- |
/// | calls that got a token at once | [`served_from_cache`](Self::served_from_cache), [`maskinporten_served_from_cache`](Self::maskinporten_served_from_cache) |
/// | fetches | [`fetched`](Self::fetched), [`renewed_early`](Self::renewed_early), [`maskinporten_fetched`](Self::maskinporten_fetched) |
/// | failures by token, kind, code and status | [`failures`](Self::failures) |
/// | how long each service takes | [`token_latency`](Self::token_latency), [`exchange_latency`](Self::exchange_latency), [`metadata_latency`](Self::metadata_latency) |
/// | what will end | [`token_remaining`](Self::token_remaining), [`maskinporten_token_remaining`](Self::maskinporten_token_remaining), [`key_expires_at`](Self::key_expires_at) |
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Statistics {
    served_from_cache: u64,
    fetched: u64,
    renewed_early: u64,
    maskinporten_served_from_cache: u64,
    maskinporten_fetched: u64,
    failures: Vec<Failure>,
    spared: u64,
    pub(crate) token_remaining: Option<Duration>,
    pub(crate) maskinporten_token_remaining: Option<Duration>,
    pub(crate) source: SourceFigures,
}

/// What is the client's, whatever it asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct SourceFigures {
    pub(crate) token: Latency,
    pub(crate) exchange: Latency,
    pub(crate) metadata: Latency,
    pub(crate) key_expires_at: Option<SystemTime>,
}

/// Whose token it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenKind {
    /// Altinn's, as [`Credentials::token`](crate::Credentials::token) gives it, with Maskinporten's on the way there.
    Altinn,
    /// Maskinporten's own, as [`Credentials::maskinporten_token`](crate::Credentials::maskinporten_token) gives it.
    Maskinporten,
}

/// Fetches that failed in the same way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    token: TokenKind,
    kind: ErrorKind,
    code: Option<String>,
    status: Option<StatusCode>,
    count: u64,
}

impl Failure {
    fn of(token: TokenKind, error: &Error) -> Self {
        let code = error.code().map(str::to_owned);
        Self { token, kind: error.kind(), code, status: error.status(), count: 1 }
    }

    fn without_code(self) -> Self {
        Self { code: None, ..self }
    }

    fn is_like(&self, other: &Self) -> bool {
        let same = |failure: &Self| (failure.token, failure.kind, failure.status);
        same(self) == same(other) && self.code == other.code
    }

    /// The token that was to be fetched.
    pub fn token(&self) -> TokenKind {
        self.token
    }

    /// The kind of the error.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Maskinporten's error code, such as `MP-200`, where it gave one. After a hundred kinds of failures others count
    /// without their code.
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// The status of the answer, if there was one.
    pub fn status(&self) -> Option<StatusCode> {
        self.status
    }

    /// How many there were. One fetch may be several tries.
    pub fn count(&self) -> u64 {
        self.count
    }
}

impl Statistics {
    /// Calls that got an Altinn token without fetching one: it was there, or another call fetched it meanwhile.
    pub fn served_from_cache(&self) -> u64 {
        self.served_from_cache
    }

    /// Altinn tokens that were fetched because there was no good one, and callers had to wait.
    pub fn fetched(&self) -> u64 {
        self.fetched
    }

    /// Altinn tokens that were fetched while the old one was still good, so that only one caller waited.
    pub fn renewed_early(&self) -> u64 {
        self.renewed_early
    }

    /// Calls of [`maskinporten_token`](crate::Credentials::maskinporten_token) that got a token without fetching one.
    pub fn maskinporten_served_from_cache(&self) -> u64 {
        self.maskinporten_served_from_cache
    }

    /// Maskinporten tokens that were fetched for
    /// [`maskinporten_token`](crate::Credentials::maskinporten_token), besides those on the way to an Altinn token.
    pub fn maskinporten_fetched(&self) -> u64 {
        self.maskinporten_fetched
    }

    /// Fetches that failed, of tokens of both kinds. One fetch may be several tries.
    pub fn failed(&self) -> u64 {
        self.failures.iter().map(Failure::count).sum()
    }

    /// Fetches that failed with an error of this kind.
    pub fn failed_with(&self, kind: ErrorKind) -> u64 {
        self.failures.iter().filter(|failure| failure.kind == kind).map(Failure::count).sum()
    }

    /// The failures that there were, those alike together, in the order in which each came first.
    pub fn failures(&self) -> impl Iterator<Item = &Failure> {
        self.failures.iter()
    }

    /// Calls that got the error of a fetch that was not theirs: one that they waited for, or a refusal that is
    /// remembered.
    pub fn spared(&self) -> u64 {
        self.spared
    }

    /// What is left of the Altinn token that is given out at the time. `None` if there is none.
    pub fn token_remaining(&self) -> Option<Duration> {
        self.token_remaining
    }

    /// What is left of the Maskinporten token that is kept at the time. `None` if there is none.
    pub fn maskinporten_token_remaining(&self) -> Option<Duration> {
        self.maskinporten_token_remaining
    }

    /// When the key in use ends: as it was [told](crate::CredentialsBuilder::key_expires), or by its enterprise
    /// certificate. `None` if that is not known, and for credentials without a key.
    pub fn key_expires_at(&self) -> Option<SystemTime> {
        self.source.key_expires_at
    }

    /// How long Maskinporten, or the token sidecar, took to answer.
    pub fn token_latency(&self) -> &Latency {
        &self.source.token
    }

    /// How long Altinn's exchange took to answer.
    pub fn exchange_latency(&self) -> &Latency {
        &self.source.exchange
    }

    /// How long Maskinporten's metadata took, where they are [wanted](crate::CredentialsBuilder::discover).
    pub fn metadata_latency(&self) -> &Latency {
        &self.source.metadata
    }
}
