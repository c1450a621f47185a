use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use altinn_core::Secret;
use serde::Deserialize;
use serde_json::Value;

use crate::error::Asked;
use crate::jwt::Claims;
use crate::moment::Moment;

/// A token of Maskinporten's own, as it is before the exchange, with what is known about it.
///
/// Apps and Storage don't take it: it is for APIs that say they want Maskinporten's token. Whatever needs an
/// [`AltinnToken`](crate::AltinnToken) can't be given this one by mistake.
///
/// Cheap to clone; clones are the same token to
/// [`Credentials::invalidate_maskinporten`](crate::Credentials::invalidate_maskinporten). `Debug` shows everything but
/// the token, and there is no `Display`.
#[derive(Clone)]
pub struct MaskinportenToken(Arc<Inner>);

struct Inner {
    secret: Secret,
    /// The granted scopes, if the answer or the token says.
    scope: Option<String>,
    /// What it was got with.
    asked: Asked,
    from: Moment,
    lifetime: Duration,
    id_hash: Option<String>,
}

#[derive(Deserialize)]
struct Granted {
    #[serde(deserialize_with = "secret")]
    access_token: Secret,
    expires_in: Value,
    scope: Option<String>,
}

fn secret<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
    String::deserialize(deserializer).map(Secret::new)
}

impl MaskinportenToken {
    /// Reads the answer to a request that was sent at `from`. `None` for anything that is no token with a lifetime.
    ///
    /// `asked`: what the request was.
    pub(crate) fn read(body: &[u8], from: Moment, asked: impl FnOnce() -> Asked) -> Option<Self> {
        let granted: Granted = serde_json::from_slice(body).ok()?;
        // Officially the token is opaque, so its claims are a second opinion only.
        let claims = Claims::read(granted.access_token.expose()).unwrap_or_default();
        let expires_in = match &granted.expires_in {
            Value::String(text) => text.trim().parse().ok()?,
            number => number.as_f64()?,
        };
        let expires_in = Duration::try_from_secs_f64(expires_in).ok()?;
        let lifetime = claims.lifetime().map_or(expires_in, |lifetime| lifetime.min(expires_in));
        let id_hash = claims.id_hash();
        let scope = granted.scope.or(claims.scope);
        (!granted.access_token.expose().is_empty()).then(|| {
            Self(Arc::new(Inner { secret: granted.access_token, scope, asked: asked(), from, lifetime, id_hash }))
        })
    }

    /// The token itself, as it stands behind `Bearer `. Pass it on to what needs it, and keep no copy.
    pub fn expose(&self) -> &str {
        self.0.secret.expose()
    }

    /// The scopes that Maskinporten granted. Empty when it doesn't say.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.scope().unwrap_or_default().split_ascii_whitespace()
    }

    /// How long the token lasts in all, by Maskinporten's answer or the token itself: the shorter of the two.
    pub fn lifetime(&self) -> Duration {
        self.0.lifetime
    }

    /// How much of its lifetime is left. Zero once it has expired.
    pub fn remaining(&self) -> Duration {
        self.0.lifetime.saturating_sub(self.0.from.age())
    }

    /// When the token expires by this computer's wall clock, for display. `None` beyond what the clock can count.
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.0.from.wall.checked_add(self.0.lifetime)
    }

    /// As [`scopes`](Self::scopes); `None` when Maskinporten doesn't say, which is another thing than none.
    pub(crate) fn scope(&self) -> Option<&str> {
        self.0.scope.as_deref()
    }

    /// For logs: what tells it from others. `None` when its id can't be read.
    pub(crate) fn id_hash(&self) -> Option<&str> {
        self.0.id_hash.as_deref()
    }

    pub(crate) fn kid(&self) -> Option<&str> {
        self.0.asked.kid()
    }

    /// Who asked for what to get it, for errors of later steps.
    pub(crate) fn asked(&self) -> &Asked {
        &self.0.asked
    }

    /// Whether this is the same token, not merely an equal one.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for MaskinportenToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MaskinportenToken")
            .field("token", &"[redacted]")
            .field("scope", &self.0.scope)
            .field("lifetime", &self.0.lifetime)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
