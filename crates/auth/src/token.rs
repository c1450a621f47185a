use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use altinn_core::Secret;
use http::HeaderValue;

use crate::error::{Error, ErrorKind};
use crate::jwt::Claims;
use crate::moment::{Moment, unix_seconds};

/// A token that Altinn's platform and apps accept, with what is known about it.
///
/// Cheap to clone; clones are the same token to [`Credentials::invalidate`](crate::Credentials::invalidate). `Debug`
/// shows everything but the token, and there is no `Display`.
#[derive(Clone)]
pub struct AltinnToken(Arc<Inner>);

/// Apart from the count of references, which every use writes, in a processor's cache.
#[repr(align(64))]
struct Inner {
    secret: Secret,
    /// Made once: a request needs a reference count, not a copy of more than a thousand bytes.
    header: HeaderValue,
    from: Moment,
    lifetime: Duration,
    claims: Claims,
}

/// A token that doesn't say when it ends is taken to last this long. Long enough to never be renewed for its age.
const UNKNOWN: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

impl AltinnToken {
    /// A token that was made just now, as a JWT that says how long it lasts.
    ///
    /// `jwt`: the compact form. Its signature is not checked.
    ///
    /// # Errors
    /// [`ErrorKind::Provider`] when it is no JWT, or has no lifetime (`exp` after `iat` or `nbf`).
    pub fn from_jwt(jwt: impl Into<Secret>) -> Result<Self, Error> {
        let secret = jwt.into();
        let claims = Claims::read(secret.expose());
        claims
            .and_then(|claims| Self::made_at(Moment::now(), secret, claims))
            .ok_or_else(|| Error::of(ErrorKind::Provider, "the token is no JWT with a lifetime").build())
    }

    /// A token of any form that lasts a given time from now.
    ///
    /// * `text`: the token as it stands behind `Bearer `.
    /// * `lifetime`: how long it is accepted. It is renewed before.
    ///
    /// # Errors
    /// [`ErrorKind::Provider`] when the text can't stand in a header.
    pub fn with_lifetime(text: impl Into<Secret>, lifetime: Duration) -> Result<Self, Error> {
        let secret = text.into();
        let claims = Claims::read(secret.expose()).unwrap_or_default();
        Self::assemble(Moment::now(), lifetime, secret, claims)
            .ok_or_else(|| Error::of(ErrorKind::Provider, "the token holds characters that no header takes").build())
    }

    /// A token that was asked for at `from`; `None` if it doesn't say how long it lasts.
    pub(crate) fn made_at(from: Moment, secret: Secret, claims: Claims) -> Option<Self> {
        Self::assemble(from, claims.lifetime()?, secret, claims)
    }

    /// A token of unknown age, so that only its `exp` and our wall clock tell how much is left.
    pub(crate) fn of_unknown_age(secret: Secret) -> Option<Self> {
        let from = Moment::now();
        let claims = Claims::read(secret.expose()).unwrap_or_default();
        let lifetime = match claims.expires {
            Some(expires) => Duration::try_from_secs_f64(expires - unix_seconds(from.wall) as f64).unwrap_or_default(),
            None => UNKNOWN,
        };
        Self::assemble(from, lifetime.min(UNKNOWN), secret, claims)
    }

    /// A token that was asked for at an earlier time by the wall clock, perhaps by another process; `None` if the text
    /// can't stand in a header.
    ///
    /// `lifetime`: how long it lasts from then.
    pub(crate) fn of_before(text: Secret, asked: SystemTime, lifetime: Duration) -> Option<Self> {
        let claims = Claims::read(text.expose()).unwrap_or_default();
        Self::assemble(Moment::before(asked), lifetime, text, claims)
    }

    /// When it was asked for, by this computer's wall clock.
    pub(crate) fn asked_at(&self) -> SystemTime {
        self.0.from.wall
    }

    /// The same token, to be used no longer than for `left` from now.
    pub(crate) fn limited_to(self, left: Duration) -> Self {
        let Inner { secret, from, lifetime, claims, .. } = &*self.0;
        let limit = self.age().saturating_add(left);
        if limit >= *lifetime {
            return self;
        }
        Self::assemble(*from, limit, secret.clone(), claims.clone()).unwrap_or(self)
    }

