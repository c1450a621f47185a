use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::dotnet::datetime::DateTime;

net_enum! {
    /// A state.
    enum Mood = "Test.Mood" { Calm = 0, Wild = 1, }
}

net_object! {
    /// A model that leaves its nulls out.
    struct Sample = "Test.Sample", nulls omit {
        "id" => id: Option<String>,
        "count" => count: i32,
        "on" => on: bool = true,
        "at" => at: Option<DateTime>,
        "mood" => mood: Option<Mood>,
        "tags" => tags: Option<Vec<String>>,
        "texts" => texts: Option<BTreeMap<String, Option<String>>>,
        "inner" => inner: Option<Inner>,
    }
}

net_object! {
    /// A model that writes its nulls.
    struct Inner = "Test.Inner", nulls keep {
        "name" => name: Option<String>,
    }
}

fn read(text: &str) -> Result<Sample, FieldErrors> {
    read_body(text.as_bytes())
}

fn errors(pairs: &[(&str, &str)]) -> Result<Sample, FieldErrors> {
    let mut errors = FieldErrors::new();
    for (key, message) in pairs {
        errors.add(*key, *message);
    }
    Err(errors)
}

#[test]
fn names_and_kinds_are_read_leniently() {
    let sample =
        read(r#"{"ID": 5, "Count": "7", "on": "False", "mood": "wild", "unknown": [1, {"a": 2}], "inner": {}}"#);
    let document = serde_json::to_value(sample.expect("a sample")).expect("a document");
    assert_eq!(document, json!({"id": "5", "count": 7, "on": false, "mood": "Wild", "inner": {"name": null}}));
}

#[test]
fn numbers_without_a_name_are_kept() {
    let sample = read(r#"{"mood": 7}"#).expect("a sample");
    assert_eq!(sample.mood, Some(Mood::Other(7)));
    assert!(sample.on);
}

#[test]
fn refusals_carry_path_and_position() {
    assert_eq!(
        read(r#"{"on":"maybe"}"#),
        errors(&[("on", "Could not convert string to boolean: maybe. Path 'on', line 1, position 13.")])
    );
    assert_eq!(
        read(r#"{"count":1.5}"#),
        errors(&[("count", "Input string '1.5' is not a valid integer. Path 'count', line 1, position 12.")])
    );
    assert_eq!(
        read(r#"{"mood":"sad"}"#),
        errors(&[(
            "mood",
            "Error converting value \"sad\" to type 'System.Nullable`1[Test.Mood]'. Path 'mood', line 1, position 13."
        )])
    );
    assert_eq!(
        read(r#"{"tags":"a"}"#),
        errors(&[(
            "tags",
            "Error converting value \"a\" to type 'System.Collections.Generic.List`1[System.String]'. Path 'tags', line 1, position 11."
        )])
    );
}

#[test]
fn a_cut_text_earns_one_message_per_level() {
    assert_eq!(
        read(r#"{"id":"#),
        errors(&[
            ("id", "Unexpected end when setting id's value. Path 'id', line 1, position 6."),
            ("id", "Unexpected end when deserializing object. Path 'id', line 1, position 6."),
        ])
    );
    assert_eq!(read("{"), errors(&[("", "Unexpected end when reading JSON. Path '', line 1, position 1.")]));
    assert_eq!(
        read(r#"{"a":"#),
        errors(&[("a", "Unexpected end when deserializing object. Path 'a', line 1, position 5.")])
    );
}

#[test]
fn an_object_where_a_text_belongs_fails_at_every_level() {
    let expected = [
        "Unexpected character encountered while parsing value: {. Path 'texts.object', line 1, position 20.",
        "Unexpected character encountered while parsing value: }. Path 'texts.object', line 1, position 20.",
        "Unexpected character encountered while parsing value: }. Path 'texts.object', line 1, position 20.",
    ];
    assert_eq!(read(r#"{"texts":{"object":{}}}"#), errors(&expected.map(|message| ("texts.object", message))));
}

#[test]
fn comments_are_passed_over() {
    let sample = read("/* a */ {\"count\": // one\n 1, /* b\nc */ \"id\": \"x\"} /");
    assert_eq!(sample.map(|sample| (sample.count, sample.id)), Ok((1, Some("x".to_owned()))));
    assert!(read("{/*").is_err());
}

#[test]
fn nothing_is_no_body() {
    for text in ["", "null", "  "] {
        assert_eq!(read(text), errors(&[("", NOTHING)]), "{text:?}");
    }
}

proptest! {
    #[test]
    fn no_text_is_too_much(text in ".{0,60}") {
        let _ = read(&text);
    }

    #[test]
    fn no_json_like_text_is_too_much(text in r#"[{}\[\]:,"a-f0-9 .\\nutrse-]{0,60}"#) {
        let _ = read(&text);
    }
}
