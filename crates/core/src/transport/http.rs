use std::time::Duration;

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
/// # Errors
/// [`ErrorKind::Config`] when the TLS backend can't start.
pub fn http_client(options: &HttpOptions) -> Result<reqwest::Client, Error> {
    reqwest::Client::builder()
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
