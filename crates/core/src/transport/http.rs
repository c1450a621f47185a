use std::time::Duration;

use url::Url;

use crate::environment::is_loopback;
use crate::{Error, ErrorKind};

/// What the HTTP client of a service client is made with.
#[derive(Debug, Clone)]
pub struct HttpOptions {
    /// Sent as `User-Agent`.
    pub user_agent: String,
    /// How long a connection may take to come about.
    pub connect_timeout: Duration,
}

/// An HTTP client that is safe with a bearer token: it follows no redirects (a redirect would carry the token
/// elsewhere), sends no referer, and repeats nothing by itself, since repeating is decided per operation.
///
/// It has no time-out for reading either: that clock would also run while a large upload is being sent.
///
/// It goes through the system's proxy (`HTTPS_PROXY`, `NO_PROXY` and so on), unless `base`, which its requests are to go
/// below, is [on this computer](stays_here): a proxy would look for it on its own, and could read along.
///
/// # Errors
/// [`ErrorKind::Config`] when the TLS backend can't start, or has no cryptography: see [`has_tls_provider`].
pub fn http_client(options: &HttpOptions, base: &Url) -> Result<reqwest::Client, Error> {
    if !has_tls_provider() {
        return Err(Error::new(ErrorKind::Config, "client.build").with_detail(
            "there is no cryptography for TLS: install a provider with rustls::crypto::CryptoProvider::install_default, \
             or turn the feature rustls on",
        ));
    }
    let builder = match stays_here(base) {
        true => reqwest::Client::builder().no_proxy(),
        false => reqwest::Client::builder(),
    };
    builder
        .user_agent(&options.user_agent)
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .retry(reqwest::retry::never())
        .connect_timeout(options.connect_timeout)
        .build()
        .map_err(|error| {
            Error::new(ErrorKind::Config, "client.build")
                .with_detail("the HTTP client can't be built")
                .with_source(error.without_url())
        })
}

/// Whether requests to `address` stay on this computer: a loopback address, `localhost`, or `local.altinn.cloud`, which
/// names it.
pub fn stays_here(address: &Url) -> bool {
    is_loopback(address)
}

/// Whether an HTTP client can be built. With the feature `rustls-no-provider` alone the program brings the cryptography,
/// and `reqwest` panics if it did not. Where another feature is on as well the client has one of its own.
pub fn has_tls_provider() -> bool {
    #[cfg(all(feature = "rustls-no-provider", not(any(feature = "rustls", feature = "native-tls"))))]
    return rustls::crypto::CryptoProvider::get_default().is_some();
    #[cfg(not(all(feature = "rustls-no-provider", not(any(feature = "rustls", feature = "native-tls")))))]
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> HttpOptions {
        HttpOptions { user_agent: "test".to_owned(), connect_timeout: Duration::from_secs(1) }
    }

    #[test]
    fn a_missing_provider_is_an_error_and_no_panic() {
        match http_client(&options(), &Url::parse("https://a.example/").unwrap()) {
            Ok(_) => assert!(has_tls_provider()),
            Err(error) => assert!(!has_tls_provider() && error.kind() == ErrorKind::Config),
        }
    }
}
