use std::fmt;
use std::str::FromStr;

use super::InvalidId;

/// An organisation number (organisasjonsnummer): nine digits, the last one a check digit.
///
/// The first digit is not judged: synthetic organisations of the test environments begin with 2, 3 or 4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OrgNumber([u8; 9]);

impl OrgNumber {
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

impl FromStr for OrgNumber {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        const WHAT: &str = "an organisation number";
        let digits: [u8; 9] =
            text.as_bytes().try_into().map_err(|_| InvalidId::new(WHAT, "it must be exactly nine digits"))?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return Err(InvalidId::new(WHAT, "it must be exactly nine digits"));
        }
        let weighted: u32 = [3, 2, 7, 6, 5, 4, 3, 2].iter().zip(&digits).map(|(w, d)| w * u32::from(d - b'0')).sum();
        let check = (11 - weighted % 11) % 11;
        if check != u32::from(digits[8] - b'0') {
            return Err(InvalidId::new(WHAT, "its check digit does not fit"));
        }
        Ok(Self(digits))
    }
}

super::serde_as_text!(OrgNumber);
