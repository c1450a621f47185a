//! Query strings, and how simple parameters are bound from them.

use jiff::Timestamp;
use uuid::Uuid;

use super::datetime::DateTime;
use super::{guid, number};
use crate::response::FieldErrors;

/// The parameters of a query string, decoded, in the order in which they were sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// Takes a raw query string apart.
    pub(crate) fn parse(raw: &str) -> Self {
        let decoded = |text: &str| percent_decode(&text.replace('+', " "));
        let pairs = raw.split('&').filter(|pair| !pair.is_empty());
        let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        Self(pairs.map(|(name, value)| (decoded(name), decoded(value))).collect())
    }

    /// Every pair, names as sent.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// All values of `name`, which is matched without regard to letter case.
    pub(crate) fn all<'q>(&'q self, name: &'q str) -> impl Iterator<Item = &'q str> {
        self.pairs().filter(move |(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The values of a list: all of `name`, or, where there is none, those of `name[0]`, `name[1]` and so on up to the
    /// first that is missing.
    pub(crate) fn list(&self, name: &str) -> Vec<&str> {
        let numbered = || (0..).map_while(|at| self.first(&format!("{name}[{at}]")));
        if self.first(name).is_some() {
            self.pairs().filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value).collect()
        } else {
            numbered().collect()
        }
    }

    /// The first value of `name`.
    pub(crate) fn first(&self, name: &str) -> Option<&str> {
        self.pairs().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The first value of `name`, unless it is empty: a text parameter.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.first(name).filter(|value| !value.trim().is_empty())
    }
}

/// Binds simple parameters and collects what can't be bound.
#[derive(Debug)]
pub(crate) struct Binder<'q> {
    query: &'q Query,
    errors: FieldErrors,
}

impl<'q> Binder<'q> {
    pub(crate) fn new(query: &'q Query) -> Self {
        Self { query, errors: FieldErrors::new() }
    }

    /// What could not be bound.
    pub(crate) fn errors(self) -> FieldErrors {
        self.errors
    }

    /// A truth value that has a default: an empty text is refused. `display` as for [`optional_flag`](Self::optional_flag).
    pub(crate) fn flag(&mut self, name: &str, display: Option<&str>, default: bool) -> bool {
        match self.query.first(name) {
            None => default,
            Some(value) if value.trim().is_empty() => {
                self.errors.add(name, format!("The value '{value}' is invalid."));
                default
            }
            Some(_) => self.optional(name, display, number::boolean).unwrap_or(default),
        }
    }

    /// A truth value that may be absent. `display` is the name that a refusal shows, where the parameter is a member
    /// of a query model.
    pub(crate) fn optional_flag(&mut self, name: &str, display: Option<&str>) -> Option<bool> {
        self.optional(name, display, number::boolean)
    }

    /// A 32-bit number that may be absent.
    pub(crate) fn optional_int(&mut self, name: &str, display: Option<&str>) -> Option<i32> {
        self.optional(name, display, number::int32)
    }

    /// A repeated GUID; every value that is none is refused.
    pub(crate) fn guids(&mut self, name: &str) -> Vec<Uuid> {
        let mut bound = Vec::new();
        let numbered = self.query.first(name).is_none();
        for (at, value) in self.query.list(name).into_iter().enumerate() {
            let name = || if numbered { format!("{name}[{at}]") } else { name.to_owned() };
            match guid::parse(value) {
                Some(value) => bound.push(value),
                None if value.trim().is_empty() => self.errors.add(name(), format!("The value '{value}' is invalid.")),
                None => self.errors.add(name(), refused(value, None)),
            }
        }
        bound
    }

    fn optional<T>(&mut self, name: &str, display: Option<&str>, read: impl Fn(&str) -> Option<T>) -> Option<T> {
        let value = self.query.text(name)?;
        let bound = read(value);
        if bound.is_none() {
            self.errors.add(name, refused(value, display));
        }
        bound
    }
}

