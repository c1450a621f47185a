use std::error::Error as StdError;
use std::fmt;
use std::future::Future;

use crate::error::Error;

/// One step of [`check`](crate::check()), in the order in which they are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CheckStep {
    /// The settings are complete, and the key can be used: it signs.
    Key,
    /// Maskinporten can be reached, and is the one that the environment names.
    Metadata,
    /// This computer's clock is near enough to Maskinporten's.
    Clock,
    /// Maskinporten knows the client and its key, and gives a token.
    Token,
    /// All scopes that are needed were granted.
    Scopes,
    /// Altinn exchanges the token.
    Exchange,
    /// The exchanged token speaks for a service owner, and for the right one.
    OrgCode,
    /// Storage answers. Done by the `check` of `altinn-storage`.
    Storage,
}

impl CheckStep {
    /// The steps that are taken here.
    pub(super) const OWN: [Self; 7] =
        [Self::Key, Self::Metadata, Self::Clock, Self::Token, Self::Scopes, Self::Exchange, Self::OrgCode];
}

impl fmt::Display for CheckStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Key => "key",
            Self::Metadata => "metadata",
            Self::Clock => "clock",
            Self::Token => "token",
            Self::Scopes => "scopes",
            Self::Exchange => "exchange",
            Self::OrgCode => "org code",
            Self::Storage => "storage",
        })
    }
}

/// How a step of [`check`](crate::check()) ended.
#[derive(Debug)]
#[non_exhaustive]
pub enum CheckOutcome {
    /// Nothing is wrong.
    Passed,
    /// This is wrong.
    Failed(CheckError),
    /// It was not done: a step before it failed, or these credentials don't need it.
    Skipped,
}

/// What is wrong, by whose step it is.
#[derive(Debug)]
#[non_exhaustive]
pub enum CheckError {
    /// On the way to a token.
    Credentials(Error),
    /// At a service, with a good token.
    Service(altinn_core::Error),
}

impl CheckError {
    fn inner(&self) -> &(dyn StdError + 'static) {
        match self {
            Self::Credentials(error) => error,
            Self::Service(error) => error,
        }
    }
}

impl fmt::Display for CheckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.inner(), f)
    }
}

impl StdError for CheckError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.inner().source()
    }
}

/// One step of a [`CheckReport`]. `Display` is one line.
#[derive(Debug)]
pub struct CheckedStep {
    step: CheckStep,
    outcome: CheckOutcome,
    detail: String,
}

impl CheckedStep {
    /// Which one.
    pub fn step(&self) -> CheckStep {
        self.step
    }

    /// How it ended.
    pub fn outcome(&self) -> &CheckOutcome {
        &self.outcome
    }

    /// What was found, such as the issuer, the scopes or the service owner's code; for a step that was skipped, why.
    /// Empty when there is nothing to say, and for a step that failed. It holds no secret.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// What is wrong; `None` unless the step failed.
    pub fn error(&self) -> Option<&CheckError> {
        match &self.outcome {
            CheckOutcome::Failed(error) => Some(error),
            CheckOutcome::Passed | CheckOutcome::Skipped => None,
        }
    }
}

impl fmt::Display for CheckedStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outcome = match &self.outcome {
            CheckOutcome::Passed => "passed",
            CheckOutcome::Failed(_) => "failed",
            CheckOutcome::Skipped => "skipped",
        };
        write!(f, "{:<9} {outcome}", self.step)?;
        if !self.detail.is_empty() {
            write!(f, ": {}", self.detail)?;
        }
        let mut cause = self.error().map(|error| error as &dyn StdError);
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

/// What [`check`](crate::check()) found. `Display` is one line for each step, without a secret.
#[derive(Debug, Default)]
pub struct CheckReport {
    steps: Vec<CheckedStep>,
    pub(super) clock_offset: Option<i64>,
    pub(super) claims: Option<String>,
    pub(super) scopes: Vec<String>,
    pub(super) org: Option<String>,
}

impl CheckReport {
    /// All steps in order, those that were skipped included.
    pub fn steps(&self) -> &[CheckedStep] {
        &self.steps
    }

    /// Whether no step failed.
    pub fn passed(&self) -> bool {
        self.failed().is_none()
    }

    /// The step that failed. There is one at most, as those after it are skipped.
    pub fn failed(&self) -> Option<&CheckedStep> {
        self.steps.iter().find(|step| step.error().is_some())
    }

    /// By how many seconds this computer's clock is ahead of Maskinporten's (negative: behind), with the time in it that
    /// the answer was on its way. `None` when it came to no measurement.
    pub fn clock_offset(&self) -> Option<i64> {
        self.clock_offset
    }

    /// What the token says that Maskinporten gave, or that was given from elsewhere: its claims on one line, to compare
    /// with what an API expects, or to send to its support. Of `jti`, `pid`, `authorization_details` and claims that are
    /// not known there are only the names. `None` when it came to no token, or it can't be read.
    pub fn claims(&self) -> Option<&str> {
        self.claims.as_deref()
    }

    /// The scopes that were granted. Empty when it came to none, or nobody says.
    pub fn scopes(&self) -> &[String] {
        &self.scopes
    }

    /// The code of the service owner that the Altinn token speaks for.
    pub fn org(&self) -> Option<&str> {
        self.org.as_deref()
    }

    /// Adds a step of a service's client: does `call` and takes down what comes of it, or skips it when a step before it
    /// failed.
    ///
    /// * `step`: which one it is.
    /// * `call`: gives what was found, without a secret, or what is wrong.
    #[must_use]
    pub async fn then(
        mut self,
        step: CheckStep,
        call: impl Future<Output = Result<String, altinn_core::Error>>,
    ) -> Self {
        if !self.passed() {
            self.skip(step, "");
            return self;
        }
        match call.await {
            Ok(detail) => self.pass(step, detail),
            Err(error) => self.push(step, CheckOutcome::Failed(CheckError::Service(error)), String::new()),
        }
        self
    }

    /// Adds a step of a service's client that is not done.
    ///
    /// * `step`: which one it is.
    /// * `reason`: why it isn't; empty when that is because a step before it failed.
    pub fn skip(&mut self, step: CheckStep, reason: impl Into<String>) {
        self.push(step, CheckOutcome::Skipped, reason.into());
    }

    pub(super) fn pass(&mut self, step: CheckStep, detail: impl Into<String>) {
        self.push(step, CheckOutcome::Passed, detail.into());
    }

    pub(super) fn fail(&mut self, step: CheckStep, error: Error) {
        self.push(step, CheckOutcome::Failed(CheckError::Credentials(error)), String::new());
    }

    /// Takes down a failure; `None` ends the check then.
    pub(super) fn value<T>(&mut self, step: CheckStep, result: Result<T, Error>) -> Option<T> {
        result.map_err(|error| self.fail(step, error)).ok()
    }

    /// Skips the steps here that it did not come to.
    pub(super) fn skip_the_rest(&mut self) {
        for step in CheckStep::OWN {
            if !self.steps.iter().any(|done| done.step == step) {
                self.skip(step, "");
            }
        }
    }

    fn push(&mut self, step: CheckStep, outcome: CheckOutcome, detail: String) {
        self.steps.push(CheckedStep { step, outcome, detail });
    }
}

impl fmt::Display for CheckReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.steps.iter().try_for_each(|step| writeln!(f, "{step}"))
    }
}
