//! The one cache, in front of every way to a token.
//!
//! Lazy and without a background task: a token is fetched when someone needs it. One caller fetches, holding the
//! gate; the others wait for the gate, or go on with the old token while that is still good. A caller that is dropped
//! while fetching drops the gate, and the next one in line takes over, so nothing gets stuck.

mod expiry;
mod maskinporten;
mod pool;
mod refusal;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync;
use tokio::time::Instant;

use self::expiry::Phase;
use self::refusal::Refusal;
use crate::error::{Error, ErrorKind, Leg, Retry};
use crate::preflight;
use crate::provider::DynProvider;
use crate::request::TokenRequest;
use crate::statistics::{Counter, Counters, Statistics, TokenKind};
use crate::token::AltinnToken;

pub(crate) use expiry::Expiry;
pub(crate) use pool::Pool;

/// After an early renewal failed, or was given up, the old token is used this long before the next attempt.
const SOFT_BACK_OFF: Duration = Duration::from_secs(10);
/// How long a caller whose token is still good waits for a new one. A source that hangs is not to stop it for as long as all
/// its tries last; one that is merely slow is given that time once the token is over.
const EARLY_WAIT: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(crate) struct Cache {
    provider: Arc<dyn DynProvider>,
    request: TokenRequest,
    /// The code of the service owner that tokens must name, whatever they are got with.
    owner: Option<Arc<str>>,
    current: Current,
    gate: sync::Mutex<Gate>,
    refusal: Mutex<Option<Refusal>>,
    /// How many fetches failed so far. A waiter compares it with what it was when it began to wait.
    failures: AtomicU64,
    counters: Counters,
}

/// In one line of a processor's cache, and with nothing else in it.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Current(RwLock<Option<Entry>>);

#[derive(Debug, Clone)]
struct Entry {
    token: AltinnToken,
    expiry: Expiry,
}

/// What only the caller whose turn it is may touch.
#[derive(Debug, Default)]
struct Gate {
    failure: Option<Error>,
    no_early_renewal_before: Option<Instant>,
}

enum Found {
    Fresh(AltinnToken),
    Due(AltinnToken),
    Nothing,
}

impl Cache {
    pub(crate) fn new(provider: Arc<dyn DynProvider>, request: TokenRequest, owner: Option<Arc<str>>) -> Self {
        Self {
            provider,
            request,
            owner,
            current: Current::default(),
            gate: sync::Mutex::default(),
            refusal: Mutex::default(),
            failures: AtomicU64::new(0),
            counters: Counters::default(),
        }
    }

    pub(crate) fn request(&self) -> &TokenRequest {
        &self.request
    }

    /// The code of the service owner that tokens must name; `None` where that is left to where they come from.
    pub(crate) fn owner(&self) -> Option<&str> {
        self.owner.as_deref()
    }

    pub(crate) fn statistics(&self) -> Statistics {
        let mut statistics = self.counters.snapshot();
        if let Found::Fresh(token) | Found::Due(token) = self.find() {
            statistics.token_remaining = Some(token.remaining());
        }
        if let Some(source) = self.provider.exchanged() {
            statistics.maskinporten_token_remaining = source.kept(&self.request).map(|token| token.remaining());
            statistics.source = source.figures();
        }
        statistics
    }

    pub(crate) async fn token(&self) -> Result<AltinnToken, Error> {
        match self.find() {
            Found::Fresh(token) => Ok(self.served(token)),
            Found::Due(token) => match self.gate.try_lock() {
                Ok(gate) => self.renew_early(gate, token).await,
                Err(_) => Ok(self.served(token)),
            },
            Found::Nothing => self.wait_or_fetch().await,
        }
    }

