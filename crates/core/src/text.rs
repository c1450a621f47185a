use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A text of an answer, to be read and passed on, not changed. It derefs to `str`.
///
/// Most texts of an instance are short, and a page holds thousands of them: up to 22 bytes lie in the value itself,
/// so that nothing is allocated for them, and a longer text is shared by its clones.
///
/// ```
/// use altinn_core::Text;
///
/// let org = Text::from("ttd");
/// assert_eq!(org, "ttd");
/// assert!(org.starts_with('t'));
/// assert_eq!(String::from(org), "ttd");
/// ```
#[derive(Clone)]
pub struct Text(Kept);

#[derive(Clone)]
enum Kept {
    /// The first `u8` bytes, the rest are zero.
    Here(u8, [u8; ROOM]),
    There(Arc<str>),
}

/// What fits beside the length and the choice into three words.
const ROOM: usize = 22;

impl Text {
    /// As a `&str`.
    #[inline]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Kept::Here(length, bytes) => {
                // They were a text when they were put there.
                bytes.get(..usize::from(*length)).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default()
            }
            Kept::There(text) => text,
        }
    }
}

impl From<&str> for Text {
    #[inline]
    fn from(text: &str) -> Self {
        match room(text.as_bytes()) {
            Some(bytes) => Self(Kept::Here(text.len() as u8, bytes)),
            None => Self(Kept::There(text.into())),
        }
    }
}

/// Copies a text that is short enough. By words that overlap: the copy of a length that is known only when it runs
/// takes longer than all else that is done for a text.
#[inline]
fn room(text: &[u8]) -> Option<[u8; ROOM]> {
    let mut room = [0; ROOM];
    let length = text.len();
    if let (Some(first), Some(last)) = (text.first_chunk::<8>(), text.last_chunk::<8>()) {
        if length > ROOM {
            return None;
        }
        let last = u64::from_le_bytes(*last);
        if length <= 16 {
            room[..8].copy_from_slice(first);
            let rest = last.checked_shr(8 * (16 - length as u32)).unwrap_or(0);
            room[8..16].copy_from_slice(&rest.to_le_bytes());
        } else {
            room[..16].copy_from_slice(text.first_chunk::<16>()?);
            let rest = last >> (8 * (24 - length as u32));
            let [a, b, c, d, e, f, ..] = rest.to_le_bytes();
            room[16..].copy_from_slice(&[a, b, c, d, e, f]);
        }
    } else {
        for (kept, byte) in room.iter_mut().zip(text) {
            *kept = *byte;
        }
    }
    Some(room)
}

impl Default for Text {
    fn default() -> Self {
        Self(Kept::Here(0, [0; ROOM]))
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Text {}

impl PartialOrd for Text {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Text {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl Hash for Text {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl Borrow<str> for Text {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl From<&String> for Text {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        text.as_str().into()
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self)
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

macro_rules! compares_with {
    ($($other:ty),+) => { $(
        impl PartialEq<$other> for Text {
            fn eq(&self, other: &$other) -> bool {
                self.as_str() == &other[..]
            }
        }

        impl PartialEq<Text> for $other {
            fn eq(&self, other: &Text) -> bool {
                &self[..] == other.as_str()
            }
        }
    )+ };
}

compares_with!(str, &str, String);

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::ids::read_text(deserializer, "a text", |text| Ok::<_, std::convert::Infallible>(text.into()))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::hash::{BuildHasher, RandomState};

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_text_is_read_and_compared_as_any_other() {
        for text in ["", "æøå", "a text that is longer than what fits into the value itself"] {
            let json = serde_json::to_string(text).unwrap();
            let read: Text = serde_json::from_str(&json).unwrap();
            assert_eq!(read, text);
            assert_eq!(*text, read);
            assert_eq!(read, text.to_owned());
            assert_eq!(format!("{read}|{read:?}"), format!("{text}|{text:?}"));
            assert_eq!(serde_json::to_string(&read).unwrap(), json);
        }
        assert!(serde_json::from_str::<Text>("1").is_err());
        assert_eq!(Text::from("a").cmp(&Text::from("b")), Ordering::Less);
        let map: BTreeMap<Text, u8> = [(Text::from("beløp"), 1)].into();
        assert_eq!(map.get("beløp"), Some(&1));
    }

    proptest! {
        #[test]
        fn any_text_is_kept_whole(text in "\\PC{0,30}", other in "\\PC{0,30}") {
            let (kept, second) = (Text::from(&*text), Text::from(&*other));
            prop_assert_eq!(kept.as_str(), &text);
            prop_assert_eq!(kept.clone(), &*text);
            prop_assert_eq!(kept.cmp(&second), text.cmp(&other));
            prop_assert_eq!(kept == second, text == other);
            // A map is asked by `&str`, so both must have one hash.
            let state = RandomState::new();
            prop_assert_eq!(state.hash_one(&kept), state.hash_one(&*text));
        }
    }

    #[test]
    fn each_length_is_kept_whole() {
        for length in 0..40 {
            let text: String = ('a'..='z').cycle().take(length).collect();
            assert_eq!(Text::from(&*text), text);
        }
    }
}
