//! Shows that a text (a `Debug` form, an error, captured tracing) holds no secret.

use std::fmt;

/// A run of a secret this long, in characters, counts as a leak.
const RUN: usize = 12;

/// A secret that stands in a text where it must not. It never holds the secret itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Leak {
    /// What the caller calls the secret.
    pub label: String,
    /// Where in the text the leak begins, in bytes.
    pub at: usize,
    /// Whether the whole secret stands there; otherwise a run of at least twelve characters of it.
    pub whole: bool,
}

impl fmt::Display for Leak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let extent = if self.whole { "whole" } else { "in part" };
        write!(f, "`{}` stands {extent} at byte {}", self.label, self.at)
    }
}

/// The secrets that stand in `text`, at most one leak for each.
///
/// * `text`: what would be printed.
/// * `secrets`: pairs of a label, told in the result, and the secret. An empty secret is never found. Give values
///   rather than whole documents: every run of a secret counts, and a JSON key has runs that are no secret. The
///   armour lines of a PEM text are left out for the same reason.
#[must_use]
pub fn leaks(text: &str, secrets: &[(&str, &str)]) -> Vec<Leak> {
    secrets.iter().filter_map(|(label, secret)| leak(text, label, secret)).collect()
}

/// Asserts that `text` holds none of `secrets`; takes the same arguments as [`leaks`].
///
/// # Panics
///
/// When one of the secrets, or twelve characters of it in a row, stands in `text`. The message names the label and
/// the position only, so that a failing test does not print the secret either.
#[track_caller]
pub fn assert_redacted(text: &str, secrets: &[(&str, &str)]) {
    let found = leaks(text, secrets);
    let told: Vec<String> = found.iter().map(Leak::to_string).collect();
    assert!(found.is_empty(), "the text ({} bytes) leaks: {}", text.len(), told.join("; "));
}

fn leak(text: &str, label: &str, secret: &str) -> Option<Leak> {
    let found = |at, whole| Leak { label: label.to_owned(), at, whole };
    if secret.is_empty() {
        return None;
    }
    if let Some(at) = text.find(secret) {
        return Some(found(at, true));
    }
    secret
        .lines()
        .filter(|line| !line.starts_with("-----"))
        .flat_map(runs)
        .find_map(|run| text.find(run).map(|at| found(at, false)))
}

/// Every stretch of [`RUN`] characters of `line`.
fn runs(line: &str) -> impl Iterator<Item = &str> {
    let bounds: Vec<usize> = line.char_indices().map(|(at, _)| at).chain([line.len()]).collect();
    let count = bounds.len().saturating_sub(RUN);
    (0..count).filter_map(move |first| line.get(*bounds.get(first)?..*bounds.get(first + RUN)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "abcdefghijklmnopqrstuvwxyz";

    #[test]
    fn a_whole_secret_is_found_even_when_it_is_short() {
        let found = leaks("person 01039012345 here", &[("person number", "01039012345")]);
        assert_eq!(found, [Leak { label: "person number".into(), at: 7, whole: true }]);
    }

    #[test]
    fn twelve_characters_are_a_leak_and_eleven_are_not() {
        assert_eq!(leaks("<hijklmnopqrs>", &[("key", SECRET)]), [Leak { label: "key".into(), at: 1, whole: false }]);
        assert_eq!(leaks("<hijklmnopqr>", &[("key", SECRET)]), []);
    }

    #[test]
    fn the_last_run_of_a_secret_counts() {
        assert_eq!(leaks("opqrstuvwxyz", &[("key", SECRET)]).len(), 1);
    }

    #[test]
    fn characters_of_several_bytes_are_counted_as_one() {
        let secret = "æøåæøåæøåæøå-x";
        assert_eq!(leaks("æøåæøåæøåæøå", &[("name", secret)]).len(), 1);
        assert_eq!(leaks("æøåæøåæøåæø", &[("name", secret)]), []);
    }

    #[test]
    fn an_empty_secret_is_nowhere() {
        assert_eq!(leaks("text", &[("none", "")]), []);
    }

    #[test]
    fn the_armour_of_a_pem_text_is_no_secret_but_its_lines_are() {
        let pem = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEF\n-----END PRIVATE KEY-----\n";
        assert_eq!(leaks("wanted -----BEGIN PRIVATE KEY-----", &[("key", pem)]), []);
        assert_eq!(leaks(r#"key: "\nMIIEvQIBADANBgkq""#, &[("key", pem)]).len(), 1);
    }

    #[test]
    #[should_panic(expected = "`key` stands in part at byte 0")]
    fn the_assertion_tells_the_label() {
        assert_redacted("opqrstuvwxyz", &[("other", "0123456789012"), ("key", SECRET)]);
    }

    #[test]
    fn the_message_does_not_hold_the_secret() {
        for leak in leaks(SECRET, &[("key", SECRET)]) {
            assert_redacted(&format!("{leak} {leak:?}"), &[("key", SECRET)]);
        }
    }
}
