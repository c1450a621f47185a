use std::borrow::Cow;
use std::str::FromStr;

use serde::de::DeserializeOwned;

/// Goes through JSON as the service writes it: in one line, without spaces.
///
/// All that is written in another way is [`Unusual`], and then serde_json reads the whole text anew. So nothing here
/// has to be said about errors, and nothing that serde_json would refuse is taken.
pub(crate) struct Reader<'a> {
    text: &'a str,
    at: usize,
}

/// Not what the service writes: to be left to serde_json.
#[derive(Debug)]
pub(crate) struct Unusual;

impl<'a> Reader<'a> {
    pub(crate) fn new(text: &'a str) -> Result<Self, Unusual> {
        // No text holds a control character as it is, so none has to be looked for in each.
        let least = text.bytes().fold(u8::MAX, u8::min);
        if least >= b' ' { Ok(Self { text, at: 0 }) } else { Err(Unusual) }
    }

    #[inline]
    pub(crate) fn place(&self) -> usize {
        self.at
    }

    /// Passes over these letters, if they come next.
    #[inline]
    pub(crate) fn take(&mut self, letters: &str) -> bool {
        let comes = self.rest().starts_with(letters.as_bytes());
        if comes {
            self.at += letters.len();
        }
        comes
    }

    #[inline]
    pub(crate) fn expect(&mut self, letters: &str) -> Result<(), Unusual> {
        if self.take(letters) { Ok(()) } else { Err(Unusual) }
    }

    /// Whether this bracket closes what is being read. If not, a comma must come, and is passed over.
    #[inline]
    pub(crate) fn ends(&mut self, bracket: u8) -> Result<bool, Unusual> {
        let next = self.rest().first().copied();
        self.at += 1;
        match next {
            Some(b',') => Ok(false),
            Some(next) if next == bracket => Ok(true),
            _ => Err(Unusual),
        }
    }

    /// Passes over a brace that opens, and over the one that closes if it comes next. Returns whether it did.
    #[inline]
    pub(crate) fn enter(&mut self) -> Result<bool, Unusual> {
        self.expect("{")?;
        Ok(self.take("}"))
    }

    /// A number without sign and fraction.
    #[inline]
    pub(crate) fn number(&mut self) -> Result<u64, Unusual> {
        let digits = self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count();
        let text = self.text.get(self.at..self.at + digits).ok_or(Unusual)?;
        self.at += digits;
        // serde_json takes no leading zeros; what follows the digits must be the end of the value.
        if digits > 1 && text.starts_with('0') {
            return Err(Unusual);
        }
        text.parse().map_err(|_| Unusual)
    }

    /// Whether all is read.
    pub(crate) fn is_done(&self) -> bool {
        self.at == self.text.len()
    }

    /// A string.
    #[inline]
    pub(crate) fn string(&mut self) -> Result<Cow<'a, str>, Unusual> {
        let [b'"', within @ ..] = self.rest() else { return Err(Unusual) };
        let length = memchr::memchr2(b'"', b'\\', within).ok_or(Unusual)?;
        if within[length] == b'\\' {
            return self.other().map(Cow::Owned);
        }
        let begins = self.at + 1;
        self.at = begins + length + 1;
        self.text.get(begins..begins + length).map(Cow::Borrowed).ok_or(Unusual)
    }

    /// A string of this length, for types whose values hold neither quotation marks nor backslashes.
    #[inline]
    pub(crate) fn fixed<const LENGTH: usize, T: FromStr>(&mut self) -> Option<T> {
        let rest = self.rest();
        if rest.first() != Some(&b'"') || rest.get(LENGTH + 1) != Some(&b'"') {
            return None;
        }
        let value = self.text.get(self.at + 1..self.at + 1 + LENGTH)?.parse().ok()?;
        self.at += LENGTH + 2;
        Some(value)
    }

    /// A string without anything escaped.
    #[inline]
    pub(crate) fn plain(&mut self) -> Result<&'a str, Unusual> {
        match self.string()? {
            Cow::Borrowed(text) => Ok(text),
            Cow::Owned(_) => Err(Unusual),
        }
    }

    /// Any value, by serde_json.
    pub(crate) fn other<T: DeserializeOwned>(&mut self) -> Result<T, Unusual> {
        let mut values = serde_json::Deserializer::from_str(self.text.get(self.at..).ok_or(Unusual)?).into_iter();
        let value = values.next().ok_or(Unusual)?.map_err(|_| Unusual)?;
        self.at += values.byte_offset();
        Ok(value)
    }

    #[inline]
    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }
}
