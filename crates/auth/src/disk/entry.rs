use std::time::{Duration, SystemTime};

use altinn_core::Secret;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::moment::unix_seconds;
use crate::token::AltinnToken;

/// Goes up when the form changes. Others than this are not read.
const VERSION: u32 = 2;
/// The steady clock does not reach across processes, so the wall clock has to do, with room for its errors.
const MARGIN: Duration = Duration::from_secs(60);

/// A token in a file.
#[derive(Serialize, Deserialize)]
pub(super) struct Entry {
    version: u32,
    token: Text,
    /// When it was asked for, in seconds since 1970 by this computer's clock.
    asked: i64,
    /// How long it lasts from then, in seconds.
    lifetime: u64,
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
        if token.remaining() <= MARGIN {
            return None;
        }
        let (asked, lifetime) = (unix_seconds(token.asked_at()), token.lifetime().as_secs());
        let token = Text(Zeroizing::new(token.expose().to_owned()));
        let entry = Self { version: VERSION, token, asked, lifetime };
        serde_json::to_string(&entry).ok().map(Zeroizing::new)
    }

    /// The token in a text, as old as it is, if it is still good.
    pub(super) fn read(text: &str) -> Option<AltinnToken> {
        Self::read_at(text, unix_seconds(SystemTime::now()))
    }

    fn read_at(text: &str, now: i64) -> Option<AltinnToken> {
        let entry: Self = serde_json::from_str(text).ok()?;
        // Asked for in the future: the clock was set back, so how old it is can't be told.
        if entry.version != VERSION || entry.asked > now {
            return None;
        }
        let lifetime = Duration::from_secs(entry.lifetime).checked_sub(MARGIN)?;
        let age = Duration::from_secs(now.checked_sub(entry.asked)?.try_into().ok()?);
        if age >= lifetime {
            return None;
        }
        let asked = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(entry.asked.try_into().ok()?))?;
        AltinnToken::of_before(Secret::new(entry.token.0.as_str()), asked, lifetime)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entry(token: &str, version: u32, asked: i64, lifetime: u64) -> String {
        serde_json::json!({"version": version, "token": token, "asked": asked, "lifetime": lifetime}).to_string()
    }

    #[test]
    fn it_comes_back_as_old_as_it_is_and_a_minute_shorter() {
        let before = SystemTime::now() - Duration::from_secs(1000);
        let token = AltinnToken::of_before("the-token".into(), before, Duration::from_secs(1800)).unwrap();
        let read = Entry::read(&Entry::write(&token).unwrap()).unwrap();
        assert_eq!((read.expose(), read.lifetime().as_secs()), ("the-token", 1740));
        assert!((1000..1003).contains(&read.age().as_secs()), "{:?}", read.age());
        assert!((737..=740).contains(&read.remaining().as_secs()), "{:?}", read.remaining());
        let dying = AltinnToken::with_lifetime("t", MARGIN).unwrap();
        assert!(Entry::write(&dying).is_none());
    }

    #[test]
    fn what_is_old_odd_or_damaged_is_absent() {
        let read = |text: &str| Entry::read_at(text, 1000).is_some();
        assert!(read(&entry("t", 2, 1000, 61)) && read(&entry("t", 2, 0, 1061)));
        assert!(!read(&entry("t", 2, 1000, 60)) && !read(&entry("t", 2, 0, 1060)));
        assert!(!read(&entry("t", 2, 1001, 2000)));
        assert!(!read(&entry("t", 1, 1000, 2000)) && !read(&entry("t", 3, 1000, 2000)));
        assert!(!read(&entry("t", 2, i64::MIN, 2000)) && !read(&entry("t", 2, 0, 0)));
        assert!(!read(&entry("line\nbreak", 2, 1000, 2000)));
        assert!(!read("") && !read("{}") && !read(&entry("t", 2, 1000, 2000)[..30]));
    }

    proptest! {
        #[test]
        fn any_text_is_taken(text in "\\PC*", version: u32, asked: i64, lifetime: u64, now: i64) {
            let _ = Entry::read_at(&text, now);
            let _ = Entry::read_at(&entry(&text, version, asked, lifetime), now);
            let _ = Entry::read_at(&entry(&text, VERSION, asked, lifetime), now);
        }
    }
}
