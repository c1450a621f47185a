use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::moment::unix_seconds;
use crate::token::AltinnToken;

/// Goes up when the form changes. Others than this are not read.
const VERSION: u32 = 1;
/// The steady clock does not reach across processes, so the wall clock has to do, with room for its errors.
const MARGIN: Duration = Duration::from_secs(60);

/// A token in a file.
#[derive(Serialize, Deserialize)]
pub(super) struct Entry {
    version: u32,
    token: Text,
    /// In seconds since 1970, by this computer's clock.
    saved: i64,
    expires: i64,
}

/// A text that is overwritten when dropped.
struct Text(Zeroizing<String>);

impl Serialize for Text {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Zeroizing::new(text)))
    }
}

impl Entry {
    /// The text for a token; `None` for one that is not worth keeping.
    pub(super) fn write(token: &AltinnToken) -> Option<Zeroizing<String>> {
        let expires = unix_seconds(token.expires_at()?);
        if token.remaining() <= MARGIN {
            return None;
        }
        let token = Text(Zeroizing::new(token.expose().to_owned()));
        let entry = Self { version: VERSION, token, saved: unix_seconds(SystemTime::now()), expires };
        serde_json::to_string(&entry).ok().map(Zeroizing::new)
    }

    /// The token in a text, if it is still good.
    pub(super) fn read(text: &str) -> Option<AltinnToken> {
        Self::read_at(text, unix_seconds(SystemTime::now()))
    }

    fn read_at(text: &str, now: i64) -> Option<AltinnToken> {
        let entry: Self = serde_json::from_str(text).ok()?;
        // Saved in the future: the clock was set back, so how old it is can't be told.
        if entry.version != VERSION || entry.saved > now {
            return None;
        }
        let left = Duration::from_secs(entry.expires.checked_sub(now)?.try_into().ok()?).checked_sub(MARGIN)?;
        if left.is_zero() {
            return None;
        }
        AltinnToken::with_lifetime(entry.token.0.as_str(), left).ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entry(token: &str, version: u32, saved: i64, expires: i64) -> String {
        serde_json::json!({"version": version, "token": token, "saved": saved, "expires": expires}).to_string()
    }

    #[test]
    fn it_comes_back_with_the_time_that_is_left_less_a_minute() {
        let token = AltinnToken::with_lifetime("the-token", Duration::from_secs(1800)).unwrap();
        let read = Entry::read(&Entry::write(&token).unwrap()).unwrap();
        assert_eq!(read.expose(), "the-token");
        let left = read.lifetime().as_secs();
        assert!((1738..=1740).contains(&left), "{left}");
        let dying = AltinnToken::with_lifetime("t", MARGIN).unwrap();
        assert!(Entry::write(&dying).is_none());
    }

    #[test]
    fn what_is_old_odd_or_damaged_is_absent() {
        let read = |text: &str| Entry::read_at(text, 1000).is_some();
        assert!(read(&entry("t", 1, 1000, 1061)));
        assert!(!read(&entry("t", 1, 1000, 1060)));
        assert!(!read(&entry("t", 1, 1001, 2000)));
        assert!(!read(&entry("t", 2, 1000, 2000)));
        assert!(!read(&entry("t", 1, 0, i64::MIN)));
        assert!(!read(&entry("line\nbreak", 1, 0, 2000)));
        assert!(!read("") && !read("{}") && !read(&entry("t", 1, 0, 2000)[..30]));
    }

    proptest! {
        #[test]
        fn any_text_is_taken(text in "\\PC*", version: u32, saved: i64, expires: i64, now: i64) {
            let _ = Entry::read_at(&text, now);
            let _ = Entry::read_at(&entry(&text, version, saved, expires), now);
            let _ = Entry::read_at(&entry(&text, 1, saved, expires), now);
        }
    }
}
