mod posts;

use std::sync::Arc;
use std::time::Duration;

use altinn_core::{CredentialFailure, Scope, TokenScopes};
use async_trait::async_trait;
use http::header::AUTHORIZATION;
use http::{Extensions, Method, StatusCode};
use reqwest::{Request, Response};
use reqwest_middleware::{Middleware, Next};

use crate::call;
use crate::credentials::{Credentials, Shared};
use crate::error::{Error, ErrorKind};
use crate::token::AltinnToken;

/// A token younger than this may be refused only because the server's clock trails the exchange's.
const YOUNG: Duration = Duration::from_secs(10);
const CLOCKS_CATCH_UP: Duration = Duration::from_secs(1);
/// What is left at least of the token of a request that can't be sent twice, unless set.
const FOR_STREAMS: Duration = Duration::from_secs(600);

/// Adds the token to requests, as a layer for `reqwest_middleware`.
///
/// * A request that has an `Authorization` header is passed on untouched, unless it is to be
///   [overwritten](Self::overwrite_authorization).
/// * A request to a host outside the credentials' environment fails before a token is fetched. But redirects are
///   followed below all layers, by the HTTP client, and with the token as long as the host stays the same: build it
///   with `redirect(reqwest::redirect::Policy::none())`, as the SDK does for its own clients.
/// * So does a request whose method goes beyond the credentials' access `S`: without writing only GET, HEAD and OPTIONS
///   pass, the POST by which Storage is asked for messages, and with [`ReadConfirm`](altinn_core::ReadConfirm) the one
///   by which it takes a confirmation; without reading neither GET nor HEAD. The clients of the SDK have no such methods;
///   this is for requests that are made by hand. The token may allow more than `S`, as that of
///   [`Credentials::read_only`] does.
/// * On a 401 the token is renewed and the request sent once more; the second answer is returned whatever it is, and a
///   second 401 is a warning in the log. If the body is a stream, which can't be sent twice, the 401 is returned, and the
///   next request gets a new token unless this one is younger than ten seconds. So that it doesn't come to that, a stream
///   is begun with a token that has [some time left](Self::token_for_streams).
/// * On a 401 for a token of the last ten seconds, where the server's clock does not show that the token had begun to
///   be valid, it is that token that is sent once more, a second later. If it is refused again, the next request gets a new
///   one.
/// * A 403 is returned: a new token would have the same rights.
/// * An answer of 401 or 403 carries the token's scopes in its extensions, as [`TokenScopes`].
///
/// Put it behind (inside) layers that retry, so that each of their attempts has a token that is valid then. Failures
/// are a [`CredentialFailure`] with an [`Error`] in it.
#[derive(Debug, Clone)]
pub struct AuthLayer {
    shared: Arc<Shared>,
    reads: bool,
    writes: bool,
    confirms: bool,
    for_streams: Duration,
    overwrites: bool,
}

impl AuthLayer {
    /// A layer that takes tokens from `credentials`, and sends them to its environment only, with methods that `S`
    /// allows.
    pub fn new<S: Scope>(credentials: Credentials<S>) -> Self {
        Self {
            shared: credentials.shared(),
            reads: S::READS,
            writes: S::WRITES,
            confirms: S::CONFIRMS,
            for_streams: FOR_STREAMS,
            overwrites: false,
        }
    }

    /// Sets whether a request that has an `Authorization` header gets the token in its place, for callers that set one
    /// which is not for Altinn. `false` unless set: such a request is passed on untouched.
    #[must_use]
    pub fn overwrite_authorization(mut self, yes: bool) -> Self {
        self.overwrites = yes;
        self
    }

    /// Sets how long a token lasts at least with which a request begins whose body is a stream. Such a request can't be
    /// sent again when the token is refused, so one that ends sooner is renewed before.
    ///
    /// `least`: 10 minutes unless set; three quarters of a token's lifetime are enough in any case.
    #[must_use]
    pub fn token_for_streams(mut self, least: Duration) -> Self {
        self.for_streams = least;
        self
    }

