//! Normal form: what varies from run to run becomes a placeholder.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use regex_lite::{Captures, Regex};
use serde_json::{Map, Value};

use super::patterns::Patterns;
use super::scenario::Scenario;
use super::variables::Variables;

/// Shorter values are too likely to stand in an answer by chance.
const SHORTEST: usize = 6;

/// What a component of a URL leaves as it is.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// Brings texts and JSON into normal form, with the variables as they are after one step.
#[derive(Debug)]
pub(super) struct Normaliser<'a> {
    patterns: &'a Patterns,
    /// What to look for, and the placeholder for it, in the order in which they are replaced.
    known: Vec<(String, String)>,
    /// Saved numbers of subscriptions, which are too short to be looked for in texts.
    subscriptions: Vec<(&'a str, &'a str)>,
    mask: &'a [String],
}

impl<'a> Normaliser<'a> {
    pub(super) fn new(patterns: &'a Patterns, scenario: &'a Scenario, variables: &'a Variables) -> Self {
        let mut named: Vec<(&str, &str)> = variables
            .iter()
            .filter(|(name, value)| length(value) >= SHORTEST && !scenario.plain.iter().any(|plain| plain == name))
            .collect();
        // Longer ones first: a value can hold another one. The sort keeps the order of equal lengths.
        named.sort_by_key(|(_, value)| std::cmp::Reverse(length(value)));
        let mut known = Vec::new();
        for (name, value) in named {
            let placeholder = format!("{{{{{name}}}}}");
            let encoded = utf8_percent_encode(value, COMPONENT).to_string();
            known.push((value.to_owned(), placeholder.clone()));
            if encoded != value {
                known.push((encoded, placeholder));
            }
        }
        let subscriptions = variables.iter().filter(|(name, _)| name.starts_with("sub")).collect();
        Self { patterns, known, subscriptions, mask: &scenario.mask }
    }

    pub(super) fn patterns(&self) -> &Patterns {
        self.patterns
    }

    pub(super) fn text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (value, placeholder) in &self.known {
            if text.contains(value.as_str()) {
                text = text.replace(value.as_str(), placeholder);
            }
        }
        let patterns = self.patterns;
        // Each pattern is tried only where a fixed part of it stands: most texts hold none of them.
        if text.contains("://") {
            text = patterns.host.replace_all(&text, "<host>$path").into_owned();
        }
        if text.contains('=') {
            text = patterns.continuation_token.replace_all(&text, "$name<token>").into_owned();
        }
        if text.contains("/subscription") {
            text = self.number_subscriptions(&text);
        }
        if text.contains('-') {
            text = replace(&patterns.uuid, text, "<uuid>");
            text = replace(&patterns.time, text, "<time>");
        }
        if text.contains('"') {
            text = replace(&patterns.trace_id, text, r#""traceId":"<trace>""#);
            text = replace(&patterns.lock_token, text, r#""lockToken":"<lock>""#);
        }
        text
    }

    pub(super) fn json(&self, value: &Value) -> Value {
        self.member(value, None)
    }

    pub(super) fn members(&self, members: &Map<String, Value>) -> Map<String, Value> {
        members.iter().map(|(name, value)| (self.text(name), self.member(value, Some(name)))).collect()
    }

    fn member(&self, value: &Value, name: Option<&str>) -> Value {
        if !value.is_null() && name.is_some_and(|name| self.mask.iter().any(|masked| masked == name)) {
            return "<masked>".into();
        }
        match (value, name) {
            (Value::Number(number), Some("id")) => self.number(&number.to_string()).into(),
            (Value::String(_), Some("traceId")) => "<trace>".into(),
            (Value::String(_), Some("lockToken")) => "<lock>".into(),
            (Value::String(text), _) => self.text(text).into(),
            (Value::Array(items), _) => items.iter().map(|item| self.member(item, None)).collect(),
            (Value::Object(members), _) => Value::Object(self.members(members)),
            _ => value.clone(),
        }
    }

    fn number_subscriptions(&self, text: &str) -> String {
        let numbered = |found: &Captures<'_>| {
            let (whole, number) = (&found[0], &found["number"]);
            let after = found.get(0).and_then(|all| text.get(all.end()..)?.chars().next());
            if after.is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')) {
                return whole.to_owned();
            }
            format!("{}{}", whole.trim_end_matches(|c: char| c.is_ascii_digit()), self.number(number))
        };
        self.patterns.subscription.replace_all(text, numbered).into_owned()
    }

    /// Ids of subscriptions are small numbers of a sequence: a saved one is told by its name.
    fn number(&self, number: &str) -> String {
        let saved = self.subscriptions.iter().find(|(_, value)| *value == number);
        saved.map_or_else(|| "<number>".to_owned(), |(name, _)| format!("{{{{{name}}}}}"))
    }
}

