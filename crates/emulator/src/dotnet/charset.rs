//! Character sets by name, as far as headers use them: of file names and of bodies.

/// A character set that the framework has built in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Charset {
    Ascii,
    Latin1,
    Utf8,
    Utf16,
    Utf16BigEndian,
}

impl Charset {
    /// By any of the names that the framework knows it by, in any case.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "us-ascii" | "ascii" | "us" | "ansi_x3.4-1968" | "ansi_x3.4-1986" | "cp367" | "csascii" | "ibm367"
            | "iso-ir-6" | "iso646-us" | "iso_646.irv:1991" => Self::Ascii,
            "iso-8859-1" | "latin1" | "l1" | "cp819" | "csisolatin1" | "ibm819" | "iso-ir-100" | "iso8859-1"
            | "iso_8859-1" | "iso_8859-1:1987" => Self::Latin1,
            "utf-8" | "unicode-1-1-utf-8" | "unicode-2-0-utf-8" | "x-unicode-1-1-utf-8" | "x-unicode-2-0-utf-8" => {
                Self::Utf8
            }
            "utf-16" | "utf-16le" | "ucs-2" | "unicode" | "iso-10646-ucs-2" => Self::Utf16,
            "utf-16be" | "unicodefffe" => Self::Utf16BigEndian,
            _ => return None,
        })
    }

    /// What can't be read becomes a replacement character, which is `?` in ASCII. A byte order mark stays.
    pub(crate) fn decode(self, bytes: &[u8]) -> String {
        match self {
            Self::Ascii => bytes.iter().map(|byte| if byte.is_ascii() { char::from(*byte) } else { '?' }).collect(),
            Self::Latin1 => bytes.iter().copied().map(char::from).collect(),
            Self::Utf8 => String::from_utf8_lossy(bytes).into_owned(),
            Self::Utf16 => utf16(bytes, u16::from_le_bytes),
            Self::Utf16BigEndian => utf16(bytes, u16::from_be_bytes),
        }
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let read = char::decode_utf16(pairs.iter().copied().map(unit));
    let mut text: String = read.map(|character| character.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    if !rest.is_empty() {
        text.push(char::REPLACEMENT_CHARACTER);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_set_reads_its_bytes() {
        for (name, bytes, text) in [
            ("US-ASCII", &b"bl\xe5"[..], "bl?"),
            ("latin1", b"bl\xe5", "blå"),
            ("ISO-8859-1", b"\x80", "\u{80}"),
            ("utf-8", b"bl\xc3\xa5", "blå"),
            ("UTF-8", b"bl\xe5", "bl\u{fffd}"),
            ("utf-16", b"\xe5\x00", "å"),
            ("utf-16LE", b"\x3d\xd8\x00\xde", "😀"),
            ("unicodeFFFE", b"\x00\xe5", "å"),
            ("utf-16", b"\x3d\xd8a", "\u{fffd}\u{fffd}"),
        ] {
            assert_eq!(Charset::named(name).map(|charset| charset.decode(bytes)).as_deref(), Some(text), "{name}");
        }
    }

    #[test]
    fn others_are_unknown() {
        for name in ["", "windows-1252", "iso-8859-15", "utf8", " utf-8", "\"utf-8"] {
            assert_eq!(Charset::named(name), None, "{name}");
        }
    }
}
