//! Settings from several places, put together by precedence.

mod assemble;
mod dotnet;
mod members;
mod nais;
mod origin;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use altinn_core::{Scope, Secret};

use crate::credentials::Credentials;
use crate::error::{Error, ErrorKind};

pub use origin::Origin;

/// Something that can be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Setting {
    /// Which Altinn: `production`, `tt02`, `at21` … `at24`, `yt01`, `local`, or the address of an emulator.
    Environment,
    /// The id of the Maskinporten client.
    ClientId,
    /// The private key, in any form that [`SigningKey::detect`](crate::SigningKey::detect) knows.
    Key,
    /// The id under which the key is registered, in place of one in the key and of its certificates. Of a set (JWKS)
    /// with several keys it chooses the one that has it. Leave it out for a key that is replaced by one with another id
    /// in it while the program runs.
    ///
    /// From a place that counts less than the key's, it is only for a key that has neither an id nor certificates.
    Kid,
    /// When the key ends, as [`CredentialsBuilder::key_expires`](crate::CredentialsBuilder::key_expires) has it: a date
    /// such as `2027-03-01`, or a time such as `2027-03-01T12:00:00Z`. Without effect from a place that counts less
    /// than the key's: there it is another key's.
    KeyExpires,
    /// `true` where a key file that others than its owner can read or change is refused, as with
    /// [`CredentialsBuilder::strict_permissions`](crate::CredentialsBuilder::strict_permissions).
    StrictPermissions,
    /// A token sidecar in place of a key. Of the two, the one from the place that counts before the other's is used;
    /// from the same kind of place, the key.
    TokenSidecar,
    /// An Altinn token in place of all that gets one, unless a key or a token sidecar is from a place that counts
    /// before the token's.
    Token,
    /// The client's scopes, parted by spaces. If set, those that are needed must be among them.
    Scopes,
    /// Maskinporten's issuer. If set, it must be the environment's own.
    Issuer,
    /// Maskinporten's token endpoint. If set, it must be the environment's own.
    TokenEndpoint,
    /// The API that tokens are for, as an address.
    Resource,
    /// The organisation on whose behalf tokens are asked for, by its number. One whose check digit does not fit is refused
    /// in production, and is a warning in the log elsewhere: test environments invent such numbers.
    Consumer,
    /// `true` where a client of Digdir's speaks for the test department.
    TestOrganisation,
    /// The code of the service owner that tokens must speak for, such as `skd`. Any, if it is not set.
    ServiceOwner,
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Environment => "environment",
            Self::ClientId => "client id",
            Self::Key => "key",
            Self::Kid => "key id",
            Self::KeyExpires => "key's end",
            Self::StrictPermissions => "strictness about permissions",
            Self::TokenSidecar => "token sidecar",
            Self::Token => "token",
            Self::Scopes => "scopes",
            Self::Issuer => "issuer",
            Self::TokenEndpoint => "token endpoint",
            Self::Resource => "resource",
            Self::Consumer => "consumer organisation",
            Self::TestOrganisation => "test organisation",
            Self::ServiceOwner => "service owner",
        })
    }
}

/// What to make [`Credentials`] from, out of arguments, environment variables and files.
///
/// A value that was given in the program counts before one from a variable, and that before one from a file; of two
/// of the same kind the first counts. That holds between a [`Token`](Setting::Token), a [`Key`](Setting::Key) and a
/// [`TokenSidecar`](Setting::TokenSidecar) as well, one of which is used. `Display` says where each value came from,
/// and never a value; so does `Debug`.
///
/// ```
/// # use altinn_auth::{Credentials, Error, Setting, Settings};
/// # use altinn_core::{Environment, Read};
/// # fn main() -> Result<(), Error> {
/// # let jwk = include_str!("../../tests/keys/rsa-2048.json");
/// # let lookup = |name: &str| (name == "MASKINPORTEN_CLIENT_JWK").then(|| jwk.to_owned());
/// let settings = Settings::new()
///     .set(Setting::Environment, "tt02")
///     .set(Setting::ClientId, "6f0f3c2e-0000-4000-8000-aaaaaaaaaaaa")
///     .variables(lookup);
/// assert_eq!(
///     settings.to_string(),
///     "environment: an argument\nclient id: an argument\nkey: the variable MASKINPORTEN_CLIENT_JWK\n"
/// );
/// let credentials: Credentials<Read> = settings.build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct Settings {
    found: BTreeMap<Setting, Found>,
    /// What asks for something that there is no setting for, with what to do instead.
    unmet: Option<(Origin, &'static str)>,
    /// The two settings of other clients that are one here.
    pair: dotnet::Pair,
}

