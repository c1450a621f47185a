//! What a secret looks like.

use std::fmt;

/// Made-up secrets of the tests that look like no kind of their own: a password, the base64 of a user's name, a token
/// that is no JWT.
const MADE_UP: [&str; 3] = ["the-password", "dGhlLXVzZXI", "a-token-that-nobody-checks"];

/// The base64url of `{"`, with which every JWT and every JWK in base64 begins; and the same as a list of bytes.
const TOKEN: [&str; 2] = ["eyJ", "101, 121, 74,"];

/// The armour of a PEM text, as text and as a list of bytes, and what the base64 within begins with: PKCS#8 of an RSA
/// and of a P-256 key, PKCS#1.
const PRIVATE_KEY: [&str; 5] =
    ["-----BEGIN", "45, 45, 45, 45, 45, 66,", "IBADANBgkqhkiG9w0BAQEF", "AgEAMBMGByqGSM49AgEG", "IBAAKCA"];

/// The members of a JWK that are its private half, or all of a symmetric one.
const PRIVATE_MEMBERS: [&str; 7] = ["\"d\"", "\"p\"", "\"q\"", "\"dp\"", "\"dq\"", "\"qi\"", "\"k\""];

/// Shorter values are no key.
const SHORTEST_MEMBER: usize = 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Token,
    PrivateKey,
    PersonNumber,
    MadeUp,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Token => "a token, a grant or a key in base64",
            Self::PrivateKey => "a private key",
            Self::PersonNumber => "a national identity number",
            Self::MadeUp => "a secret that a test made up",
        })
    }
}

/// The first kind of secret that stands in `text`.
pub(crate) fn find(text: &str) -> Option<Kind> {
    let any = |needles: &[&str]| needles.iter().any(|needle| text.contains(needle));
    if any(&TOKEN) {
        Some(Kind::Token)
    } else if any(&PRIVATE_KEY) || has_private_member(text) {
        Some(Kind::PrivateKey)
    } else if has_person_number(text.as_bytes()) {
        Some(Kind::PersonNumber)
    } else if any(&MADE_UP) {
        Some(Kind::MadeUp)
    } else {
        None
    }
}

/// In JSON, in JSON within a quoted text, and in the `Debug` form of a JSON value.
fn has_private_member(text: &str) -> bool {
    if !text.contains('"') {
        return false;
    }
    let plain = text.replace('\\', "");
    PRIVATE_MEMBERS.iter().any(|member| {
        plain.match_indices(member).any(|(at, _)| {
            let rest = plain[at + member.len()..].trim_start().strip_prefix(':').unwrap_or_default().trim_start();
            let value = rest.strip_prefix("String(").unwrap_or(rest).strip_prefix('"').unwrap_or_default();
            let word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
            value.bytes().take_while(|byte| word(byte)).count() >= SHORTEST_MEMBER
        })
    })
}

/// Eleven digits that stand alone. Those within a longer word (a UUID's part, an address in memory) and the decimals
/// of a number are none.
fn has_person_number(text: &[u8]) -> bool {
    let mut at = 0;
    while at < text.len() {
        let digits = text[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 11 && begins(&text[..at]) && !text.get(at + 11).is_some_and(|&byte| within_word(byte)) {
            return true;
        }
        at += digits.max(1);
    }
    false
}

/// Whether a number can begin after `before`.
fn begins(before: &[u8]) -> bool {
    match before {
        // A percent-encoded character is none of the word.
        [.., b'%', first, second] if first.is_ascii_hexdigit() && second.is_ascii_hexdigit() => true,
        [.., digit, b'.'] if digit.is_ascii_digit() => false,
        [.., byte] => !within_word(*byte),
        [] => true,
    }
}

fn within_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_found_in_each_of_its_forms() {
        let value = "0123456789abcdefghij";
        let pem = "-----BEGIN PUBLIC KEY-----";
        for (text, kind) in [
            ("Bearer eyJhbGciOiJSUzI1NiJ9.e30.c2ln".to_owned(), Kind::Token),
            (format!("{:?}", b"Bearer eyJhbGci"), Kind::Token),
            (pem.to_owned(), Kind::PrivateKey),
            (format!("{:?}", pem.as_bytes()), Kind::PrivateKey),
            ("MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcw".to_owned(), Kind::PrivateKey),
            ("MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEH".to_owned(), Kind::PrivateKey),
            ("MIIEowIBAAKCAQEA0Z3VS5JJcds3xfn".to_owned(), Kind::PrivateKey),
            (format!(r#"{{"kty":"RSA","dq" : "{value}"}}"#), Kind::PrivateKey),
            (format!("{:?}", format!(r#"{{"d":"{value}"}}"#)), Kind::PrivateKey),
            (format!(r#"Object {{"qi": String("{value}")}}"#), Kind::PrivateKey),
            ("01039012345".to_owned(), Kind::PersonNumber),
            ("pid=\"41039012345\", æ".to_owned(), Kind::PersonNumber),
            ("bad number: 01039012345.".to_owned(), Kind::PersonNumber),
            ("?owner=person%3A01039012345&x".to_owned(), Kind::PersonNumber),
            ("1 of 22 in 01039012345,01039012345".to_owned(), Kind::PersonNumber),
            ("user:the-password".to_owned(), Kind::MadeUp),
        ] {
            assert_eq!(find(&text), Some(kind), "{text}");
        }
    }

    #[test]
    fn what_is_no_secret_is_let_through() {
        for text in [
            "",
            "new Altinn token, key id 2f4c6b1e-7a55-4c0e-9d57-0f1f4f8c0a11",
            "organisation 405003309, party 501337, at 1700000000000 ms, 12 0123456789",
            "00000000-0000-4000-8000-0103901234ab and 0x7f01039012345, f01039012345",
            "0.01039012345 s",
            r#"{"kty":"RSA","n":"0123456789abcdefghij","e":"AQAB","d":"short"}"#,
            r#"{"id": "0123456789abcdefghij"}, "d""#,
        ] {
            assert_eq!(find(text), None, "{text}");
        }
    }
}
