use altinn_core::{Environment, OrgNumber};
use http::StatusCode;
use url::Url;

use super::answer;
use crate::askable::{self, Beside};
use crate::call;
use crate::error::{Asked, Error, ErrorKind, Service};
use crate::moment::Moment;
use crate::provider::TokenProvider;
use crate::request::TokenRequest;
use crate::retry::{self, Budget};
use crate::token::AltinnToken;

/// The tokens that LocalTest makes for itself: it has neither Maskinporten nor an exchange. They are for one service owner:
/// [other requests](crate::Credentials::with_request), such as on behalf of others, are [`ErrorKind::Config`].
///
/// ```
/// use altinn_auth::{Credentials, Error, LocalTest};
/// use altinn_core::{Environment, Read};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let environment = Environment::local();
/// let tokens = LocalTest::new(&environment, "ttd", "405003309".parse()?)?;
/// let credentials: Credentials<Read> = Credentials::from_provider(environment, tokens);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct LocalTest {
    http: reqwest::Client,
    platform: Url,
    org: String,
    organisation: OrgNumber,
}

impl LocalTest {
    /// * `environment`: where LocalTest is, on this computer.
    /// * `org`: the service owner's code, such as `ttd`.
    /// * `organisation`: its organisation number.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] when the environment is not on this computer: LocalTest is nowhere else.
    pub fn new(environment: &Environment, org: impl Into<String>, organisation: OrgNumber) -> Result<Self, Error> {
        let platform = environment.platform_url().map_err(|error| {
            Error::of(ErrorKind::Config, "the platform's address can't be used").source(error).build()
        })?;
        if platform.scheme() != "http" {
            let name = environment.name();
            return Err(Error::of(ErrorKind::Config, format!("there is no LocalTest in the environment {name}")).into());
        }
        Ok(Self { http: call::client(&platform)?, platform, org: org.into(), organisation })
    }

    async fn attempt(&self, request: &TokenRequest) -> Result<AltinnToken, Error> {
        let scope = request.scope();
        let from = Moment::now();
        let newer = self.address("Home/auth/serviceowner", &[("scope", &scope)])?;
        let answer = answer::ask(self.http.get(newer), Service::LocalTest).await?;
        if answer.status != StatusCode::NOT_FOUND {
            return answer::token(Service::LocalTest, &answer, from);
        }
        // Versions before it put the scope under another name, so that Storage takes them for less than they are.
        let older = self.address("Home/GetTestOrgToken", &[("scopes", &scope)])?;
        let from = Moment::now();
        answer::token(Service::LocalTest, &answer::ask(self.http.get(older), Service::LocalTest).await?, from)
    }

    fn address(&self, path: &str, more: &[(&str, &str)]) -> Result<Url, Error> {
        let mut address = self.platform.join(path).map_err(|error| {
            Error::of(ErrorKind::Config, "the platform's address can't be extended").source(error).build()
        })?;
        address
            .query_pairs_mut()
            .append_pair("org", &self.org)
            .append_pair("orgNumber", self.organisation.as_str())
            .extend_pairs(more);
        Ok(address)
    }
}

impl TokenProvider for LocalTest {
    async fn fetch(&self, request: &TokenRequest) -> Result<AltinnToken, Error> {
        askable::check(request, Service::LocalTest.name(), Beside::Nothing)?;
        let result = retry::run(&Budget::start(), &self.platform, || self.attempt(request)).await;
        result.map_err(|error| error.with_asked(|| Asked::at(&self.platform).scoped(request.scopes())))
    }
}