#[derive(Clone)]
struct Found {
    content: Content,
    origin: Origin,
}

#[derive(Clone)]
enum Content {
    Text(Secret),
    /// A key that is read from a file, and again when that changes.
    KeyFile(PathBuf),
    /// The same, with the key among other settings.
    KeyInSettings(PathBuf),
    /// The same for a PKCS#12 file with its password.
    #[cfg(feature = "pkcs12")]
    Pkcs12File(PathBuf, Secret),
    /// What can't be met, with what to do instead. It fails where nothing counts before it.
    Unmet(&'static str),
}

impl Settings {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a value in the program.
    #[must_use]
    pub fn set(mut self, setting: Setting, value: impl Into<Secret>) -> Self {
        self.put(setting, Content::Text(value.into()), Origin::Argument);
        self
    }

    /// Names a file with the key in the program. It is read again when it changes, as with
    /// [`CredentialsBuilder::key_file`](crate::CredentialsBuilder::key_file).
    #[must_use]
    pub fn key_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.put(Setting::Key, Content::KeyFile(path.into()), Origin::Argument);
        self
    }

    /// Takes what is set in environment variables.
    ///
    /// `lookup`: gives the value of a variable by its name; `None` or a blank text if it isn't set.
    ///
    /// | variable | |
    /// | --- | --- |
    /// | `ALTINN_ENVIRONMENT` | [`Environment`](Setting::Environment) |
    /// | `MASKINPORTEN_CLIENT_ID`, `MASKINPORTEN_CLIENT_JWK`, `MASKINPORTEN_SCOPES`, `MASKINPORTEN_ISSUER`, `MASKINPORTEN_TOKEN_ENDPOINT` | as NAIS sets them |
    /// | `NAIS_TOKEN_ENDPOINT` | [`TokenSidecar`](Setting::TokenSidecar), as NAIS sets it |
    /// | `MASKINPORTEN_CLIENT_KEY_FILE` | a file with the key, in place of `MASKINPORTEN_CLIENT_JWK` |
    /// | `MASKINPORTEN_CLIENT_KID` | [`Kid`](Setting::Kid) |
    /// | `MASKINPORTEN_CLIENT_KEY_EXPIRES` | [`KeyExpires`](Setting::KeyExpires) |
    /// | `MASKINPORTEN_CLIENT_KEY_STRICT_PERMISSIONS` | [`StrictPermissions`](Setting::StrictPermissions) |
    /// | `MASKINPORTEN_RESOURCE`, `MASKINPORTEN_CONSUMER_ORG` | [`Resource`](Setting::Resource), [`Consumer`](Setting::Consumer) |
    /// | `ALTINN_TEST_ORGANISATION` | [`TestOrganisation`](Setting::TestOrganisation) |
    /// | `ALTINN_SERVICE_OWNER` | [`ServiceOwner`](Setting::ServiceOwner) |
    /// | `ALTINN_TOKEN` | [`Token`](Setting::Token) |
    /// | `MaskinportenSettings__ClientId` and every other member | as in [`settings_file`](Self::settings_file); those above count before them |
    ///
    /// Those of `MaskinportenSettings` are looked up as they are spelled there, and in capitals. What can't be met among
    /// them is an error of [`build`](Self::build): an enterprise user, and tokens that are not to be exchanged, unless
    /// a [`Token`](Setting::Token) is used; a certificate from Windows' store, and without the feature `pkcs12` one
    /// from a file, unless there is another key, or a token or sidecar that is used in place of one.
    #[must_use]
    pub fn variables(mut self, lookup: impl Fn(&str) -> Option<String>) -> Self {
        let lookup = |name: &str| lookup(name).filter(|value| !value.trim().is_empty());
        nais::variables(&mut self, &lookup);
        dotnet::variables(&mut self, &lookup);
        self
    }

