mod posts;

use std::sync::Arc;
use std::time::Duration;

use altinn_core::{CredentialFailure, Scope};
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

/// Adds the token to requests, as a layer for `reqwest_middleware`.
///
/// * A request that has an `Authorization` header is passed on untouched.
/// * A request to a host outside the credentials' environment fails before a token is fetched.
/// * So does a request whose method goes beyond the credentials' access `S`: without writing only GET, HEAD and OPTIONS
///   pass, the POST by which Storage is asked for messages, and with [`ReadConfirm`](altinn_core::ReadConfirm) the one by
///   which it takes a confirmation; without reading neither GET nor HEAD. The clients of the SDK have no such methods; this is for requests that are made by
///   hand. The token may allow more than `S`, as that of [`Credentials::read_only`] does.
/// * On a 401 the token is renewed and the request sent once more; the second answer is returned whatever it is. If
///   the body is a stream, which can't be sent twice, the 401 is returned, and the next request gets a new token.
/// * On a 401 for a token of the last ten seconds, where the server's clock does not show that the token had begun to
///   be valid, the same token is tried once more after a second, before it is renewed.
/// * A 403 is returned: a new token would have the same rights.
///
/// Put it behind (inside) layers that retry, so that each of their attempts has a token that is valid then. Failures
/// are a [`CredentialFailure`] with an [`Error`] in it.
#[derive(Debug, Clone)]
pub struct AuthLayer {
    shared: Arc<Shared>,
    reads: bool,
    writes: bool,
    confirms: bool,
}

impl AuthLayer {
    /// A layer that takes tokens from `credentials`, and sends them to its environment only, with methods that `S`
    /// allows.
    pub fn new<S: Scope>(credentials: Credentials<S>) -> Self {
        Self { shared: credentials.shared(), reads: S::READS, writes: S::WRITES, confirms: S::CONFIRMS }
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
        if request.headers().contains_key(AUTHORIZATION) {
            return next.run(request, extensions).await;
        }
        self.check(&request).map_err(failed)?;
        let token = self.token().await?;
        let spare = request.try_clone();
        authorize(&mut request, &token);
        let mut response = next.clone().run(request, extensions).await?;
        if response.status() != StatusCode::UNAUTHORIZED {
            return Ok(response);
        }
        let too_early = may_be_too_early(&token, &response);
        let Some(mut request) = spare else {
            if !too_early {
                self.shared.cache.invalidate(&token);
            }
            return Ok(response);
        };
        if too_early && let Some(mut early) = request.try_clone() {
            tracing::debug!("a token of the last seconds was refused; trying it once more");
            tokio::time::sleep(CLOCKS_CATCH_UP).await;
            authorize(&mut early, &token);
            response = next.clone().run(early, extensions).await?;
            if response.status() != StatusCode::UNAUTHORIZED {
                return Ok(response);
            }
        }
        self.shared.cache.invalidate(&token);
        let renewed = self.token().await?;
        if renewed.is(&token) {
            // A token that was given ready-made: it would be refused again.
            return Ok(response);
        }
        tracing::debug!("the token was refused; trying a new one");
        authorize(&mut request, &renewed);
        next.run(request, extensions).await
    }
}

fn authorize(request: &mut Request, token: &AltinnToken) {
    request.headers_mut().insert(AUTHORIZATION, token.header());
}

/// Whether the server may have refused the token because, by its own clock, the token was not valid yet.
fn may_be_too_early(token: &AltinnToken, response: &Response) -> bool {
    let starts = token.claims().starts();
    let begun = call::date(response.headers()).zip(starts).is_some_and(|(now, starts)| now as f64 > starts + 1.0);
    token.age() < YOUNG && !begun
}

fn failed(error: Error) -> reqwest_middleware::Error {
    let transient = error.is_transient();
    reqwest_middleware::Error::middleware(CredentialFailure::new(error, transient))
}
