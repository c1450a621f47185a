use std::fmt;
use std::str::FromStr;

use super::InvalidId;
use crate::Text;

/// An app: `{org}/{app}`, the service owner's code and the app's own name, such as `ttd/flyttemelding`.
///
/// The rules are those by which Altinn registers apps: the code starts with a lower-case letter (æøå included) and
/// goes on with such letters or digits; the app's name may hold hyphens, too.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AppId {
    text: Text,
    slash: usize,
}

impl AppId {
    /// From its two parts.
    ///
    /// # Errors
    /// [`InvalidId`] when a part breaks the rules above.
    pub fn new(org: &str, app: &str) -> Result<Self, InvalidId> {
        check(org, app)?;
        Ok(Self { text: format!("{org}/{app}").into(), slash: org.len() })
    }

    /// The service owner's code, such as `ttd`.
    pub fn org(&self) -> &str {
        &self.text[..self.slash]
    }

    /// The app's name without the code.
    pub fn app(&self) -> &str {
        &self.text[self.slash + 1..]
    }

    /// Both, with the slash: as the wire has it.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

fn check(org: &str, app: &str) -> Result<(), InvalidId> {
    let letter = |c: char| c.is_ascii_lowercase() || matches!(c, 'æ' | 'ø' | 'å');
    let valid = |text: &str, hyphen: bool| {
        text.starts_with(letter) && text.chars().all(|c| letter(c) || c.is_ascii_digit() || (hyphen && c == '-'))
    };
    if !valid(org, false) {
        return Err(InvalidId::new(
            "an app id",
            "the part before the slash must be a service owner's code in lower case, such as ttd",
        ));
    }
    if !valid(app, true) {
        return Err(InvalidId::new(
            "an app id",
            "the part after the slash must be lower-case letters, digits and hyphens, letter first",
        ));
    }
    Ok(())
}

impl fmt::Display for AppId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for AppId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let (org, app) =
            text.split_once('/').ok_or(InvalidId::new("an app id", "it has no slash between service owner and app"))?;
        check(org, app)?;
        Ok(Self { text: text.into(), slash: org.len() })
    }
}

super::serde_as_text!(AppId);
