use std::time::Duration;

use altinn_core::Secret;
use http::StatusCode;

use crate::call::{self, Answer};
use crate::error::{Error, ErrorKind, Leg, Retry};
use crate::jwt::Claims;
use crate::moment::Moment;
use crate::token::AltinnToken;

const TIMEOUT: Duration = Duration::from_secs(20);

/// Asks for a token; whatever comes is the answer.
pub(super) async fn ask(request: reqwest::RequestBuilder) -> Result<Answer, Error> {
    call::send(request.timeout(TIMEOUT), Leg::Exchange).await
}

/// The token in an answer: a bare JWT.
///
/// * `source`: who answered, for errors.
/// * `from`: when it was asked.
pub(super) fn token(source: &'static str, answer: &Answer, from: Moment) -> Result<AltinnToken, Error> {
    let text = std::str::from_utf8(&answer.body).unwrap_or_default().trim().trim_matches('"');
    if answer.status != StatusCode::OK {
        let advice = match answer.status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => "check its user and password",
            _ => "",
        };
        let passing = answer.status.is_server_error() || answer.status == StatusCode::TOO_MANY_REQUESTS;
        return Err(Error::of(ErrorKind::Exchange, format!("{source} gave no token"))
            .leg(Leg::Exchange)
            .status(answer.status)
            .description(Some(text))
            .advice(advice)
            .retry(if passing { Retry::AfterPause } else { Retry::Never })
            .retry_after(answer.retry_after())
            .build());
    }
    Claims::read(text).and_then(|claims| AltinnToken::made_at(from, Secret::new(text), claims)).ok_or_else(|| {
        Error::of(ErrorKind::Exchange, format!("what {source} answered is no token"))
            .leg(Leg::Exchange)
            .status(answer.status)
            .build()
    })
}