    /// A token that lasts at least `least`, or three quarters of its lifetime if that is less: one that lasts much longer
    /// can't be had.
    pub(crate) async fn token_lasting(&self, least: Duration) -> Result<AltinnToken, Error> {
        let old = match self.find() {
            Found::Fresh(token) | Found::Due(token) if lasts(&token, least) => return Ok(self.served(token)),
            Found::Fresh(token) | Found::Due(token) => Some(token),
            Found::Nothing => None,
        };
        let renewal = self.renewed(least);
        let token = if old.is_some() { self.while_good(renewal).await? } else { renewal.await? };
        // What another process has written ends sooner than a new one, too. A source that gave no better one has none.
        let better = old.is_none_or(|old| token.remaining() > old.remaining());
        if better && !lasts(&token, least) { self.while_good(self.renewed(least)).await } else { Ok(token) }
    }

    /// A token in place of one that ends too soon, or of none.
    async fn renewed(&self, least: Duration) -> Result<AltinnToken, Error> {
        let mut gate = self.gate.lock().await;
        match self.find() {
            Found::Fresh(token) | Found::Due(token) if lasts(&token, least) => Ok(self.served(token)),
            Found::Fresh(token) | Found::Due(token) => self.replace(&mut gate, token).await,
            Found::Nothing => {
                drop(gate);
                self.wait_or_fetch().await
            }
        }
    }

    /// Forgets `token`, if it is the current one. A newer one stays: of many callers that were refused with the same
    /// token only the first has an effect.
    pub(crate) fn invalidate(&self, token: &AltinnToken) {
        let mut current = self.current.0.write().unwrap_or_else(PoisonError::into_inner);
        if current.as_ref().is_some_and(|entry| entry.token.is(token)) {
            *current = None;
            drop(current);
            self.forget_refusal();
        }
    }

    /// Has the next caller ask again, though the last answer would come again.
    pub(crate) fn forget_refusal(&self) {
        *self.refusal() = None;
    }

    fn refusal(&self) -> MutexGuard<'_, Option<Refusal>> {
        self.refusal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The last refusal, while it would come again.
    fn remembered(&self) -> Option<Error> {
        let revision = self.provider.revision();
        self.refusal().as_ref().and_then(|refusal| refusal.error(revision).cloned())
    }

    fn served(&self, token: AltinnToken) -> AltinnToken {
        self.counters.served_from_cache.count();
        token
    }

    fn spared(&self, error: Error) -> Error {
        self.counters.spared.count();
        error
    }

    fn find(&self) -> Found {
        let current = self.current.0.read().unwrap_or_else(PoisonError::into_inner);
        let Some(Entry { token, expiry }) = current.clone() else { return Found::Nothing };
        // Two clocks are read for the age, and no other thread is to wait for that.
        drop(current);
        match expiry.phase(token.age()) {
            Phase::Fresh => Found::Fresh(token),
            Phase::Due => Found::Due(token),
            Phase::Over => Found::Nothing,
        }
    }

    async fn wait_or_fetch(&self) -> Result<AltinnToken, Error> {
        let seen = self.failures.load(Ordering::Acquire);
        let mut gate = self.gate.lock().await;
        if let Found::Fresh(token) | Found::Due(token) = self.find() {
            return Ok(self.served(token));
        }
        // Who waited for a fetch shares its failure. Otherwise every one of them would try in turn, each for as long
        // as a service that is down takes to show it.
        if self.failures.load(Ordering::Acquire) != seen
            && let Some(error) = &gate.failure
        {
            return Err(self.spared(error.clone()));
        }
        match self.remembered() {
            Some(error) => Err(self.spared(error)),
            None => self.fetch(&mut gate, &self.counters.fetched).await,
        }
    }

    async fn renew_early(&self, mut gate: sync::MutexGuard<'_, Gate>, old: AltinnToken) -> Result<AltinnToken, Error> {
        if let Found::Fresh(token) = self.find() {
            return Ok(self.served(token));
        }
        self.while_good(async move { self.replace(&mut gate, old).await }).await
    }

