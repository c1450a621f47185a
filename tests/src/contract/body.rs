//! The body of a request, made of what a step says.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;

use super::error::ContractError;
use super::scenario::{BodyTemplate, Multipart};
use super::variables::Variables;

/// Bytes to send, and the content type that goes with them unless the step sets another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Payload {
    pub(super) bytes: Bytes,
    pub(super) content_type: Option<String>,
}

/// A recording may leave the padding of base64 away.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

pub(super) fn payload(template: &BodyTemplate, variables: &Variables) -> Result<Payload, ContractError> {
    let plain = |bytes: Vec<u8>| Ok(Payload { bytes: bytes.into(), content_type: None });
    match template {
        BodyTemplate::Json(value) => Ok(Payload {
            bytes: variables.fill_json(value)?.to_string().into(),
            content_type: Some("application/json".to_owned()),
        }),
        BodyTemplate::Text(text) => plain(variables.fill(text)?.into_bytes()),
        BodyTemplate::Base64(text) => {
            plain(LENIENT.decode(text).map_err(|error| ContractError::Request(format!("base64: {error}")))?)
        }
        BodyTemplate::Zeros(length) => plain(vec![0; *length]),
        BodyTemplate::Pattern(length) => plain((0..=u8::MAX).cycle().take(*length).collect()),
        BodyTemplate::Multipart(multipart) => multipart_payload(multipart, variables),
    }
}

fn multipart_payload(multipart: &Multipart, variables: &Variables) -> Result<Payload, ContractError> {
    let Multipart { boundary, subtype, parts } = multipart;
    let mut bytes = Vec::new();
    for part in parts {
        bytes.extend_from_slice(format!("--{boundary}\r\n").as_bytes());
        for line in &part.headers {
            bytes.extend_from_slice(variables.fill(line)?.as_bytes());
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"\r\n");
        if let Some(body) = &part.body {
            bytes.extend_from_slice(&payload(body, variables)?.bytes);
        }
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    let subtype = subtype.as_deref().unwrap_or("form-data");
    Ok(Payload { bytes: bytes.into(), content_type: Some(format!("multipart/{subtype}; boundary={boundary}")) })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn made(template: Value) -> Payload {
        let mut variables = Variables::default();
        variables.set("id", "501337".into());
        payload(&serde_json::from_value(template).unwrap(), &variables).unwrap()
    }

    #[test]
    fn json_keeps_its_order_and_has_its_content_type() {
        let made = made(json!({"json": {"z": "{{id}}", "a": [1, "å"]}}));
        assert_eq!(made.bytes, r#"{"z":"501337","a":[1,"å"]}"#);
        assert_eq!(made.content_type.as_deref(), Some("application/json"));
        assert_eq!(super::tests::made(json!({"json": null})).bytes, "null");
    }

    #[test]
    fn other_bodies_have_no_content_type() {
        for (template, bytes) in [
            (json!({"text": "<{{id}}>"}), b"<501337>".to_vec()),
            (json!({"base64": "AAH/"}), vec![0, 1, 255]),
            (json!({"base64": "AAE"}), vec![0, 1]),
            (json!({"zeros": 3}), vec![0; 3]),
            (json!({"pattern": 258}), (0..=255).chain([0, 1]).collect()),
        ] {
            assert_eq!(made(template), Payload { bytes: bytes.into(), content_type: None });
        }
    }

    #[test]
    fn parts_are_framed_by_the_boundary() {
        let parts = json!([
            {"headers": ["Content-Disposition: form-data; name=\"{{id}}\""], "body": {"text": "a"}},
            {"headers": []},
        ]);
        let made = made(json!({"multipart": {"boundary": "b", "parts": parts}}));
        let lines = ["--b", "Content-Disposition: form-data; name=\"501337\"", "", "a", "--b", "", "", "--b--", ""];
        assert_eq!(made.bytes, lines.join("\r\n"));
        assert_eq!(made.content_type.as_deref(), Some("multipart/form-data; boundary=b"));
    }
}
