//! The filter `excludeConfirmedBy`, which the service puts into a JSON text as it comes: what it holds may end the text
//! or go on with it.

use std::iter::Peekable;
use std::str::CharIndices;

use serde_json::Value;

use crate::storage::model::CompleteConfirmation;

/// What a list of confirmations has to contain to be excluded.
#[derive(Clone, Debug)]
pub(super) struct Excluded(Vec<Value>);

impl Excluded {
    /// # Errors
    ///
    /// What the database says about a text that is no JSON.
    pub(super) fn read(stakeholder: &str) -> Result<Self, String> {
        let text = format!("[{{\"StakeholderId\":\"{stakeholder}\"}}]");
        match serde_json::from_str(&text) {
            Ok(Value::Array(wanted)) => Ok(Self(wanted)),
            _ => {
                let detail = Checker::new(&text).document().err().unwrap_or_default();
                Err(format!("22P02: invalid input syntax for type json\n\nDETAIL: {detail}"))
            }
        }
    }

    /// Whether the list contains everything, as the database's operator has it.
    pub(super) fn is_in(&self, confirmations: &[CompleteConfirmation]) -> bool {
        let holds = |confirmation: &CompleteConfirmation, (name, value): (&String, &Value)| match name.as_str() {
            "StakeholderId" => confirmation.stakeholder_id.as_deref() == value.as_str(),
            "ConfirmedOn" => value.as_str() == Some(confirmation.confirmed_on.to_string().as_str()),
            _ => false,
        };
        let contains = |wanted: &Value| {
            let Some(wanted) = wanted.as_object() else { return false };
            confirmations.iter().any(|confirmation| wanted.iter().all(|member| holds(confirmation, member)))
        };
        self.0.iter().all(contains)
    }
}

/// A piece of JSON text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Punctuation(char),
    Text,
    /// A number, `true`, `false` or `null`.
    Scalar,
    End,
}

/// Reads JSON as the database does, for what it says about text that is none.
struct Checker<'t> {
    text: &'t str,
    rest: Peekable<CharIndices<'t>>,
    kind: Kind,
    token: &'t str,
}

impl<'t> Checker<'t> {
    fn new(text: &'t str) -> Self {
        Self { text, rest: text.char_indices().peekable(), kind: Kind::End, token: "" }
    }

    fn document(mut self) -> Result<(), String> {
        self.next()?;
        self.value()?;
        if self.kind == Kind::End { Ok(()) } else { Err(self.instead_of("end of input")) }
    }

    fn value(&mut self) -> Result<(), String> {
        match self.kind {
            Kind::Text | Kind::Scalar => self.next(),
            Kind::Punctuation('[') => self.list(']', "\",\" or \"]\"", Self::value),
            Kind::Punctuation('{') => self.list('}', "\",\" or \"}\"", Self::member),
            _ => Err(self.instead_of("JSON value")),
        }
    }

    fn member(&mut self) -> Result<(), String> {
        if self.kind != Kind::Text {
            return Err(self.instead_of("string"));
        }
        self.next()?;
        if self.kind != Kind::Punctuation(':') {
            return Err(self.instead_of("\":\""));
        }
        self.next()?;
        self.value()
    }

    /// From the opening sign to behind the closing one.
    fn list(&mut self, close: char, wanted: &str, part: fn(&mut Self) -> Result<(), String>) -> Result<(), String> {
        self.next()?;
        if self.kind == Kind::Punctuation(close) {
            return self.next();
        }
        loop {
            part(self)?;
            match self.kind {
                Kind::Punctuation(',') => self.next()?,
                Kind::Punctuation(found) if found == close => return self.next(),
                _ => return Err(self.instead_of(wanted)),
            }
        }
    }

    fn instead_of(&self, wanted: &str) -> String {
        match self.kind {
            Kind::End => "The input string ended unexpectedly.".to_owned(),
            _ => format!("Expected {wanted}, but found \"{}\".", self.token),
        }
    }

