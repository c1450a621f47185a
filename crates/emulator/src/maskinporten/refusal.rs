//! Maskinporten's errors.

use axum::response::Response;
use http::StatusCode;
use serde_json::{Map, Value};

use crate::response;

/// Why a token request is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    MediaType,
    Form(&'static str),
    GrantType,
    /// The grant is malformed; the text says where.
    Malformed(&'static str),
    Algorithm,
    ClientNotFound,
    UnknownKid,
    NoKid,
    ExpiredKey,
    CertificateHeader,
    CertificateAuthority,
    CertificateOrganisation,
    Signature,
    TooLong,
    IssuedInFuture,
    Expired,
    Audience,
    Replayed,
    Resource,
    ConsumerIsOwner,
    Scope(String),
    IntegrationType,
    NotGranted(String),
    NotDelegated {
        consumer: String,
        scope: String,
        supplier: String,
    },
    DetailsType,
    DetailsFields,
    DetailsValues,
    Internal,
}

struct Parts {
    error: &'static str,
    description: String,
    code: Option<&'static str>,
}

impl Refusal {
    /// The answer. `issuer` is what the address of the error's explanation begins with.
    pub(crate) fn into_response(self, issuer: &str) -> Response {
        let trace = uuid::Uuid::new_v4().simple();
        let parts = self.parts();
        let mut body = Map::new();
        body.insert("error".to_owned(), parts.error.into());
        let description = format!("{} (trace_id: {trace})", parts.description);
        body.insert("error_description".to_owned(), description.into());
        if let Some(code) = parts.code {
            let base = issuer.trim_end_matches('/');
            body.insert("error_uri".to_owned(), format!("{base}/errors/{code}").into());
        }
        response::json(self.status(), &Value::Object(body))
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NotGranted(_) | Self::NotDelegated { .. } => StatusCode::FORBIDDEN,
            Self::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    fn parts(&self) -> Parts {
        let (error, description, code) = match self {
            Self::MediaType => ("invalid_request", "Unsupported media type.".to_owned(), None),
            Self::Form(what) => ("invalid_request", (*what).to_owned(), None),
            Self::GrantType => ("unsupported_grant_type", "Unsupported grant type.".to_owned(), None),
            Self::Malformed(what) => ("invalid_request", format!("Invalid assertion. {what}"), Some("MP-011")),
            Self::Algorithm => client_failed("Invalid JWT. Unsupported signing algorithm.", None),
            Self::ClientNotFound => client_failed("Client not found.", Some("MP-100")),
            Self::UnknownKid => client_failed("Unknown key identifier (kid) for client.", None),
            Self::NoKid => client_failed(
                "Invalid JWT. The client requires pre-registered jwk and no key identifier (kid) provided",
                None,
            ),
            Self::ExpiredKey => client_failed("Expired key.", Some("MP-121")),
            Self::CertificateHeader => client_failed("Invalid JWT header x5c.", Some("MP-123")),
            Self::CertificateAuthority => {
                client_failed("The JWT is signed with an invalid certificate.", Some("MP-120"))
            }
            Self::CertificateOrganisation => {
                client_failed("The organization number of the client does not match certificate.", Some("MP-122"))
            }
            Self::Signature => client_failed("Invalid JWT signature.", Some("MP-124")),
            Self::TooLong => client_failed("JWT has too long lifetime.", None),
            Self::IssuedInFuture => client_failed("Issue time is in the future.", None),
            Self::Expired => client_failed("JWT has expired.", Some("MP-130")),
            Self::Audience => client_failed("Invalid JWT claim aud.", Some("MP-110")),
            Self::Replayed => client_failed("Grant is used before.", Some("MP-012")),
            Self::Resource => {
                ("invalid_target", "The requested resource is no absolute URI without a fragment.".to_owned(), None)
            }
            Self::ConsumerIsOwner => (
                "invalid_request",
                "The combination consumer_org in claim and delegation scope on client is invalid.".to_owned(),
                None,
            ),
            Self::Scope(scope) => {
                ("invalid_scope", format!("Token request contains invalid scopes for client, {scope}"), Some("MP-200"))
            }
            Self::IntegrationType => (
                "invalid_scope",
                "Token request contains scopes not allowed for maskinporten.".to_owned(),
                Some("MP-201"),
            ),
            Self::NotGranted(scope) => {
                ("forbidden", format!("Consumer has not been granted access to the scope {scope}."), Some("MP-250"))
            }
            Self::NotDelegated { consumer, scope, supplier } => (
                "forbidden",
                format!("Consumer {consumer} has not delegated access to the scope {scope} to supplier {supplier}."),
                Some("MP-251"),
            ),
            Self::DetailsType => details("Unknown authorization details type.", "MP-301"),
            Self::DetailsFields => details("Unknown fields in authorization details.", "MP-302"),
            Self::DetailsValues => (
                "invalid_altinn_customer_configuration",
                "Invalid authorization details values.".to_owned(),
                Some("MP-303"),
            ),
            Self::Internal => ("server_error", "Internal error.".to_owned(), None),
        };
        Parts { error, description, code }
    }
}

fn client_failed(phrase: &str, code: Option<&'static str>) -> (&'static str, String, Option<&'static str>) {
    let description = format!("Invalid assertion. Client authentication failed. {phrase}");
    ("invalid_grant", description, code)
}

fn details(phrase: &str, code: &'static str) -> (&'static str, String, Option<&'static str>) {
    ("invalid_request", phrase.to_owned(), Some(code))
}
