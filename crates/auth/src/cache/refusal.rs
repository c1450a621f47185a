use std::time::Duration;

use tokio::time::Instant;

use crate::error::{Error, ErrorKind};

const FIRST: Duration = Duration::from_secs(30);
/// What was just changed in the self-service portal takes minutes to work, so no longer than this.
const LONGEST: Duration = Duration::from_secs(60);
/// A clock may be set at any moment, and that is to be noticed soon.
const FIRST_OF_CLOCK: Duration = Duration::from_secs(5);
const LONGEST_OF_CLOCK: Duration = Duration::from_secs(10);

/// A failure that would come again, remembered for a while so that a program in a loop doesn't ask a service for it.
#[derive(Debug)]
pub(super) struct Refusal {
    error: Error,
    until: Instant,
    wait: Duration,
    /// Of the provider: with another key the answer may be another.
    revision: u64,
}

impl Refusal {
    /// `None` for failures that may pass, and for those that came about before anyone was asked.
    pub(super) fn of(error: &Error, revision: u64, last: Option<&Self>) -> Option<Self> {
        // A source of the user's own was asked, whether it failed or gave a token that speaks for another; it has no leg.
        let own = matches!(error.kind(), ErrorKind::Provider | ErrorKind::NoOrgCode | ErrorKind::WrongOrgCode);
        let asked = own || error.leg().is_some();
        if !asked || error.is_transient() {
            return None;
        }
        let (first, longest) = match error.kind() {
            ErrorKind::ClockSkew => (FIRST_OF_CLOCK, LONGEST_OF_CLOCK),
            _ => (FIRST, LONGEST),
        };
        // The last refusal may have been of the other sort, with waits of its own.
        let wait = last.map_or(first, |last| (last.wait * 2).clamp(first, longest));
        Some(Self { error: error.clone(), until: Instant::now() + wait, wait, revision })
    }

    /// Whether it would come again or not.
    pub(super) fn last(&self) -> &Error {
        &self.error
    }

    pub(super) fn error(&self, revision: u64) -> Option<&Error> {
        (Instant::now() < self.until && revision == self.revision).then_some(&self.error)
    }
}
