//! `Content-Disposition`: which file name a header gives, and the header that a download carries.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::media_type::{is_token, split_unquoted};
use super::query::{percent_decode, url_decode};

/// A parsed header: the disposition type and its parameters as sent, quotes included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Disposition {
    /// The type, in lower case: `attachment`, `form-data`, ...
    pub(crate) kind: String,
    parameters: Vec<(String, String)>,
}

impl Disposition {
    /// Reads a header; `None` when it has no type or is malformed anywhere.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = split_unquoted(text, ';').into_iter().map(str::trim);
        let kind = parts.next().filter(|kind| is_token(kind))?.to_ascii_lowercase();
        let mut parameters = Vec::new();
        for part in parts.filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let (name, value) = (name.trim(), value.trim());
            if !is_token(name) || !(value.is_empty() || is_token(value) || is_quoted(value)) {
                return None;
            }
            parameters.push((name.to_ascii_lowercase(), value.to_owned()));
        }
        Some(Self { kind, parameters })
    }

    /// The file name that Storage keeps. The extended form wins. Slashes and zero bytes are replaced first. With
    /// `decodes_again`, as the service does, the result is URL-decoded twice afterwards, so that an escaped slash comes
    /// through and a plus becomes a blank.
    pub(crate) fn stored_file_name(&self, decodes_again: bool) -> Option<String> {
        let name = self.extended_name().or_else(|| self.plain_name())?;
        let safe: String = name.chars().map(|unit| if matches!(unit, '/' | '\0') { '_' } else { unit }).collect();
        Some(if decodes_again { url_decode(&url_decode(&safe)) } else { safe })
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// `filename*`, in UTF-8 or ISO-8859-1; anything else doesn't count.
    fn extended_name(&self) -> Option<String> {
        let value = self.parameter("filename*")?;
        let mut parts = value.splitn(3, '\'');
        let (charset, _language, encoded) = (parts.next()?, parts.next()?, parts.next()?);
        if charset.eq_ignore_ascii_case("utf-8") {
            Some(percent_decode(encoded))
        } else if charset.eq_ignore_ascii_case("iso-8859-1") {
            Some(latin1_decode(encoded))
        } else {
            None
        }
    }

    /// `filename` without the quotes around it; backslashes in it stay. A base64 word of RFC 2047 is decoded.
    fn plain_name(&self) -> Option<String> {
        let value = self.parameter("filename")?;
        let inner = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        Some(inner.and_then(mime_word).unwrap_or_else(|| inner.unwrap_or(value).to_owned()))
    }
}

/// The header of a download of `file_name`: an ASCII form, where other characters become `_`, and the extended form.
pub(crate) fn attachment(file_name: &str) -> String {
    let mut ascii = String::with_capacity(file_name.len());
    for character in file_name.chars() {
        match character {
            ' '..='~' => ascii.push(character),
            _ => ascii.extend(std::iter::repeat_n('_', character.len_utf16())),
        }
    }
    let shown =
        if is_token(&ascii) { ascii } else { format!("\"{}\"", ascii.replace('\\', "\\\\").replace('"', "\\\"")) };
    format!("attachment; filename={shown}; filename*=UTF-8''{}", extended_value(file_name))
}

fn extended_value(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

fn is_quoted(text: &str) -> bool {
    let Some(inner) = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else { return false };
    let mut escaped = false;
    for character in inner.chars() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return false,
            _ => {}
        }
    }
    !escaped
}

fn mime_word(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split('?').collect();
    let &["=", charset, encoding, data, "="] = parts.as_slice() else { return None };
    if !encoding.eq_ignore_ascii_case("b") || !charset.eq_ignore_ascii_case("utf-8") {
        return None;
    }
    STANDARD.decode(data).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

fn latin1_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let escaped =
            text.get(at + 1..at + 3).filter(|_| byte == b'%').and_then(|pair| u8::from_str_radix(pair, 16).ok());
        decoded.push(char::from(escaped.unwrap_or(byte)));
        at += if escaped.is_some() { 3 } else { 1 };
    }
    decoded
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(header: &str) -> Option<String> {
        Disposition::parse(header)?.stored_file_name(true)
    }

    #[test]
    fn what_is_stored() {
        for (header, stored) in [
            ("attachment; filename=plain.txt", Some("plain.txt")),
            ("attachment; filename=\"blåbær.txt\"", Some("blåbær.txt")),
            ("attachment; filename=blåbær.txt", None),
            ("attachment; filename*=ISO-8859-1''bl%E5.txt", Some("blå.txt")),
            ("attachment; filename=\"vara.txt\"; filename*=x-nosuch''a.txt", Some("vara.txt")),
            ("attachment; filename=\"a.txt\"; filename*=UTF-8''b.txt", Some("b.txt")),
            ("attachment; filename=\"=?utf-8?B?YmzDpWLDpnIudHh0?=\"", Some("blåbær.txt")),
            ("attachment; filename=\"50%2525.txt\"", Some("50%.txt")),
            ("attachment; filename=\"a%252Bb.txt\"", Some("a+b.txt")),
            ("attachment; filename=\"a%2Bb.txt\"", Some("a b.txt")),
            ("attachment; filename=\"../../etc/passwd\"", Some(".._.._etc_passwd")),
            ("attachment; filename=\"..%2Fx.txt\"", Some("../x.txt")),
            ("attachment; filename=\"say \\\"hi\\\".txt\"", Some("say \\\"hi\\\".txt")),
            ("attachment; filename=", Some("")),
            ("attachment; filename = \"sp.txt\"", Some("sp.txt")),
            ("attachment; filename=\"t.txt\";", Some("t.txt")),
            ("attachment; filename=\"t.txt", None),
            ("attachment; filename=\"t.txt\"x", None),
            ("filename=x.txt", None),
            (";;;", None),
            ("attachment", None),
        ] {
            assert_eq!(name(header).as_deref(), stored, "{header}");
        }
    }

    #[test]
    fn what_is_sent_back() {
        assert_eq!(attachment("a+b.txt"), "attachment; filename=a+b.txt; filename*=UTF-8''a+b.txt");
        assert_eq!(attachment("😀.txt"), "attachment; filename=__.txt; filename*=UTF-8''%F0%9F%98%80.txt");
        assert_eq!(attachment("a\r\nb"), "attachment; filename=a__b; filename*=UTF-8''a%0D%0Ab");
        assert_eq!(attachment("C:\\f"), "attachment; filename=\"C:\\\\f\"; filename*=UTF-8''C%3A%5Cf");
    }

    proptest! {
        #[test]
        fn no_header_is_too_much(text in ".{0,60}") {
            let _ = name(&text);
        }

        #[test]
        fn the_header_of_a_download_can_be_read(text in "[^%+/\\x00]{1,40}") {
            prop_assert_eq!(name(&attachment(&text)), Some(text));
        }
    }
}
