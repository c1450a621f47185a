use altinn_core::transport::scrub as strike_out;

/// The most that is kept of a text from a server, in characters.
const MAX: usize = 200;
/// A run of token letters longer than this is taken for a token, whatever it looks like.
const LONGEST_RUN: usize = 64;
/// The same for a run of base64url letters that is no hash and no id, which are written in hex digits.
const LONGEST_WORD: usize = 59;
/// The same for a run that looks random. Thumbprints, such as a key id may be, have 43 letters.
const LONGEST_THUMBPRINT: usize = 43;
const REDACTED: &str = "[redacted]";

/// Makes a text from a server fit for an error: one line, bounded, and without anything that looks like a JWT, a key
/// or a person number. Servers and proxies do echo what they were sent.
pub(crate) fn scrub(text: &str) -> String {
    // Tokens first: without the digits in its middle the rest of one would be too short to be known as one.
    let text = strike_out(&strike_keys(text.trim()));
    let mut letters = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter });
    let mut clean: String = letters.by_ref().take(MAX).collect();
    if letters.next().is_some() {
        clean.push('…');
    }
    clean
}

fn strike_keys(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_token_letter) {
        let (before, tail) = rest.split_at(start);
        out.push_str(before);
        let (run, after) = tail.split_at(tail.find(|c| !is_token_letter(c)).unwrap_or(tail.len()));
        out.push_str(if is_secret(run) { REDACTED } else { run });
        rest = after;
    }
    out.push_str(rest);
    out
}

fn is_token_letter(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '+' | '/' | '=')
}

fn is_secret(run: &str) -> bool {
    // Every JWT begins with `{"`, which is `eyJ` or thereabouts in base64.
    if run.len() > LONGEST_RUN || run.contains("eyJ") {
        return true;
    }
    let has = |one: fn(&u8) -> bool| run.bytes().any(|byte| one(&byte));
    let is_hex = run.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    let is_word = !has(|byte| matches!(byte, b'.' | b'+' | b'/' | b'='));
    let is_mixed = has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit);
    let is_random = is_mixed && !has(|byte| *byte == b'.');
    !is_hex && ((is_word && run.len() > LONGEST_WORD) || (is_random && run.len() > LONGEST_THUMBPRINT))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// No key of anybody's.
    const PRIME: &str = "x7Qm2Lk9TzB4vWc1NfR8sYd3HgJ6pXa5UeKoMi0ZtVbGnCrEwSqDhFjAlPyOuIxQ";
    const PEM_LINE: &str = "x7Qm2Lk9TzB4vWc1NfR8sYd3HgJ6pXa5UeKo/i0ZtVbGnCrEwSq+hFjAlPyOuIxQ";

    #[test]
    fn what_helps_is_kept() {
        for text in [
            "Token request contains invalid scopes for client, altinn:serviceowner/instances.write",
            "Consumer 405003309 has not been granted access (trace 0af7651916cd43dd8448eb211c80319c)",
            "6f0f3c2e-0000-4000-8000-aaaaaaaaaaaa",
            "trace 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "kid 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "kid NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
            "see https://docs.altinn.studio/authentication/getting-started/",
            "the pod mottak-av-innsendinger-produksjon-7d9f8b6c5d-x2x4z",
        ] {
            assert_eq!(scrub(text), text);
        }
    }

    #[test]
    fn what_could_be_secret_goes() {
        let jwt = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln";
        let signature = "A".repeat(86);
        for (text, secret) in [
            (format!("bad assertion {jwt}!"), jwt),
            (format!("assertion={jwt}&x"), jwt),
            (format!("signature '{signature}' is wrong"), signature.as_str()),
            (format!("a line of a key: {PEM_LINE}"), PEM_LINE),
            (format!("prime={}", &PRIME[..60]), &PRIME[..60]),
            (format!("prime={}", &PRIME[..64]), &PRIME[..64]),
            (format!("a key of 32 bytes {}", &PRIME[..44]), &PRIME[..44]),
            ("pid 01017012345 unknown".to_owned(), "01017012345"),
            ("pid 010170 12345 unknown".to_owned(), "010170 12345"),
            ("pid 010170-12345 unknown".to_owned(), "010170-12345"),
        ] {
            let clean = scrub(&text);
            assert!(!clean.contains(secret) && clean.contains(REDACTED), "{clean}");
        }
        // The digits in a token don't part it into pieces that pass.
        let token = format!("{}-010170-12345-{}", &PRIME[..40], &PRIME[..40]);
        assert_eq!(scrub(&token), REDACTED);
    }

    #[test]
    fn it_is_one_bounded_line() {
        let clean = scrub(&"a\nø ".repeat(1000));
        assert!(!clean.contains('\n'));
        assert_eq!(clean.chars().count(), 200 + 1);
    }

    proptest! {
        #[test]
        fn any_text_is_taken(text in "\\PC*") {
            let clean = scrub(&text);
            prop_assert!(clean.chars().count() <= MAX + 1);
            prop_assert!(!clean.contains("eyJ"));
        }
    }
}
