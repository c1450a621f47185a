//! The second leg: a Maskinporten token to Altinn, an Altinn token back.

use std::time::Duration;

use altinn_core::Secret;
use http::StatusCode;
use serde_json::{Map, Value};
use url::Url;

use crate::call::{self, Answer};
use crate::error::{Asked, Error, ErrorKind, Leg, Retry, Service};
use crate::jwt::Claims;
use crate::maskinporten::MaskinportenToken;
use crate::moment::Moment;
use crate::retry::{self, Budget};
use crate::statistics::Histogram;
use crate::token::AltinnToken;

/// Twice Maskinporten's: while the list of organisations can't be read, the exchange tries to for up to ten seconds, and
/// only then says 401. Given up before, that would look like a network that is down.
const TIMEOUT: Duration = Duration::from_secs(20);
/// Both for a parameter that it doesn't take and for a token that is no Maskinporten's.
const BAD_REQUEST: &str = "what is asked for, or whom the token comes from, is not what the exchange takes: check the \
                           environment's addresses of the platform and of Maskinporten";
/// The exchange has no 403 of its own for these tokens.
const FORBIDDEN: &str = "the exchange itself says no such thing to a Maskinporten token: look for a proxy, a firewall or a \
                         gateway on the way, and check the environment's address of the platform";

const NO_REASON: &str = "Altinn gives no reason for it: the token may come from another environment's Maskinporten, \
                         this computer's clock may be wrong, or the exchange can't reach Maskinporten's keys or its \
                         own list of organisations at the moment";

#[derive(Debug)]
pub(crate) struct Exchange {
    http: reqwest::Client,
    endpoint: Url,
    pub(crate) latency: Histogram,
}

impl Exchange {
    /// * `platform`: the platform's base address.
    /// * `test_organisation`: whether Digdir's own client becomes the test department (`ttd`).
    pub(crate) fn new(http: reqwest::Client, platform: &Url, test_organisation: bool) -> Result<Self, Error> {
        let mut endpoint = platform.join("authentication/api/v1/exchange/maskinporten").map_err(|error| {
            Error::of(ErrorKind::Config, "the platform's address can't be extended").source(error).build()
        })?;
        if test_organisation {
            // Spelled out: the service refuses `1` and takes any other organisation's token as if it were absent.
            endpoint.set_query(Some("test=true"));
        }
        Ok(Self { http, endpoint, latency: Histogram::default() })
    }

    /// With what is asked for in it.
    pub(crate) fn endpoint(&self) -> &str {
        self.endpoint.as_str()
    }

    pub(crate) async fn token(&self, token: &MaskinportenToken, budget: &Budget) -> Result<AltinnToken, Error> {
        let result = retry::run(budget, &self.endpoint, || self.attempt(token)).await;
        result.map_err(|error| error.with_asked(|| self.asked(token)))
    }

    /// Who asked for an exchange of `token`, for errors.
    pub(crate) fn asked(&self, token: &MaskinportenToken) -> Asked {
        token.asked().clone().then_at(&self.endpoint)
    }

    async fn attempt(&self, token: &MaskinportenToken) -> Result<AltinnToken, Error> {
        let from = Moment::now();
        // No Accept of our own: asked for JSON, the service puts the token in quotes.
        let request = self.http.get(self.endpoint.clone()).bearer_auth(token.expose()).timeout(TIMEOUT);
        let answer = self.latency.time(call::send(request, Service::Exchange)).await?;
        if answer.status != StatusCode::OK {
            return Err(refused(&answer));
        }
        read(&answer.body, from).ok_or_else(|| Service::Exchange.no_token(answer.status).build())
    }
}

/// Takes the token out of a body, bare or as a JSON text, if that is what it holds.
fn read(body: &[u8], from: Moment) -> Option<AltinnToken> {
    let text = std::str::from_utf8(body).ok()?.trim();
    let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text).trim();
    AltinnToken::made_at(from, Secret::new(text), Claims::read(text)?)
}

