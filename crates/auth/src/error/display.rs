use std::fmt;

use altinn_core::transport::with_causes;
use http::StatusCode;

use super::{Error, Inner};

/// As a program that ends with the error prints it: the whole story in words, and member by member with `{:#?}`.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() { self.0.fmt(f) } else { with_causes(self, f) }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        f.write_str(&inner.message)?;
        let known = [inner.status.as_ref().map(StatusCode::as_str), self.oauth_error(), self.code()];
        list(f, (" (", ")"), known.into_iter().flatten().map(|part| ("", part)))?;
        if let Some(description) = &inner.description {
            write!(f, ": \"{description}\"")?;
        }
        list(f, (" [", "]"), inner.circumstances())?;
        match inner.clock_skew {
            Some(ahead @ 1..) => write!(f, "; this computer's clock is {ahead} s ahead of the server's")?,
            Some(behind) => {
                write!(f, "; this computer's clock is {} s behind the server's", behind.unsigned_abs())?;
            }
            None => {}
        }
        if let Some(wait) = inner.retry_after {
            write!(f, "; the server asks to wait {} s", wait.as_secs())?;
        }
        if !inner.advice.is_empty() {
            write!(f, "; {}", inner.advice)?;
        }
        Ok(())
    }
}

impl Inner {
    /// Who asked where, as far as the rest of the text doesn't say so, and what to look it up by.
    fn circumstances(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let texts = [&*self.message, self.description.as_deref().unwrap_or_default(), &*self.advice];
        let asked = [("client ", self.asked.client_id()), ("kid ", self.asked.kid()), ("at ", self.asked.host())];
        let said = move |part: &str| texts.iter().any(|text| has_word(text, part));
        let new = asked.into_iter().filter(move |(_, part)| !part.is_some_and(&said));
        let parts = new.chain([("trace id ", self.trace_id.as_deref())]);
        parts.filter_map(|(name, part)| Some((name, part?)))
    }
}

/// Whether `word` stands in `text`, and not as a part of a longer one.
fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(start, _)| {
        let (before, after) = (&text[..start], &text[start + word.len()..]);
        !before.ends_with(char::is_alphanumeric) && !after.starts_with(char::is_alphanumeric)
    })
}

/// Writes the parts between `open` and `close`; nothing when there are none.
fn list<'a>(
    f: &mut fmt::Formatter<'_>,
    (open, close): (&str, &str),
    parts: impl Iterator<Item = (&'static str, &'a str)>,
) -> fmt::Result {
    let mut before = open;
    for (name, part) in parts {
        write!(f, "{before}{name}{part}")?;
        before = ", ";
    }
    f.write_str(if before == open { "" } else { close })
}
