use std::fmt;
use std::str::FromStr;

use super::InvalidId;

/// An organisation number (organisasjonsnummer): nine digits, the last one a check digit.
///
/// The first digit is not judged: synthetic organisations of the test environments begin with 2, 3 or 4. Some of their
/// numbers are invented outright; for those there is [`synthetic`](Self::synthetic).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OrgNumber([u8; 9]);

impl OrgNumber {
    /// Any nine digits, whatever the last one is: for numbers that a test environment has invented.
    ///
    /// # Errors
    /// [`InvalidId`] when it is not exactly nine digits.
    pub fn synthetic(text: &str) -> Result<Self, InvalidId> {
        match text.as_bytes().try_into() {
            Ok(digits) if text.bytes().all(|byte| byte.is_ascii_digit()) => Ok(Self(digits)),
            _ => Err(InvalidId::new(WHAT, "it must be exactly nine digits")),
        }
    }

    /// The nine digits.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for OrgNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

const WHAT: &str = "an organisation number";

/// Nine digits of which the last one fits the others, so that a slip of the pen is noticed.
impl FromStr for OrgNumber {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let number = Self::synthetic(text)?;
        let digit = |n: usize| u32::from(number.0[n] - b'0');
        let weighted: u32 = [3, 2, 7, 6, 5, 4, 3, 2].iter().enumerate().map(|(n, weight)| weight * digit(n)).sum();
        if (11 - weighted % 11) % 11 != digit(8) {
            return Err(InvalidId::new(WHAT, "its check digit does not fit"));
        }
        Ok(number)
    }
}

super::serde_as_text!(OrgNumber);
