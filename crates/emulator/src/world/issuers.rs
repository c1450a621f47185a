//! Token issuers outside the emulator whose public keys the exchange trusts.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Jwk;

/// The two Maskinporten services that the exchange is configured with. An absent `main` is the emulator's own.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct MaskinportenIssuers {
    #[serde(default)]
    pub(crate) main: Option<MaskinportenIssuer>,
    #[serde(default)]
    pub(crate) alternative: Option<MaskinportenIssuer>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct MaskinportenIssuer {
    pub(crate) issuer: String,
    /// The address of the metadata document. The exchange accepts any issuer that is a part of this text.
    pub(crate) metadata: String,
    /// Public JWKs by a name of the file's own.
    #[serde(default)]
    pub(crate) keys: BTreeMap<String, Jwk>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct IdportenIssuer {
    pub(crate) keys: BTreeMap<String, Jwk>,
    /// Scopes that the exchange accepts although they don't begin with `altinn:`.
    pub(crate) partner_scopes: Vec<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct StudioIssuer {
    pub(crate) issuers: Vec<String>,
    pub(crate) keys: BTreeMap<String, Jwk>,
}
