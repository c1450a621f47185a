//! Maskinporten's own tokens, behind the same gate as the Altinn tokens that are exchanged from them.

use std::sync::atomic::Ordering;

use super::Cache;
use crate::error::{Error, ErrorKind, Leg};
use crate::maskinporten::MaskinportenToken;
use crate::statistics::TokenKind;

impl Cache {
    pub(crate) async fn maskinporten_token(&self) -> Result<MaskinportenToken, Error> {
        let source = self.provider.exchanged().ok_or_else(no_source)?;
        if let Some(token) = source.kept(&self.request) {
            return Ok(self.served_maskinporten(token));
        }
        let seen = self.failures.load(Ordering::Acquire);
        let mut gate = self.gate.lock().await;
        // Who held the gate may have fetched one, on the way to an Altinn token.
        if let Some(token) = source.kept(&self.request) {
            return Ok(self.served_maskinporten(token));
        }
        let shared = gate.failure.as_ref().filter(|_| self.failures.load(Ordering::Acquire) != seen).cloned();
        // What the exchange refuses is no reason for Maskinporten to.
        if let Some(error) = shared.or_else(|| self.remembered()).filter(|error| !of_exchange(error)) {
            return Err(self.spared(error));
        }
        let result = source.maskinporten_token(&self.request).await;
        match &result {
            Ok(_) => {
                self.counters.maskinporten_fetched.count();
                gate.failure.take_if(|error| !of_exchange(error));
                self.refusal().take_if(|refusal| !of_exchange(refusal.last()));
            }
            Err(error) => self.note_failure(TokenKind::Maskinporten, &mut gate, error),
        }
        result
    }

    fn served_maskinporten(&self, token: MaskinportenToken) -> MaskinportenToken {
        self.counters.maskinporten_served_from_cache.count();
        token
    }

    /// Forgets `token`, if it is the one that is kept.
    pub(crate) fn invalidate_maskinporten(&self, token: &MaskinportenToken) {
        if let Some(source) = self.provider.exchanged() {
            source.invalidate(&self.request, token);
        }
    }
}

fn of_exchange(error: &Error) -> bool {
    error.leg() == Some(Leg::Exchange)
}

fn no_source() -> Error {
    Error::of(ErrorKind::Config, "these credentials get Altinn tokens, and none of Maskinporten's")
        .advice("make them with a Maskinporten client's id and key, or with a token sidecar")
        .build()
}