/// As recordings count it: in units of UTF-16.
fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

fn replace(pattern: &Regex, text: String, placeholder: &str) -> String {
    pattern.replace_all(&text, regex_lite::NoExpand(placeholder)).into_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn scenario() -> Scenario {
        let json = json!({"name": "n", "about": "a", "steps": [], "plain": ["hidden"], "mask": ["size"]});
        serde_json::from_value(json).unwrap()
    }

    fn with<T>(variables: &[(&str, &str)], use_it: impl FnOnce(&Normaliser<'_>) -> T) -> T {
        let (patterns, scenario) = (Patterns::new().unwrap(), scenario());
        let mut set = Variables::default();
        for (name, value) in variables {
            set.set(name, (*value).to_owned());
        }
        use_it(&Normaliser::new(&patterns, &scenario, &set))
    }

    fn text(variables: &[(&str, &str)], text: &str) -> String {
        with(variables, |normaliser| normaliser.text(text))
    }

    #[test]
    fn saved_values_are_named_plain_and_percent_encoded() {
        let variables = [("id", "501337/abc"), ("longer", "501337/abc/def"), ("short", "50133"), ("hidden", "abcdefg")];
        assert_eq!(
            text(&variables, "x 501337/abc/def y 501337%2Fabc 50133 abcdefg"),
            "x {{longer}} y {{id}} 50133 abcdefg"
        );
    }

    #[test]
    fn hosts_are_hidden_where_a_known_path_follows() {
        for path in ["/storage/api", "/authentication/api", "/events/x", "/ttd/an-app/instances/1"] {
            assert_eq!(text(&[], &format!("at https://a.b:1{path}, then")), format!("at <host>{path}, then"));
        }
        for other in ["https://a.b/other", "https://a.b", "ftp://a.b/storage"] {
            assert_eq!(text(&[], other), other);
        }
    }

    #[test]
    fn tokens_ids_and_times_become_placeholders() {
        assert_eq!(text(&[], "?a=1&ContinuationToken=12%253b4&b=2"), "?a=1&ContinuationToken=<token>&b=2");
        assert_eq!(text(&[], "x/3D241248-9d65-4471-8b76-85b73ad99035y"), "x/<uuid>y");
        for time in ["2026-01-02T03:04:05", "2026-01-02T03:04:05.1234567Z", "2026-01-02T03:04:05+02:00"] {
            assert_eq!(text(&[], &format!("<{time}>")), "<<time>>");
        }
        assert_eq!(text(&[], "2026-01-02"), "2026-01-02");
    }

    #[test]
    fn traces_and_locks_are_hidden_in_json_that_is_read_as_text() {
        assert_eq!(
            text(&[], r#"{"traceId":  "a", "lockToken":"b"}"#),
            r#"{"traceId":"<trace>", "lockToken":"<lock>"}"#
        );
    }

    #[test]
    fn subscriptions_are_numbered() {
        let variables = [("sub1", "12")];
        assert_eq!(
            text(&variables, "/subscriptions/12/subscription/13"),
            "/subscriptions/{{sub1}}/subscription/<number>"
        );
        assert_eq!(
            text(&variables, "/subscriptions/12a /subscriptions/12-3"),
            "/subscriptions/12a /subscriptions/12-3"
        );
    }

    #[test]
    fn json_is_normalised_member_by_member() {
        let value = json!({
            "id": 12, "other": 12, "traceId": "x", "lockToken": "y", "size": 7, "sizes": [{"size": null}, 1.5, true],
            "501337/abc": "501337/abc", "list": ["2026-01-02T03:04:05"],
        });
        let normal = with(&[("id", "501337/abc"), ("sub", "12")], |normaliser| normaliser.json(&value));
        let expected = json!({
            "id": "{{sub}}", "other": 12, "traceId": "<trace>", "lockToken": "<lock>", "size": "<masked>",
            "sizes": [{"size": null}, 1.5, true], "{{id}}": "{{id}}", "list": ["<time>"],
        });
        assert_eq!(normal, expected);
    }
}
