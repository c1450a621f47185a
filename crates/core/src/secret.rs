use std::fmt;

use secrecy::{ExposeSecret, SecretString};

/// A text that must never reach a log, an error or a terminal: a token, a grant, a private key.
///
/// `Debug` and `Display` print a placeholder, the memory is overwritten when the value is dropped, and there is
/// no `Serialize`. The only way to the text is [`expose`](Self::expose), so every use can be found by name.
///
/// ```
/// use altinn_core::Secret;
///
/// let key = Secret::new("-----BEGIN PRIVATE KEY-----");
/// assert_eq!(format!("{key} {key:?}"), "[redacted] Secret([redacted])");
/// assert!(key.expose().starts_with("-----BEGIN"));
/// ```
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Takes over a text. An owned `String` is moved, not copied.
    pub fn new(text: impl Into<String>) -> Self {
        Self(SecretString::from(text.into()))
    }

    /// The text itself. Pass it on to what needs it, and keep no copy.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret([redacted])")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}
