//! The members of a JSON object that may hold a private key. Texts are copied into memory that is overwritten, and only
//! those that are asked for.

use std::collections::BTreeMap;
use std::str::Chars;

use serde_json::value::RawValue;
use zeroize::Zeroizing;

pub(super) struct Members<'a>(BTreeMap<String, &'a RawValue>);

impl<'a> Members<'a> {
    /// Those of the object `section`, or of the whole where there is no such member. `None` for what is no JSON object.
    pub(super) fn parse(json: &'a [u8], section: &str) -> Option<Self> {
        let text = std::str::from_utf8(json).ok()?.trim_start_matches('\u{feff}');
        let whole = Self(serde_json::from_str(text).ok()?);
        match whole.find(section) {
            Some(section) => serde_json::from_str(section).ok().map(Self),
            None => Some(whole),
        }
    }

    /// A member as text, found without regard to case; `None` for one that is absent, `null` or blank.
    pub(super) fn text(&self, name: &str) -> Option<Zeroizing<String>> {
        let json = self.find(name)?;
        let quoted = json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        let text = match quoted {
            Some(inner) => unescaped(inner),
            None if json == "null" => return None,
            None => Zeroizing::new(json.to_owned()),
        };
        (!text.trim().is_empty()).then_some(text)
    }

    fn find(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.get())
    }
}

/// What is between the quotation marks of a JSON text, which has been parsed already. The parser would do this in
/// memory of its own that it does not overwrite.
fn unescaped(json: &str) -> Zeroizing<String> {
    // No escape is shorter than what it stands for, so this never grows.
    let mut text = Zeroizing::new(String::with_capacity(json.len()));
    let mut letters = json.chars();
    while let Some(letter) = letters.next() {
        text.push(if letter == '\\' { escaped(&mut letters) } else { letter });
    }
    text
}

fn escaped(letters: &mut Chars<'_>) -> char {
    match letters.next() {
        Some('b') => '\u{8}',
        Some('f') => '\u{c}',
        Some('n') => '\n',
        Some('r') => '\r',
        Some('t') => '\t',
        Some('u') => unicode(letters),
        // The quotation mark and both slashes stand for themselves.
        Some(letter) => letter,
        None => char::REPLACEMENT_CHARACTER,
    }
}

fn unicode(letters: &mut Chars<'_>) -> char {
    let first = unit(letters);
    if let Some(rest) = letters.as_str().strip_prefix("\\u") {
        let mut after = rest.chars();
        let pair = [first, unit(&mut after)];
        if (0xd800..0xdc00).contains(&first)
            && let Some(Ok(letter)) = char::decode_utf16(pair).next()
        {
            *letters = after;
            return letter;
        }
    }
    char::from_u32(first.into()).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// The next four digits.
fn unit(letters: &mut Chars<'_>) -> u16 {
    let digits = letters.by_ref().take(4).filter_map(|digit| digit.to_digit(16));
    digits.fold(0, |unit, digit| (unit << 4) | u16::try_from(digit).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn text(json: &str) -> Option<String> {
        Members::parse(json.as_bytes(), "Section")?.text("name").map(|text| text.to_string())
    }

    #[test]
    fn a_member_is_found_and_told_as_text() {
        for (json, expected) in [
            (r#"{"Name":"x"}"#, Some("x")),
            ("\u{feff}{\"NAME\": 5 }", Some("5")),
            (r#"{"name":true}"#, Some("true")),
            (r#"{"name":{"kty": "RSA"}}"#, Some(r#"{"kty": "RSA"}"#)),
            (r#"{"section":{"name":"x"},"name":"y"}"#, Some("x")),
            (r#"{"name":"\"\\\/\b\f\n\r\t"}"#, Some("\"\\/\u{8}\u{c}\n\r\t")),
            (r#"{"name":"a\u00e6\ud83d\ude00b"}"#, Some("aæ😀b")),
            (r#"{"name":null}"#, None),
            (r#"{"name":" \n"}"#, None),
            (r#"{"other":"x"}"#, None),
            (r#"{"section":5,"name":"y"}"#, None),
            (r#"["name"]"#, None),
            (r#"{"name":"x"#, None),
        ] {
            assert_eq!(text(json).as_deref(), expected, "{json}");
        }
        // Halves of a letter, which no parser takes for one.
        for half in [r"\ud83d", r"\ude00", r"\ud83dx", r"\ud83d\n", r"\ud83d\u0041"] {
            let text = text(&format!(r#"{{"name":"{half}"}}"#)).unwrap_or_default();
            assert!(text.starts_with(char::REPLACEMENT_CHARACTER), "{half}: {text}");
        }
    }

    #[test]
    fn a_text_is_never_moved_while_it_is_written() {
        let json = r#"a\n\u00e6\ud83d\ude00\ud83d"#;
        assert_eq!(unescaped(json).capacity(), String::with_capacity(json.len()).capacity());
    }

    proptest! {
        #[test]
        fn every_text_is_what_a_parser_makes_of_it(expected in any::<String>(), spelled_out: bool) {
            let json = if spelled_out {
                let units: String = expected.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
                format!(r#"{{"name":"{units}"}}"#)
            } else {
                json!({ "name": expected }).to_string()
            };
            prop_assert_eq!(text(&json).unwrap_or_default(), if expected.trim().is_empty() { "" } else { &expected });
        }
    }
}
