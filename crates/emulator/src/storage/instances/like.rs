//! Texts with wildcards, as the database's `LIKE` has them.

/// A pattern: `%` and `_` are wildcards, a backslash takes the next sign as it is.
#[derive(Clone, Debug)]
pub(super) struct Like(Vec<Sign>);

#[derive(Clone, Copy, Debug)]
enum Sign {
    Any,
    One,
    Exactly(char),
}

impl Like {
    fn new(pattern: &str) -> Self {
        let mut signs = Vec::new();
        let mut characters = pattern.chars();
        while let Some(character) = characters.next() {
            signs.push(match character {
                '%' => Sign::Any,
                '_' => Sign::One,
                '\\' => Sign::Exactly(characters.next().unwrap_or('\\')),
                other => Sign::Exactly(other),
            });
        }
        Self(signs)
    }

    /// What has `part` anywhere. A backslash at the end of `part` takes the last wildcard as it is.
    pub(super) fn containing(part: &str) -> Self {
        Self::new(&format!("%{part}%"))
    }

    /// What ends in `end`.
    pub(super) fn ending(end: &str) -> Self {
        Self::new(&format!("%{end}"))
    }

    /// Whether the whole of `text` is of this form, in the same letter case.
    pub(super) fn matches(&self, text: &str) -> bool {
        let signs = &self.0;
        let (mut rest, mut at) = (text.chars(), 0);
        // Behind the last `Any`: the signs, and the text that it has not taken yet.
        let mut again = None;
        loop {
            let before = rest.clone();
            let fits = match (signs.get(at), rest.next()) {
                (Some(Sign::Any), _) => {
                    rest = before;
                    again = Some((at + 1, rest.clone()));
                    true
                }
                (None, None) => return true,
                (Some(Sign::One), Some(_)) => true,
                (Some(Sign::Exactly(wanted)), Some(found)) => *wanted == found,
                // A longer `Any` leaves even less.
                (Some(_), None) => return false,
                (None, Some(_)) => false,
            };
            if fits {
                at += 1;
                continue;
            }
            let Some((behind, left)) = &mut again else { return false };
            left.next();
            (at, rest) = (*behind, left.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn wildcards() {
        for (pattern, matches) in [
            ("bær", true),
            ("b%r", true),
            ("b_r", true),
            ("b__r", false),
            ("%", true),
            ("\\%", false),
            ("", true),
            ("å%å", false),
        ] {
            assert_eq!(Like::containing(pattern).matches("blåbær"), matches, "{pattern}");
        }
        assert!(Like::ending("b%r").matches("blåbær") && !Like::ending("b").matches("blåbær"));
        assert!(Like::ending("").matches("") && !Like::ending("_").matches(""));
    }

    /// The same by trying everything.
    fn tried(signs: &[Sign], text: &[char]) -> bool {
        match (signs, text) {
            ([], text) => text.is_empty(),
            ([Sign::Any, signs @ ..], text) => (0..=text.len()).any(|taken| tried(signs, &text[taken..])),
            ([Sign::One, signs @ ..], [_, text @ ..]) => tried(signs, text),
            ([Sign::Exactly(sign), signs @ ..], [first, text @ ..]) => sign == first && tried(signs, text),
            (_, []) => false,
        }
    }

    proptest! {
        #[test]
        fn nothing_is_overlooked(pattern in "[ab%_]{0,7}", text in "[ab]{0,7}") {
            let like = Like::new(&pattern);
            let characters: Vec<char> = text.chars().collect();
            prop_assert_eq!(like.matches(&text), tried(&like.0, &characters), "{} in {}", pattern, text);
        }
    }
}
