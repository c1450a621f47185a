use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest;

/// A SHA-256, in lower-case hexadecimal when printed.
///
/// The service gives none for data elements, so this is for the receiver's own records, or to compare with what a
/// sender said.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sha256([u8; 32]);

impl Sha256 {
    /// From its 32 bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sha256({self})")
    }
}

impl FromStr for Sha256 {
    type Err = InvalidSha256;

    fn from_str(text: &str) -> Result<Self, InvalidSha256> {
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(InvalidSha256);
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| InvalidSha256)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| InvalidSha256)?;
        }
        Ok(Self(bytes))
    }
}

/// A text that is not the 64 hexadecimal digits of a SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a SHA-256: it must be 64 hexadecimal digits")]
pub struct InvalidSha256;

/// Reckons a SHA-256 while content passes, if it is wanted.
pub(super) struct Hasher(Option<digest::Context>);

impl Hasher {
    pub(super) fn new(wanted: bool) -> Self {
        Self(wanted.then(|| digest::Context::new(&digest::SHA256)))
    }

    pub(super) fn update(&mut self, chunk: &[u8]) {
        if let Some(context) = &mut self.0 {
            context.update(chunk);
        }
    }

    pub(super) fn finish(self) -> Option<Sha256> {
        let bytes = self.0?.finish().as_ref().try_into().ok()?;
        Some(Sha256(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_sha_256_of_the_content() {
        let mut hasher = Hasher::new(true);
        hasher.update(b"a");
        hasher.update(b"bc");
        let hash = hasher.finish().unwrap();
        let text = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hash.to_string(), text);
        assert_eq!(text.to_uppercase().parse(), Ok(hash));
        assert_eq!(Hasher::new(false).finish(), None);
        for bad in ["", "ba", &text[1..], &text.replace('b', "æ")] {
            assert!(bad.parse::<Sha256>().is_err());
        }
    }
}
