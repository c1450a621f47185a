//! What Maskinporten knows from the start.

use serde::Deserialize;

use super::Jwk;

const DEFAULT_LIFETIME_SECONDS: i64 = 120;

/// A client and its public keys.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ClientEntry {
    pub(crate) client_id: String,
    /// The organisation that owns the client: nine digits.
    pub(crate) org_number: String,
    #[serde(default)]
    pub(crate) keys: Vec<KeyEntry>,
    #[serde(default)]
    pub(crate) scopes: Vec<ScopeEntry>,
    #[serde(default = "default_lifetime")]
    pub(crate) token_lifetime: i64,
    /// Clients of another kind (`idporten`) get no Maskinporten token.
    #[serde(default = "default_integration")]
    pub(crate) integration_type: String,
}

/// A public JWK with the time it stops being accepted: a year after registration when absent.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct KeyEntry {
    #[serde(default)]
    pub(crate) expires: Option<jiff::Timestamp>,
    #[serde(flatten)]
    pub(crate) jwk: Jwk,
}

/// A scope that a client may ask for.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "ScopeForm")]
pub(crate) struct ScopeEntry {
    pub(crate) name: String,
    /// The longest life of a token with this scope, in seconds. None: the client's own lifetime counts.
    pub(crate) max_age: Option<i64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum ScopeForm {
    Name(String),
    #[serde(rename_all = "camelCase")]
    Full {
        name: String,
        #[serde(default)]
        max_age: Option<i64>,
    },
}

impl From<ScopeForm> for ScopeEntry {
    fn from(form: ScopeForm) -> Self {
        match form {
            ScopeForm::Name(name) => Self { name, max_age: None },
            ScopeForm::Full { name, max_age } => Self { name, max_age },
        }
    }
}

/// `consumer` lets `supplier` ask for tokens with `scope` on its behalf.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Delegation {
    pub(crate) consumer: String,
    pub(crate) supplier: String,
    pub(crate) scope: String,
}

/// A system user of `owner` in the system of `vendor`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SystemUser {
    pub(crate) vendor: String,
    pub(crate) owner: String,
    /// Without one the system user is found by its owner's organisation number.
    #[serde(default)]
    pub(crate) external_ref: Option<String>,
    pub(crate) id: uuid::Uuid,
    pub(crate) system_id: String,
}

/// What someone has consented to that an organisation may see.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Consent {
    pub(crate) id: uuid::Uuid,
    /// `urn:altinn:person:identifier-no:` with eleven digits, or `urn:altinn:organization:identifier-no:` with nine.
    pub(crate) from: String,
    /// The organisation, in the same form.
    pub(crate) to: String,
    pub(crate) consented: jiff::Timestamp,
    pub(crate) valid_to: jiff::Timestamp,
    /// As they are to stand in the token.
    pub(crate) consent_rights: serde_json::Value,
}

/// A person may be on either side, and what they consented to is theirs.
impl std::fmt::Debug for Consent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Consent").field("id", &self.id).finish_non_exhaustive()
    }
}

fn default_lifetime() -> i64 {
    DEFAULT_LIFETIME_SECONDS
}

fn default_integration() -> String {
    "maskinporten".to_owned()
}
