use std::error::Error as StdError;
use std::fmt;

use super::{Error, advice};

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MAX_SHOWN: usize = 400;
        let inner = &self.0;
        f.write_str(inner.operation)?;
        match inner.status {
            // A good status is not what is wrong.
            Some(status) if !status.is_success() => write!(f, ": {status}")?,
            _ => write!(f, ": {}", advice::name(inner.kind))?,
        }
        if let Some(words) = inner.problem.message() {
            let shown: String = words.chars().take(MAX_SHOWN).map(|c| if c.is_control() { ' ' } else { c }).collect();
            write!(f, ": the service says \"{shown}\"")?;
        }
        if let Some(detail) = &inner.detail {
            write!(f, ": {detail}")?;
        }
        if let Some(no_token) = self.credential_error() {
            write!(f, ": {no_token}")?;
        }
        if let Some(check) = &inner.scope {
            write!(f, ": {check}")?;
        }
        if let Some(advice) = self.advice() {
            write!(f, "; {advice}")?;
        }
        if inner.attempts > 1 {
            write!(f, " ({} attempts in {:.1} s)", inner.attempts, inner.elapsed.as_secs_f64())?;
        }
        if let Some(id) = self.request_id() {
            write!(f, " [request {id}]")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() { self.by_name(f) } else { with_causes(self, f) }
    }
}

/// Writes an error's text with all its causes behind it, on one line. For the `Debug` of errors that a `main` may end with.
pub fn with_causes(error: &(impl StdError + ?Sized), f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut said = error.to_string();
    f.write_str(&said)?;
    let mut cause = error.source();
    while let Some(error) = cause {
        // Some say no more than what they are the source of.
        let words = error.to_string();
        if !said.contains(&words) {
            write!(f, "; because: {words}")?;
            said = words;
        }
        cause = error.source();
    }
    Ok(())
}

impl Error {
    fn by_name(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.0;
        f.debug_struct("Error")
            .field("kind", &inner.kind)
            .field("operation", &inner.operation)
            .field("target", &inner.target)
            .field("status", &inner.status)
            .field("request_id", &inner.request_id)
            .field("problem", &inner.problem)
            .field("detail", &inner.detail)
            .field("scope", &inner.scope)
            .field("transient", &inner.transient)
            .field("may_pass", &inner.may_pass)
            .field("may_have_reached_server", &inner.reached)
            .field("attempts", &inner.attempts)
            .field("elapsed", &inner.elapsed)
            .field("source", &inner.source)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[derive(Debug, thiserror::Error)]
    #[error("the key was refused; make a new one")]
    struct NoToken(#[source] std::io::Error);

    #[test]
    fn debug_is_one_line_with_every_cause_said_once() {
        let broken = NoToken(std::io::Error::other("the file is gone"));
        let error = Error::new(ErrorKind::Io, "data.download").with_detail("x").with_source(broken);
        assert_eq!(error.to_string(), "data.download: a local file failed: x");
        assert_eq!(
            format!("{error:?}"),
            "data.download: a local file failed: x; because: the key was refused; make a new one; because: the file is gone"
        );
        let repeating = Error::new(ErrorKind::Io, "data.download").with_source("a local file failed");
        assert_eq!(format!("{repeating:?}"), "data.download: a local file failed");
    }

    #[test]
    fn debug_with_advice_in_it() {
        let error = Error::new(ErrorKind::Conflict, "data.replace");
        assert!(format!("{error:?}").ends_with(error.advice().unwrap()), "{error:?}");
        let by_name = format!("{error:#?}");
        assert!(by_name.starts_with("Error {\n    kind: Conflict,\n    operation: \"data.replace\""), "{by_name}");
    }

    #[test]
    fn a_missing_token_says_why_once() {
        let broken = NoToken(std::io::Error::other("the file is gone"));
        let error = Error::new(ErrorKind::Credential, "instances.list").with_source(broken);
        assert_eq!(error.to_string(), "instances.list: no token: the key was refused; make a new one");
        assert_eq!(format!("{error:?}"), format!("{error}; because: the file is gone"));
        assert_eq!(error.source().unwrap().to_string(), "the file is gone");
        assert!(error.credential_error().unwrap().is::<NoToken>());
        let other = Error::new(ErrorKind::Io, "x").with_source("y");
        assert!(other.credential_error().is_none() && other.source().is_some());
    }
}