/// What a value that can't be bound is told.
pub(crate) fn refused(value: &str, display: Option<&str>) -> String {
    match display {
        Some(display) => format!("The value '{value}' is not valid for {display}."),
        None => format!("The value '{value}' is not valid."),
    }
}

/// Decodes `+`, `%xx` and `%uxxxx`, a unit of UTF-16, as `UrlDecode` does: broken escapes stay, and what is no text
/// becomes the replacement character.
pub(crate) fn url_decode(text: &str) -> String {
    let mut units: Vec<u16> = Vec::with_capacity(text.len());
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        if let Some((unit, after)) = escape_of(rest, "%u", 4) {
            flush(&mut bytes, &mut units);
            units.push(unit);
            rest = after;
        } else if let Some((byte, after)) = escaped_byte(rest) {
            bytes.push(byte);
            rest = after;
        } else {
            flush(&mut bytes, &mut units);
            units.extend_from_slice((if character == '+' { ' ' } else { character }).encode_utf16(&mut [0; 2]));
            rest = &rest[character.len_utf8()..];
        }
    }
    flush(&mut bytes, &mut units);
    String::from_utf16_lossy(&units)
}

fn flush(bytes: &mut Vec<u8>, units: &mut Vec<u16>) {
    units.extend(String::from_utf8_lossy(bytes).encode_utf16());
    bytes.clear();
}

/// Decodes `%xx`, as the server does with paths and the framework with queries: broken escapes stay, and so do those of
/// bytes that are no UTF-8.
pub(crate) fn percent_decode(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        decoded.push_str(&rest[..at]);
        let (run, after) = escaped_run(&rest[at..]);
        if run.is_empty() {
            decoded.push('%');
            rest = &rest[at + 1..];
            continue;
        }
        let mut sent = &rest[at..];
        for chunk in run.utf8_chunks() {
            decoded.push_str(chunk.valid());
            let (kept, others) = sent[chunk.valid().len() * 3..].split_at(chunk.invalid().len() * 3);
            decoded.push_str(kept);
            sent = others;
        }
        rest = after;
    }
    decoded.push_str(rest);
    decoded
}

/// The bytes of the escapes that `text` begins with, and what follows them.
fn escaped_run(text: &str) -> (Vec<u8>, &str) {
    let (mut bytes, mut rest) = (Vec::new(), text);
    while let Some((byte, after)) = escaped_byte(rest) {
        bytes.push(byte);
        rest = after;
    }
    (bytes, rest)
}

/// The byte of the escape that `text` begins with, and what follows it.
pub(super) fn escaped_byte(text: &str) -> Option<(u8, &str)> {
    let (byte, after) = escape_of(text, "%", 2)?;
    Some((u8::try_from(byte).ok()?, after))
}

fn escape_of<'t>(text: &'t str, prefix: &str, length: usize) -> Option<(u16, &'t str)> {
    let (digits, after) = text.strip_prefix(prefix)?.split_at_checked(length)?;
    let digits = digits.bytes().all(|digit| digit.is_ascii_hexdigit()).then_some(digits)?;
    Some((u16::from_str_radix(digits, 16).ok()?, after))
}

/// Encodes as the framework's query builder does: letters, digits and a few harmless signs of ASCII stay.
pub(crate) fn escape(text: &str) -> String {
    use std::fmt::Write as _;
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"!$()*,-.;@_~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

/// One bound of a date expression such as `gt:2023-10-19`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    Equal,
}

impl Comparison {
    /// The operator of this name; names are lower case.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "gt" => Self::Greater,
            "gte" => Self::GreaterOrEqual,
            "lt" => Self::Less,
            "lte" => Self::LessOrEqual,
            "eq" => Self::Equal,
            _ => return None,
        })
    }

    /// Whether `value` lies on this side of `bound`.
    pub(crate) fn holds<T: PartialOrd + ?Sized>(self, value: &T, bound: &T) -> bool {
        match self {
            Self::Greater => value > bound,
            Self::GreaterOrEqual => value >= bound,
            Self::Less => value < bound,
            Self::LessOrEqual => value <= bound,
            Self::Equal => value == bound,
        }
    }
}

