use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::ContinuationToken;

/// What a page says before its instances, read without them, so that the next page can be asked for first: the service
/// writes `count`, `self`, `next` and then `instances`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Announced {
    /// Where the next page begins.
    pub(super) next: ContinuationToken,
    /// How many instances the page says it holds.
    pub(super) count: Option<u64>,
}

impl Announced {
    /// `None` if no next page is announced before the instances, be it that there is none, or that it comes later or
    /// can't be read: then only the whole page tells.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let mut members = Members::default();
        // It stops in the middle, and so with an error.
        let _ = serde_json::Deserializer::from_slice(body).deserialize_map(&mut members);
        let next = ContinuationToken::from_next(&members.next?)?;
        Some(Self { next, count: members.count })
    }
}

#[derive(Default)]
struct Members {
    next: Option<String>,
    count: Option<u64>,
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
enum Name {
    Count,
    Next,
    Instances,
    #[serde(other)]
    Other,
}

impl<'de> Visitor<'de> for &mut Members {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a page of a list")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key()? {
            match name {
                Name::Count => self.count = map.next_value()?,
                Name::Next => self.next = map.next_value()?,
                Name::Other => drop(map.next_value::<IgnoredAny>()?),
                Name::Instances => return Err(de::Error::custom("far enough")),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read(body: &str) -> Option<(String, Option<u64>)> {
        Announced::read(body.as_bytes()).map(|found| (found.next.to_string(), found.count))
    }

    #[test]
    fn what_comes_before_the_instances_is_read_whatever_comes_after() {
        let found = Some(("638;7".to_owned(), Some(2)));
        let next = "https://x/instances?continuationToken=638;7";
        for body in [
            format!(r#"{{"count":2,"self":null,"next":"{next}","instances":[{{"id":1}}]}}"#),
            format!(r#" {{ "count" : 2 , "self" : "{{\"next\":\"no\"}}", "next" : "{next}", "instances": [ tru"#),
            format!(r#"{{"other":[{{"next":"x?continuationToken=1;1"}}],"n\u0065xt":"{next}","count":2,"instances":"#),
            format!(r#"{{"count":2,"next":"{}"}}"#, next.replace('/', "\\/").replace('c', "\\u0063")),
        ] {
            assert_eq!(read(&body), found, "{body}");
        }
        assert_eq!(read(&format!(r#"{{"next":"{next}","instances":[]}}"#)), Some(("638;7".to_owned(), None)));
    }

    #[test]
    fn what_can_t_be_told_is_left_to_the_whole_page() {
        for body in [
            "",
            "null",
            "[]",
            "{}",
            r#"{"count":1,"next":null,"instances":[]}"#,
            r#"{"count":1,"next":"","instances":[]}"#,
            r#"{"count":1,"next":"/instances","instances":[]}"#,
            r#"{"instances":[],"next":"x?continuationToken=638;7"}"#,
            r#"{"instances":[{"next":"x?continuationToken=638;7"}]}"#,
            r#"{"data":{"next":"x?continuationToken=638;7"},"instances":[]}"#,
            r#"{"next":"x?continuationToken=638;7"#,
        ] {
            assert_eq!(read(body), None, "{body}");
        }
    }

    proptest! {
        #[test]
        fn any_token_is_found_behind_any_text(before in any::<String>(), token in "[0-9]{1,18};[0-9]{1,9}") {
            let next = format!("/instances?continuationToken={token}");
            let (name, text) = (json!(format!("x{before}")), json!(before));
            let body = format!(r#"{{{name}:{text},"next":"{next}","instances":[1]}}"#);
            prop_assert_eq!(read(&body).map(|found| found.0), Some(token));
        }

        #[test]
        fn reading_never_panics(body in any::<Vec<u8>>()) {
            let _ = Announced::read(&body);
        }
    }
}
