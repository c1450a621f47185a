//! What the emulated services know from the start: the world file.

mod addition;
mod issuers;
mod jwk;
mod maskinporten;

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};
use uuid::Uuid;

pub(crate) use issuers::{IdportenIssuer, MaskinportenIssuer, MaskinportenIssuers, StudioIssuer};
pub(crate) use jwk::Jwk;
pub(crate) use maskinporten::{ClientEntry, Consent, Delegation, KeyEntry, ScopeEntry, SystemUser};

use crate::keys::SKEW_SECONDS;
use crate::seed::Submission;

/// Domains of the real services.
const REAL_DOMAINS: [&str; 4] = ["altinn.no", "altinn.cloud", "maskinporten.no", "maskinporten.dev"];

const DEMO: &str = include_str!("demo.json");

/// The content that the services have when they start: organisations, parties, applications, Maskinporten clients and
/// submissions. [`World::default`] is a small demonstration world with the service owner `ttd`. All its people and
/// organisations are made up.
///
/// The file form is JSON; every member is optional.
///
/// | member | holds |
/// | --- | --- |
/// | `hostname` | host name in links and issuers (`https://platform.{hostname}/…`); without it they point at the emulator |
/// | `orgs` | service owners by code: `{"ttd": {"orgNumber": "405003309", "name": {…}}}` |
/// | `parties` | `{partyId, person or organisation}`; `partyUuid` is made from `partyId` unless it is given; a `name` is for the reader |
/// | `users` | `{userId, partyId}`; `username` is `user` with the `userId` unless it is given |
/// | `policies` | by name: subject (`owner`, `org:CODE`, `user:ID`) to actions |
/// | `obligations` | the authentication levels that a policy asks for, unless an app has its own |
/// | `dataTypes` | the data types of every app that has none of its own |
/// | `apps` | by app id: `{policy, obligations, metadata, dataTypes}` |
/// | `clients` | Maskinporten's clients: `{clientId, orgNumber, scopes, keys}`; a scope is a name or `{name, maxAge}`, a key a public RSA JWK of 2048 to 8192 bits with `kid` |
/// | `restrictedScopes` | by scope: the organisation numbers that may use it; a scope that isn't listed is open to all |
/// | `delegations` | `{consumer, supplier, scope}`: `supplier` may ask for tokens on behalf of `consumer` |
/// | `systemUsers` | `{vendor, owner, externalRef, id, systemId}` |
/// | `consents` | `{id, from, to, consented, validTo, consentRights}` for tokens with `urn:altinn:consent`; `from` and `to` are as `urn:altinn:organization:identifier-no:405003309`, and `consentRights`, whose form nobody has published, stand in the token as they stand here |
/// | `submissions` | instances that exist from the start |
/// | `maskinporten`, `idporten`, `altinnstudio` | public keys of token issuers that the exchange trusts beside the emulator's own |
/// | `platform` | `{"auditLog": true}` switches the exchange's audit log on; `{"oidcProviders": {"NAME": {"issuer": "…"}}}` with Maskinporten's issuer lets its tokens be refreshed without an exchange; `{"keptSeconds": {"metadata": 300, "texts": 3600}}` is how long Storage keeps what it has read of applications, a second unless said otherwise; `{"skewSeconds": 0}` is by how much the clocks of Altinn's token issuer and of Storage may differ, 10 unless said otherwise, as with the newest token readers, and 0 with older ones; `{"staging": true}` makes it a staging environment |
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct World {
    #[serde(default)]
    pub(crate) hostname: Option<String>,
    #[serde(default)]
    pub(crate) orgs: BTreeMap<String, Org>,
    #[serde(default)]
    pub(crate) parties: Vec<Party>,
    #[serde(default)]
    pub(crate) users: Vec<User>,
    #[serde(default)]
    pub(crate) policies: BTreeMap<String, Policy>,
    #[serde(default)]
    pub(crate) obligations: Obligations,
    #[serde(default)]
    pub(crate) data_types: Vec<Value>,
    #[serde(default)]
    pub(crate) apps: BTreeMap<String, AppEntry>,
    #[serde(default)]
    pub(crate) clients: Vec<ClientEntry>,
    #[serde(default)]
    pub(crate) restricted_scopes: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    pub(crate) delegations: Vec<Delegation>,
    #[serde(default)]
    pub(crate) system_users: Vec<SystemUser>,
    #[serde(default)]
    pub(crate) consents: Vec<Consent>,
    #[serde(default)]
    pub(crate) submissions: Vec<Submission>,
    #[serde(default)]
    pub(crate) maskinporten: MaskinportenIssuers,
    #[serde(default)]
    pub(crate) idporten: IdportenIssuer,
    #[serde(default)]
    pub(crate) altinnstudio: StudioIssuer,
    #[serde(default)]
    pub(crate) platform: PlatformSettings,
    #[serde(skip)]
    unknown: Vec<String>,
}