fn refused(answer: &Answer) -> Error {
    const REFUSED: &str = "Altinn's token exchange refused the token";
    let status = answer.status;
    let error = match status {
        StatusCode::UNAUTHORIZED => {
            Error::of(ErrorKind::Exchange, REFUSED).advice(NO_REASON).retry(Retry::WithNewToken)
        }
        StatusCode::BAD_REQUEST => Error::of(ErrorKind::Exchange, REFUSED).advice(BAD_REQUEST),
        StatusCode::FORBIDDEN => Error::of(ErrorKind::Exchange, REFUSED).advice(FORBIDDEN),
        StatusCode::GONE => Error::of(ErrorKind::Exchange, REFUSED)
            .advice("enterprise users are no more: use a system user, and leave their header out"),
        // An empty 500 means that it could not read the token, or is out of order. It says nothing to tell them apart.
        status => Service::Exchange.without_reason(status, answer.retry_after()),
    };
    let (words, trace_id) = problem(&answer.body);
    error
        .leg(Leg::Exchange)
        .status(status)
        .description(words.as_deref())
        .trace_id(trace_id.as_deref())
        .clock_skew(answer.clock_skew())
        .build()
}

/// The words and the trace id of an error body: problem details, a JSON text, or plain text.
fn problem(body: &[u8]) -> (Option<String>, Option<String>) {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    match serde_json::from_slice(body) {
        Ok(Value::Object(problem)) => {
            let words = faults(&problem).or_else(|| text(problem.get("detail"))).or_else(|| text(problem.get("title")));
            (words, text(problem.get("traceId")))
        }
        Ok(Value::String(words)) => (Some(words), None),
        Ok(_) => (None, None),
        // A gateway's page of HTML explains nothing.
        Err(_) => (std::str::from_utf8(body).ok().filter(|text| !text.contains('<')).map(str::to_owned), None),
    }
}

/// What is wrong with each parameter, where a problem says: its title alone is the same for all of them.
fn faults(problem: &Map<String, Value>) -> Option<String> {
    let errors = problem.get("errors")?.as_object()?;
    let faults: Vec<String> = errors
        .iter()
        .filter_map(|(parameter, texts)| {
            let texts: Vec<&str> = texts.as_array()?.iter().filter_map(Value::as_str).collect();
            (!texts.is_empty()).then(|| format!("{parameter}: {}", texts.join(" ")))
        })
        .collect();
    (!faults.is_empty()).then(|| faults.join("; "))
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use proptest::prelude::*;

    use super::*;

    fn jwt() -> String {
        format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(r#"{"iat":100,"exp":1900}"#))
    }

    #[test]
    fn bare_and_quoted_bodies_hold_the_same_token() {
        let jwt = jwt();
        for body in [jwt.clone(), format!("\"{jwt}\""), format!(" \"{jwt}\"\r\n"), format!("{jwt}\n")] {
            let token = read(body.as_bytes(), Moment::now()).unwrap();
            assert_eq!(token.expose(), jwt);
            assert_eq!(token.lifetime(), Duration::from_secs(1800));
        }
    }

    #[test]
    fn an_error_page_is_no_token() {
        for body in [&b""[..], b"\"\"", b"\"", b"<html>a.b.c</html>", b"{\"token\":\"a.b.c\"}", b"a.b.c", b"\xff\xfe"] {
            assert!(read(body, Moment::now()).is_none());
        }
        let half = jwt();
        assert!(read(half.get(..half.len() / 2).unwrap().as_bytes(), Moment::now()).is_none());
    }

    #[test]
    fn words_and_trace_id_come_out_of_any_shape() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            problem(br#"{"title":"Unauthorized","status":401,"traceId":"00-ab-cd-00"}"#),
            (some("Unauthorized"), some("00-ab-cd-00"))
        );
        assert_eq!(problem(br#"{"title":"a","detail":"b"}"#), (some("b"), None));
        let errors = br#"{"title":"a","errors":{"test":["The value '1' is not valid."],"x":["b","c"],"y":[],"z":1}}"#;
        assert_eq!(problem(errors), (some("test: The value '1' is not valid.; x: b c"), None));
        assert_eq!(problem(br#"{"title":"a","errors":{"test":[]}}"#), (some("a"), None));
        assert_eq!(problem(br#"{"title":"a","errors":"x"}"#), (some("a"), None));
        assert_eq!(problem(b"\"Invalid token provider\""), (some("Invalid token provider"), None));
        assert_eq!(problem(b"Invalid token provider"), (some("Invalid token provider"), None));
        assert_eq!(problem(b"<html>Bad Gateway</html>"), (None, None));
        assert_eq!(problem(b"[1]"), (None, None));
    }

    proptest! {
        #[test]
        fn any_body_is_taken(body in any::<Vec<u8>>(), text in "\\PC*") {
            let _ = read(&body, Moment::now());
            let _ = read(text.as_bytes(), Moment::now());
            problem(&body);
            problem(text.as_bytes());
        }
    }
}
