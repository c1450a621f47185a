//! The organisation that a Maskinporten token was issued to.

use serde_json::Value;

use super::claims::ClaimList;

const AUTHORITY: &str = "iso6523-actorid-upis";

/// The number in the `consumer` claim: what stands between the first and the second colon of its `ID`, whatever that
/// is. None when there is no such claim, it belongs to another registry, or nothing stands there.
pub(crate) fn org_number(claims: &ClaimList) -> Option<String> {
    let consumer = match claims.first("consumer")? {
        Value::String(text) => serde_json::from_str(text).ok()?,
        value => value.clone(),
    };
    let authority = consumer.get("authority")?.as_str()?;
    let number = consumer.get("ID")?.as_str()?.split(':').nth(1)?;
    (authority == AUTHORITY && !number.is_empty()).then(|| number.to_owned())
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