    fn next(&mut self) -> Result<(), String> {
        while self.rest.next_if(|(_, sign)| matches!(sign, ' ' | '\t' | '\n' | '\r')).is_some() {}
        let Some((start, sign)) = self.rest.next() else {
            self.kind = Kind::End;
            return Ok(());
        };
        self.kind = match sign {
            '{' | '}' | '[' | ']' | ',' | ':' => Kind::Punctuation(sign),
            '"' => {
                self.end_of_text(start)?;
                Kind::Text
            }
            _ => {
                let is_word = |sign: char| sign.is_ascii_alphanumeric() || sign == '_' || !sign.is_ascii();
                let is_part = |sign: char| is_word(sign) || matches!(sign, '+' | '-' | '.');
                let number = sign == '-' || sign.is_ascii_digit();
                let goes_on = |sign: char| if number { is_part(sign) } else { is_word(sign) };
                while is_part(sign) && self.rest.next_if(|(_, sign)| goes_on(*sign)).is_some() {}
                let word = self.since(start);
                if serde_json::from_str::<Value>(word).is_err() {
                    return Err(invalid(word));
                }
                Kind::Scalar
            }
        };
        self.token = self.since(start);
        Ok(())
    }

    fn end_of_text(&mut self, start: usize) -> Result<(), String> {
        loop {
            let Some((_, sign)) = self.rest.next() else { return Err(invalid(self.since(start))) };
            match sign {
                '"' => return Ok(()),
                '\\' => self.escape(start)?,
                control if u32::from(control) < 32 => {
                    return Err(format!("Character with value 0x{:02x} must be escaped.", u32::from(control)));
                }
                _ => {}
            }
        }
    }

    fn escape(&mut self, start: usize) -> Result<(), String> {
        let Some((_, sign)) = self.rest.next() else { return Err(invalid(self.since(start))) };
        match sign {
            'u' => {
                for _ in 0..4 {
                    let Some((_, digit)) = self.rest.next() else { return Err(invalid(self.since(start))) };
                    if !digit.is_ascii_hexdigit() {
                        return Err("\"\\u\" must be followed by four hexadecimal digits.".to_owned());
                    }
                }
                Ok(())
            }
            '"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't' => Ok(()),
            other => Err(format!("Escape sequence \"\\{other}\" is invalid.")),
        }
    }

    fn since(&mut self, start: usize) -> &'t str {
        let end = self.rest.peek().map_or(self.text.len(), |(at, _)| *at);
        self.text.get(start..end).unwrap_or_default()
    }
}

fn invalid(token: &str) -> String {
    format!("Token \"{token}\" is invalid.")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::dotnet::datetime::DateTime;

    fn confirmations(by: &[&str]) -> Vec<CompleteConfirmation> {
        let by = by.iter().map(|id| CompleteConfirmation {
            stakeholder_id: Some((*id).to_owned()),
            confirmed_on: DateTime::from_ticks(0),
        });
        by.collect()
    }

    #[test]
    fn what_is_asked_for_is_compared() {
        let excludes = |asked: &str, by: &[&str]| Excluded::read(asked).map(|asked| asked.is_in(&confirmations(by)));
        assert_eq!(excludes("ttd", &["nav", "ttd"]), Ok(true));
        assert_eq!(excludes("TTD", &["ttd"]), Ok(false));
        assert_eq!(excludes("ttd", &[]), Ok(false));
        assert_eq!(excludes(r"\u0074td", &["ttd"]), Ok(true));
        assert_eq!(excludes(r#"ttd"},{"StakeholderId":"nav"#, &["ttd"]), Ok(false));
        assert_eq!(excludes(r#"ttd"},{"StakeholderId":"nav"#, &["nav", "ttd"]), Ok(true));
        assert_eq!(excludes(r#"ttd","x":"y"#, &["ttd"]), Ok(false));
    }

    #[test]
    fn what_is_no_json_is_complained_about() {
        for (asked, detail) in [
            ("\"", r#"Token ""}]" is invalid."#),
            ("\"x", r#"Token "x" is invalid."#),
            ("\\", r#"Token ""\"}]" is invalid."#),
            ("a\\x", r#"Escape sequence "\x" is invalid."#),
            ("\\u12", r#""\u" must be followed by four hexadecimal digits."#),
            ("a\nb", "Character with value 0x0a must be escaped."),
            ("a\" \"b", r#"Expected "," or "}", but found ""b""#),
            ("a\",\"b", r#"Expected ":", but found "}"."#),
            ("a\"}", r#"Token ""}]" is invalid."#),
        ] {
            let words = Excluded::read(asked).expect_err(asked);
            assert!(words.starts_with("22P02: invalid input syntax for type json\n\nDETAIL: "), "{words}");
            assert!(words.contains(detail), "{asked}: {words}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_much(text in ".{0,40}") {
            if let Err(words) = Excluded::read(&text) {
                prop_assert!(words.ends_with('.'), "{}", words);
            }
        }
    }
}
