//! What becomes of a token's claims on the way through .NET: read into a list of single claims, changed, written.

use jiff::Timestamp;
use serde_json::{Map, Number, Value};

/// The largest whole number that stays one; beyond it the platform writes a real.
const LARGEST: u64 = i64::MAX as u64;

/// Claims one by one: an array in the token is several claims of one name, an empty array is none.
#[derive(Clone)]
pub(crate) struct ClaimList(Vec<(String, Value)>);

impl ClaimList {
    pub(crate) fn read(claims: &Map<String, Value>) -> Self {
        let mut list = Vec::new();
        for (name, value) in claims {
            let items = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
            list.extend(items.iter().map(|item| (rewritten(name).to_owned(), kept(name, item))));
        }
        Self(list)
    }

    /// The first claim of this name.
    pub(crate) fn first(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// The first claim of this name as text; objects as JSON.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        Some(match self.first(name)? {
            Value::String(text) => text.clone(),
            value => value.to_string(),
        })
    }

    /// Takes out the first claim of this name and leaves the others.
    pub(crate) fn remove_first(&mut self, name: &str) {
        if let Some(at) = self.0.iter().position(|(known, _)| known == name) {
            self.0.remove(at);
        }
    }

    pub(crate) fn add(&mut self, name: &str, value: impl Into<Value>) {
        self.0.push((name.to_owned(), value.into()));
    }

    /// The claims of a token: one claim of a name is a bare value, several are an array, at the place of the first.
    /// The three times are always new.
    pub(crate) fn into_token(self, now: Timestamp, lifetime: i64) -> Map<String, Value> {
        let mut token = Map::new();
        for (name, value) in self.0 {
            match token.get_mut(&name) {
                Some(Value::Array(several)) => several.push(value),
                _ => {
                    token.insert(name, Value::Array(vec![value]));
                }
            }
        }
        for value in token.values_mut() {
            if let Some([single]) = value.as_array_mut().map(Vec::as_mut_slice) {
                *value = single.take();
            }
        }
        let now = now.as_second();
        for (name, time) in [("nbf", now), ("exp", now.saturating_add(lifetime)), ("iat", now)] {
            token.insert(name.to_owned(), time.into());
        }
        token
    }
}

/// Names that the platform's claim mapping doesn't give back as they were.
fn rewritten(name: &str) -> &str {
    match name {
        "sub" | "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier" => "nameid",
        "roles" | "http://schemas.microsoft.com/ws/2008/06/identity/claims/role" => "role",
        name => name,
    }
}

/// A single value of the claim `name` as it comes out again. A subject is always text; what is inside objects and
/// nested arrays is opaque.
fn kept(name: &str, value: &Value) -> Value {
    match value {
        Value::Null => Value::String(String::new()),
        Value::Number(number) if name == "sub" => Value::String(kept_number(number).to_string()),
        Value::Number(number) => Value::Number(kept_number(number)),
        value => value.clone(),
    }
}

fn kept_number(number: &Number) -> Number {
    let whole = number.as_f64().filter(|real| real.fract() == 0.0 && real.abs() < LARGEST as f64);
    match (number.as_u64(), whole) {
        (Some(large), _) if large > LARGEST => Number::from_f64(large as f64).unwrap_or_else(|| number.clone()),
        (None, Some(real)) if number.is_f64() => Number::from(real as i64),
        _ => number.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through(claims: &str) -> Map<String, Value> {
        let claims = serde_json::from_str(claims).unwrap();
        let mut token = ClaimList::read(&claims).into_token(Timestamp::UNIX_EPOCH, 60);
        for time in ["nbf", "exp", "iat"] {
            token.shift_remove(time);
        }
        token
    }

    fn expected(claims: &str) -> Map<String, Value> {
        serde_json::from_str(claims).unwrap()
    }

    #[test]
    fn values_come_out_as_recorded() {
        assert_eq!(
            through(
                r#"{"none": [], "one": [5], "object": [{"a": null}], "nulls": [1, null], "null": null, "whole": 1.0,
                    "real": 1.5, "huge": 1.5e30, "beyond": 18446744073709551615, "negative": -5.0, "nested": [[1.0]]}"#
            ),
            expected(
                r#"{"one": 5, "object": {"a": null}, "nulls": [1, ""], "null": "", "whole": 1,
                    "real": 1.5, "huge": 1.5e30, "beyond": 18446744073709551615.0, "negative": -5, "nested": [1.0]}"#
            )
        );
    }

    #[test]
    fn some_names_are_rewritten_and_merged() {
        let token = through(r#"{"sub": "s", "role": "a", "x": 1, "roles": ["b", "c"]}"#);
        assert_eq!(token, expected(r#"{"nameid": "s", "role": ["a", "b", "c"], "x": 1}"#));
        assert_eq!(token.keys().collect::<Vec<_>>(), ["nameid", "role", "x"]);
    }

    #[test]
    fn long_names_come_out_short() {
        let role = "http://schemas.microsoft.com/ws/2008/06/identity/claims/role";
        let id = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier";
        let token = through(&format!(r#"{{"{role}": "a", "role": "b", "{id}": "s"}}"#));
        assert_eq!(token, expected(r#"{"role": ["a", "b"], "nameid": "s"}"#));
    }

    #[test]
    fn arrays_in_arrays_stay_as_they_are() {
        assert_eq!(
            through(r#"{"alike": [[1], [2.0]], "mixed": [[1], 2], "empty": [[], 1], "one": [[1]], "none": [[]]}"#),
            expected(r#"{"alike": [[1], [2.0]], "mixed": [[1], 2], "empty": [[], 1], "one": [1], "none": []}"#)
        );
    }

    #[test]
    fn a_subject_becomes_text() {
        assert_eq!(through(r#"{"sub": 5, "x": 5}"#), expected(r#"{"nameid": "5", "x": 5}"#));
        assert_eq!(through(r#"{"sub": 5.0}"#), expected(r#"{"nameid": "5"}"#));
        assert_eq!(through(r#"{"sub": null}"#), expected(r#"{"nameid": ""}"#));
    }

    #[test]
    fn removing_takes_the_first_only() {
        let mut list = ClaimList::read(&expected(r#"{"aud": ["a", "b", "c"]}"#));
        list.remove_first("aud");
        list.remove_first("absent");
        let token = list.into_token(Timestamp::UNIX_EPOCH, 60);
        assert_eq!(token["aud"], serde_json::json!(["b", "c"]));
    }

    #[test]
    fn times_are_new_and_stay_in_place() {
        let list = ClaimList::read(&expected(r#"{"exp": 1, "a": 2, "nbf": [3, 4]}"#));
        let token = list.into_token(Timestamp::from_second(100).unwrap(), 60);
        assert_eq!(token.keys().collect::<Vec<_>>(), ["exp", "a", "nbf", "iat"]);
        assert_eq!((&token["exp"], &token["nbf"], &token["iat"]), (&160.into(), &100.into(), &100.into()));
    }
}
