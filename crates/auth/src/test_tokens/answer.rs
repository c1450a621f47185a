use std::time::Duration;

use altinn_core::Secret;
use http::StatusCode;

use crate::call::{self, Answer};
use crate::error::{Error, Service};
use crate::jwt::Claims;
use crate::moment::Moment;
use crate::token::AltinnToken;

const TIMEOUT: Duration = Duration::from_secs(20);

/// Asks for a token; whatever comes is the answer.
pub(super) async fn ask(request: reqwest::RequestBuilder, service: Service) -> Result<Answer, Error> {
    call::send(request.timeout(TIMEOUT), service).await
}

/// The token in an answer: a bare JWT.
///
/// * `service`: who answered, for errors.
/// * `from`: when it was asked.
pub(super) fn token(service: Service, answer: &Answer, from: Moment) -> Result<AltinnToken, Error> {
    let text = std::str::from_utf8(&answer.body).unwrap_or_default().trim().trim_matches('"');
    if answer.status != StatusCode::OK {
        return Err(refused(service, answer, text));
    }
    Claims::read(text)
        .and_then(|claims| AltinnToken::made_at(from, Secret::new(text), claims))
        .ok_or_else(|| service.no_token(answer.status).build())
}

fn refused(service: Service, answer: &Answer, text: &str) -> Error {
    let error = match answer.status {
        StatusCode::BAD_REQUEST => Error::of(service.kind(), format!("{} refused the request", service.name()))
            .advice("check the service owner's code, its organisation number, and the scopes"),
        status => service.without_reason(status, answer.retry_after()),
    };
    // A page of HTML explains nothing.
    let words = Some(text).filter(|text| !text.contains('<'));
    error.leg(service.leg()).status(answer.status).description(words).build()
}
