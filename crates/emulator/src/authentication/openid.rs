//! The documents about Altinn's own tokens.

use axum::response::Response;
use http::StatusCode;
use serde_json::json;

use super::Call;
use crate::response;

pub(super) fn configuration(call: &Call<'_>) -> Response {
    let base = format!("{}/authentication/api/v1", call.platform.origin());
    let issuer = call.platform.issuer();
    let document = json!({
        "issuer": issuer,
        "jwks_uri": format!("{issuer}.well-known/openid-configuration/jwks"),
        "authorization_endpoint": format!("{base}/authorize/"),
        "token_endpoint": format!("{base}/token/"),
        "end_session_endpoint": format!("{base}/openid/logout/"),
        "response_types_supported": ["token"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
    });
    response::json(StatusCode::OK, &document)
}

pub(super) fn key_set(call: &Call<'_>) -> Response {
    response::json(StatusCode::OK, &call.platform.keys.jwks())
}
