use std::time::Duration;

use http::{HeaderMap, header};
use jiff::fmt::rfc2822;

/// Reads `Retry-After` in both its forms: seconds, or a date, which is held against the answer's own `Date` (this
/// computer's clock may be wrong) or else against `now`. `None` if there is none that can be read.
pub fn retry_after(headers: &HeaderMap, now: jiff::Timestamp) -> Option<Duration> {
    let value = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse::<u32>() {
        return Some(Duration::from_secs(u64::from(seconds)));
    }
    let at = http_date(value)?;
    let now = headers.get(header::DATE).and_then(|date| http_date(date.to_str().ok()?)).unwrap_or(now);
    Some(Duration::try_from(at.duration_since(now)).unwrap_or(Duration::ZERO))
}

/// Reads a date as HTTP headers have it: an RFC 2822 date but for its zone, which is always written `GMT`.
pub fn http_date(text: &str) -> Option<jiff::Timestamp> {
    rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn read(value: &str, date: Option<&str>) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(header::RETRY_AFTER, HeaderValue::from_str(value).ok()?);
        if let Some(date) = date {
            headers.insert(header::DATE, HeaderValue::from_str(date).ok()?);
        }
        retry_after(&headers, "2024-05-01T12:00:00Z".parse().unwrap())
    }

    #[test]
    fn both_forms_are_read() {
        assert_eq!(read("3", None), Some(Duration::from_secs(3)));
        assert_eq!(read("Wed, 01 May 2024 12:00:30 GMT", None), Some(Duration::from_secs(30)));
        assert_eq!(
            read("Wed, 01 May 2024 13:00:30 GMT", Some("Wed, 01 May 2024 13:00:00 GMT")),
            Some(Duration::from_secs(30))
        );
        assert_eq!(read("Wed, 01 May 2024 11:00:00 GMT", None), Some(Duration::ZERO));
        assert_eq!(read("soon", None), None);
        assert_eq!(read("-1", None), None);
    }

    proptest! {
        #[test]
        fn reading_never_panics(value in "\\PC{0,40}", date in "\\PC{0,40}") {
            let _ = read(&value, Some(&date));
        }
    }
}
