use std::time::Duration;

use http::StatusCode;
use http::header::ACCEPT;
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

use crate::call;
use crate::error::{Asked, Error, ErrorKind, Leg, Service, scrub};
use crate::statistics::Histogram;

/// Below the issuer, and not before its path as for other authorization servers: that is where Maskinporten has it.
const METADATA: &str = ".well-known/oauth-authorization-server";
const TIMEOUT: Duration = Duration::from_secs(5);
/// How long the usual address is used before metadata that could not be used is asked for again.
const REST: Duration = Duration::from_secs(600);

/// Where grants are sent to.
#[derive(Debug)]
pub(crate) struct Endpoint {
    usual: Url,
    /// `None` where metadata are not wanted. The lock is held while they are read, so that they are read once.
    found: Option<Mutex<Found>>,
    /// Of metadata.
    pub(super) latency: Histogram,
}

#[derive(Debug)]
enum Found {
    /// Not asked yet.
    Nothing,
    /// Good for as long as the program runs.
    Named(Url),
    /// Asked in vain, at that time.
    Unusable(Instant),
}

#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    token_endpoint: String,
}

impl Endpoint {
    /// * `usual`: the address that is taken where metadata don't name one.
    /// * `discovers`: whether to ask for metadata.
    pub(crate) fn new(usual: Url, discovers: bool) -> Self {
        let found = discovers.then(|| Mutex::new(Found::Nothing));
        Self { usual, found, latency: Histogram::default() }
    }

    /// Whether metadata are asked for the address.
    pub(crate) fn discovers(&self) -> bool {
        self.found.is_some()
    }

    /// The address without a look at metadata.
    pub(crate) fn usual(&self) -> &Url {
        &self.usual
    }

    pub(super) async fn find(&self, http: &reqwest::Client, issuer: &str) -> Url {
        let Some(found) = &self.found else { return self.usual.clone() };
        let mut found = found.lock().await;
        match &*found {
            Found::Named(endpoint) => return endpoint.clone(),
            Found::Unusable(asked) if asked.elapsed() < REST => return self.usual.clone(),
            Found::Unusable(_) | Found::Nothing => {}
        }
        match self.latency.time(ask(http, issuer)).await {
            Ok(Published { endpoint, .. }) => {
                *found = Found::Named(endpoint.clone());
                endpoint
            }
            Err(error) => {
                tracing::warn!(issuer, %error, endpoint = %self.usual, "Maskinporten's metadata are not used");
                *found = Found::Unusable(Instant::now());
                self.usual.clone()
            }
        }
    }
}

/// What Maskinporten says about itself.
#[derive(Debug)]
pub(crate) struct Published {
    pub(crate) endpoint: Url,
    /// How many seconds our clock is ahead of Maskinporten's; `None` where it doesn't tell the time.
    pub(crate) clock_offset: Option<i64>,
}

pub(super) async fn ask(http: &reqwest::Client, issuer: &str) -> Result<Published, Error> {
    let address = format!("{issuer}{METADATA}");
    let asked = || Url::parse(&address).map(|address| Asked::at(&address)).unwrap_or_default();
    published(http, &address, issuer).await.map_err(|error| error.with_asked(asked))
}

async fn published(http: &reqwest::Client, address: &str, issuer: &str) -> Result<Published, Error> {
    let call = http.get(address).header(ACCEPT, "application/json").timeout(TIMEOUT);
    let answer = call::send(call, Service::Maskinporten).await?;
    if answer.status != StatusCode::OK {
        let error = Service::Maskinporten.without_reason(answer.status, answer.retry_after());
        return Err(error.message("Maskinporten's metadata can't be had").build());
    }
    Ok(Published { endpoint: read(&answer.body, issuer)?, clock_offset: answer.clock_offset() })
}

