use std::time::SystemTime;

use super::{Maskinporten, MaskinportenToken, Sidecar};
use crate::error::Error;
use crate::request::TokenRequest;
use crate::retry::Budget;
use crate::statistics::Latency;

/// Where Maskinporten's tokens come from.
#[derive(Debug)]
pub(crate) enum Source {
    /// From Maskinporten, for grants of our own.
    Grant(Box<Maskinporten>),
    /// From a sidecar that holds the key and makes the grants.
    Sidecar(Sidecar),
}

impl Source {
    /// `renew`: whether the last token for the request was refused, so that one which is kept on the way, as a sidecar
    /// does, is of no use.
    pub(crate) async fn token(
        &self,
        request: &TokenRequest,
        renew: bool,
        budget: &Budget,
    ) -> Result<MaskinportenToken, Error> {
        match self {
            Self::Grant(maskinporten) => maskinporten.token(request, budget).await,
            Self::Sidecar(sidecar) => sidecar.token(request, renew, budget).await,
        }
    }

    /// For logs; the sidecar doesn't say.
    pub(crate) fn client_id(&self) -> Option<&str> {
        match self {
            Self::Grant(maskinporten) => Some(&maskinporten.client_id),
            Self::Sidecar(_) => None,
        }
    }

    /// All that makes these tokens others than those of other sources.
    pub(crate) fn identity(&self) -> Vec<String> {
        match self {
            Self::Grant(maskinporten) => {
                let Maskinporten { issuer, endpoint, client_id, keys, .. } = &**maskinporten;
                let kid = keys
                    .next(&[])
                    .and_then(|key| key.kid().or(key.certificates().first().map(String::as_str)).map(str::to_owned));
                vec![issuer.clone(), endpoint.usual().to_string(), client_id.clone(), kid.unwrap_or_default()]
            }
            Self::Sidecar(sidecar) => vec![sidecar.endpoint.to_string()],
        }
    }

    /// How long its answers took: those of tokens, and those of metadata.
    pub(crate) fn latencies(&self) -> (Latency, Latency) {
        match self {
            Self::Grant(maskinporten) => (maskinporten.latency.snapshot(), maskinporten.endpoint.latency.snapshot()),
            Self::Sidecar(sidecar) => (sidecar.latency.snapshot(), Latency::default()),
        }
    }

    /// When the key in use ends, if that is known.
    pub(crate) fn key_expires_at(&self) -> Option<SystemTime> {
        match self {
            Self::Grant(maskinporten) => maskinporten.keys.expires_at(),
            Self::Sidecar(_) => None,
        }
    }

    /// Changes with the keys.
    pub(crate) fn revision(&self) -> u64 {
        match self {
            Self::Grant(maskinporten) => maskinporten.keys.revision(),
            Self::Sidecar(_) => 0,
        }
    }
}
