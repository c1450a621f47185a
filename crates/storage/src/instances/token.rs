use std::fmt;
use std::str::FromStr;

use altinn_core::Timestamp;
use url::Url;

/// Where a list goes on: keep it to resume later, also in another process, with the same query.
///
/// The service writes the next page's address on its own public host. Only this token is taken from it, so that no
/// bearer token ever follows an address out of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ContinuationToken(Box<str>);

/// 1970 in ticks of 100 ns since the year 1.
const UNIX_EPOCH_TICKS: i128 = 621_355_968_000_000_000;

impl ContinuationToken {
    /// The token in a `next` address, absolute or not. The value is decoded once; a second encoding that it may carry
    /// is the service's own, which it decodes itself.
    pub(super) fn from_next(next: &str) -> Option<Self> {
        let base = Url::parse("http://localhost/").ok()?;
        let url = base.join(next).ok()?;
        let token = url.query_pairs().find(|(name, _)| name.eq_ignore_ascii_case("continuationToken"))?.1;
        (!token.trim().is_empty()).then(|| Self(token.into()))
    }

    /// Behind a row of `time`. The service's tokens are the time of the last instance in ticks of 100 ns since the
    /// year 1, and its row number; what follows is later, or of that time with a higher number.
    pub(super) fn at(time: Timestamp, row: i64) -> Self {
        let ticks = UNIX_EPOCH_TICKS + time.as_jiff().as_nanosecond() / 100;
        Self(format!("{ticks};{row}").into())
    }

    /// The time and the row number in a token; none if the service has changed what its tokens look like.
    pub(super) fn position(&self) -> Option<(Timestamp, i64)> {
        let (ticks, row) = [";", "%3b", "%3B"].iter().find_map(|separator| self.0.split_once(separator))?;
        let nanos = ticks.parse::<i128>().ok()?.checked_sub(UNIX_EPOCH_TICKS)?.checked_mul(100)?;
        Some((jiff::Timestamp::from_nanosecond(nanos).ok()?.into(), row.parse().ok()?))
    }

    /// The token as text, to keep it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ContinuationToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ContinuationToken {
    type Err = InvalidToken;

    fn from_str(text: &str) -> Result<Self, InvalidToken> {
        // A token without its separator makes the service answer an empty last page, as if nothing were left.
        let separator = |text: &str| text.contains(';') || text.to_ascii_lowercase().contains("%3b");
        if text.chars().any(|c| c.is_whitespace() || c.is_control()) || !separator(text) {
            return Err(InvalidToken);
        }
        Ok(Self(text.into()))
    }
}

/// A text that is no continuation token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a continuation token: it must be one that a list gave out, unchanged")]
pub struct InvalidToken;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_token_is_taken_out_of_any_address() {
        for next in [
            "https://platform.altinn.no/storage/api/v1/instances?org=ttd&continuationToken=638%253b7",
            "http://evil.example/?ContinuationToken=638%253b7&size=1",
            "/storage/api/v1/instances?continuationToken=638%253b7",
        ] {
            assert_eq!(ContinuationToken::from_next(next).unwrap().as_str(), "638%3b7", "{next}");
        }
        for next in ["", "https://platform.altinn.no/", "?continuationToken=", "https://["] {
            assert_eq!(ContinuationToken::from_next(next), None, "{next}");
        }
    }

    #[test]
    fn a_kept_token_comes_back_and_another_text_does_not() {
        for good in ["638;7", "638%3b7", "638%3B7"] {
            assert_eq!(good.parse::<ContinuationToken>().unwrap().to_string(), good);
        }
        for bad in ["", "638", "638 ;7", "638;7\n"] {
            assert!(bad.parse::<ContinuationToken>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_token_tells_its_time_and_row() {
        // From a recorded page, whose last instance changed at this time.
        let token: ContinuationToken = "639311644742156620%3b100".parse().unwrap();
        assert_eq!(token.position(), Some(("2026-11-25T00:47:54.215662Z".parse().unwrap(), 100)));
        let time: Timestamp = "2024-05-01T12:00:00.123456Z".parse().unwrap();
        assert_eq!(ContinuationToken::at(time, 7).position(), Some((time, 7)));
        assert_eq!(ContinuationToken::at(time, 7).as_str().parse(), Ok(ContinuationToken::at(time, 7)));
        for odd in ["x;1", "638;x", "638%3a1;", "9;99999999999999999999"] {
            assert_eq!(odd.parse::<ContinuationToken>().unwrap().position(), None, "{odd}");
        }
    }

    proptest! {
        #[test]
        fn reading_never_panics(text in any::<String>()) {
            if let Ok(token) = text.parse::<ContinuationToken>() {
                let _ = token.position();
            }
            let _ = ContinuationToken::from_next(&text);
            let _ = text.parse::<ContinuationToken>();
        }
    }
}
