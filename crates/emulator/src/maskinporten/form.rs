//! The request to the token endpoint.

use axum::body::{Body, to_bytes};
use http::Request;
use http::header::CONTENT_TYPE;
use url::form_urlencoded;

use super::refusal::Refusal;

const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const FORM: &str = "application/x-www-form-urlencoded";
const MAX_BODY_BYTES: usize = 64 * 1024;

/// The assertion of a token request. The real service finds the parameters in the query string as well.
pub(crate) async fn assertion(request: Request<Body>) -> Result<String, Refusal> {
    let query = request.uri().query().unwrap_or_default().to_owned();
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let is_form = content_type.is_some_and(is_form);
    let body = to_bytes(request.into_body(), MAX_BODY_BYTES)
        .await
        .map_err(|_| Refusal::Form("The request body can't be read."))?;
    if !body.is_empty() && !is_form {
        return Err(Refusal::MediaType);
    }
    let parameters: Vec<_> = form_urlencoded::parse(&body).chain(form_urlencoded::parse(query.as_bytes())).collect();
    let parameter = |name: &str| parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_ref());
    match parameter("grant_type") {
        None => Err(Refusal::Form("Missing parameter grant_type.")),
        Some(GRANT_TYPE) => match parameter("assertion") {
            None | Some("") => Err(Refusal::Malformed("Missing parameter assertion.")),
            Some(assertion) => Ok(assertion.to_owned()),
        },
        Some(_) => Err(Refusal::GrantType),
    }
}

fn is_form(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case(FORM)
}
