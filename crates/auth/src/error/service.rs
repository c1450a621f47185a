//! Whom a call goes to, and what is to be made of answers that explain nothing themselves.

use std::time::Duration;

use http::StatusCode;

use super::{Builder, Error, ErrorKind, Leg, Retry};

/// Whom a call goes to, so that an error blames no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    Maskinporten,
    /// Asks Maskinporten in our place.
    Sidecar,
    Exchange,
    LocalTest,
    TestTokens,
}

impl Service {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Maskinporten => "Maskinporten",
            Self::Sidecar => "the token sidecar",
            Self::Exchange => "Altinn's token exchange",
            Self::LocalTest => "LocalTest",
            Self::TestTokens => "the test-token generator",
        }
    }

    pub(crate) fn leg(self) -> Leg {
        match self {
            Self::Maskinporten | Self::Sidecar => Leg::Maskinporten,
            Self::Exchange => Leg::Exchange,
            Self::LocalTest | Self::TestTokens => Leg::TestTokens,
        }
    }

    /// The kind of its answers that are no tokens.
    pub(crate) fn kind(self) -> ErrorKind {
        match self {
            Self::Maskinporten | Self::Sidecar => ErrorKind::Maskinporten,
            Self::Exchange | Self::LocalTest | Self::TestTokens => ErrorKind::Exchange,
        }
    }

    /// Where its address comes from.
    fn address(self) -> &'static str {
        match self {
            Self::Maskinporten => "the environment's address of Maskinporten",
            Self::Sidecar => "the sidecar's address (NAIS_TOKEN_ENDPOINT)",
            Self::Exchange => "the environment's address of the platform",
            Self::LocalTest => "the environment's address of LocalTest",
            Self::TestTokens => "the generator's address",
        }
    }

    /// What to look at when no answer comes.
    ///
    /// `nearby`: whether nothing listens at its address, which is on this computer.
    pub(crate) fn when_silent(self, nearby: bool) -> String {
        let address = self.address();
        match self {
            Self::Maskinporten | Self::Exchange | Self::TestTokens if nearby => {
                format!("nothing listens there on this computer: check that it is running, and {address}")
            }
            Self::Sidecar => format!("check that the sidecar runs beside this program, and {address}"),
            Self::LocalTest => format!("check that LocalTest is running, and {address}"),
            _ => format!("check the network, the proxy and the firewall of this computer, and {address}"),
        }
    }

    /// An answer that is no success and gives no reason of the service's own.
    pub(crate) fn without_reason(self, status: StatusCode, retry_after: Option<Duration>) -> Builder {
        let (name, address) = (self.name(), self.address());
        let error = |message: String, advice: String| Error::of(self.kind(), message).advice(advice);
        let passing = |error: Builder| error.retry(Retry::AfterPause).retry_after(retry_after);
        let error = match status {
            StatusCode::TOO_MANY_REQUESTS => passing(error(
                format!("{name} gets too many requests"),
                "ask less often: one set of credentials for the whole program keeps its tokens and fetches few"
                    .to_owned(),
            )),
            status if status.is_server_error() => {
                passing(error(format!("{name} is not available"), self.when_down(status).to_owned()))
            }
            status if status.is_redirection() => error(
                format!("the address of {name} answers with a redirect, which is not followed"),
                format!("check {address}"),
            ),
            StatusCode::PROXY_AUTHENTICATION_REQUIRED => error(
                format!("a proxy on the way to {name} wants a user and a password"),
                "put them into the proxy's address (HTTPS_PROXY), or except the host from it (NO_PROXY)".to_owned(),
            ),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN if self == Self::TestTokens => {
                error(format!("{name} gave no token"), "check its user and password".to_owned())
            }
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => error(
                format!("{name} is not at the address that was asked"),
                format!("check {address}; a proxy or a gateway on the way may have answered, too"),
            ),
            _ => error(
                format!("{name} gave no token"),
                format!(
                    "if the answer is not its own, a proxy, a firewall or a gateway on the way gave it: check them, and \
                     {address}"
                ),
            ),
        };
        error.leg(self.leg()).status(status)
    }

    /// Whose fault a 5xx is, and what to do.
    fn when_down(self, status: StatusCode) -> &'static str {
        match self {
            Self::Maskinporten => {
                "the fault is Maskinporten's, or a gateway's on the way, and not this set-up's: try again later, and \
                 ask Digdir's support if it lasts"
            }
            Self::Sidecar => {
                "the fault is the sidecar's, or Maskinporten's behind it: look into the sidecar's log, and try again \
                 later"
            }
            Self::Exchange if status == StatusCode::INTERNAL_SERVER_ERROR => {
                "the exchange could not read the token, or is out of order, and does not say which: try again later; if \
                 it lasts, check that the environment's addresses of Maskinporten and of the platform belong together, \
                 and ask Altinn's support"
            }
            Self::Exchange => {
                "the fault is Altinn's, or a gateway's on the way, and not this set-up's: try again later, and ask \
                 Altinn's support if it lasts"
            }
            Self::LocalTest => "LocalTest is out of order, or is just starting: look into its log, and try again later",
            Self::TestTokens => "the generator is out of order, or is just starting: try again later",
        }
    }

    /// An answer that is a success, and no token.
    pub(crate) fn no_token(self, status: StatusCode) -> Builder {
        // What makes test tokens has nothing in front of it that passes.
        let retry = if self.leg() == Leg::TestTokens { Retry::Never } else { Retry::AfterPause };
        Error::of(self.kind(), format!("the answer of {} holds no token", self.name()))
            .leg(self.leg())
            .status(status)
            .advice(format!("something on the way may have answered in its place: check {}", self.address()))
            .retry(retry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Service; 5] =
        [Service::Maskinporten, Service::Sidecar, Service::Exchange, Service::LocalTest, Service::TestTokens];

    #[test]
    fn whatever_answers_without_a_reason_is_named_and_has_a_remedy() {
        for service in ALL {
            for status in (300..600).filter_map(|status| StatusCode::from_u16(status).ok()) {
                let error = service.without_reason(status, None).build();
                assert_eq!((error.kind(), error.leg()), (service.kind(), Some(service.leg())));
                assert!(error.to_string().contains(service.name()) && error.advice().len() > 20, "{error}");
                let passes = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
                let retry = if passes { Retry::AfterPause } else { Retry::Never };
                assert_eq!(error.retry(), retry, "{error}");
            }
        }
    }

    #[test]
    fn who_is_elsewhere_is_looked_for_in_the_network() {
        for service in ALL {
            assert!(service.when_silent(false).contains(service.address()));
            assert!(service.when_silent(true).contains(service.address()));
        }
        assert!(Service::Maskinporten.when_silent(false).contains("firewall"));
    }

    #[test]
    fn each_status_has_the_advice_that_fits_it() {
        for (status, words) in [
            (302, "redirect"),
            (401, "firewall"),
            (403, "firewall"),
            (404, "address of Maskinporten"),
            (407, "HTTPS_PROXY"),
            (429, "less often"),
            (500, "support"),
            (503, "not this set-up's"),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            let error = Service::Maskinporten.without_reason(status, None).build();
            assert!(error.to_string().contains(words), "{error}");
        }
        let of_exchange = |status| Service::Exchange.without_reason(status, None).build().advice().to_owned();
        assert!(of_exchange(StatusCode::INTERNAL_SERVER_ERROR).contains("could not read the token"));
        assert!(of_exchange(StatusCode::BAD_GATEWAY).contains("not this set-up's"));
        let of_generator = Service::TestTokens.without_reason(StatusCode::UNAUTHORIZED, None).build();
        assert!(of_generator.advice().contains("user and password"), "{of_generator}");
    }

    #[test]
    fn a_wait_is_told_by_how_long() {
        let wait = Some(Duration::from_secs(3600));
        for status in [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE] {
            let error = Service::Exchange.without_reason(status, wait).build();
            assert_eq!(error.retry_after(), wait);
            assert!(error.to_string().contains("asks to wait 3600 s"), "{error}");
        }
    }
}
