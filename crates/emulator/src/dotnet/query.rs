//! Query strings, and how simple parameters are bound from them.

use jiff::Timestamp;
use url::form_urlencoded;
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
        Self(
            form_urlencoded::parse(raw.as_bytes())
                .map(|(name, value)| (name.into_owned(), value.into_owned()))
                .collect(),
        )
    }

    /// Every pair, names as sent.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// All values of `name`, which is matched without regard to letter case.
    pub(crate) fn all<'q>(&'q self, name: &'q str) -> impl Iterator<Item = &'q str> {
        self.pairs().filter(move |(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
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
        for value in self.query.all(name) {
            match guid::parse(value) {
                Some(value) => bound.push(value),
                None if value.trim().is_empty() => self.errors.add(name, format!("The value '{value}' is invalid.")),
                None => self.errors.add(name, refused(value, None)),
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

/// Decodes `+` and `%xx`, as `UrlDecode` does: broken escapes stay as they are.
pub(crate) fn url_decode(text: &str) -> String {
    percent_decode(&text.replace('+', " "))
}

/// Decodes `%xx`; broken escapes stay, bytes that are no UTF-8 become the replacement character.
pub(crate) fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let pair = bytes.get(at + 1).zip(bytes.get(at + 2)).and_then(|(high, low)| Some((hex(*high)?, hex(*low)?)));
        match pair {
            Some((high, low)) if byte == b'%' => {
                decoded.push(high * 16 + low);
                at += 3;
            }
            _ => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8(decoded).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
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

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
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
        assert_eq!(escape("a/1 æ"), "a%2F1%20%C3%A6");
    }

    proptest! {
        #[test]
        fn escaped_text_comes_back(text in ".{0,40}") {
            prop_assert_eq!(percent_decode(&escape(&text)), text);
        }
    }
}
