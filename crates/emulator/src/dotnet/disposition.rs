//! `Content-Disposition`: which file name a header gives, and the header that a download carries.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::charset::Charset;
use super::media_type::{is_token, with_parameters};
use super::query::{escaped_byte, url_decode};

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
        let (kind, sent) = with_parameters(text)?;
        let parameters = sent.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()));
        is_token(kind).then(|| Self { kind: kind.to_ascii_lowercase(), parameters: parameters.collect() })
    }

    /// The file name that Storage keeps. The extended form wins, and a pair of quotes around the decoded name is taken
    /// off whichever form it came from. Then slashes and zero bytes are replaced. With
    /// `decodes_again`, as the service does, the result is URL-decoded twice afterwards, so that an escaped slash comes
    /// through and a plus becomes a blank.
    pub(crate) fn stored_file_name(&self, decodes_again: bool) -> Option<String> {
        let name = self.extended_name().or_else(|| self.plain_name())?;
        let name = unquoted(&name).unwrap_or(&name);
        let safe: String = name.chars().map(|unit| if matches!(unit, '/' | '\0') { '_' } else { unit }).collect();
        Some(if decodes_again { url_decode(&url_decode(&safe)) } else { safe })
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// `filename*`: a known character set, a language and the encoded name, and nothing after it; anything else
    /// doesn't count.
    fn extended_name(&self) -> Option<String> {
        let parts: Vec<&str> = self.parameter("filename*")?.split('\'').collect();
        let &[charset, _language, encoded] = parts.as_slice() else { return None };
        Some(extended_decode(Charset::named(charset)?, encoded))
    }

    /// `filename` without the quotes around it; backslashes in it stay. A base64 word of RFC 2047 is decoded.
    fn plain_name(&self) -> Option<String> {
        let value = self.parameter("filename")?;
        let inner = unquoted(value);
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

fn unquoted(text: &str) -> Option<&str> {
    text.strip_prefix('"')?.strip_suffix('"')
}

fn mime_word(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split('?').collect();
    let &["=", charset, encoding, data, "="] = parts.as_slice() else { return None };
    let charset = Charset::named(charset).filter(|_| encoding.eq_ignore_ascii_case("b"))?;
    // The framework's base64 has blanks anywhere.
    let data: String = data.chars().filter(|character| !matches!(character, ' ' | '\t')).collect();
    Some(charset.decode(&STANDARD.decode(data).ok()?))
}

/// Each run of `%xx` is read by itself; what stands between the runs stays as it is.
fn extended_decode(charset: Charset, text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut run = Vec::new();
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        if let Some((byte, after)) = escaped_byte(rest) {
            run.push(byte);
            rest = after;
            continue;
        }
        decoded.push_str(&charset.decode(&std::mem::take(&mut run)));
        decoded.push(character);
        rest = &rest[character.len_utf8()..];
    }
    decoded.push_str(&charset.decode(&run));
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
            ("attachment; filename*=latin1'no'bl%e5.txt", Some("blå.txt")),
            ("attachment; filename*=us-ascii''bl%E5.txt", Some("bl?.txt")),
            ("attachment; filename*=utf-16''bl%E5%00.txt", Some("blå.txt")),
            ("attachment; filename*=utf-8''bl%C3a%A5.txt", Some("bl\u{fffd}a\u{fffd}.txt")),
            ("attachment; filename*=utf-8''50%2525%25.txt", Some("50%%.txt")),
            ("attachment; filename*=utf-8''50%+5.txt", Some("50% 5.txt")),
            ("attachment; filename=\"vara.txt\"; filename*=x-nosuch''a.txt", Some("vara.txt")),
            ("attachment; filename=\"vara.txt\"; filename*=utf-8''Ole's.txt", Some("vara.txt")),
            ("attachment; filename=\"vara.txt\"; filename*=\"utf-8''a.txt\"", Some("vara.txt")),
            ("attachment; filename*=utf-8'a.txt", None),
            ("attachment; filename*=utf-8''Ole's.txt", None),
            ("attachment; filename*=utf-8''%22sitat%22", Some("sitat")),
            ("attachment; filename*=utf-8''%22%22sitat%22%22", Some("\"sitat\"")),
            ("attachment; filename*=utf-8''%22sitat%22.txt", Some("\"sitat\".txt")),
            ("attachment; filename*=utf-8''%22", Some("\"")),
            ("attachment; filename*=utf-8''%252522sitat%252522", Some("\"sitat\"")),
            ("attachment; filename=\"=?iso-8859-1?B?Ymzl?=\"", Some("blå")),
            ("attachment; filename=\"=?utf-8?b?InNp dGF0Ig==?=\"", Some("sitat")),
            ("attachment; filename=\"=?utf-8?Q?a?=\"", Some("=?utf-8?Q?a?=")),
            ("attachment; filename=\"=?x-nosuch?B?Ymzl?=\"", Some("=?x-nosuch?B?Ymzl?=")),
            ("attachment; filename==?utf-8?B?YQ==?=", None),
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
            ("attachment; inline; filename=x.txt", Some("x.txt")),
            ("attachment;; filename=x.txt", None),
            ("attachment; ; filename=x.txt", None),
            ("attachment; filename=x.txt;;", None),
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
            let stored = unquoted(&text).unwrap_or(&text).to_owned();
            prop_assert_eq!(name(&attachment(&text)), Some(stored));
        }
    }
}
