use std::fmt;

use altinn_core::{Environment, OrgNumber, Secret};
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

const SERVICE: &str = "https://altinn-testtools-token-generator.azurewebsites.net/api/";
/// The environments that take its tokens.
const ENVIRONMENTS: [&str; 6] = ["at21", "at22", "at23", "at24", "tt02", "yt01"];

/// Altinn's generator of test tokens: Altinn tokens of any service owner, for the test environments alone, without
/// Maskinporten. Altinn's own tests use it. They are for one service owner:
/// [other requests](crate::Credentials::with_request), such as on behalf of others, are [`ErrorKind::Config`].
///
/// ```
/// use altinn_auth::{Credentials, Error, TestTokenGenerator};
/// use altinn_core::{Environment, Read};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let environment = Environment::tt02();
/// let generator = TestTokenGenerator::new(&environment, "ttd", "405003309".parse()?, "user", "password")?;
/// let credentials: Credentials<Read> = Credentials::from_provider(environment, generator);
/// # Ok(())
/// # }
/// ```
pub struct TestTokenGenerator {
    http: reqwest::Client,
    address: Url,
    environment: String,
    org: String,
    organisation: OrgNumber,
    user: String,
    password: Secret,
}

impl TestTokenGenerator {
    /// * `environment`: TT02, one of AT21 to AT24, or YT01.
    /// * `org`: the service owner's code, such as `ttd`.
    /// * `organisation`: its organisation number.
    /// * `user`, `password`: as Altinn gave them out for the generator.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] for another environment: nothing else takes such tokens, production least of all.
    pub fn new(
        environment: &Environment,
        org: impl Into<String>,
        organisation: OrgNumber,
        user: impl Into<String>,
        password: impl Into<Secret>,
    ) -> Result<Self, Error> {
        let name = environment.name();
        if !ENVIRONMENTS.contains(&name) {
            return Err(Error::of(ErrorKind::Config, format!("there are no generated test tokens for {name}")).into());
        }
        let address = Url::parse(SERVICE).map_err(|error| {
            Error::of(ErrorKind::Config, "the test-token generator's address can't be used").source(error).build()
        })?;
        Ok(Self {
            http: call::client(&address)?,
            address,
            environment: name.to_owned(),
            org: org.into(),
            organisation,
            user: user.into(),
            password: password.into(),
        })
    }

    /// A generator at another address.
    ///
    /// `address`: what `GetEnterpriseToken` is put behind; https, or on this computer.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] when the address would have the password travel unencrypted.
    pub fn at(mut self, address: Url) -> Result<Self, Error> {
        if !call::is_private(&address) {
            return Err(Error::of(ErrorKind::Config, "the test-token generator's address is not https").into());
        }
        self.http = call::client(&address)?;
        self.address = address;
        Ok(self)
    }

    async fn attempt(&self, request: &TokenRequest) -> Result<AltinnToken, Error> {
        let mut address = self.address.join("GetEnterpriseToken").map_err(|error| {
            Error::of(ErrorKind::Config, "the test-token generator's address can't be used").source(error).build()
        })?;
        address
            .query_pairs_mut()
            .append_pair("env", &self.environment)
            .append_pair("scopes", &request.scope())
            .append_pair("org", &self.org)
            .append_pair("orgNo", self.organisation.as_str());
        let from = Moment::now();
        let call = self.http.get(address).basic_auth(&self.user, Some(self.password.expose()));
        answer::token(Service::TestTokens, &answer::ask(call, Service::TestTokens).await?, from)
    }
}

impl TokenProvider for TestTokenGenerator {
    async fn fetch(&self, request: &TokenRequest) -> Result<AltinnToken, Error> {
        askable::check(request, Service::TestTokens.name(), Beside::Nothing)?;
        let result = retry::run(&Budget::start(), &self.address, || self.attempt(request)).await;
        result.map_err(|error| error.with_asked(|| Asked::at(&self.address).scoped(request.scopes())))
    }
}

impl fmt::Debug for TestTokenGenerator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestTokenGenerator")
            .field("address", &self.address.as_str())
            .field("environment", &self.environment)
            .field("org", &self.org)
            .field("organisation", &self.organisation)
            .field("user", &"[redacted]")
            .field("password", &self.password)
            .finish_non_exhaustive()
    }
}
