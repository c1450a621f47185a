use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use url::{Host, Url};

use crate::AppId;

/// The Altinn environment to talk to: where Maskinporten, the platform and the apps live, and which of their hosts
/// may see a token.
///
/// There is no default on purpose: nothing reaches production unless production was named.
///
/// | constructor | Maskinporten | platform |
/// | --- | --- | --- |
/// | [`production`](Self::production) | `maskinporten.no` | `platform.altinn.no` |
/// | [`tt02`](Self::tt02) | `test.maskinporten.no` | `platform.tt02.altinn.no` |
/// | [`at21`](Self::at21) … [`at24`](Self::at24) | `test.maskinporten.no` | `platform.at21.altinn.cloud` … |
/// | [`yt01`](Self::yt01) | `test.maskinporten.no` | `platform.yt01.altinn.cloud` |
/// | [`local`](Self::local) | none (LocalTest issues its own tokens) | `localhost:5101` |
/// | [`emulator`](Self::emulator) | all three on one loopback address | |
/// | [`custom`](Self::custom) | as given | as given |
///
/// ```
/// use altinn_core::Environment;
///
/// let environment: Environment = "tt02".parse()?;
/// assert_eq!(environment, Environment::tt02());
/// # Ok::<(), altinn_core::InvalidEnvironment>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Environment {
    name: Cow<'static, str>,
    maskinporten: Option<Cow<'static, str>>,
    platform: Cow<'static, str>,
    apps: Cow<'static, str>,
}

/// What stands for the service owner's code in the address of apps.
const ORG: &str = "{org}";
/// All hosts of the real services are in these.
const REAL_DOMAINS: [&str; 3] = ["altinn.no", "altinn.cloud", "maskinporten.no"];
/// Among them by name, and this computer all the same.
const LOCAL_TEST: &str = "local.altinn.cloud";
const MASKINPORTEN_TEST: &str = "https://test.maskinporten.no/";

impl Environment {
    const fn built_in(
        name: &'static str,
        maskinporten: Option<&'static str>,
        platform: &'static str,
        apps: &'static str,
    ) -> Self {
        Self {
            name: Cow::Borrowed(name),
            maskinporten: match maskinporten {
                Some(url) => Some(Cow::Borrowed(url)),
                None => None,
            },
            platform: Cow::Borrowed(platform),
            apps: Cow::Borrowed(apps),
        }
    }

    /// Production, with real people's data.
    pub const fn production() -> Self {
        Self::built_in(
            "production",
            Some("https://maskinporten.no/"),
            "https://platform.altinn.no/",
            "https://{org}.apps.altinn.no/",
        )
    }

    /// TT02, the test environment that service owners use.
    pub const fn tt02() -> Self {
        Self::built_in(
            "tt02",
            Some(MASKINPORTEN_TEST),
            "https://platform.tt02.altinn.no/",
            "https://{org}.apps.tt02.altinn.no/",
        )
    }

    /// AT21, one of the platform's internal test environments.
    pub const fn at21() -> Self {
        Self::built_in(
            "at21",
            Some(MASKINPORTEN_TEST),
            "https://platform.at21.altinn.cloud/",
            "https://{org}.apps.at21.altinn.cloud/",
        )
    }

    /// AT22, one of the platform's internal test environments.
    pub const fn at22() -> Self {
        Self::built_in(
            "at22",
            Some(MASKINPORTEN_TEST),
            "https://platform.at22.altinn.cloud/",
            "https://{org}.apps.at22.altinn.cloud/",
        )
    }

    /// AT23, one of the platform's internal test environments.
    pub const fn at23() -> Self {
        Self::built_in(
            "at23",
            Some(MASKINPORTEN_TEST),
            "https://platform.at23.altinn.cloud/",
            "https://{org}.apps.at23.altinn.cloud/",
        )
    }

    /// AT24, one of the platform's internal test environments.
    pub const fn at24() -> Self {
        Self::built_in(
            "at24",
            Some(MASKINPORTEN_TEST),
            "https://platform.at24.altinn.cloud/",
            "https://{org}.apps.at24.altinn.cloud/",
        )
    }

    /// YT01, the platform's load test environment.
    pub const fn yt01() -> Self {
        Self::built_in(
            "yt01",
            Some(MASKINPORTEN_TEST),
            "https://platform.yt01.altinn.cloud/",
            "https://{org}.apps.yt01.altinn.cloud/",
        )
    }

    /// LocalTest on this computer: the platform at `localhost:5101`, apps at `local.altinn.cloud`, no Maskinporten.
    pub const fn local() -> Self {
        Self::built_in("local", None, "http://localhost:5101/", "http://local.altinn.cloud/")
    }

