//! The documents that Maskinporten publishes.

use serde_json::{Value, json};

use super::Maskinporten;

/// The metadata document. Its addresses point at the emulator, whatever the issuer is called.
pub(crate) fn metadata(maskinporten: &Maskinporten) -> Value {
    json!({
        "issuer": maskinporten.issuer,
        "token_endpoint": maskinporten.token_endpoint.as_str(),
        "jwks_uri": maskinporten.jwks_uri.as_str(),
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS256", "RS384", "RS512"],
        "grant_types_supported": ["urn:ietf:params:oauth:grant-type:jwt-bearer"],
        "authorization_details_types_supported": ["urn:altinn:systemuser", "urn:altinn:consent"],
    })
}

pub(crate) fn key_set(maskinporten: &Maskinporten) -> Value {
    let signing = maskinporten.signing_key();
    json!({"keys": [signing.key.public_jwk(&signing.kid, "RS256")]})
}