    fn check(&self, request: &Request) -> Result<(), Error> {
        let environment = &self.shared.environment;
        if !environment.allows_token(request.url()) {
            let host = request.url().host_str().unwrap_or_default();
            let message = format!("{host} must not see a token for the environment {environment}");
            return Err(Error::of(ErrorKind::HostNotAllowed, message).into());
        }
        if !self.allows(request) {
            let message = format!("the credentials' access does not allow {}", request.method());
            return Err(Error::of(ErrorKind::AccessDenied, message)
                .advice(
                    "for reading make them with Read, ReadConfirm or ReadWrite, for confirmations with ReadConfirm, \
                     for anything else with Write or ReadWrite",
                )
                .into());
        }
        Ok(())
    }

    fn allows(&self, request: &Request) -> bool {
        match *request.method() {
            Method::OPTIONS => true,
            Method::GET | Method::HEAD => self.reads,
            Method::POST if !self.writes => {
                let (url, environment) = (request.url(), &self.shared.environment);
                (self.confirms && posts::confirms(url, environment)) || (self.reads && posts::asks(url, environment))
            }
            // What a method does that nobody has heard of can't be known.
            _ => self.writes,
        }
    }

    async fn token(&self) -> reqwest_middleware::Result<AltinnToken> {
        self.shared.cache.token().await.map_err(failed)
    }
}

#[async_trait]
impl Middleware for AuthLayer {
    async fn handle(
        &self,
        mut request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> reqwest_middleware::Result<Response> {
        if !self.overwrites && request.headers().contains_key(AUTHORIZATION) {
            return next.run(request, extensions).await;
        }
        self.check(&request).map_err(failed)?;
        let spare = request.try_clone();
        let token = match &spare {
            Some(_) => self.token().await?,
            None => self.shared.cache.token_lasting(self.for_streams).await.map_err(failed)?,
        };
        authorize(&mut request, &token);
        let response = next.clone().run(request, extensions).await?;
        if response.status() != StatusCode::UNAUTHORIZED {
            return Ok(told(response, &token));
        }
        let too_early = may_be_too_early(&token, &response);
        let Some(mut request) = spare else {
            if !too_early {
                self.shared.cache.invalidate(&token);
            }
            return Ok(told(response, &token));
        };
        let second = if too_early {
            tracing::debug!("a token of the last seconds was refused; trying it once more");
            tokio::time::sleep(CLOCKS_CATCH_UP).await;
            token
        } else {
            self.shared.cache.invalidate(&token);
            let renewed = self.token().await?;
            if renewed.is(&token) {
                // A token that was given ready-made: it would be refused again.
                return Ok(told(response, &token));
            }
            tracing::debug!("the token was refused; trying a new one");
            renewed
        };
        authorize(&mut request, &second);
        let response = next.run(request, extensions).await?;
        if response.status() == StatusCode::UNAUTHORIZED {
            tracing::warn!(
                environment = %self.shared.environment,
                "a fresh token was refused, too: it may be of another environment, or Altinn's keys have just changed"
            );
            if too_early {
                self.shared.cache.invalidate(&second);
            }
        }
        Ok(told(response, &second))
    }
}

fn authorize(request: &mut Request, token: &AltinnToken) {
    request.headers_mut().insert(AUTHORIZATION, token.header());
}

/// A refusal together with what its token allows, for whoever explains it.
fn told(mut response: Response, token: &AltinnToken) -> Response {
    let refused = matches!(response.status(), StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
    if refused && let Some(scopes) = TokenScopes::new(token.scopes()) {
        response.extensions_mut().insert(scopes);
    }
    response
}

/// Whether the server may have refused the token because, by its own clock, the token was not valid yet.
fn may_be_too_early(token: &AltinnToken, response: &Response) -> bool {
    let starts = token.claims().starts();
    let begun = call::date(response.headers()).zip(starts).is_some_and(|(now, starts)| now as f64 > starts + 1.0);
    token.age() < YOUNG && !begun
}

fn failed(error: Error) -> reqwest_middleware::Error {
    let (transient, wait) = (error.is_transient(), error.retry_after());
    reqwest_middleware::Error::middleware(CredentialFailure::new(error, transient).with_retry_after(wait))
}
