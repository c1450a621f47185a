const PLACEHOLDER: &str = "[redacted]";

/// The length of a national identity number.
const PERSON_NUMBER: usize = 11;
/// The length of its first part, which is a date of birth, where it is written in two.
const BIRTH: usize = 6;

/// Strikes out what must not be repeated from a text that somebody else wrote: anything like a JWT, and national
/// identity numbers: any run of exactly eleven digits, also inside a word such as a file's name, and one of six and one of
/// five digits with a space or a hyphen between. Longer runs are left, and so are UUIDs, trace ids and times, whose digits
/// may happen to be as many.
pub fn scrub(text: &str) -> String {
    strike_person_numbers(&strike_tokens(text))
}

fn strike_tokens(text: &str) -> String {
    let word = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(word) {
        let (before, tail) = rest.split_at(start);
        out.push_str(before);
        let (token, after) = tail.split_at(tail.find(|c| !word(c)).unwrap_or(tail.len()));
        // A JWT begins with the base64url of `{"`.
        out.push_str(if token.contains("eyJ") && token.len() >= 24 { PLACEHOLDER } else { token });
        rest = after;
    }
    out.push_str(rest);
    out
}

fn strike_person_numbers(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    while let Some(letter) = text[done..].chars().next() {
        let (before, rest) = text.split_at(done);
        let begins = !before.ends_with(char::is_alphanumeric);
        let id = if begins { leading_trace(rest).or_else(|| leading_uuid(rest)) } else { None };
        let digits = leading_digits(rest);
        let number = match digits {
            PERSON_NUMBER => Some(PERSON_NUMBER),
            BIRTH if id.is_none() && !is_time(before, &rest[..BIRTH]) => leading_parts(rest),
            _ => None,
        };
        let length = match (id, number) {
            (None, Some(length)) => {
                out.push_str(PLACEHOLDER);
                done += length;
                continue;
            }
            (Some(length), _) => length,
            (None, None) => digits.max(letter.len_utf8()),
        };
        out.push_str(&rest[..length]);
        done += length;
    }
    out
}

fn leading_digits(text: &str) -> usize {
    text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len())
}

/// The length of the number in two parts that `text`, which has six digits first, begins with.
fn leading_parts(text: &str) -> Option<usize> {
    let between = text[BIRTH..].chars().next().filter(|c| matches!(c, ' ' | '-' | '\u{a0}'))?;
    let tail = &text[BIRTH + between.len_utf8()..];
    let whole = leading_digits(tail) == PERSON_NUMBER - BIRTH && leading_uuid(tail).is_none();
    whole.then_some(text.len() - tail.len() + PERSON_NUMBER - BIRTH)
}

/// Whether six digits are part of a time: the fraction of a second (`16:14:47.010170`), or hour, minute and second behind
/// a date (`2026-11-25 161447`).
fn is_time(before: &str, six: &str) -> bool {
    let two = |text: &str, most: u8| text.parse().is_ok_and(|number: u8| number <= most);
    let ends_with = |text: &str, shape: &str| {
        let tail = text.len().checked_sub(shape.len()).and_then(|start| text.get(start..));
        tail.is_some_and(|tail| {
            tail.bytes()
                .zip(shape.bytes())
                .all(|(is, like)| if like == b'0' { is.is_ascii_digit() } else { is == like })
        })
    };
    if let Some(seconds) = before.strip_suffix(['.', ','])
        && ends_with(seconds, ":00")
    {
        return true;
    }
    let Some(date) = before.strip_suffix([' ', 'T', '-', '_']) else { return false };
    let is_date = ["2000-00-00", "1900-00-00", "20000000", "19000000"].iter().any(|shape| {
        ends_with(date, shape) && !date[..date.len() - shape.len()].ends_with(|c: char| c.is_ascii_digit())
    });
    is_date && two(&six[..2], 23) && two(&six[2..4], 59) && two(&six[4..], 59)
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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
            // The digits in it are no reason to leave the rest of a token.
            ("eyJhbGciOiJSUzI1NiJ9.010170-12345.c2ln", "[redacted]"),
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
    #[test]
    fn a_person_number_in_two_parts_goes() {
        for (text, expected) in [
            ("010170 12345", "[redacted]"),
            ("pid=010170-12345.", "pid=[redacted]."),
            ("fnr010170\u{a0}12345, fnr 410170 12345fnr", "fnr[redacted], fnr [redacted]fnr"),
            ("01017012345 010170-12345 010170 12345", "[redacted] [redacted] [redacted]"),
            ("case 12-010170-12345 of 98765432 010170 12345", "case 12-[redacted] of 98765432 [redacted]"),
            ("2026-11-25 010170 12345", "2026-11-25 [redacted]"),
            ("0d4a1bb4-5b5c-4c1f-9f0a-a12345678901 010170 12345", "0d4a1bb4-5b5c-4c1f-9f0a-a12345678901 [redacted]"),
        ] {
            assert_eq!(scrub(text), expected);
        }
    }

    #[test]
    fn what_only_looks_like_two_parts_stays() {
        for text in [
            "0101701 12345, 010170 123456, 010170  12345, 010170 1234 5, 010170/12345",
            "0d4a1bb4-5b5c-4c1f-9f0a-a12345010170 12345",
            "trace 00-0d4a1bb45b5c4c1f9f0aa12345678901-a0000000000a0000-01",
            "010170 12345678-5b5c-4c1f-9f0a-a12345678901",
            "010170 12345abc-5b5c-4c1f-9f0a-a12345678901",
            "2026-11-25 16:14:47.010170 12345 INFO",
            "16:14:47,010170-12345",
            "2026-11-25 161447 12345",
            "20261125T161447-12345",
            "log-20261125-161447-12345.txt",
        ] {
            assert_eq!(scrub(text), text);
        }
    }

    proptest! {
        #[test]
        fn a_person_number_never_gets_through(before in "\\PC{0,9}", after in "\\PC{0,9}", sign in "[ \u{a0}-]?") {
            let outside = |c: char| !c.is_ascii_digit();
            prop_assume!(before.chars().last().is_none_or(outside) && after.chars().next().is_none_or(outside));
            let clean = scrub(&format!("{before}010170{sign}12345{after}"));
            prop_assert!(clean.contains(PLACEHOLDER) && !clean.contains("010170"), "{}", clean);
        }

        #[test]
        fn any_text_is_taken(text in "[\\PC0-9 .:T-]*") {
            scrub(&text);
        }
    }
}
