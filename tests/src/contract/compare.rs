//! Tells in what an answer differs from the recording.

use serde_json::{Map, Value};

use super::scenario::Ignored;

/// The differences between a recorded answer and one in the same form.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Differences {
    pub(super) lines: Vec<String>,
    /// How many texts were not compared, since they are sentences of the JSON reader of .NET.
    pub(super) waived: usize,
}

/// Compares `got` with `want`; of the parts in `ignored` only that they are there is of interest to nobody.
pub(super) fn compare(want: &Value, got: &Value, ignored: &[Ignored]) -> Differences {
    let mut found = Differences::default();
    let parts = [("status", None), ("headers", Some(Ignored::Headers)), ("body", Some(Ignored::Body))];
    for (name, part) in parts {
        if part.is_none_or(|part| !ignored.contains(&part)) {
            found.differ(&want[name], &got[name], name);
        }
    }
    found
}

impl Differences {
    fn differ(&mut self, want: &Value, got: &Value, at: &str) {
        match (want, got) {
            (Value::Array(want), Value::Array(got)) => self.differ_in_items(want, got, at),
            (Value::Object(want), Value::Object(got)) => self.differ_in_members(want, got, at),
            _ if same(want, got) => {}
            _ => self.lines.push(format!("{at}: want {want}, got {got}")),
        }
    }

    fn differ_in_items(&mut self, want: &[Value], got: &[Value], at: &str) {
        if want.len() != got.len() {
            self.lines.push(format!("{at}: want {} items, got {}", want.len(), got.len()));
        }
        for (index, (want, got)) in want.iter().zip(got).enumerate() {
            self.differ(want, got, &format!("{at}/{index}"));
        }
    }

    fn differ_in_members(&mut self, want: &Map<String, Value>, got: &Map<String, Value>, at: &str) {
        for (name, wanted) in want {
            match got.get(name) {
                None => self.lines.push(format!("{at}/{name}: missing, want {wanted}")),
                Some(Value::Array(texts)) if is_reader_sentence(at, name) && is_texts(wanted) => {
                    if texts.is_empty() || !texts.iter().all(Value::is_string) {
                        self.lines.push(format!("{at}/{name}: want a list of texts"));
                    }
                    self.waived += 1;
                }
                Some(got) => self.differ(wanted, got, &format!("{at}/{name}")),
            }
        }
        for (name, got) in got.iter().filter(|(name, _)| !want.contains_key(*name)) {
            self.lines.push(format!("{at}/{name}: not in the recording, got {got}"));
        }
    }
}

/// `$` and what begins with it are places in a body, told by the JSON reader.
fn is_reader_sentence(at: &str, name: &str) -> bool {
    at == "body/json/errors" && name.starts_with('$')
}

fn is_texts(value: &Value) -> bool {
    value.as_array().is_some_and(|items| items.iter().all(Value::is_string))
}

/// Numbers are one kind in JSON: 1 and 1.0 are the same.
fn same(want: &Value, got: &Value) -> bool {
    match (want, got) {
        (Value::Number(want), Value::Number(got)) => want == got || want.as_f64() == got.as_f64(),
        _ => want == got,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn lines(want: Value, got: Value) -> Vec<String> {
        let answer = |body: Value| json!({"status": 200, "headers": {}, "body": body});
        compare(&answer(want), &answer(got), &[]).lines
    }

    #[test]
    fn equal_answers_have_no_differences() {
        assert_eq!(lines(json!({"a": [1, {"b": null}]}), json!({"a": [1.0, {"b": null}]})), [""; 0]);
    }

    #[test]
    fn every_kind_of_difference_is_told_with_its_place() {
        let want = json!({"json": {"a": 1, "b": [1, 2], "c": {"d": "x"}, "e": null, "k": []}});
        let got = json!({"json": {"a": "1", "b": [1, 3, 4], "c": {"d": "y"}, "f": true, "k": {}}});
        let expected = [
            r#"body/json/a: want 1, got "1""#,
            "body/json/b: want 2 items, got 3",
            "body/json/b/1: want 2, got 3",
            r#"body/json/c/d: want "x", got "y""#,
            "body/json/e: missing, want null",
            "body/json/k: want [], got {}",
            "body/json/f: not in the recording, got true",
        ];
        assert_eq!(lines(want, got), expected);
        assert_eq!(lines(Value::Null, json!({"text": ""})), [r#"body: want null, got {"text":""}"#]);
    }

    #[test]
    fn ignored_parts_are_not_compared_but_the_status_is() {
        let want = json!({"status": 200, "headers": {"a": "1"}, "body": null});
        let got = json!({"status": 500, "headers": {}, "body": {"text": "x"}});
        assert_eq!(compare(&want, &got, &[Ignored::Body, Ignored::Headers]).lines, ["status: want 200, got 500"]);
        assert_eq!(compare(&want, &got, &[Ignored::Headers]).lines.len(), 2);
    }

    #[test]
    fn sentences_of_the_reader_are_waived_and_counted() {
        let answer = |errors: Value| json!({"status": 400, "headers": {}, "body": {"json": {"errors": errors}}});
        let want = answer(json!({"$.a": ["The JSON value …"], "model": ["required"]}));
        let found = compare(&want, &answer(json!({"$.a": ["other words"], "model": ["required"]})), &[]);
        assert_eq!(found, Differences { lines: vec![], waived: 1 });
        for errors in [
            json!({"model": ["required"]}),
            json!({"$.a": [], "model": ["required"]}),
            json!({"$.a": "x", "model": ["required"]}),
            json!({"$.a": ["x"], "model": ["other"]}),
        ] {
            assert_eq!(compare(&want, &answer(errors), &[]).lines.len(), 1);
        }
        let elsewhere = |text: &str| json!({"status": 200, "headers": {}, "body": {"json": {"x": {"$.a": [text]}}}});
        assert_eq!(compare(&elsewhere("a"), &elsewhere("b"), &[]).lines.len(), 1);
    }
}
