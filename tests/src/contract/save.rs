//! Takes values out of an answer, for later requests.

use percent_encoding::percent_decode_str;
use regex_lite::Regex;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::error::ContractError;
use super::http::Incoming;
use super::variables::Variables;

/// Where a value is, and what to make of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    /// Names and positions after slashes; without this and `header` the value is the whole body.
    #[serde(default)]
    json: Option<String>,
    #[serde(default)]
    header: Option<String>,
    /// A pattern whose first group is the value.
    #[serde(default, rename = "match")]
    pattern: Option<String>,
    /// Undoes percent-encoding twice, as the tokens of the platform's links need it.
    #[serde(default)]
    decode: bool,
    #[serde(default)]
    upper: bool,
}

/// Sets the variables that `rules` name.
pub(super) fn save(
    rules: &Map<String, Value>,
    answer: &Incoming,
    variables: &mut Variables,
) -> Result<(), ContractError> {
    for (name, rule) in rules {
        let rule = Rule::deserialize(rule)
            .map_err(|source| ContractError::Parse { what: format!("the rule for `{name}`"), source })?;
        let nothing = || ContractError::NothingToSave { name: name.clone(), status: answer.status };
        let value = rule.value(answer)?.ok_or_else(nothing)?;
        variables.set(name, value);
    }
    Ok(())
}

impl Rule {
    fn value(&self, answer: &Incoming) -> Result<Option<String>, ContractError> {
        let found = match (&self.header, &self.json) {
            (Some(header), _) => answer.header(header),
            (None, Some(pointer)) => serde_json::from_slice(&answer.body).ok().and_then(|body| pick(&body, pointer)),
            (None, None) => Some(answer.text()),
        };
        let Some(mut value) = found else { return Ok(None) };
        if let Some(pattern) = &self.pattern {
            let pattern = Regex::new(pattern)?;
            let Some(group) = pattern.captures(&value).and_then(|groups| groups.get(1)) else { return Ok(None) };
            value = group.as_str().to_owned();
        }
        if self.decode {
            return Ok(decoded(&value).and_then(|once| decoded(&once)));
        }
        Ok(Some(if self.upper { value.to_uppercase() } else { value }))
    }
}

/// The value at `pointer`, as text.
fn pick(body: &Value, pointer: &str) -> Option<String> {
    let found = pointer.split('/').skip(1).try_fold(body, |value, step| match value {
        Value::Array(items) => items.get(step.parse::<usize>().ok()?),
        _ => value.get(step),
    })?;
    match found {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

fn decoded(text: &str) -> Option<String> {
    percent_decode_str(text).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn saved(rule: Value) -> Result<String, ContractError> {
        let body = json!({"id": "501337/abc", "n": 7, "none": null, "data": [{"id": "x"}],
            "next": "http://h?continuationToken=63%253b1%2525&size=2"});
        let answer = Incoming::for_tests(201, &[("location", "/x/abc")], body.to_string());
        let mut variables = Variables::default();
        let rules = Map::from_iter([("v".to_owned(), rule)]);
        save(&rules, &answer, &mut variables)?;
        Ok(variables.get("v").unwrap().to_owned())
    }

    #[test]
    fn values_come_from_the_body_by_pointer_and_from_headers() {
        assert_eq!(saved(json!({"json": "/id"})).unwrap(), "501337/abc");
        assert_eq!(saved(json!({"json": "/n"})).unwrap(), "7");
        assert_eq!(saved(json!({"json": "/data/0/id"})).unwrap(), "x");
        assert_eq!(saved(json!({"header": "location"})).unwrap(), "/x/abc");
        assert!(saved(json!({})).unwrap().starts_with(r#"{"id":"#));
    }

    #[test]
    fn a_pattern_takes_a_part_and_the_part_can_be_changed() {
        assert_eq!(saved(json!({"json": "/id", "match": "/(.+)$", "upper": true})).unwrap(), "ABC");
        let rule = json!({"json": "/next", "match": "continuationToken=([^&]+)"});
        assert_eq!(saved(rule).unwrap(), "63%253b1%2525");
        let rule = json!({"json": "/next", "match": "continuationToken=([^&]+)", "decode": true});
        assert_eq!(saved(rule).unwrap(), "63;1%");
    }

    #[test]
    fn nothing_to_save_is_an_error() {
        for rule in [
            json!({"json": "/none"}),
            json!({"json": "/data/1/id"}),
            json!({"header": "x"}),
            json!({"json": "/id", "match": "(z)"}),
        ] {
            let error = saved(rule).unwrap_err();
            assert_eq!(error.to_string(), "nothing to save as `v` (status 201)");
        }
        assert!(matches!(saved(json!({"jsn": "/id"})), Err(ContractError::Parse { .. })));
        assert!(matches!(saved(json!({"json": "/id", "match": "("})), Err(ContractError::Pattern(_))));
    }
}
