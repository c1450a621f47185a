use serde_json::Value;

/// What Maskinporten says when it refuses a grant.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Refusal {
    pub(super) error: Option<String>,
    /// Without the bracketed id at its end.
    pub(super) description: Option<String>,
    pub(super) code: Option<String>,
    pub(super) trace_id: Option<String>,
}

impl Refusal {
    /// Whether Maskinporten said anything that tells one refusal from another.
    pub(super) fn has_reason(&self) -> bool {
        self.error.is_some() || self.description.is_some() || self.code.is_some()
    }

    /// Reads an error body. What isn't there, or is no JSON at all, stays empty.
    pub(super) fn read(body: &[u8]) -> Self {
        let Ok(Value::Object(body)) = serde_json::from_slice(body) else { return Self::default() };
        let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
        let (description, trace_id) = text("error_description").map(split_id).unwrap_or_default();
        Self {
            error: text("error").map(str::to_owned),
            description,
            // The code has no member of its own: it is the last part of the address of its explanation.
            code: text("error_uri").and_then(|uri| uri.rsplit('/').next()).filter(is_code).map(str::to_owned),
            trace_id,
        }
    }
}

fn is_code(text: &&str) -> bool {
    text.strip_prefix("MP-").is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

/// Parts a description from `(trace_id: …)` or the older `(correlation id: …)` behind it.
fn split_id(description: &str) -> (Option<String>, Option<String>) {
    let parts = description.strip_suffix(')').and_then(|text| text.rsplit_once('('));
    if let Some((text, bracket)) = parts
        && let Some((name, id)) = bracket.split_once(':')
        && matches!(name.trim(), "trace_id" | "correlation id")
    {
        return (Some(text.trim().to_owned()), Some(id.trim().to_owned()));
    }
    (Some(description.to_owned()), None)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn code_and_trace_id_are_found_where_they_hide() {
        let refusal = Refusal::read(
            br#"{"error":"invalid_grant","error_description":"Invalid assertion. Expired key. (trace_id: 0af7)",
                "error_uri":"https://test.maskinporten.no/errors/MP-121"}"#,
        );
        assert_eq!(refusal.error.as_deref(), Some("invalid_grant"));
        assert_eq!(refusal.description.as_deref(), Some("Invalid assertion. Expired key."));
        assert_eq!(refusal.code.as_deref(), Some("MP-121"));
        assert_eq!(refusal.trace_id.as_deref(), Some("0af7"));
    }

    #[test]
    fn older_and_poorer_bodies_are_read_too() {
        let old = Refusal::read(br#"{"error":"x","error_description":"Bad (scope). (correlation id: 1-2)"}"#);
        assert_eq!(old.description.as_deref(), Some("Bad (scope)."));
        assert_eq!(old.trace_id.as_deref(), Some("1-2"));
        assert_eq!(old.code, None);

        let brackets = Refusal::read(br#"{"error_description":"key identifier (kid)","error_uri":"https://x/about"}"#);
        assert_eq!(brackets.description.as_deref(), Some("key identifier (kid)"));
        assert_eq!(brackets.code, None);

        for nothing in [&b"<html>502</html>"[..], b"", b"[]", b"{}", br#"{"error":5}"#, b"\xff"] {
            assert_eq!(Refusal::read(nothing), Refusal::default());
            assert!(!Refusal::read(nothing).has_reason());
        }
    }

    proptest! {
        #[test]
        fn any_body_is_taken(body in any::<Vec<u8>>(), description in "\\PC*", uri in "\\PC*") {
            Refusal::read(&body);
            let json = serde_json::json!({"error": "x", "error_description": description, "error_uri": uri});
            Refusal::read(json.to_string().as_bytes());
        }
    }
}
