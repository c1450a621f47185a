use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::cool_down::CoolDown;
use crate::error::{Error, ErrorKind, Leg, Retry};
use crate::exchange::Exchange;
use crate::maskinporten::MaskinportenToken;
use crate::maskinporten::source::Source;
use crate::preflight;
use crate::provider::{DynProvider, TokenFuture};
use crate::random;
use crate::request::TokenRequest;
use crate::retry::Budget;
use crate::statistics::SourceFigures;
use crate::token::AltinnToken;

/// What a Maskinporten token must have left to be exchanged once more. The service would take it up to ten seconds
/// after its end, but that leeway is for its clock, not for us.
/// One that is given to callers must have a fifth of its lifetime left, if that is less: no lifetime is too short for that.
const ENOUGH: Duration = Duration::from_secs(15);
/// How many are kept. Beyond that one is simply fetched again when the Altinn token ends.
const MOST_KEPT: usize = 1000;
/// How many tokens of one client are fetched at the same time.
const AT_ONCE: usize = 8;

/// Both legs as one source of Altinn tokens.
#[derive(Debug)]
pub(crate) struct Exchanged {
    pub(crate) maskinporten: Source,
    exchange: Exchange,
    /// Kept because some scopes give an hour, and the exchange half of one.
    kept: Mutex<HashMap<TokenRequest, Kept>>,
    permits: Semaphore,
    cool_down: CoolDown,
    /// For Maskinporten's tokens alone: an exchange that refuses is no reason to wait with them.
    maskinporten_cool_down: CoolDown,
    /// Whether an Altinn token ends with the Maskinporten token that it was exchanged for.
    bound: bool,
    /// The code of the service owner that tokens must name, if it was given.
    org: Option<String>,
}

/// What is known of the Maskinporten tokens for a request.
#[derive(Debug)]
enum Kept {
    Token(MaskinportenToken),
    /// The last one was refused, so the next must be another than any that is kept on the way.
    Refused,
}

impl Kept {
    /// The token, with enough time left to be exchanged.
    fn good(&self) -> Option<&MaskinportenToken> {
        match self {
            Self::Token(token) if token.remaining() >= ENOUGH => Some(token),
            Self::Token(_) | Self::Refused => None,
        }
    }
}

impl Exchanged {
    /// * `bound`: whether an Altinn token ends with the Maskinporten token that it was exchanged for.
    /// * `org`: the code of the service owner that tokens must name; `None` for any.
    pub(crate) fn new(maskinporten: Source, exchange: Exchange, bound: bool, org: Option<String>) -> Self {
        Self {
            maskinporten,
            exchange,
            kept: Mutex::default(),
            permits: Semaphore::new(AT_ONCE),
            cool_down: CoolDown::default(),
            maskinporten_cool_down: CoolDown::default(),
            bound,
            org,
        }
    }

    /// What there is to know of the client, whatever it asks for.
    pub(crate) fn figures(&self) -> SourceFigures {
        let (token, metadata) = self.maskinporten.latencies();
        let exchange = self.exchange.latency.snapshot();
        SourceFigures { token, exchange, metadata, key_expires_at: self.maskinporten.key_expires_at() }
    }

    /// A Maskinporten token from before, with enough time left to be given to a caller.
    pub(crate) fn kept(&self, request: &TokenRequest) -> Option<MaskinportenToken> {
        match self.all_kept().get(request) {
            Some(Kept::Token(token)) => (token.remaining() >= ENOUGH.min(token.lifetime() / 5)).then(|| token.clone()),
            Some(Kept::Refused) | None => None,
        }
    }

    fn exchangeable(&self, request: &TokenRequest) -> Option<MaskinportenToken> {
        self.all_kept().get(request).and_then(Kept::good).cloned()
    }

    fn all_kept(&self) -> MutexGuard<'_, HashMap<TokenRequest, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets `token`, unless a newer one is kept for `request`.
    pub(crate) fn invalidate(&self, request: &TokenRequest, token: &MaskinportenToken) {
        let mut kept = self.all_kept();
        let newer = kept.get(request).and_then(Kept::good).is_some_and(|kept| !kept.is(token));
        if !newer {
            put(&mut kept, request, Kept::Refused);
        }
    }

    pub(crate) fn check_org(&self, request: &TokenRequest, token: &AltinnToken) -> Result<(), Error> {
        preflight::org(request, self.org.as_deref(), token, Some(Leg::Exchange))
    }

    async fn fresh(&self, request: &TokenRequest, budget: &Budget) -> Result<MaskinportenToken, Error> {
        let renew = matches!(self.all_kept().get(request), Some(Kept::Refused));
        let token = self.maskinporten.token(request, renew, budget).await?;
        // Once the scope is on the client, a token of before would still be without it.
        preflight::scopes(request, &token).inspect_err(|_| put(&mut self.all_kept(), request, Kept::Refused))?;
        if let Some(scope) = preflight::surplus(request, &token) {
            let client_id = self.maskinporten.client_id();
            tracing::warn!(client_id, scope, "Maskinporten granted more than was asked for");
        }
        put(&mut self.all_kept(), request, Kept::Token(token.clone()));
        Ok(token)
    }

