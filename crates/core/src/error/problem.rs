use std::fmt;

use serde_json::{Map, Value};

use super::scrub::scrub;

/// How much of an error's body is read at all, in bytes.
pub(crate) const MAX_BODY: usize = 64 * 1024;
/// How much of the service's words is kept, in characters.
const MAX_WORDS: usize = 2_000;

/// What the service itself said about a failure.
///
/// Storage answers errors in four forms, often under the same content type: a problem object, a JSON text, plain
/// text, or nothing. All four end up here, bounded, with tokens and national identity numbers struck out.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Problem {
    message: Option<String>,
    trace_id: Option<String>,
}

impl Problem {
    /// Reads a body. Any bytes are fine; what can't be understood gives an empty problem.
    pub(crate) fn read(body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(&body[..body.len().min(MAX_BODY)]);
        let text = text.trim_start_matches('\u{feff}').trim();
        if text.is_empty() {
            return Self::default();
        }
        match serde_json::from_str::<Value>(text) {
            Ok(Value::Object(object)) => Self::from_object(&object),
            Ok(Value::String(text)) => Self::from_text(&text),
            // A whole HTML page from a gateway says nothing that its status does not.
            _ if text.starts_with('<') => Self::default(),
            // A JSON text that is longer than what is kept has lost its other quotation mark.
            _ => Self::from_text(text.strip_prefix('"').unwrap_or(text)),
        }
    }

    fn from_text(text: &str) -> Self {
        Self { message: bounded(text), trace_id: None }
    }

    fn from_object(object: &Map<String, Value>) -> Self {
        let text = |name: &str| {
            object
                .iter()
                .find(|(key, _)| key.eq_ignore_ascii_case(name))
                .and_then(|(_, value)| value.as_str())
                .filter(|text| !text.trim().is_empty())
        };
        let mut words: Vec<String> = Vec::new();
        for name in ["title", "detail", "message", "error", "error_description"] {
            if let Some(part) = text(name) {
                words.push(part.to_owned());
            }
        }
        if let Some(Value::Object(fields)) = object.get("errors") {
            for (field, texts) in fields {
                let texts: Vec<&str> = match texts {
                    Value::Array(texts) => texts.iter().filter_map(Value::as_str).collect(),
                    Value::String(text) => vec![text],
                    _ => Vec::new(),
                };
                words.push(format!("{field}: {}", texts.join(" ")));
            }
        }
        Self { message: bounded(&words.join(": ")), trace_id: text("traceId").and_then(bounded) }
    }

    /// The service's words, at most 2 000 characters. `None` where it said nothing.
    pub fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }

    /// The service's trace id, to quote in a support case.
    pub fn trace_id(&self) -> Option<&str> {
        self.trace_id.as_deref()
    }
}

fn bounded(text: &str) -> Option<String> {
    let scrubbed = scrub(text.trim());
    if scrubbed.is_empty() {
        return None;
    }
    Some(match scrubbed.char_indices().nth(MAX_WORDS) {
        Some((end, _)) => format!("{}…", &scrubbed[..end]),
        None => scrubbed,
    })
}

impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Problem").field("message", &self.message).field("trace_id", &self.trace_id).finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn message(body: &str) -> Option<String> {
        Problem::read(body.as_bytes()).message().map(str::to_owned)
    }

    #[test]
    fn all_forms_of_an_error_body_are_read() {
        assert_eq!(message(""), None);
        assert_eq!(message("\"Invalid read status: x\""), Some("Invalid read status: x".into()));
        assert_eq!(message("Unable to find it"), Some("Unable to find it".into()));
        assert_eq!(message("<html><body>502</body></html>"), None);
        let problem = Problem::read(
            br#"{"type":"t","title":"One or more validation errors occurred.","status":400,
                "traceId":"00-aa-bb-00","errors":{"size":["The value 'x' is not valid."]}}"#,
        );
        assert_eq!(
            problem.message(),
            Some("One or more validation errors occurred.: size: The value 'x' is not valid.")
        );
        assert_eq!(problem.trace_id(), Some("00-aa-bb-00"));
        assert_eq!(message(r#"{"title":"Conflict","detail":"Lock is held."}"#), Some("Conflict: Lock is held.".into()));
    }

    #[test]
    fn words_are_bounded_and_scrubbed() {
        let long = message(&"ø".repeat(5_000)).unwrap();
        assert_eq!(long.chars().count(), MAX_WORDS + 1);
        assert_eq!(message("\"person 01039012345 is unknown\""), Some("person [redacted] is unknown".into()));
        let endless = format!("\"Unable to find instance: {}\"", "x".repeat(2 * MAX_BODY));
        assert!(message(&endless).unwrap().starts_with("Unable to find instance: x"));
    }

    proptest! {
        #[test]
        fn reading_never_panics(body in any::<Vec<u8>>()) {
            let _ = Problem::read(&body);
        }

        #[test]
        fn reading_text_never_panics_and_stays_bounded(body in "[\\PC\"{}<:,]{0,3000}") {
            let problem = Problem::read(body.as_bytes());
            prop_assert!(problem.message().unwrap_or_default().chars().count() <= MAX_WORDS + 1);
        }
    }
}
