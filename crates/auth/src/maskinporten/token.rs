use std::time::Duration;

use altinn_core::Secret;
use serde::Deserialize;
use serde_json::Value;

use crate::jwt::Claims;
use crate::moment::Moment;

/// Maskinporten's token, which only the exchange takes.
#[derive(Debug, Clone)]
pub(crate) struct MaskinportenToken {
    pub(crate) secret: Secret,
    /// The granted scopes, if the answer or the token says.
    pub(crate) scope: Option<String>,
    /// The id of the key that it was got with.
    pub(crate) kid: Option<String>,
    from: Moment,
    lifetime: Duration,
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
    pub(crate) fn read(body: &[u8], from: Moment, kid: Option<&str>) -> Option<Self> {
        let granted: Granted = serde_json::from_slice(body).ok()?;
        // Officially the token is opaque, so its claims are a second opinion only.
        let claims = Claims::read(granted.access_token.expose()).unwrap_or_default();
        let expires_in = match &granted.expires_in {
            Value::String(text) => text.trim().parse().ok()?,
            number => number.as_f64()?,
        };
        let expires_in = Duration::try_from_secs_f64(expires_in).ok()?;
        let lifetime = claims.lifetime().map_or(expires_in, |lifetime| lifetime.min(expires_in));
        let scope = granted.scope.or(claims.scope);
        (!granted.access_token.expose().is_empty()).then(|| Self {
            secret: granted.access_token,
            scope,
            kid: kid.map(str::to_owned),
            from,
            lifetime,
        })
    }

    pub(crate) fn remaining(&self) -> Duration {
        self.lifetime.saturating_sub(self.from.age())
    }
}

#[cfg(test)]
mod tests;
