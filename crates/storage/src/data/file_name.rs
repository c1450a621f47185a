use std::fmt::Write as _;

use altinn_core::transport::Operation;
use altinn_core::{Error, ErrorKind};
use http::HeaderValue;

/// A file name on its way to the service.
pub(super) enum FileName {
    /// Chosen by the caller.
    Chosen(String),
    /// What the service has stored, which may be a name that nobody should choose. It stays as it is.
    Stored(String),
}

impl FileName {
    /// The `Content-Disposition` that makes the service store the name as given.
    pub(super) fn disposition(&self, operation: Operation) -> Result<HeaderValue, Error> {
        let invalid = |detail| Error::new(ErrorKind::InvalidInput, operation).with_detail(detail);
        let header = match self {
            Self::Chosen(name) if name.trim().is_empty() => return Err(invalid("the file name is empty")),
            Self::Chosen(name) if name.chars().any(|c| matches!(c, '/' | '\\') || c.is_control()) => {
                return Err(invalid("a file name holds no slash, backslash or control character"));
            }
            Self::Stored(name) if name.contains('\0') => {
                return Err(invalid("the service takes no file name with a zero byte"));
            }
            // Of an extended form without content it is not known what the service makes.
            Self::Stored(name) if name.is_empty() => "attachment; filename=\"\"".to_owned(),
            Self::Chosen(name) | Self::Stored(name) => format!("attachment; filename*=UTF-8''{}", encoded(name)),
        };
        HeaderValue::try_from(header).map_err(|_| invalid("the file name can't be sent"))
    }
}

/// The service reads `filename*` (RFC 8187), takes off a pair of quotes around it, replaces slashes, and then decodes
/// the outcome twice more as if it stood in a form: `+` becomes a space and `%xx` a byte. So what could change on that
/// way, and only that, is encoded twice beforehand.
fn encoded(name: &str) -> String {
    let blank = name.trim().is_empty();
    let mut encoded = String::new();
    for c in name.chars() {
        let changes = blank || matches!(c, '%' | '+' | '"' | '/' | '\\') || c.is_control();
        for byte in c.encode_utf8(&mut [0; 4]).bytes() {
            // Writing to a string does not fail.
            let _ = match byte {
                _ if changes => write!(encoded, "%2525{byte:02X}"),
                b'-' | b'.' | b'_' | b'~' => write!(encoded, "{c}"),
                _ if byte.is_ascii_alphanumeric() => write!(encoded, "{c}"),
                _ => write!(encoded, "%{byte:02X}"),
            };
        }
    }
    encoded
}

/// One safe path component from a name that somebody else chose: no separators, no control characters, nothing that a
/// file system reads specially, and never empty. For writing downloads below a folder.
///
/// ```
/// use altinn_storage::safe_file_name;
///
/// assert_eq!(safe_file_name("../../etc/blåbær?.pdf"), ".._.._etc_blåbær_.pdf".trim_start_matches('.'));
/// assert_eq!(safe_file_name(""), "_");
/// ```
pub fn safe_file_name(name: &str) -> String {
    /// Common file systems take 255 bytes; some room is left for a suffix.
    const MAX: usize = 199;
    let forbidden = |c: char| c.is_control() || r#"/\:*?"<>|"#.contains(c);
    let mut safe: String = name.trim().chars().map(|c| if forbidden(c) { '_' } else { c }).collect();
    safe = safe.trim_start_matches('.').trim_end_matches(['.', ' ']).to_owned();
    if safe.len() > MAX {
        // The ending tells what the file is, so the middle is cut.
        let (stem, ending) = match safe.rfind('.') {
            Some(dot) if safe.len() - dot <= 20 => safe.split_at(dot),
            _ => (safe.as_str(), ""),
        };
        let mut end = (MAX - ending.len()).min(stem.len());
        while !stem.is_char_boundary(end) {
            end -= 1;
        }
        safe = format!("{}{ending}", &stem[..end]).trim_end_matches(['.', ' ']).to_owned();
    }
    if safe.is_empty() || is_device(&safe) { format!("_{safe}") } else { safe }
}