/// How the platform's services are configured.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct PlatformSettings {
    /// Whether exchanges are logged. The log takes only organisation numbers that are 32-bit numbers, and the exchange
    /// fails with it.
    pub(crate) audit_log: bool,
    /// Issuers whose own tokens Authentication accepts without an exchange, by a name of the file's own.
    pub(crate) oidc_providers: BTreeMap<String, OidcProvider>,
    pub(crate) kept_seconds: KeptSeconds,
    /// By how much the clocks of Altinn's token issuer and of the services that receive its tokens may differ.
    /// Authentication itself goes by its own.
    pub(crate) skew_seconds: u32,
    /// Whether what nobody catches is shown to the caller instead of hidden.
    pub(crate) staging: bool,
}

impl Default for PlatformSettings {
    fn default() -> Self {
        Self {
            audit_log: false,
            oidc_providers: BTreeMap::new(),
            kept_seconds: KeptSeconds::default(),
            skew_seconds: SKEW_SECONDS,
            staging: false,
        }
    }
}

/// How long Storage keeps what it has read of applications.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct KeptSeconds {
    pub(crate) metadata: u32,
    pub(crate) texts: u32,
}

/// The service that was recorded kept both for about a second. By its own settings it is 300 and 3600.
impl Default for KeptSeconds {
    fn default() -> Self {
        Self { metadata: 1, texts: 1 }
    }
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct OidcProvider {
    pub(crate) issuer: String,
}

/// Subject (`owner`, `org:CODE`, `user:ID`) to the actions it may take.
pub(crate) type Policy = BTreeMap<String, Vec<String>>;

/// Obligation name to the authentication level it asks for.
pub(crate) type Obligations = BTreeMap<String, i64>;

/// A service owner, as the list of organisations has it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Org {
    #[serde(alias = "orgnr")]
    pub(crate) org_number: Option<String>,
    pub(crate) name: Map<String, Value>,
}

/// Someone who can own an instance: a person or an organisation.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Party {
    pub(crate) party_id: i64,
    #[serde(default)]
    pub(crate) person: Option<String>,
    #[serde(default)]
    pub(crate) organisation: Option<String>,
    #[serde(default)]
    party_uuid: Option<Uuid>,
    /// For the reader of the file.
    #[serde(default, rename = "name")]
    _name: Option<Value>,
}

impl Party {
    /// Register's other id of the party.
    pub(crate) fn uuid(&self) -> Uuid {
        let made = || Uuid::from_u64_pair(0x4000, 0x8000_0000_0000_0000 | self.party_id.unsigned_abs());
        self.party_uuid.unwrap_or_else(made)
    }
}

/// The person number belongs in no log.
impl std::fmt::Debug for Party {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Party").field("party_id", &self.party_id).finish_non_exhaustive()
    }
}

/// An end user.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct User {
    pub(crate) user_id: i64,
    pub(crate) party_id: i64,
    #[serde(default)]
    username: Option<String>,
}

impl User {
    /// The name that the user logs in with.
    pub(crate) fn name(&self) -> String {
        self.username.clone().unwrap_or_else(|| format!("user{}", self.user_id))
    }
}

/// An application as the world file has it. Storage copies it into its own registry, where it can change.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct AppEntry {
    pub(crate) policy: String,
    pub(crate) obligations: Option<Obligations>,
    /// Members laid over the application metadata.
    pub(crate) metadata: Map<String, Value>,
    pub(crate) data_types: Option<Vec<Value>>,
}

