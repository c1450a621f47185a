const PLACEHOLDER: &str = "[redacted]";

/// Strikes out what must not be repeated from a text that somebody else wrote: anything like a JWT, and any run of
/// eleven digits that stands alone (a national identity number). A digit run inside a longer word, such as a UUID's
/// part, is left.
pub(crate) fn scrub(text: &str) -> String {
    let word = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(word) {
        let (before, tail) = rest.split_at(start);
        out.push_str(before);
        let end = tail.find(|c| !word(c)).unwrap_or(tail.len());
        let (token, after) = tail.split_at(end);
        out.push_str(&scrub_word(token));
        rest = after;
    }
    out.push_str(rest);
    out
}

fn scrub_word(word: &str) -> std::borrow::Cow<'_, str> {
    // A JWT begins with the base64url of `{"`.
    if word.contains("eyJ") && word.len() >= 24 {
        return PLACEHOLDER.into();
    }
    let bare = word.trim_matches(['.', '-', '_']);
    if bare.len() == 11 && bare.bytes().all(|b| b.is_ascii_digit()) {
        return word.replace(bare, PLACEHOLDER).into();
    }
    word.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_go_and_the_rest_stays() {
        for (text, expected) in [
            ("nothing here", "nothing here"),
            ("token eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln refused", "token [redacted] refused"),
            ("\"01039012345\"", "\"[redacted]\""),
            ("pid=01039012345.", "pid=[redacted]."),
            ("party 501337, org 991825827", "party 501337, org 991825827"),
            ("0d4a1bb4-5b5c-4c1f-9f0a-12345678901", "0d4a1bb4-5b5c-4c1f-9f0a-12345678901"),
            ("", ""),
            ("æøå 12345678901 ÆØÅ", "æøå [redacted] ÆØÅ"),
        ] {
            assert_eq!(scrub(text), expected);
        }
    }
}