/// Whether Windows takes it for a device, whatever its ending.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    let numbered = stem.strip_prefix("COM").or(stem.strip_prefix("LPT"));
    matches!(&*stem, "CON" | "PRN" | "AUX" | "NUL")
        || numbered.is_some_and(|number| {
            matches!(number, "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "¹" | "²" | "³")
        })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn chosen(name: &str) -> Result<HeaderValue, Error> {
        FileName::Chosen(name.to_owned()).disposition(crate::data::UPLOAD)
    }

    fn stored(name: &str) -> Result<HeaderValue, Error> {
        FileName::Stored(name.to_owned()).disposition(crate::data::REPLACE)
    }

    /// What the service does with the header, by the reference.
    fn as_stored(header: &HeaderValue) -> String {
        let header = header.to_str().unwrap().strip_prefix("attachment; ").unwrap();
        let Some(extended) = header.strip_prefix("filename*=UTF-8''") else {
            return header.strip_prefix("filename=\"").unwrap().strip_suffix('"').unwrap().to_owned();
        };
        let form = |text: &str| {
            url::form_urlencoded::parse(format!("x={}", text.replace('&', "%26").replace('=', "%3D")).as_bytes())
                .next()
                .unwrap()
                .1
                .into_owned()
        };
        let header_decoded = form(&extended.replace('+', "%2B"));
        let quoted = header_decoded.strip_prefix('"').and_then(|name| name.strip_suffix('"'));
        form(&form(&quoted.unwrap_or(&header_decoded).replace(['/', '\0'], "_")))
    }

    #[test]
    fn difficult_names_arrive_as_given() {
        for name in [
            "skjema.xml",
            "blåbær.pdf",
            "a+b.pdf",
            "100% sant.pdf",
            "\"sitat\" 'q'.txt",
            "\"sitat\"",
            "\"\"sitat\"\"",
            "\"\"",
            "\"",
            "%2B %25",
            "日本.pdf",
        ] {
            assert_eq!(as_stored(&chosen(name).unwrap()), name);
        }
    }

    #[test]
    fn impossible_names_are_refused() {
        for name in ["", " ", "a/b", "a\\b", "a\nb", "a\0b"] {
            assert!(chosen(name).is_err(), "{name:?}");
        }
        assert!(stored("a\0b").is_err());
    }

    #[test]
    fn what_is_stored_stays_whatever_it_is() {
        for name in
            ["", "   ", "\u{a0}", "C:\\dir\\f.txt", "../../x.txt", "a\r\nb.txt", "a\u{85}\u{7}b", "%2F+", ".skjult "]
        {
            assert_eq!(as_stored(&stored(name).unwrap()), name);
        }
    }

    #[test]
    fn a_safe_name_is_no_device_and_ends_with_a_letter() {
        for (name, safe) in [
            ("con", "_con"),
            ("NUL.txt", "_NUL.txt"),
            ("Com1.tar.gz", "_Com1.tar.gz"),
            ("lpt9 .x", "_lpt9 .x"),
            ("console.txt", "console.txt"),
            ("com10", "com10"),
            ("nul-stilt.pdf", "nul-stilt.pdf"),
            ("...", "_"),
        ] {
            assert_eq!(safe_file_name(name), safe);
        }
        for end in [". ", " .", "..", "  "] {
            let long = format!("{}{end}{}", "a".repeat(198), "b".repeat(40));
            assert_eq!(safe_file_name(&long), "a".repeat(198));
        }
    }

    proptest! {
        #[test]
        fn any_name_arrives_as_given(name in "[^/\\\\\\p{C}]{1,60}") {
            match chosen(&name) {
                Ok(header) => prop_assert_eq!(as_stored(&header), name),
                Err(_) => prop_assert!(name.trim().is_empty()),
            }
        }

        #[test]
        fn a_name_in_quotes_keeps_them(name in "\"[^/\\\\\\p{C}]{0,60}\"") {
            prop_assert_eq!(as_stored(&chosen(&name).unwrap()), name);
        }

        #[test]
        fn any_stored_name_stays(name in "[^\\x00]{0,60}") {
            prop_assert_eq!(as_stored(&stored(&name).unwrap()), name);
        }

        #[test]
        fn a_safe_name_is_one_visible_component(name in any::<String>()) {
            let safe = safe_file_name(&name);
            prop_assert!(!safe.is_empty() && safe.len() <= 200 && !safe.starts_with('.') && !safe.ends_with(['.', ' ']));
            prop_assert_eq!(std::path::Path::new(&safe).components().count(), 1);
        }
    }
}
