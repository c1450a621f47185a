//! The organisation that a Maskinporten token was issued to.

use serde_json::Value;

use super::claims::ClaimList;
use crate::dotnet::json::{Fault, Reader, Token};

const AUTHORITY: &str = "iso6523-actorid-upis";

/// The number in the `consumer` claim: what stands between the first and the second colon of its `ID`, whatever that
/// is. None when there is no such claim, it belongs to another registry, or nothing stands there.
pub(crate) fn org_number(claims: &ClaimList) -> Option<String> {
    let consumer = match claims.first("consumer")? {
        Value::String(text) => Consumer::parse(text).ok()??,
        value => Consumer { authority: text_of(value, "authority"), id: text_of(value, "ID") },
    };
    let number = consumer.id?.split(':').nth(1)?.to_owned();
    (consumer.authority.as_deref() == Some(AUTHORITY) && !number.is_empty()).then_some(number)
}

#[derive(Default)]
struct Consumer {
    authority: Option<String>,
    id: Option<String>,
}

impl Consumer {
    /// From the text of an object, which may have single quotes, say: the platform's reader is lenient. None when it is
    /// something else.
    fn parse(text: &str) -> Result<Option<Self>, Fault> {
        let mut reader = Reader::new(text);
        reader.read_and_assert()?;
        if *reader.token() != Token::StartObject {
            return Ok(None);
        }
        let mut consumer = Self::default();
        loop {
            reader.read_and_assert()?;
            let Token::PropertyName(name) = reader.token().clone() else { break };
            reader.read_and_assert()?;
            let value = match reader.token() {
                Token::String(text) => Some(text.clone()),
                _ => None,
            };
            reader.skip()?;
            match name.as_str() {
                "authority" => consumer.authority = value,
                "ID" => consumer.id = value,
                _ => {}
            }
        }
        // Nothing may follow.
        reader.read()?;
        Ok(Some(consumer))
    }
}

fn text_of(object: &Value, name: &str) -> Option<String> {
    object.get(name)?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(consumer: &str) -> Option<String> {
        let claims = serde_json::from_str(&format!(r#"{{"consumer": {consumer}}}"#)).unwrap();
        org_number(&ClaimList::read(&claims))
    }

    #[test]
    fn several_forms_are_read() {
        for consumer in [
            r#"{"authority":"iso6523-actorid-upis","ID":"0192:405003309"}"#,
            r#"{"authority":"iso6523-actorid-upis","ID":"9908:405003309:1","name":"x"}"#,
            r#"[{"authority":"iso6523-actorid-upis","ID":"0192:405003309"},{"authority":"x","ID":"0192:1"}]"#,
            r#""{\"authority\":\"iso6523-actorid-upis\",\"ID\":\"0192:405003309\"}""#,
            r#""{'authority':'iso6523-actorid-upis','ID':'0192:405003309'}""#,
            r#""{ID:'0192:405003309',more:{ID:[1,{}]},authority:'iso6523-actorid-upis',} /* last */""#,
        ] {
            assert_eq!(number(consumer).as_deref(), Some("405003309"), "{consumer}");
        }
    }

    #[test]
    fn the_rest_is_refused() {
        for consumer in [
            "null",
            "[]",
            r#""405003309""#,
            r#""""#,
            r#""{'authority':'iso6523-actorid-upis','ID':'0192:405003309'""#,
            r#""{'authority':'iso6523-actorid-upis','ID':'0192:405003309'} x""#,
            r#""[{'authority':'iso6523-actorid-upis','ID':'0192:405003309'}]""#,
            r#"{"ID":"0192:405003309"}"#,
            r#"{"authority":"ISO6523-ACTORID-UPIS","ID":"0192:405003309"}"#,
            r#"{"authority":"iso6523-actorid-upis","id":"0192:405003309"}"#,
            r#"{"authority":"iso6523-actorid-upis","ID":"405003309"}"#,
            r#"{"authority":"iso6523-actorid-upis","ID":"0192:"}"#,
            r#"{"authority":"iso6523-actorid-upis","ID":405003309}"#,
        ] {
            assert_eq!(number(consumer), None, "{consumer}");
        }
    }
}
