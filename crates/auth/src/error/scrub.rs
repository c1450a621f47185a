/// The most that is kept of a text from a server, in characters.
const MAX: usize = 300;
/// A run of token letters longer than this is taken for a token. Trace ids have 32, UUIDs 36.
const TOKEN_RUN: usize = 64;
/// The length of a person number.
const PERSON_NUMBER: usize = 11;
const REDACTED: &str = "[redacted]";

/// Makes a text from a server fit for an error: one line, bounded, and without anything that looks like a JWT, a key
/// or a person number. Servers and proxies do echo what they were sent.
pub(crate) fn scrub(text: &str) -> String {
    let mut clean = String::with_capacity(text.len().min(MAX));
    let mut kept = 0;
    let mut rest = text.trim();
    while !rest.is_empty() && kept < MAX {
        let run = rest.find(|c| !is_token_letter(c)).unwrap_or(rest.len());
        if run == 0 {
            let mut chars = rest.chars();
            let letter = chars.next().unwrap_or(' ');
            clean.push(if letter.is_control() { ' ' } else { letter });
            kept += 1;
            rest = chars.as_str();
            continue;
        }
        let (word, after) = rest.split_at(run);
        let word = if is_secret(word) { REDACTED } else { word };
        // A token run is ASCII, so its length in bytes is its length in characters.
        let room = word.len().min(MAX - kept);
        clean.push_str(word.get(..room).unwrap_or_default());
        kept += room;
        rest = after;
    }
    if !rest.is_empty() {
        clean.push('…');
    }
    clean
}

fn is_token_letter(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '+' | '/' | '=')
}

fn is_secret(word: &str) -> bool {
    // Every JWT begins with `{"`, which is `eyJ` or thereabouts in base64.
    word.len() > TOKEN_RUN || word.contains("eyJ") || holds_person_number(word)
}

fn holds_person_number(word: &str) -> bool {
    word.split(|c: char| !c.is_ascii_digit()).any(|digits| digits.len() == PERSON_NUMBER)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_helps_is_kept() {
        for text in [
            "Token request contains invalid scopes for client, altinn:serviceowner/instances.write",
            "Consumer 405003309 has not been granted access (trace 0af7651916cd43dd8448eb211c80319c)",
            "6f0f3c2e-0000-4000-8000-aaaaaaaaaaaa",
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
            ("pid 01017012345 unknown".to_owned(), "01017012345"),
        ] {
            let clean = scrub(&text);
            assert!(!clean.contains(secret) && clean.contains(REDACTED), "{clean}");
        }
    }

    #[test]
    fn it_is_one_bounded_line() {
        let clean = scrub(&"a\nø ".repeat(1000));
        assert!(!clean.contains('\n'));
        assert_eq!(clean.chars().count(), MAX + 1);
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
