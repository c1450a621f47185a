//! The calls of all legs, down to status, headers and a bounded body.

use std::fmt;
use std::time::{Duration, SystemTime};

use altinn_core::transport::{has_tls_provider, http_date, retry_after, stays_here};
use http::header::DATE;
use http::{HeaderMap, StatusCode};
use url::{Host, Url};
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Retry, Service};
use crate::moment::unix_seconds;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Tokens are a few kilobytes; anything much larger is not what was asked for.
const MAX_BODY: usize = 256 * 1024;
/// Below this a difference is as likely the network's as the clock's, as `Date` counts whole seconds.
const MEASURABLE_SKEW: u64 = 3;

/// The client for calls to `address`, unless the user brings one. No redirects: a grant or a bearer token would go
/// elsewhere. The system's proxy, but not for what is on this computer: plain http is for that alone, and a proxy could
/// read along.
pub(crate) fn client(address: &Url) -> Result<reqwest::Client, Error> {
    check_provider()?;
    let builder = match stays_here(address) {
        true => reqwest::Client::builder().no_proxy(),
        false => reqwest::Client::builder(),
    };
    builder
        .connect_timeout(CONNECT_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        // Retries are ours alone: each needs a grant of its own.
        .retry(reqwest::retry::never())
        .user_agent(concat!("altinn-auth-rust/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| Error::of(ErrorKind::Config, "the HTTP client can't be built").source(error).build())
}

/// The clients of one set of credentials.
#[derive(Debug, Default)]
pub(crate) struct Clients {
    own: Option<reqwest::Client>,
    /// For addresses on this computer, and for others.
    made: [Option<reqwest::Client>; 2],
}

impl Clients {
    /// `own`: the user's client, for all addresses; `None` for those of [`client`].
    pub(crate) fn new(own: Option<reqwest::Client>) -> Self {
        Self { own, ..Self::default() }
    }

    /// The client for calls to `address`.
    pub(crate) fn for_address(&mut self, address: &Url) -> Result<reqwest::Client, Error> {
        if let Some(own) = &self.own {
            return Ok(own.clone());
        }
        let [here, elsewhere] = &mut self.made;
        let made = if stays_here(address) { here } else { elsewhere };
        let http = made.take().map_or_else(|| client(address), Ok)?;
        Ok(made.insert(http).clone())
    }
}

fn check_provider() -> Result<(), Error> {
    if has_tls_provider() {
        return Ok(());
    }
    Err(Error::of(ErrorKind::Config, "there is no cryptography provider for TLS")
        .advice("install one (rustls::crypto::CryptoProvider::install_default), or turn on the feature rustls")
        .into())
}

/// Whether nobody on the way can read along: https, or this computer alone.
pub(crate) fn is_private(address: &Url) -> bool {
    let here = match address.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    address.scheme() == "https" || here
}

/// What came back. `Debug` shows neither body nor headers: a good answer is a token.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Zeroizing<Vec<u8>>,
    headers: HeaderMap,
    received: SystemTime,
}

pub(crate) async fn send(request: reqwest::RequestBuilder, service: Service) -> Result<Answer, Error> {
    let broken = |error| transport(error, service);
    let mut response = request.send().await.map_err(broken)?;
    let received = SystemTime::now();
    let length = response.content_length().and_then(|length| usize::try_from(length).ok());
    // Reserved at once: growing would leave copies of a token behind that nothing overwrites.
    let mut body = Zeroizing::new(Vec::with_capacity(length.unwrap_or(MAX_BODY).min(MAX_BODY)));
    while let Some(chunk) = response.chunk().await.map_err(broken)? {
        if body.len() + chunk.len() > MAX_BODY {
            break;
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status: response.status(), body, headers: response.headers().clone(), received })
}

fn transport(error: reqwest::Error, service: Service) -> Error {
    let name = service.name();
    let message = if error.is_timeout() {
        format!("{name} did not answer in time")
    } else if error.is_connect() {
        format!("{name} can't be reached")
    } else {
        format!("the connection to {name} broke")
    };
    let nearby = error.is_connect() && error.url().is_some_and(stays_here);
    Error::of(ErrorKind::Transport, message)
        .leg(service.leg())
        .advice(service.when_silent(nearby))
        .retry(if error.is_builder() { Retry::Never } else { Retry::AfterPause })
        .source(error.without_url())
        .build()
}

impl Answer {
    /// How many seconds our clock was ahead of the server's, with the time that the answer took in it; `None` if it
    /// can't be told.
    pub(crate) fn clock_offset(&self) -> Option<i64> {
        unix_seconds(self.received).checked_sub(date(&self.headers)?)
    }

    /// The same, where it is more than the network may account for.
    pub(crate) fn clock_skew(&self) -> Option<i64> {
        self.clock_offset().filter(|offset| is_measurable(*offset))
    }

    /// How long the server asks to wait, in either form of the header.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        retry_after(&self.headers, self.received.try_into().ok()?)
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("status", &self.status).finish_non_exhaustive()
    }
}

/// Whether a difference of so many seconds is the clock's rather than the network's.
pub(crate) fn is_measurable(offset: i64) -> bool {
    offset.unsigned_abs() >= MEASURABLE_SKEW
}

/// The server's clock when it answered, in seconds since 1970.
pub(crate) fn date(headers: &HeaderMap) -> Option<i64> {
    http_date(headers.get(DATE)?.to_str().ok()?.trim()).map(jiff::Timestamp::as_second)
}

#[cfg(test)]
mod tests {
    use http::header::RETRY_AFTER;
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn answer(headers: &[(&HeaderName, &str)], received: i64) -> Answer {
        Answer {
            status: StatusCode::BAD_REQUEST,
            body: Zeroizing::default(),
            headers: headers
                .iter()
                .map(|(name, value)| ((*name).clone(), HeaderValue::from_str(value).unwrap()))
                .collect(),
            received: SystemTime::UNIX_EPOCH + Duration::from_secs(received as u64),
        }
    }

    #[test]
    fn debug_hides_the_body() {
        let answer = Answer { body: Zeroizing::new(b"secret".to_vec()), ..answer(&[], 1) };
        let shown = format!("{answer:?} {:?}", Some(&answer));
        assert!(shown.contains("400") && !shown.contains("secret") && !shown.contains("115"), "{shown}");
    }

    const EPOCH_DAY: &str = "Fri, 02 Jan 1970 00:00:00 GMT";
    const DAY: i64 = 86_400;

    #[cfg(all(feature = "rustls-no-provider", not(any(feature = "rustls", feature = "native-tls"))))]
    #[test]
    fn a_missing_provider_is_an_error_and_no_panic() {
        assert_eq!(client(&Url::parse("https://a.example/").unwrap()).unwrap_err().kind(), ErrorKind::Config);
    }

    #[test]
    fn only_addresses_that_nobody_can_read_along_are_private() {
        let private = |text: &str| is_private(&Url::parse(text).unwrap());
        for text in ["https://a.example/", "http://localhost:1/", "http://127.1.2.3/", "http://[::1]/"] {
            assert!(private(text), "{text}");
        }
        for text in ["http://a.example/", "http://localhost.example/", "http://10.0.0.1/", "http://[::2]/", "data:x"] {
            assert!(!private(text), "{text}");
        }
    }

    #[test]
    fn the_clock_s_error_is_measured() {
        let skew = |received| answer(&[(&DATE, EPOCH_DAY)], received).clock_skew();
        assert_eq!(skew(DAY + 40), Some(40));
        assert_eq!(skew(DAY - 40), Some(-40));
        assert_eq!(skew(DAY + 2), None);
        assert_eq!(answer(&[], DAY).clock_skew(), None);
        assert_eq!(answer(&[(&DATE, "yesterday")], DAY).clock_skew(), None);
    }

    #[test]
    fn a_date_to_wait_for_is_held_against_the_server_s_clock() {
        let skewed = answer(&[(&RETRY_AFTER, EPOCH_DAY), (&DATE, "Thu, 01 Jan 1970 23:59:50 GMT")], DAY + 5000);
        assert_eq!(skewed.retry_after(), Some(Duration::from_secs(10)));
    }
}
