//! What can be the id of a client or of a key.

use crate::error::scrub;

/// The longest id, in characters. Those in use have at most 64.
const LONGEST: usize = 200;

/// What to do about a text that is no id.
pub(crate) const NO_IDENTIFIER: &str = "it looks like a key, a token or a person number, is longer than 200 \
                                        characters, or holds a control character: give the id alone, as the \
                                        self-service portal shows it";

/// Whether a text can be the id of a client or of a key. Neither is secret, and both stand in logs and reports, so what
/// was put in their place by mistake must go no further.
pub(crate) fn is_identifier(text: &str) -> bool {
    if text.contains(char::is_control) || text.chars().count() > LONGEST {
        return false;
    }
    let text = text.trim();
    // Among the digits of a hash there may be as many in a row as a person number has.
    !text.starts_with('{') && (is_hash(text) || scrub(text) == text)
}

fn is_hash(text: &str) -> bool {
    let hex = text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    hex && text.bytes().any(|byte| byte.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const JWK: &str = include_str!("../tests/keys/rsa-2048.json");
    const PEM: &str = include_str!("../tests/keys/rsa-2048.pkcs8.pem");

    #[test]
    fn ids_in_use_are_taken() {
        for id in [
            "6f0f3c2e-0000-4000-8000-aaaaaaaaaaaa",
            "6f0f3c2e-0000-4000-8000-a12345678901",
            "9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B",
            "9f86d081884c7d659a2feaa012345678901bf4f1b2b0b822cd15d6c15b0f00a08",
            "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
            "mottak produksjon 2026",
            "nøkkel-1",
            "2026-11-25T16:14:47",
            &"ab".repeat(64),
        ] {
            assert!(is_identifier(id), "{id}");
        }
    }

    #[test]
    fn what_was_pasted_by_mistake_is_not() {
        let on_one_line = PEM.replace('\n', "\\n");
        let base64_line = PEM.lines().nth(1).unwrap();
        for text in [
            JWK,
            " {}",
            PEM,
            &on_one_line,
            base64_line,
            "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln",
            "01017012345",
            "a\nb",
            "a\n",
            &"a ".repeat(101),
            &"ab".repeat(101),
        ] {
            assert!(!is_identifier(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_uuid_and_every_thumbprint_is_an_id(bytes in any::<[u8; 16]>(), hash in any::<[u8; 32]>()) {
            let uuid = uuid::Uuid::from_bytes(bytes);
            prop_assert!(is_identifier(&uuid.to_string()) && is_identifier(&uuid.simple().to_string()));
            let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
            // All digits and no letter is as good as impossible.
            prop_assume!(is_hash(&hex));
            prop_assert!(is_identifier(&hex));
        }

        #[test]
        fn any_text_is_taken_or_not(text in "\\PC*") {
            is_identifier(&text);
        }
    }
}