    /// The outcome of a renewal that is begun with a good token at hand, or that token when it takes too long.
    async fn while_good(
        &self,
        renewal: impl Future<Output = Result<AltinnToken, Error>>,
    ) -> Result<AltinnToken, Error> {
        if let Ok(result) = tokio::time::timeout(EARLY_WAIT, renewal).await {
            return result;
        }
        let message = format!("no new token came within {} s", EARLY_WAIT.as_secs());
        let error = Error::of(ErrorKind::Transport, message).retry(Retry::AfterPause).build();
        self.counters.note_failure(TokenKind::Altinn, &error);
        match self.still(error) {
            Ok(token) => Ok(token),
            // It was refused meanwhile. Who has no token is given more time.
            Err(_) => self.wait_or_fetch().await,
        }
    }

    /// Renews `old`, which is still good, so that it serves if that fails.
    async fn replace(&self, gate: &mut Gate, old: AltinnToken) -> Result<AltinnToken, Error> {
        if gate.no_early_renewal_before.is_some_and(|until| Instant::now() < until) || self.remembered().is_some() {
            return Ok(self.served(old));
        }
        // Before it is asked for: a caller that gives up or is dropped meanwhile leaves a mark, too.
        gate.no_early_renewal_before = Some(Instant::now() + EARLY_WAIT + SOFT_BACK_OFF);
        match self.fetch(gate, &self.counters.renewed_early).await {
            Ok(token) => Ok(token),
            Err(error) => {
                gate.no_early_renewal_before = Some(Instant::now() + SOFT_BACK_OFF);
                self.still(error)
            }
        }
    }

    /// The old token after `error`, as long as it is good.
    fn still(&self, error: Error) -> Result<AltinnToken, Error> {
        match self.find() {
            Found::Fresh(token) | Found::Due(token) => {
                tracing::warn!(%error, "the token could not be renewed early; the old one is still good");
                Ok(self.served(token))
            }
            Found::Nothing => Err(error),
        }
    }

    /// `counter`: of fetches like this one that succeed.
    async fn fetch(&self, gate: &mut Gate, counter: &Counter) -> Result<AltinnToken, Error> {
        match self.provider.fetch(&self.request).await.and_then(|token| self.checked(token)) {
            Ok(token) => {
                counter.count();
                *gate = Gate::default();
                self.forget_refusal();
                let entry = Entry { token: token.clone(), expiry: Expiry::of(token.lifetime()) };
                *self.current.0.write().unwrap_or_else(PoisonError::into_inner) = Some(entry);
                Ok(token)
            }
            Err(error) => {
                self.note_failure(TokenKind::Altinn, gate, &error);
                Err(error)
            }
        }
    }

    /// The token, if it is of the service owner that is expected. Looked at once, and not with each use.
    fn checked(&self, token: AltinnToken) -> Result<AltinnToken, Error> {
        let leg = self.provider.exchanged().map(|_| Leg::Exchange);
        // No error: what a source of the user's own gives may be good for more than it says. A refusal names the scope, too.
        if leg.is_none()
            && let Err(error) = preflight::given(&self.request, &token)
        {
            tracing::warn!(%error, "the service may refuse the new token");
        }
        if let Some(owner) = self.owner() {
            preflight::org(&self.request, Some(owner), &token, leg)?;
        }
        Ok(token)
    }

    /// For those that wait, and for those that come later and would be refused the same way.
    fn note_failure(&self, token: TokenKind, gate: &mut Gate, error: &Error) {
        self.counters.note_failure(token, error);
        gate.failure = Some(error.clone());
        let revision = self.provider.revision();
        let mut refusal = self.refusal();
        *refusal = Refusal::of(error, revision, refusal.as_ref());
        drop(refusal);
        self.failures.fetch_add(1, Ordering::Release);
    }
}

/// Whether as much is left of a token, or as much as can be asked for.
fn lasts(token: &AltinnToken, least: Duration) -> bool {
    token.remaining() >= least.min(token.lifetime() / 4 * 3)
}

#[cfg(test)]
mod tests;