    /// Takes what is in a folder of files with the names of those variables, but for `MaskinportenSettings`, each with
    /// one value in it: as NAIS mounts them at `/var/run/secrets/nais.io/maskinporten`. An empty file counts as none. The
    /// key is read again when its file changes.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] when the folder or a file in it can't be read; for the key's own it is [`build`](Self::build)
    /// that says so.
    pub fn folder(mut self, path: impl AsRef<Path>) -> Result<Self, Error> {
        nais::folder(&mut self, path.as_ref())?;
        Ok(self)
    }

    /// Takes what is in a JSON file with the settings of other clients of Altinn: an object `MaskinportenSettings`,
    /// or its content alone. The names are compared without regard to case. The key is read again when the file changes,
    /// and with it its `Kid`, unless a key id from elsewhere counts before that.
    ///
    /// | member | |
    /// | --- | --- |
    /// | `TokenExchangeEnvironment`, else `Environment` | [`Environment`](Setting::Environment); `prod` is production, `test` is TT02. Where both are given, here or in variables, both must be production, or neither: otherwise [`build`](Self::build) fails, unless the environment is from an argument or `ALTINN_ENVIRONMENT` |
    /// | `ClientId`, `Kid`, `Scope`, `Resource`, `ConsumerOrgNo`, `UseAltinnTestOrg` | the setting of about that name |
    /// | `EncodedJwk`, `JwkBase64`, `Jwk` (an object or a text) | [`Key`](Setting::Key) |
    /// | `CertificatePkcs12Path`, `CertificatePkcs12Password` | [`Key`](Setting::Key), with the feature `pkcs12` |
    /// | `EncodedX509` | [`Key`](Setting::Key), with the feature `pkcs12` |
    /// | `Authority` | [`Issuer`](Setting::Issuer) |
    /// | `ExhangeToAltinnToken` (the spelling of the original), `ExchangeToAltinnToken` | must not be false: tokens are always exchanged here |
    /// | `OverwriteAuthorizationHeader` | has no effect here, because it is a matter of the layer: [`AuthLayer::overwrite_authorization`](crate::AuthLayer::overwrite_authorization) |
    /// | `EnableDebugLogging` | has no effect here, because the program's `tracing` subscriber decides how much is logged; secrets never are |
    ///
    /// # Errors
    /// [`ErrorKind::Config`] when the file can't be read or is no such object, and for settings that can't be met:
    /// enterprise users, which Altinn has no more, tokens that are not to be exchanged, certificates from Windows' store,
    /// and without the feature `pkcs12` those from a PKCS#12 file.
    pub fn settings_file(mut self, path: impl AsRef<Path>) -> Result<Self, Error> {
        dotnet::file(&mut self, path.as_ref())?;
        Ok(self)
    }

    /// Where a setting came from; `None` if it isn't set.
    pub fn origin(&self, setting: Setting) -> Option<&Origin> {
        self.found.get(&setting).map(|found| &found.origin)
    }

    /// Makes the credentials.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] naming the setting that is missing, can't be used, or contradicts another, and where it
    /// came from; [`ErrorKind::Key`] when the key can't be used.
    pub fn build<S: Scope>(&self) -> Result<Credentials<S>, Error> {
        assemble::credentials(self)
    }

    fn put(&mut self, setting: Setting, content: Content, origin: Origin) {
        let found = Found { content, origin };
        match self.found.get(&setting) {
            Some(earlier) if earlier.origin.rank() <= found.origin.rank() => {}
            _ => {
                self.found.insert(setting, found);
            }
        }
    }

    /// The text of a setting, without the white space around it.
    fn text(&self, setting: Setting) -> Option<(&str, &Origin)> {
        match self.found.get(&setting)? {
            Found { content: Content::Text(text), origin } => Some((text.expose().trim(), origin)),
            _ => None,
        }
    }
}

/// An error about a setting, with where it came from.
fn unusable(setting: Setting, origin: &Origin) -> crate::error::Builder {
    Error::of(ErrorKind::Config, format!("the {setting} in {origin} can't be used"))
}

impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.found.iter().try_for_each(|(setting, found)| writeln!(f, "{setting}: {}", found.origin))
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.found.iter().map(|(setting, found)| (setting, &found.origin))).finish()
    }
}
