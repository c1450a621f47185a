//! As much of JSON Schema as the documents use. Stricter in one point: members that are not listed are faults, so that
//! a document that has fallen behind is noticed.

use altinn_core::Timestamp;
use regex_lite::Regex;
use serde_json::Value;
use uuid::Uuid;

/// Whether `value` is what `schema` says; references lead into `document`.
pub(super) fn check(document: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let pointer = reference.strip_prefix('#').unwrap_or_default();
        let target = document.pointer(pointer).ok_or(format!("a schema at {reference}"))?;
        return check(document, target, value);
    }
    if let Some(choices) = schema["anyOf"].as_array() {
        let faults: Vec<_> = choices.iter().filter_map(|choice| check(document, choice, value).err()).collect();
        return if faults.len() < choices.len() { Ok(()) } else { Err(faults.join(", or ")) };
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => return Err("a type".to_owned()),
    };
    let actual = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    if !types.contains(&actual) {
        return Err(format!("{actual} where {types:?} stands"));
    }
    if let Some(choices) = schema["enum"].as_array()
        && !choices.contains(value)
    {
        return Err(format!("another value than {choices:?}"));
    }
    match value {
        Value::Number(number) => match (schema["format"].as_str(), number.as_i64()) {
            (Some("int32"), Some(number)) if i32::try_from(number).is_err() => Err(format!("{number} as int32")),
            _ => Ok(()),
        },
        Value::String(text) => format(schema, text),
        Value::Array(items) => items.iter().try_for_each(|item| check(document, &schema["items"], item)),
        Value::Object(members) => {
            for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                members.get(name).ok_or(format!("an object without {name}"))?;
            }
            for (name, member) in members {
                let known = schema["properties"].get(name).or_else(|| schema.get("additionalProperties"));
                match known {
                    Some(schema) => check(document, schema, member).map_err(|fault| format!("{name}: {fault}"))?,
                    // An object of which nothing is said may hold anything.
                    None if schema["properties"].is_null() => {}
                    None => return Err(format!("the member {name}")),
                }
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn format(schema: &Value, text: &str) -> Result<(), String> {
    if let Some(pattern) = schema["pattern"].as_str() {
        let known = Regex::new(pattern).map_err(|error| error.to_string())?;
        // The text itself may be a secret.
        return if known.is_match(text) { Ok(()) } else { Err(format!("a text that is not {pattern}")) };
    }
    let good = match schema["format"].as_str() {
        Some("uuid") => Uuid::try_parse(text).is_ok(),
        Some("date-time") => text.parse::<Timestamp>().is_ok(),
        _ => true,
    };
    if good { Ok(()) } else { Err(format!("a text that is no {}", schema["format"])) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_the_schema_does_not_say_is_a_fault() {
        let document = json!({"schemas": {"Element": {"type": "object", "required": ["id"], "properties": {
            "id": {"type": "string", "format": "uuid"}, "size": {"type": ["integer", "null"], "format": "int32"},
            "texts": {"type": "object", "additionalProperties": {"type": "string"}},
            "list": {"type": "array", "items": {"$ref": "#/schemas/Element"}},
            "kind": {"type": "string", "enum": ["a", "b"]}, "code": {"type": "string", "pattern": "^[0-9]{3}$"}}}}});
        let schema = json!({"anyOf": [{"$ref": "#/schemas/Element"}, {"type": "boolean"}]});
        let id = "00000000-0000-4000-8000-000000000001";
        for good in [
            json!({"id": id, "size": null, "texts": {"a": "b"}, "list": [{"id": id, "size": 7}]}),
            json!({"id": id, "kind": "a", "code": "123"}),
            json!(true),
        ] {
            assert_eq!(check(&document, &schema, &good), Ok(()));
        }
        for bad in [
            json!({}),
            json!({"id": "x"}),
            json!({"id": id, "size": 3_000_000_000_i64}),
            json!({"id": id, "other": 1}),
            json!({"id": id, "kind": "c"}),
            json!({"id": id, "code": "1234"}),
            json!({"id": id, "texts": {"a": 1}}),
            json!({"id": id, "list": [{}]}),
            json!("text"),
        ] {
            assert!(check(&document, &schema, &bad).is_err(), "{bad}");
        }
    }
}
