//! Numbers and truth values in query strings and routes.

/// A whole number of 32 bits as the type converter reads it: blanks around, a sign, and hexadecimal after `#`, `0x`
/// or `&h`.
pub(crate) fn int32(text: &str) -> Option<i32> {
    let text = text.trim();
    let hexadecimal = ["#", "0x", "0X", "&h", "&H"].iter().find_map(|prefix| text.strip_prefix(prefix));
    match hexadecimal {
        Some(digits) if digits.starts_with(['+', '-']) => None,
        Some(digits) => u32::from_str_radix(digits, 16).ok().map(u32::cast_signed),
        None => decimal(text).and_then(|value| i32::try_from(value).ok()),
    }
}

/// A route value under the `int` constraint: decimal only.
pub(crate) fn route_int32(text: &str) -> Option<i32> {
    decimal(text.trim()).and_then(|value| i32::try_from(value).ok())
}

/// Why a text is no 64-bit number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotInt64 {
    /// Not digits with an optional sign.
    Format,
    /// Digits, but too many.
    Overflow,
}

/// A whole number of 64 bits, blanks around it allowed.
pub(crate) fn int64(text: &str) -> Result<i64, NotInt64> {
    let text = text.trim();
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NotInt64::Format);
    }
    text.parse().map_err(|_| NotInt64::Overflow)
}

/// `true` or `false` in any letter case, blanks around it allowed.
pub(crate) fn boolean(text: &str) -> Option<bool> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

fn decimal(text: &str) -> Option<i64> {
    int64(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers() {
        for (text, value) in [
            ("10", Some(10)),
            (" -1 ", Some(-1)),
            ("+7", Some(7)),
            ("0x10", Some(16)),
            ("#ff", Some(255)),
            ("2147483648", None),
            ("1.5", None),
            ("", None),
            ("abc", None),
        ] {
            assert_eq!(int32(text), value, "{text}");
        }
        assert_eq!(route_int32("0x10"), None);
        assert_eq!(int64("9223372036854775808"), Err(NotInt64::Overflow));
        assert_eq!(int64("-"), Err(NotInt64::Format));
    }

    #[test]
    fn truth_values() {
        assert_eq!(boolean("TRUE"), Some(true));
        assert_eq!(boolean(" false"), Some(false));
        assert_eq!(boolean("1"), None);
    }
}
