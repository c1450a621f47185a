const PLACEHOLDER: &str = "[redacted]";

/// The length of a national identity number.
const PERSON_NUMBER: usize = 11;

/// Strikes out what must not be repeated from a text that somebody else wrote: anything like a JWT, and any run of
/// exactly eleven digits (a national identity number), also inside a word such as a file's name. Longer runs are left,
/// and so are UUIDs and trace ids, whose digits may happen to be as many.
pub(crate) fn scrub(text: &str) -> String {
    let word = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(word) {
        let (before, tail) = rest.split_at(start);
        out.push_str(before);
        let end = tail.find(|c| !word(c)).unwrap_or(tail.len());
        let (token, after) = tail.split_at(end);
        scrub_word(token, &mut out);
        rest = after;
    }
    out.push_str(rest);
    out
}

fn scrub_word(word: &str, out: &mut String) {
    // A JWT begins with the base64url of `{"`.
    if word.contains("eyJ") && word.len() >= 24 {
        out.push_str(PLACEHOLDER);
        return;
    }
    let mut rest = word;
    while !rest.is_empty() {
        if let Some(length) = leading_trace(rest).or_else(|| leading_uuid(rest)) {
            let (id, after) = rest.split_at(length);
            out.push_str(id);
            rest = after;
        }
        // Up to the next place where an id can begin: behind a sign.
        let end = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
        let next = rest[end..].find(char::is_alphanumeric).map_or(rest.len(), |signs| end + signs);
        let (part, after) = rest.split_at(next);
        scrub_numbers(part, out);
        rest = after;
    }
}

/// The length of the W3C trace id that `text` begins with, such as `00-{32 digits}-{16 digits}-01`.
fn leading_trace(text: &str) -> Option<usize> {
    let parts = [2, 32, 16, 2];
    let length = parts.iter().sum::<usize>() + parts.len() - 1;
    let ends = text.get(length..).is_some_and(|after| !after.starts_with(char::is_alphanumeric));
    let hex = |(part, length): (&str, usize)| part.len() == length && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let id = text.get(..length).filter(|_| ends)?;
    (id.split('-').count() == parts.len() && id.split('-').zip(parts).all(hex)).then_some(length)
}

/// The length of the UUID that `text` begins with, with hyphens or without.
fn leading_uuid(text: &str) -> Option<usize> {
    [36, 32].into_iter().find(|length| {
        let ends = text.get(*length..).is_some_and(|after| !after.starts_with(char::is_alphanumeric));
        ends && text.get(..*length).is_some_and(|id| uuid::Uuid::try_parse(id).is_ok())
    })
}

fn scrub_numbers(text: &str, out: &mut String) {
    let mut rest = text;
    while !rest.is_empty() {
        let (number, after) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()));
        out.push_str(if number.len() == PERSON_NUMBER { PLACEHOLDER } else { number });
        let (letters, after) = after.split_at(after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len()));
        out.push_str(letters);
        rest = after;
    }
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
            ("", ""),
            ("æøå 12345678901 ÆØÅ", "æøå [redacted] ÆØÅ"),
        ] {
            assert_eq!(scrub(text), expected);
        }
    }

    #[test]
    fn a_person_number_goes_wherever_it_stands_in_a_word() {
        for (text, expected) in [
            ("File 01017012345_skjema.pdf is gone", "File [redacted]_skjema.pdf is gone"),
            ("fnr01017012345", "fnr[redacted]"),
            ("01017012345fnr", "[redacted]fnr"),
            ("blåbær01017012345å", "blåbær[redacted]å"),
            ("person%3A01017012345&x", "person%3A[redacted]&x"),
            ("01017012345-01039012345.01017012345", "[redacted]-[redacted].[redacted]"),
            ("0d4a1bb4-5b5c-4c1f-9f0a-01017012345", "0d4a1bb4-5b5c-4c1f-9f0a-[redacted]"),
            ("0d4a1bb4-5b5c-4c1f-9f0a-a12345678901_01017012345", "0d4a1bb4-5b5c-4c1f-9f0a-a12345678901_[redacted]"),
        ] {
            assert_eq!(scrub(text), expected);
        }
    }

    #[test]
    fn other_numbers_and_uuids_stay() {
        for text in [
            "0101701234 and 010170123456, v0101701234_010170123456.pdf",
            "0d4a1bb4-5b5c-4c1f-9f0a-a12345678901",
            "501337/0d4a1bb4-5b5c-4c1f-9f0a-a12345678901.",
            "skjema_0d4a1bb4-5b5c-4c1f-9f0a-12345678901b.pdf",
            "00-0d4a1bb45b5c4c1f9f0aa12345678901-01",
            "00-0d4a1bb45b5c4c1f9f0aa12345678901-a00000000000a000-01",
        ] {
            assert_eq!(scrub(text), text);
        }
    }
}
