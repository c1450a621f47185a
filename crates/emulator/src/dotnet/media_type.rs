//! Media types.

/// The essence of a media type and its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MediaType {
    /// `type/subtype`, in lower case.
    pub(crate) essence: String,
    parameters: Vec<(String, String)>,
    /// As the framework writes it: letter case as sent, one blank before each parameter.
    pub(crate) text: String,
}

impl MediaType {
    /// Reads a `Content-Type` value; `None` when it is none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = split_unquoted(text, ';').into_iter();
        let (kind, subtype) = parts.next()?.trim().split_once('/')?;
        if !is_token(kind) || !is_token(subtype) {
            return None;
        }
        let mut text = format!("{kind}/{subtype}");
        let essence = text.to_ascii_lowercase();
        let mut parameters = Vec::new();
        for part in parts.map(str::trim).filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=')?;
            let (name, value) = (name.trim(), value.trim());
            text.push_str(&format!("; {name}={value}"));
            parameters.push((name.to_ascii_lowercase(), unquoted(value)));
        }
        Some(Self { essence, parameters, text })
    }

    /// The value of a parameter, without quotes.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether the framework's JSON reader takes it.
    pub(crate) fn is_json(&self) -> bool {
        matches!(self.essence.as_str(), "application/json" | "text/json")
            || (self.essence.starts_with("application/") && self.essence.ends_with("+json"))
    }
}

/// Whether `text` is a token of HTTP.
pub(crate) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// `text` without the quotes around it and the backslashes in it.
pub(crate) fn unquoted(text: &str) -> String {
    let Some(inner) = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return text.to_owned();
    };
    let mut plain = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => plain.extend(characters.next()),
            other => plain.push(other),
        }
    }
    plain
}

/// Splits at `separator`, except inside quotes.
pub(crate) fn split_unquoted(text: &str, separator: char) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut quoted, mut escaped) = (0, false, false);
    for (at, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            other if other == separator && !quoted => {
                parts.push(&text[start..at]);
                start = at + other.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn essence_and_parameters() {
        let parsed = MediaType::parse("Multipart/Mixed; boundary=\"a;b\"; x=y").expect("a media type");
        assert_eq!(parsed.essence, "multipart/mixed");
        assert_eq!(parsed.parameter("boundary"), Some("a;b"));
        assert_eq!(parsed.text, "Multipart/Mixed; boundary=\"a;b\"; x=y");
        assert!(MediaType::parse("rubbish").is_none());
        assert!(MediaType::parse("").is_none());
        for (text, json) in [
            ("application/json", true),
            ("text/json; charset=utf-8", true),
            ("application/x+json", true),
            ("text/plain", false),
        ] {
            assert_eq!(MediaType::parse(text).map(|parsed| parsed.is_json()), Some(json), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_much(text in ".{0,40}") {
            let _ = MediaType::parse(&text);
        }
    }
}