/// The endpoint that the metadata name.
fn read(body: &[u8], issuer: &str) -> Result<Url, Error> {
    // The parser's words would quote the body.
    let metadata: Metadata = serde_json::from_slice(body).map_err(|_| {
        Error::of(ErrorKind::Maskinporten, "Maskinporten's metadata don't name an issuer and a token endpoint")
            .leg(Leg::Maskinporten)
            .advice("something between this computer and Maskinporten may have answered in its place")
            .build()
    })?;
    if metadata.issuer != issuer {
        return Err(unfit(format!("are of the issuer {}, and not of {issuer}", scrub(&metadata.issuer))));
    }
    let parsed = |text: &str| Url::parse(text).map_err(|_| unfit(format!("name {}, which is no address", scrub(text))));
    let (own, endpoint) = (parsed(issuer)?, parsed(&metadata.token_endpoint)?);
    // Whoever can change the document must not get hold of grants.
    if endpoint.origin() != own.origin() || !endpoint.username().is_empty() || endpoint.password().is_some() {
        return Err(unfit(format!("name a token endpoint that is elsewhere: {}", scrub(endpoint.as_str()))));
    }
    Ok(endpoint)
}

fn unfit(what: String) -> Error {
    Error::of(ErrorKind::Config, format!("Maskinporten's metadata {what}"))
        .leg(Leg::Maskinporten)
        .advice("check the environment's address of Maskinporten, with its slash at the end")
        .build()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const ISSUER: &str = "https://mp.example/";

    fn endpoint(issuer: &str, endpoint: &str) -> Result<String, Error> {
        let body = json!({"issuer": issuer, "token_endpoint": endpoint, "jwks_uri": "https://mp.example/jwk"});
        read(body.to_string().as_bytes(), ISSUER).map(Into::into)
    }

    #[test]
    fn an_endpoint_of_the_same_origin_is_taken() {
        for good in ["https://mp.example/oauth/token", "https://mp.example:443/t?a=b", "https://MP.example/token"] {
            assert!(endpoint(ISSUER, good).unwrap().starts_with("https://mp.example/"), "{good}");
        }
    }

    #[test]
    fn an_endpoint_elsewhere_or_another_issuer_is_not() {
        for bad in [
            "https://mp.example.evil.example/token",
            "https://evil.example/token",
            "http://mp.example/token",
            "https://mp.example:8443/token",
            "https://mp.example@evil.example/token",
            "https://user@mp.example/token",
            "https://:word@mp.example/token",
            "data:token",
        ] {
            assert!(endpoint(ISSUER, bad).unwrap_err().to_string().contains("elsewhere"), "{bad}");
        }
        for other in ["https://mp.example", "https://MP.example/", "https://other.example/", ""] {
            assert!(endpoint(other, "https://mp.example/token").unwrap_err().to_string().contains("issuer"), "{other}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn metadata_that_can_t_be_had_are_asked_for_again_after_a_rest() {
        // Nothing listens there.
        let issuer = "http://127.0.0.1:1/";
        let usual = Url::parse("http://127.0.0.1:1/token").unwrap();
        let endpoint = Endpoint::new(usual.clone(), true);
        let http = call::client(&usual).unwrap();
        let asked = async || {
            assert_eq!(endpoint.find(&http, issuer).await, usual);
            match &*endpoint.found.as_ref().unwrap().lock().await {
                Found::Unusable(asked) => *asked,
                found => panic!("{found:?}"),
            }
        };
        let first = asked().await;
        tokio::time::advance(REST / 2).await;
        assert_eq!(asked().await, first);
        tokio::time::advance(REST / 2).await;
        assert!(asked().await >= first + REST);
    }

    proptest! {
        #[test]
        fn any_metadata_are_taken(body in any::<Vec<u8>>(), text in "\\PC*") {
            let _ = read(&body, ISSUER);
            let _ = endpoint(ISSUER, &text);
            let _ = endpoint(&text, "https://mp.example/token");
        }
    }
}
