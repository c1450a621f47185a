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
        let (kind, sent) = with_parameters(text)?;
        let (kind, subtype) = kind.split_once('/')?;
        let (kind, subtype) = (trimmed(kind), trimmed(subtype));
        if !is_token(kind) || !is_token(subtype) {
            return None;
        }
        let mut text = format!("{kind}/{subtype}");
        let essence = text.to_ascii_lowercase();
        let mut parameters = Vec::new();
        for (name, value) in sent {
            text.push_str("; ");
            text.push_str(name);
            if !value.is_empty() {
                text.push('=');
                text.push_str(value);
            }
            parameters.push((name.to_ascii_lowercase(), unquoted(value)));
        }
        Some(Self { essence, parameters, text })
    }

    /// The value of a parameter, without quotes; an empty one counts as none.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        let (_, value) = self.parameters.iter().find(|(known, _)| known == name)?;
        Some(value.as_str()).filter(|value| !value.is_empty())
    }

    /// Whether the framework's JSON reader takes it.
    pub(crate) fn is_json(&self) -> bool {
        matches!(self.essence.as_str(), "application/json" | "text/json")
            || (self.essence.starts_with("application/") && self.essence.ends_with("+json"))
    }
}

/// What stands before the first `;`, and the names and values of the parameters behind it, as they were sent. A parameter
/// needs no value, and the list may end in a `;`; `None` when anything else about it is odd.
pub(crate) fn with_parameters(text: &str) -> Option<(&str, Vec<(&str, &str)>)> {
    let parts = split_unquoted(text, ';');
    let (first, sent) = parts.split_first()?;
    let sent = match sent.split_last() {
        Some((last, others)) if trimmed(last).is_empty() => others,
        _ => sent,
    };
    let parameters: Option<_> = sent.iter().copied().map(parameter).collect();
    Some((trimmed(first), parameters?))
}

fn parameter(text: &str) -> Option<(&str, &str)> {
    let (name, value) = text.split_once('=').unwrap_or((text, ""));
    let (name, value) = (trimmed(name), trimmed(value));
    let holds = is_token(name) && (value.is_empty() || is_token(value) || is_quoted(value));
    holds.then_some((name, value))
}

/// Without the blanks of a header around it.
fn trimmed(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

/// Whether `text` is a quoted string of HTTP.
fn is_quoted(text: &str) -> bool {
    let Some(inner) = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else { return false };
    let mut escaped = false;
    for character in inner.chars() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return false,
            _ => {}
        }
    }
    !escaped
}

/// Whether `text` is a token of HTTP.
pub(crate) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// `text` without the quotes around it and the backslashes in it.
fn unquoted(text: &str) -> String {
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
fn split_unquoted(text: &str, separator: char) -> Vec<&str> {
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

    #[test]
    fn parameters_are_tokens_or_quoted_or_nothing() {
        for (text, read) in [
            ("text/plain; foo", Some("text/plain; foo")),
            ("text/plain;foo= ;a = \"b;c\"", Some("text/plain; foo; a=\"b;c\"")),
            ("text / plain ;", Some("text/plain")),
            ("text/plain;;charset=utf-8", None),
            ("text/plain; ;", None),
            ("text/plain; a=b c", None),
            ("text/plain; =b", None),
            ("text/plain; a=\"b", None),
            ("text/plain; a=\"b\"c", None),
            ("text/plain,text/plain", None),
        ] {
            assert_eq!(MediaType::parse(text).map(|parsed| parsed.text).as_deref(), read, "{text}");
        }
        let parsed = MediaType::parse("application/json; charset").expect("a media type");
        assert_eq!(parsed.parameter("charset"), None);
    }

    proptest! {
        #[test]
        fn no_text_is_too_much(text in ".{0,40}") {
            let _ = MediaType::parse(&text);
        }
    }
}