/// Why a world can't be loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorldError {
    /// The file can't be read.
    #[error("the world file {path} can't be read")]
    Read {
        /// The path as given.
        path: String,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The text is no world: not JSON, or a member has the wrong form.
    #[error("the world is not valid JSON of the expected form")]
    Parse(#[from] serde_json::Error),
}

impl World {
    /// The Maskinporten client of `ttd` in the demonstration world. It has both scopes of service owners and, until
    /// [`Emulator::new_key`](crate::Emulator::new_key) or [`Emulator::add_key`](crate::Emulator::add_key) gives it one,
    /// no key.
    pub const DEMO_CLIENT: &str = "6d0a7a8e-2f51-4c64-9b1d-0e5f5a1c7d01";

    /// A world that knows nothing.
    pub fn empty() -> Self {
        Self {
            hostname: None,
            orgs: BTreeMap::new(),
            parties: Vec::new(),
            users: Vec::new(),
            policies: BTreeMap::new(),
            obligations: BTreeMap::new(),
            data_types: Vec::new(),
            apps: BTreeMap::new(),
            clients: Vec::new(),
            restricted_scopes: BTreeMap::new(),
            delegations: Vec::new(),
            system_users: Vec::new(),
            consents: Vec::new(),
            submissions: Vec::new(),
            maskinporten: MaskinportenIssuers::default(),
            idporten: IdportenIssuer::default(),
            altinnstudio: StudioIssuer::default(),
            platform: PlatformSettings::default(),
            unknown: Vec::new(),
        }
    }

    /// Reads a world from JSON text. Members that are absent are empty, and unknown ones are ignored, but
    /// [told](Self::unknown_members).
    ///
    /// # Errors
    ///
    /// [`WorldError::Parse`] when `text` is not JSON of this form.
    pub fn from_json(text: &str) -> Result<Self, WorldError> {
        Ok(Self::from_slice(text.as_bytes())?)
    }

    pub(crate) fn from_slice(text: &[u8]) -> serde_json::Result<Self> {
        let mut reader = serde_json::Deserializer::from_slice(text);
        let mut unknown = Vec::new();
        let mut world: Self = serde_ignored::deserialize(&mut reader, |path| unknown.push(path.to_string()))?;
        reader.end()?;
        world.unknown = unknown;
        Ok(world)
    }

    /// Where in the JSON text there were members that the emulator does not know, such as `parties.0.persom`: misspelt, or
    /// for the reader.
    pub fn unknown_members(&self) -> &[String] {
        &self.unknown
    }

    /// Reads a world file.
    ///
    /// # Errors
    ///
    /// [`WorldError::Read`] when the file at `path` can't be read, [`WorldError::Parse`] as for [`World::from_json`].
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, WorldError> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path)
            .map_err(|source| WorldError::Read { path: path.display().to_string(), source })?;
        Self::from_json(&text)
    }

    /// A host name or issuer in this world that belongs to the real services, if there is one.
    pub(crate) fn real_name(&self) -> Option<&str> {
        let issuers = [&self.maskinporten.main, &self.maskinporten.alternative];
        let issuers = issuers.into_iter().flatten().map(|issuer| issuer.issuer.as_str());
        self.hostname.as_deref().into_iter().chain(issuers).find(|name| {
            let host = name.split("://").last().unwrap_or_default();
            let host = host.split(['/', ':']).next().unwrap_or_default();
            REAL_DOMAINS
                .iter()
                .any(|domain| host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
        })
    }

    /// The organisation of the service-owner code `code`.
    pub(crate) fn org(&self, code: &str) -> Option<&Org> {
        self.orgs.get(code)
    }

    pub(crate) fn party(&self, party_id: i64) -> Option<&Party> {
        self.parties.iter().find(|p| p.party_id == party_id)
    }

    pub(crate) fn party_by_person(&self, number: &str) -> Option<&Party> {
        self.parties.iter().find(|p| p.person.as_deref() == Some(number))
    }

    pub(crate) fn party_by_organisation(&self, number: &str) -> Option<&Party> {
        self.parties.iter().find(|p| p.organisation.as_deref() == Some(number))
    }

    pub(crate) fn user_of_party(&self, party_id: i64) -> Option<&User> {
        self.users.iter().find(|u| u.party_id == party_id)
    }

    /// The application with this id, `org/app`.
    pub(crate) fn app(&self, app_id: &str) -> Option<&AppEntry> {
        self.apps.get(app_id)
    }

    /// Who may do what in the application `app_id`. None when the world has no such application or policy.
    pub(crate) fn policy_of(&self, app_id: &str) -> Option<&Policy> {
        self.policies.get(&self.app(app_id)?.policy)
    }

    /// The authentication levels that the application's policy asks for: its own, else the world's.
    pub(crate) fn obligations_of(&self, app_id: &str) -> &Obligations {
        self.app(app_id).and_then(|app| app.obligations.as_ref()).unwrap_or(&self.obligations)
    }

    /// The data types of the application: its own, else the world's.
    pub(crate) fn data_types_of(&self, app_id: &str) -> &[Value] {
        self.app(app_id).and_then(|app| app.data_types.as_deref()).unwrap_or(&self.data_types)
    }
}

/// The demonstration world:
///
/// | | |
/// | --- | --- |
/// | service owners | `ttd` 405003309, `digdir` 991825827, `skd` 974761076 |
/// | apps | `ttd/mottak-demo`, `digdir/mottak-demo`: their owner and the three users may do everything |
/// | their data types | `model` (XML, one), `attachment`, `ref-data-as-pdf` |
/// | persons | party 510001 is 01839012345, 510002 is 02858012336, 510003 is 03877012327; they are the users 20001 to 20003 |
/// | organisations | party 520001 is 310000019, 520002 is 310000027, 520003 is 310000035 |
/// | Maskinporten client | [`World::DEMO_CLIENT`] of `ttd` with both scopes of service owners, without a key |
/// | delegation | `digdir` lets `ttd` ask for `altinn:serviceowner/instances.read` on its behalf |
/// | system users | of 310000019, and of 310000027 with the reference `avdeling-2`, in the system `405003309_mottak` of `ttd` |
/// | restricted scope | `skatteetaten:formueinntekt` is for 974761076 |
///
/// There is no submission.
impl Default for World {
    fn default() -> Self {
        // A test holds that the file parses; the fallback only keeps this free of a panic.
        serde_json::from_str(DEMO).unwrap_or_else(|_| Self::empty())
    }
}

#[cfg(test)]
mod tests;