    /// The emulator, or anything that serves Maskinporten, the platform and the apps from one address.
    ///
    /// `url` is the address it prints, such as `http://127.0.0.1:4711/`.
    ///
    /// # Errors
    /// As for [`custom`](Self::custom), and for an address of Altinn's or Maskinporten's own: no one address of theirs
    /// serves all of it, and a grant that is meant for an emulator has no business there.
    pub fn emulator(url: &str) -> Result<Self, InvalidEnvironment> {
        let environment = Self::custom("emulator", Some(url), url, url)?;
        let platform = environment.platform_url()?;
        let host = platform.host_str().unwrap_or_default();
        let real =
            |domain: &&str| host.strip_suffix(*domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        if host != LOCAL_TEST && REAL_DOMAINS.iter().any(real) {
            return Err(InvalidEnvironment::new(
                "address",
                "is Altinn's or Maskinporten's own: give the environment's name, such as tt02",
            ));
        }
        Ok(environment)
    }

    /// An environment with its own addresses.
    ///
    /// * `name`: shown in errors and logs.
    /// * `maskinporten`: the issuer; a slash is put at the end if it lacks one, as the real issuers have it. `None`
    ///   where tokens come from elsewhere.
    /// * `platform`: the address below which `authentication/api/v1` and `storage/api/v1` lie.
    /// * `apps`: the address below which `{org}/{app}` lies; `{org}` in its host stands for the service owner's code.
    ///
    /// # Errors
    /// [`InvalidEnvironment`] when an address is no absolute http(s) URL, carries a user, query or fragment, or is
    /// plain http and not on this computer: a bearer token must not travel unencrypted.
    pub fn custom(
        name: impl Into<String>,
        maskinporten: Option<&str>,
        platform: &str,
        apps: &str,
    ) -> Result<Self, InvalidEnvironment> {
        Ok(Self {
            name: Cow::Owned(name.into()),
            maskinporten: maskinporten.map(|url| base(url, "maskinporten").map(Cow::Owned)).transpose()?,
            platform: Cow::Owned(base(platform, "platform")?),
            apps: Cow::Owned(apps_base(apps)?),
        })
    }

    /// The name: `production`, `tt02`, `at21` …, or the one given to [`custom`](Self::custom).
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether this is production.
    pub fn is_production(&self) -> bool {
        *self == Self::production()
    }

    /// Maskinporten's issuer with its slash: the `aud` of a grant. `None` where there is no Maskinporten.
    pub fn maskinporten_issuer(&self) -> Option<&str> {
        self.maskinporten.as_deref()
    }

    /// Maskinporten's token endpoint. `None` where there is no Maskinporten.
    pub fn maskinporten_token_endpoint(&self) -> Option<Url> {
        Url::parse(self.maskinporten.as_deref()?).ok()?.join("token").ok()
    }

    /// The platform's base address, ending in a slash.
    ///
    /// # Errors
    /// None for a value that a constructor returned; the type says so because URLs are parsed on use.
    pub fn platform_url(&self) -> Result<Url, InvalidEnvironment> {
        parse(&self.platform, "platform")
    }

    /// The base address of an app's own API, ending in a slash: `https://{org}.apps…/{org}/{app}/`.
    ///
    /// # Errors
    /// As for [`platform_url`](Self::platform_url).
    pub fn app_url(&self, app: &AppId) -> Result<Url, InvalidEnvironment> {
        let mut url = parse(&self.apps.replace(ORG, app.org()), "apps")?;
        match url.path_segments_mut() {
            Ok(mut path) => path.pop_if_empty().extend([app.org(), app.app(), ""]),
            Err(()) => return Err(InvalidEnvironment::new("apps", "is not a base URL")),
        };
        Ok(url)
    }

    /// Whether a token of this environment may be sent to `url`: the platform, or an app's host. Compared by scheme,
    /// host and port, never by part of a name, so that no look-alike host and no other environment gets it.
    pub fn allows_token(&self, url: &Url) -> bool {
        let same = |allowed: &Url| {
            allowed.scheme() == url.scheme()
                && allowed.host() == url.host()
                && allowed.port_or_known_default() == url.port_or_known_default()
        };
        if !url.username().is_empty() || url.password().is_some() {
            return false;
        }
        if parse(&self.platform, "platform").is_ok_and(|platform| same(&platform)) {
            return true;
        }
        let org = url.host_str().and_then(|host| host.split('.').next()).unwrap_or_default();
        let label = !org.is_empty() && org.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let apps = if self.apps.contains(ORG) && label { self.apps.replace(ORG, org) } else { self.apps.to_string() };
        parse(&apps, "apps").is_ok_and(|apps| same(&apps))
    }
}

fn parse(text: &str, which: &'static str) -> Result<Url, InvalidEnvironment> {
    Url::parse(text).map_err(|_| InvalidEnvironment::new(which, "is not an absolute URL"))
}

fn base(text: &str, which: &'static str) -> Result<String, InvalidEnvironment> {
    let mut url = parse(text.trim(), which)?;
    if url.cannot_be_a_base() || url.host().is_none() {
        return Err(InvalidEnvironment::new(which, "has no host"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(InvalidEnvironment::new(which, "must not carry a user or password"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(InvalidEnvironment::new(which, "must not carry a query or fragment"));
    }
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) => {}
        "http" => {
            return Err(InvalidEnvironment::new(
                which,
                "is plain http: only https is allowed, except on this computer",
            ));
        }
        _ => return Err(InvalidEnvironment::new(which, "is neither https nor http")),
    }
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    Ok(url.into())
}

/// The placeholder is no legal host character, so the address is checked with a sample in its place.
fn apps_base(text: &str) -> Result<String, InvalidEnvironment> {
    const SAMPLE: &str = "org-sample-7f";
    Ok(base(&text.replace(ORG, SAMPLE), "apps")?.replace(SAMPLE, ORG))
}

/// Whether `url` stays on this computer: a loopback address, `localhost`, or `local.altinn.cloud`, which Altinn's
/// name servers point at 127.0.0.1.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name == "local.altinn.cloud",
        None => false,
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment")
            .field("name", &self.name)
            .field("maskinporten", &self.maskinporten)
            .field("platform", &self.platform)
            .field("apps", &self.apps)
            .finish()
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// Reads a name in any case: `production` (or `prod`), `tt02`, `at21` to `at24`, `yt01`, `local`.
impl FromStr for Environment {
    type Err = InvalidEnvironment;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name.trim().to_ascii_lowercase().as_str() {
            "production" | "prod" => Ok(Self::production()),
            "tt02" => Ok(Self::tt02()),
            "at21" => Ok(Self::at21()),
            "at22" => Ok(Self::at22()),
            "at23" => Ok(Self::at23()),
            "at24" => Ok(Self::at24()),
            "yt01" => Ok(Self::yt01()),
            "local" => Ok(Self::local()),
            _ => Err(InvalidEnvironment::new(
                "name",
                "is unknown: use production, tt02, at21, at22, at23, at24, yt01 or local, or where an address can stand, that \
                 of an emulator, such as http://127.0.0.1:5050",
            )),
        }
    }
}

/// An environment's name or address that can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the environment's {which} {reason}")]
pub struct InvalidEnvironment {
    which: &'static str,
    reason: &'static str,
}

impl InvalidEnvironment {
    fn new(which: &'static str, reason: &'static str) -> Self {
        Self { which, reason }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn every_built_in_environment_has_addresses_that_parse() {
        for name in ["production", "TT02", "at21", "at22", "at23", "at24", "yt01", "local"] {
            let environment: Environment = name.parse().unwrap();
            let platform = environment.platform_url().unwrap();
            assert!(environment.allows_token(&platform), "{name}");
            let app = environment.app_url(&"ttd/skjema".parse().unwrap()).unwrap();
            assert!(app.path().ends_with("/ttd/skjema/"), "{app}");
            assert!(environment.allows_token(&app), "{name}: {app}");
        }
        assert_eq!(
            Environment::production().maskinporten_token_endpoint().unwrap().as_str(),
            "https://maskinporten.no/token"
        );
    }

    #[test]
    fn a_token_goes_to_its_own_environment_only() {
        let tt02 = Environment::tt02();
        for good in [
            "https://platform.tt02.altinn.no/storage/api/v1/instances",
            "https://ttd.apps.tt02.altinn.no/ttd/skjema",
            "https://PLATFORM.tt02.altinn.no:443/",
        ] {
            assert!(tt02.allows_token(&url(good)), "{good}");
        }
        for bad in [
            "https://platform.altinn.no/",
            "https://ttd.apps.altinn.no/",
            "http://platform.tt02.altinn.no/",
            "https://platform.tt02.altinn.no:8443/",
            "https://platform.tt02.altinn.no.evil.example/",
            "https://evil.example/platform.tt02.altinn.no",
            "https://platform.tt02.altinn.no@evil.example/",
            "https://user@platform.tt02.altinn.no/",
            "https://a.b.apps.tt02.altinn.no/",
            "https://apps.tt02.altinn.no/",
        ] {
            assert!(!tt02.allows_token(&url(bad)), "{bad}");
        }
    }

    #[test]
    fn plain_http_is_for_this_computer_only() {
        for good in ["http://127.0.0.1:4711", "http://[::1]:80/", "http://localhost:5101/", "https://notaltinn.no/"] {
            assert!(Environment::emulator(good).is_ok(), "{good}");
        }
        for bad in [
            "https://platform.tt02.altinn.no",
            "https://TTD.apps.at22.altinn.cloud/",
            "https://test.maskinporten.no/",
            "http://altinn.example/",
            "ftp://127.0.0.1/",
            "127.0.0.1:80",
            "https://user:word@altinn.example/",
            "https://altinn.example/?x=1",
            "data:text/plain,x",
            "",
        ] {
            assert!(Environment::emulator(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_custom_environment_keeps_its_paths_and_issuer() {
        let own = Environment::custom(
            "own",
            Some("https://mp.example"),
            "https://altinn.example/platform",
            "https://{org}.apps.example",
        )
        .unwrap();
        assert_eq!(own.maskinporten_issuer(), Some("https://mp.example/"));
        assert_eq!(own.platform_url().unwrap().as_str(), "https://altinn.example/platform/");
        let app = own.app_url(&"ttd/skjema".parse().unwrap()).unwrap();
        assert_eq!(app.as_str(), "https://ttd.apps.example/ttd/skjema/");
    }

    #[test]
    fn an_unknown_name_is_an_error_and_never_production() {
        assert!("".parse::<Environment>().is_err());
        assert!("produksjon".parse::<Environment>().is_err());
    }
}