/// A date in a query, in UTC: one without a zone is taken as UTC.
pub(crate) fn query_date(text: &str, today: Timestamp) -> Option<DateTime> {
    DateTime::parse(text, today).map(DateTime::as_utc)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_ignore_case_and_the_first_value_counts() {
        let query = Query::parse("appId=a%2Fb&APPID=c&x=&y=+");
        assert_eq!(query.first("appid"), Some("a/b"));
        assert_eq!(query.all("AppId").collect::<Vec<_>>(), ["a/b", "c"]);
        assert_eq!(query.text("x"), None);
        assert_eq!(query.text("y"), None);
    }

    #[test]
    fn lists_can_be_numbered() {
        let query = Query::parse("a[1]=y&A%5B0%5D=x&a[3]=z&b=x&b[0]=y&b=z&c[1]=x");
        assert_eq!(query.list("a"), ["x", "y"]);
        assert_eq!(query.list("b"), ["x", "z"]);
        assert!(query.list("c").is_empty());
    }

    #[test]
    fn refusals_name_what_was_sent() {
        let query = Query::parse("hard=maybe&confirmed=1&empty=&refs=x");
        let mut binder = Binder::new(&query);
        assert!(!binder.flag("hard", None, false));
        assert_eq!(binder.optional_flag("confirmed", Some("Confirmed")), None);
        binder.flag("empty", None, false);
        binder.guids("refs");
        let mut expected = FieldErrors::of("hard", "The value 'maybe' is not valid.");
        expected.add("confirmed", "The value '1' is not valid for Confirmed.");
        expected.add("empty", "The value '' is invalid.");
        expected.add("refs", "The value 'x' is not valid.");
        assert_eq!(binder.errors(), expected);
    }

    #[test]
    fn decoding_leaves_broken_escapes() {
        assert_eq!(url_decode("a+b%20c%2"), "a b c%2");
        assert_eq!(url_decode("bl%C3%A5b%C3%A6r"), "blåbær");
        assert_eq!(percent_decode("%%41%4%zz%"), "%A%4%zz%");
        assert_eq!(escape("a/1 æ"), "a%2F1%20%C3%A6");
    }

    #[test]
    fn bytes_that_are_no_text_stay_or_are_replaced() {
        for (text, kept, replaced) in [
            ("bl%E5%20b", "bl%E5 b", "bl\u{fffd} b"),
            ("%c3x%C3%A5%A5", "%c3xå%A5", "\u{fffd}xå\u{fffd}"),
            ("%C3%28%E2%82%41", "%C3(%E2%82A", "\u{fffd}(\u{fffd}A"),
            ("%ED%A0%80", "%ED%A0%80", "\u{fffd}\u{fffd}\u{fffd}"),
        ] {
            assert_eq!((percent_decode(text).as_str(), url_decode(text).as_str()), (kept, replaced), "{text}");
        }
    }

    #[test]
    fn units_of_utf16_are_decoded_by_url_decode_alone() {
        for (text, decoded) in [
            ("%u00e5.txt", "å.txt"),
            ("%ud83d%uDE00", "😀"),
            ("%ud83d!", "\u{fffd}!"),
            ("%u00e", "%u00e"),
            ("%u00gg%U00e5", "%u00gg%U00e5"),
            ("%C3%u00e5", "\u{fffd}å"),
        ] {
            assert_eq!((url_decode(text).as_str(), percent_decode(text).as_str()), (decoded, text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_much(text in "[%u0-9a-f é+]{0,40}") {
            let _ = (url_decode(&text), percent_decode(&text));
        }

        #[test]
        fn escaped_text_comes_back(text in ".{0,40}") {
            prop_assert_eq!(percent_decode(&escape(&text)), text);
        }
    }
}
