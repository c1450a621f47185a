//! GUID texts.

use uuid::Uuid;

/// A GUID in one of the framework's spellings: 32 digits, or 36 characters with hyphens, the latter also in braces or
/// parentheses; blanks around it don't count.
pub(crate) fn parse(text: &str) -> Option<Uuid> {
    let text = text.trim();
    let inner = text
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'))
        .or_else(|| text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')));
    match inner {
        Some(inner) if inner.len() == 36 => Uuid::try_parse(inner).ok(),
        Some(_) => None,
        None if text.len() == 36 || text.len() == 32 => Uuid::try_parse(text).ok(),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_spellings_are_read() {
        let plain = "aaaaaaaa-0000-4000-8000-00000000dead";
        let expected = parse(plain);
        assert!(expected.is_some());
        for spelling in [
            "AAAAAAAA-0000-4000-8000-00000000DEAD",
            "{aaaaaaaa-0000-4000-8000-00000000dead}",
            "(aaaaaaaa-0000-4000-8000-00000000dead)",
            "aaaaaaaa00004000800000000000dead",
            " aaaaaaaa-0000-4000-8000-00000000dead ",
        ] {
            assert_eq!(parse(spelling), expected, "{spelling}");
        }
    }

    #[test]
    fn others_are_not() {
        for text in ["", "x", "{aaaaaaaa00004000800000000000dead}", "urn:uuid:aaaaaaaa-0000-4000-8000-00000000dead"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
