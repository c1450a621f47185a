//! The access token.

use aws_lc_rs::rand;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::Maskinporten;
use super::access::Access;
use super::grant::TokenRequest;
use super::refusal::Refusal;
use super::verify::Proven;
use crate::keys::{Jwt, base64url};

/// Where a delegation is registered, as test tokens say it.
const DELEGATION_SOURCE: &str = "https://tt02.altinn.no/";

/// The token endpoint's answer.
pub(crate) fn access_token(
    maskinporten: &Maskinporten,
    proven: &Proven,
    request: &TokenRequest,
    access: Access,
    details: Option<Value>,
    now: Timestamp,
) -> Result<Value, Refusal> {
    let lifetime = access.lifetime;
    let scope = request.scopes.join(" ");
    let mut claims = Map::new();
    let mut claim = |name: &str, value: Value| claims.insert(name.to_owned(), value);
    if let Some(resource) = &request.resource {
        claim("aud", resource.clone());
    }
    claim("scope", scope.clone().into());
    claim("iss", maskinporten.issuer.clone().into());
    claim("client_amr", proven.method.into());
    claim("token_type", "Bearer".into());
    claim("exp", now.as_second().saturating_add(lifetime).into());
    claim("iat", now.as_second().into());
    claim("client_id", proven.client.id.clone().into());
    claim("jti", token_id()?.into());
    claim("consumer", organisation(&access.consumer));
    if let Some(supplier) = &access.supplier {
        claim("supplier", organisation(supplier));
        claim("delegation_source", DELEGATION_SOURCE.into());
    }
    if let Some(pid) = &request.pid {
        claim("pid", pid.clone().into());
    }
    if let Some(details) = details {
        claim("authorization_details", details);
    }
    let signing = maskinporten.signing_key();
    let mut header = Map::new();
    header.insert("kid".to_owned(), signing.kid.into());
    header.insert("alg".to_owned(), "RS256".into());
    let token = Jwt::sign(&signing.key, &header, &claims).map_err(|_| Refusal::Internal)?;
    Ok(json!({
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": lifetime,
        "scope": scope,
    }))
}

fn organisation(number: &str) -> Value {
    json!({"authority": "iso6523-actorid-upis", "ID": format!("0192:{number}")})
}

/// 32 random bytes: 43 characters.
fn token_id() -> Result<String, Refusal> {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).map_err(|_| Refusal::Internal)?;
    Ok(base64url::encode(&bytes))
}
