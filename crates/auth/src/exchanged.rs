use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::error::{Error, Retry};
use crate::exchange::Exchange;
use crate::maskinporten::{Maskinporten, MaskinportenToken};
use crate::preflight;
use crate::provider::TokenProvider;
use crate::random;
use crate::request::TokenRequest;
use crate::retry::Budget;
use crate::token::AltinnToken;

/// What a Maskinporten token must have left to be exchanged once more. The service would take it up to ten seconds
/// after its end, but that leeway is for its clock, not for us.
const ENOUGH: Duration = Duration::from_secs(15);

/// Both legs as one source of Altinn tokens.
#[derive(Debug)]
pub(crate) struct Exchanged {
    maskinporten: Maskinporten,
    exchange: Exchange,
    /// Kept because some scopes give an hour, and the exchange half of one.
    kept: Mutex<Option<MaskinportenToken>>,
}

impl Exchanged {
    pub(crate) fn new(maskinporten: Maskinporten, exchange: Exchange) -> Self {
        Self { maskinporten, exchange, kept: Mutex::default() }
    }

    fn kept(&self) -> Option<MaskinportenToken> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.clone().filter(|token| token.remaining() >= ENOUGH)
    }

    fn keep(&self, token: Option<MaskinportenToken>) {
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = token;
    }

    async fn fresh(&self, request: &TokenRequest, budget: &Budget) -> Result<MaskinportenToken, Error> {
        let token = self.maskinporten.token(request, budget).await?;
        preflight::scopes(request, &token)?;
        self.keep(Some(token.clone()));
        Ok(token)
    }

    /// Exchanges; a 401 makes the Maskinporten token suspect, so it isn't kept.
    async fn exchange(&self, token: &MaskinportenToken, budget: &Budget) -> Result<AltinnToken, Error> {
        let result = self.exchange.token(token, budget).await;
        if result.as_ref().is_err_and(|error| error.retry() == Retry::WithNewToken) {
            self.keep(None);
        }
        result
    }
}

impl TokenProvider for Exchanged {
    async fn fetch(&self, request: &TokenRequest) -> Result<AltinnToken, Error> {
        let budget = Budget::start();
        let mut exchanged = None;
        if let Some(kept) = self.kept() {
            match self.exchange(&kept, &budget).await {
                Err(error) if error.retry() == Retry::WithNewToken => {}
                result => exchanged = Some(result?),
            }
        }
        let token = match exchanged {
            Some(token) => token,
            None => self.fetch_both(request, &budget).await?,
        };
        preflight::org(request, &token)?;
        tracing::info!(
            client_id = self.maskinporten.client_id,
            kid = self.maskinporten.key.kid(),
            scope = request.scope(),
            org = token.org(),
            lifetime_s = token.lifetime().as_secs(),
            "new Altinn token"
        );
        Ok(token)
    }
}

impl Exchanged {
    /// Both legs from the start. The exchange says 401 for troubles of its own, too, so one more round is tried.
    async fn fetch_both(&self, request: &TokenRequest, budget: &Budget) -> Result<AltinnToken, Error> {
        let token = self.fresh(request, budget).await?;
        let error = match self.exchange(&token, budget).await {
            Err(error) if error.retry() == Retry::WithNewToken => error,
            result => return result,
        };
        let pause = Duration::from_millis(500) + random::below(Duration::from_millis(500));
        if !budget.wait(pause).await {
            return Err(error);
        }
        let token = self.fresh(request, budget).await?;
        self.exchange(&token, budget).await
    }
}
