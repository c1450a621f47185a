//! Values with a name, and `{{name}}` in texts.

use std::fmt;

use serde_json::{Map, Value};

use super::error::ContractError;

/// Names with their values, in the order in which they were first set. `Debug` tells names only: a value can be a
/// token.
#[derive(Clone, Default)]
pub(super) struct Variables(Vec<(String, String)>);

impl Variables {
    pub(super) fn set(&mut self, name: &str, value: String) {
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name.to_owned(), value)),
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// `text` with every `{{name}}` replaced.
    pub(super) fn fill(&self, text: &str) -> Result<String, ContractError> {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find("{{") {
            let (before, at) = rest.split_at(start);
            filled.push_str(before);
            rest = if let Some((name, after)) = placeholder(at) {
                filled.push_str(self.get(name).ok_or_else(|| unknown(name))?);
                after
            } else {
                filled.push('{');
                &at[1..]
            };
        }
        filled.push_str(rest);
        Ok(filled)
    }

    /// `value` with every text in it filled, the names of members included.
    pub(super) fn fill_json(&self, value: &Value) -> Result<Value, ContractError> {
        Ok(match value {
            Value::String(text) => Value::String(self.fill(text)?),
            Value::Array(items) => {
                Value::Array(items.iter().map(|item| self.fill_json(item)).collect::<Result<_, _>>()?)
            }
            Value::Object(members) => Value::Object(self.fill_members(members)?),
            other => other.clone(),
        })
    }

    pub(super) fn fill_members(&self, members: &Map<String, Value>) -> Result<Map<String, Value>, ContractError> {
        members.iter().map(|(name, value)| Ok((self.fill(name)?, self.fill_json(value)?))).collect()
    }
}

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(|(name, _)| name)).finish()
    }
}

/// The name at the beginning of `at`, which begins with `{{`, and what follows the placeholder.
fn placeholder(at: &str) -> Option<(&str, &str)> {
    let inner = at.strip_prefix("{{")?;
    let end = inner.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | ':' | '-')))?;
    let (name, rest) = inner.split_at(end);
    let after = rest.strip_prefix("}}")?;
    (!name.is_empty()).then_some((name, after))
}

/// The names `NAME` of all `{{PREFIX:NAME}}` in `text`.
pub(super) fn names_with_prefix<'a>(text: &'a str, prefix: &str) -> Vec<&'a str> {
    text.match_indices("{{")
        .filter_map(|(at, _)| placeholder(text.get(at..)?))
        .filter_map(|(name, _)| name.strip_prefix(prefix)?.strip_prefix(':'))
        .collect()
}

fn unknown(name: &str) -> ContractError {
    ContractError::Unknown { kind: "variable", name: name.to_owned() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::redaction::assert_redacted;

    fn variables() -> Variables {
        let mut variables = Variables::default();
        variables.set("id", "501337/x".into());
        variables.set("token:owner-read", "secret.token.value".into());
        variables
    }

    #[test]
    fn placeholders_are_filled_wherever_a_text_stands() {
        let filled = variables().fill_json(&json!({"{{id}}": [1, "a{{id}}b{{id}}", null], "n": true})).unwrap();
        assert_eq!(filled, json!({"501337/x": [1, "a501337/xb501337/x", null], "n": true}));
        assert_eq!(variables().fill("Bearer {{token:owner-read}}").unwrap(), "Bearer secret.token.value");
    }

    #[test]
    fn what_is_no_placeholder_stays() {
        for text in ["{{}}", "{{a b}}", "{{id}", "{id}}", "{{", "æ{{ø}}å"] {
            assert_eq!(variables().fill(text).unwrap(), text);
        }
        assert_eq!(variables().fill("{{{id}}}").unwrap(), "{501337/x}");
    }

    #[test]
    fn a_name_without_a_value_is_an_error() {
        let error = variables().fill("/{{nothing}}").unwrap_err();
        assert_eq!(error.to_string(), "no variable `nothing`");
    }

    #[test]
    fn actors_in_a_text_are_told() {
        assert_eq!(names_with_prefix("{{token:a-b}} {{id}} {{token:c}}{{token:}}", "token"), ["a-b", "c", ""]);
    }

    #[test]
    fn values_are_not_printed() {
        assert_redacted(&format!("{:?}", variables()), &[("token", "secret.token.value")]);
    }
}
