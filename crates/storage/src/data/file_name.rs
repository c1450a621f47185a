use std::fmt::Write as _;

use altinn_core::{Error, ErrorKind};
use http::HeaderValue;

/// The `Content-Disposition` that makes the service store `name` as given.
///
/// The service reads `filename*` (RFC 8187), and then decodes the outcome twice more as if it stood in a form: `+`
/// becomes a space and `%xx` a byte. So those two characters, and no others, are encoded twice beforehand.
pub(super) fn disposition(operation: &'static str, name: &str) -> Result<HeaderValue, Error> {
    let invalid = |detail| Error::new(ErrorKind::InvalidInput, operation).with_detail(detail);
    if name.trim().is_empty() {
        return Err(invalid("the file name is empty"));
    }
    if name.contains(['/', '\\']) || name.chars().any(char::is_control) {
        return Err(invalid("a file name holds no slash, backslash or control character"));
    }
    let twice = name.replace('%', "%2525").replace('+', "%252B");
    let mut value = String::from("attachment; filename*=UTF-8''");
    for byte in twice.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            value.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(value, "%{byte:02X}");
        }
    }
    HeaderValue::try_from(value).map_err(|_| invalid("the file name can't be sent"))
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
    const MAX: usize = 200;
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
        safe = format!("{}{ending}", &stem[..end]);
    }
    if safe.is_empty() { "_".to_owned() } else { safe }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What the service does with the header, by the reference.
    fn as_stored(header: &HeaderValue) -> String {
        let encoded = header.to_str().unwrap().strip_prefix("attachment; filename*=UTF-8''").unwrap();
        let form = |text: &str| {
            url::form_urlencoded::parse(format!("x={}", text.replace('&', "%26").replace('=', "%3D")).as_bytes())
                .next()
                .unwrap()
                .1
                .into_owned()
        };
        let header_decoded = form(&encoded.replace('+', "%2B"));
        form(&form(&header_decoded))
    }

    #[test]
    fn difficult_names_arrive_as_given() {
        for name in ["skjema.xml", "blåbær.pdf", "a+b.pdf", "100% sant.pdf", "\"sitat\" 'q'.txt", "%2B %25", "日本.pdf"]
        {
            assert_eq!(as_stored(&disposition("data.upload", name).unwrap()), name);
        }
    }

    #[test]
    fn impossible_names_are_refused() {
        for name in ["", " ", "a/b", "a\\b", "a\nb", "a\0b"] {
            assert!(disposition("data.upload", name).is_err(), "{name:?}");
        }
    }

    proptest! {
        #[test]
        fn any_name_arrives_as_given(name in "[^/\\\\\\p{C}]{1,60}") {
            if let Ok(header) = disposition("data.upload", &name) {
                prop_assert_eq!(as_stored(&header), name);
            }
        }

        #[test]
        fn a_safe_name_is_one_visible_component(name in any::<String>()) {
            let safe = safe_file_name(&name);
            prop_assert!(!safe.is_empty() && safe.len() <= 200 && !safe.starts_with('.'));
            prop_assert_eq!(std::path::Path::new(&safe).components().count(), 1);
        }
    }
}