    /// Exchanges; a 401 makes the Maskinporten token suspect, so it isn't kept.
    pub(crate) async fn exchange(
        &self,
        request: &TokenRequest,
        token: &MaskinportenToken,
        budget: &Budget,
    ) -> Result<AltinnToken, Error> {
        let result = self.exchange.token(token, budget).await;
        if result.as_ref().is_err_and(|error| error.retry() == Retry::WithNewToken) {
            self.invalidate(request, token);
        }
        result.map(|altinn| if self.bound { altinn.limited_to(token.remaining()) } else { altinn })
    }
}

fn crowded() -> Error {
    Error::of(
        ErrorKind::Transport,
        "the client's other tokens took all the time there was, so this one was not asked for",
    )
    .retry(Retry::AfterPause)
    .build()
}

/// Puts something in place of what was known, if there is room once what is of no use any more is gone.
fn put(kept: &mut HashMap<TokenRequest, Kept>, request: &TokenRequest, value: Kept) {
    kept.remove(request);
    if kept.len() >= MOST_KEPT {
        kept.retain(|_, kept| kept.good().is_some());
    }
    if kept.len() < MOST_KEPT {
        kept.insert(request.clone(), value);
    }
}

impl DynProvider for Exchanged {
    fn fetch<'a>(&'a self, request: &'a TokenRequest) -> TokenFuture<'a> {
        Box::pin(self.altinn_token(request))
    }

    fn revision(&self) -> u64 {
        self.maskinporten.revision()
    }

    fn exchanged(&self) -> Option<&Self> {
        Some(self)
    }
}

impl Exchanged {
    pub(crate) async fn altinn_token(&self, request: &TokenRequest) -> Result<AltinnToken, Error> {
        let (token, source) = self.in_turn(&self.cool_down, async |budget| self.both(request, budget).await).await?;
        self.check_org(request, &token).map_err(|error| error.with_asked(|| self.exchange.asked(&source)))?;
        tracing::info!(
            client_id = self.maskinporten.client_id(),
            kid = source.kid(),
            scope = request.scope(),
            consumer = request.consumer().map(tracing::field::display),
            org = token.org(),
            jti_hash = token.claims().id_hash(),
            lifetime_s = token.lifetime().as_secs(),
            "new Altinn token"
        );
        Ok(token)
    }

    /// A new one, without a look at what is kept.
    pub(crate) async fn maskinporten_token(&self, request: &TokenRequest) -> Result<MaskinportenToken, Error> {
        let token =
            self.in_turn(&self.maskinporten_cool_down, async |budget| self.fresh(request, budget).await).await?;
        tracing::info!(
            client_id = self.maskinporten.client_id(),
            kid = token.kid(),
            scope = request.scope(),
            consumer = request.consumer().map(tracing::field::display),
            jti_hash = token.id_hash(),
            lifetime_s = token.lifetime().as_secs(),
            "new Maskinporten token"
        );
        Ok(token)
    }

    /// Does a fetch when the client's others leave room for it, and the client has had its rest.
    async fn in_turn<T>(
        &self,
        cool_down: &CoolDown,
        fetch: impl AsyncFnOnce(&Budget) -> Result<T, Error>,
    ) -> Result<T, Error> {
        // From here on, whoever waits: with a service that hangs, each eight would take all their time after the eight before.
        let budget = Budget::start();
        let permit = tokio::time::timeout(budget.left(), self.permits.acquire()).await;
        // Never closed, so the only reason to have none is the time.
        let Ok(Ok(_permit)) = permit else { return Err(crowded()) };
        cool_down.pass(&budget).await;
        let begun = Instant::now();
        let result = fetch(&budget).await;
        cool_down.note(begun, &result);
        result
    }

    /// All that makes these tokens others than those of other credentials, beside the request.
    pub(crate) fn identity(&self) -> Vec<String> {
        let mut identity = self.maskinporten.identity();
        identity.push(self.exchange.endpoint().to_owned());
        // Who wants tokens to end with their Maskinporten tokens must not find one that lasts longer.
        identity.push(if self.bound { "bound" } else { "" }.to_owned());
        identity.extend(self.org.clone());
        identity
    }

    /// An Altinn token, and the token that it was exchanged for.
    async fn both(&self, request: &TokenRequest, budget: &Budget) -> Result<(AltinnToken, MaskinportenToken), Error> {
        if let Some(kept) = self.exchangeable(request) {
            match self.exchange(request, &kept, budget).await {
                Err(error) if error.retry() == Retry::WithNewToken => {}
                result => return Ok((result?, kept)),
            }
        }
        let token = self.fresh(request, budget).await?;
        let error = match self.exchange(request, &token, budget).await {
            Err(error) if error.retry() == Retry::WithNewToken => error,
            result => return Ok((result?, token)),
        };
        // The exchange says 401 for troubles of its own, too, so one more round is tried.
        let pause = Duration::from_millis(500) + random::below(Duration::from_millis(500));
        if !budget.wait(pause).await {
            return Err(error);
        }
        let token = self.fresh(request, budget).await?;
        Ok((self.exchange(request, &token, budget).await?, token))
    }
}