    fn assemble(from: Moment, lifetime: Duration, secret: Secret, claims: Claims) -> Option<Self> {
        let mut header = HeaderValue::try_from(format!("Bearer {}", secret.expose())).ok()?;
        // Keeps it out of Debug and out of HTTP/2's compression tables.
        header.set_sensitive(true);
        Some(Self(Arc::new(Inner { secret, header, from, lifetime, claims })))
    }

    /// The token itself. Pass it on to what needs it, and keep no copy.
    pub fn expose(&self) -> &str {
        self.0.secret.expose()
    }

    /// The code of the service owner that the token speaks for, such as `ttd`. `None` when it names none.
    pub fn org(&self) -> Option<&str> {
        self.0.claims.org.as_deref()
    }

    /// The scopes in the token. Empty when it doesn't say.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.0.claims.scope.as_deref().unwrap_or_default().split_ascii_whitespace()
    }

    /// How long the token lasts in all.
    pub fn lifetime(&self) -> Duration {
        self.0.lifetime
    }

    /// How much of its lifetime is left. Zero once it has expired.
    pub fn remaining(&self) -> Duration {
        self.0.lifetime.saturating_sub(self.age())
    }

    /// When the token expires by this computer's wall clock, for display. `None` beyond what the clock can count.
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.0.from.wall.checked_add(self.0.lifetime)
    }

    /// How long ago it was asked for.
    pub(crate) fn age(&self) -> Duration {
        self.0.from.age()
    }

    pub(crate) fn claims(&self) -> &Claims {
        &self.0.claims
    }

    pub(crate) fn header(&self) -> HeaderValue {
        self.0.header.clone()
    }

    /// Whether this is the same token, not merely an equal one.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for AltinnToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AltinnToken")
            .field("token", &"[redacted]")
            .field("org", &self.0.claims.org)
            .field("scope", &self.0.claims.scope)
            .field("lifetime", &self.0.lifetime)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    fn jwt(payload: &str) -> String {
        format!("e30.{}.c2lnbmF0dXJl", URL_SAFE_NO_PAD.encode(payload))
    }

    #[tokio::test(start_paused = true)]
    async fn it_knows_what_is_left_of_it() {
        let token =
            AltinnToken::from_jwt(jwt(r#"{"iat":100,"exp":1900,"scope":"a b","urn:altinn:org":"ttd"}"#)).unwrap();
        assert_eq!(token.lifetime(), Duration::from_secs(1800));
        assert_eq!(token.scopes().collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(token.org(), Some("ttd"));
        tokio::time::advance(Duration::from_secs(800)).await;
        assert_eq!(token.remaining(), Duration::from_secs(1000));
        tokio::time::advance(Duration::from_secs(8000)).await;
        assert_eq!(token.remaining(), Duration::ZERO);
    }

    #[test]
    fn debug_and_its_containers_hide_the_token() {
        let text = jwt(r#"{"iat":100,"exp":1900}"#);
        let token = AltinnToken::from_jwt(text.as_str()).unwrap();
        let shown = format!("{token:?} {:?} {:?}", Some(&token), token.header());
        assert_eq!(token.expose(), text);
        for part in text.split('.').skip(1).chain([text.as_str()]) {
            assert!(!shown.contains(part), "{shown}");
        }
    }

    #[test]
    fn what_is_no_token_is_an_error_without_the_text() {
        for bad in ["secret-text", "a.b.c", &jwt("{}"), &jwt(r#"{"iat":5,"exp":5}"#)] {
            let error = AltinnToken::from_jwt(bad).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Provider);
            assert!(!format!("{error} {error:?}").contains(bad));
        }
        assert!(AltinnToken::with_lifetime("line\nbreak", Duration::from_secs(60)).is_err());
    }

    #[test]
    fn a_token_of_unknown_age_ends_with_its_exp() {
        let soon = unix_seconds(SystemTime::now()) + 600;
        let token = AltinnToken::of_unknown_age(jwt(&format!(r#"{{"iat":1,"exp":{soon}}}"#)).into()).unwrap();
        assert!(token.remaining() <= Duration::from_secs(600) && token.remaining() > Duration::from_secs(590));
        let past = AltinnToken::of_unknown_age(jwt(r#"{"iat":1,"exp":2}"#).into()).unwrap();
        assert_eq!(past.remaining(), Duration::ZERO);
        let opaque = AltinnToken::of_unknown_age("opaque".into()).unwrap();
        assert!(opaque.remaining() > Duration::from_secs(1_000_000));
    }
}
