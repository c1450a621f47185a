use std::borrow::Cow;
use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde::Serialize;
use url::Url;

use super::Operation;
use crate::{Error, ErrorKind, INSTANCES_READ, INSTANCES_WRITE, Payload};

/// One request, described: what will be sent, and how its failures are to be read. Pure data; nothing is sent.
#[derive(Debug)]
pub struct RequestSpec {
    pub(super) operation: Operation,
    pub(super) method: Method,
    pub(super) segments: Vec<Cow<'static, str>>,
    pub(super) query: Vec<(Cow<'static, str>, String)>,
    pub(super) headers: HeaderMap,
    pub(super) body: RequestBody,
    pub(super) repeatable: bool,
    pub(super) scope: &'static str,
    pub(super) judge: fn(StatusCode, Option<&str>) -> Verdict,
    pub(super) hasty: fn(ErrorKind, Option<StatusCode>) -> bool,
}

/// What a request carries. `Debug` shows how long it is, not what it says.
#[derive(Default)]
pub enum RequestBody {
    /// Nothing; `Content-Length: 0` where the method calls for it.
    #[default]
    Empty,
    /// JSON, ready made.
    Json(bytes::Bytes),
    /// A file's content.
    Payload(Payload),
}

impl fmt::Debug for RequestBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("Empty"),
            Self::Json(json) => write!(f, "Json({} bytes)", json.len()),
            Self::Payload(payload) => payload.fmt(f),
        }
    }
}

/// How an operation reads one of its failures, where the status alone misleads.
#[derive(Debug, Clone, Copy, Default)]
pub struct Verdict {
    /// `Some(true)`: a passing fault whatever the status says. `Some(false)`: trying again is of no use.
    pub passing: Option<bool>,
    /// It looks like a judgement and may be a passing fault all the same, since the service answers both alike.
    pub may_pass: bool,
    /// The likely cause and what helps.
    pub advice: Option<&'static str>,
    /// What to say in place of `advice` where it is known whether the token has the operation's scope.
    pub by_scope: Option<ByScope>,
}

/// The likely cause of a refusal by an operation for which the service looks at the token's scopes.
#[derive(Debug, Clone, Copy)]
pub struct ByScope {
    /// Where the token has the scope.
    pub has: &'static str,
    /// Where it lacks it.
    pub lacks: &'static str,
}

impl RequestSpec {
    /// A request of `operation`. The method decides whether sending it twice does harm: only POST and PATCH do,
    /// unless [`repeatable`](Self::repeatable) says otherwise; and which scope it needs, unless
    /// [`scope`](Self::scope) does.
    pub fn new(operation: Operation, method: Method) -> Self {
        let repeatable = !matches!(method, Method::POST | Method::PATCH);
        let scope = if method.is_safe() { INSTANCES_READ } else { INSTANCES_WRITE };
        Self {
            operation,
            method,
            segments: Vec::new(),
            query: Vec::new(),
            headers: HeaderMap::new(),
            body: RequestBody::Empty,
            repeatable,
            scope,
            judge: |_, _| Verdict::default(),
            hasty: |_, _| false,
        }
    }

    /// The operation.
    pub fn operation(&self) -> Operation {
        self.operation
    }

    /// Adds path segments that are fixed.
    #[must_use]
    pub fn path(mut self, segments: impl IntoIterator<Item = &'static str>) -> Self {
        self.segments.extend(segments.into_iter().map(Cow::Borrowed));
        self
    }

    /// Adds one path segment from a value. Whatever it holds, it stays one segment.
    #[must_use]
    pub fn segment(mut self, value: impl ToString) -> Self {
        self.segments.push(Cow::Owned(value.to_string()));
        self
    }

    /// Adds a query parameter.
    #[must_use]
    pub fn query(mut self, name: impl Into<Cow<'static, str>>, value: impl ToString) -> Self {
        self.query.push((name.into(), value.to_string()));
        self
    }

    /// Sets a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// Sets a body in JSON.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] when the value can't be written as JSON, or a text in it holds a NUL.
    pub fn json(mut self, value: &impl Serialize) -> Result<Self, Error> {
        let invalid = |detail| Error::new(ErrorKind::InvalidInput, self.operation).with_detail(detail);
        let body = serde_json::to_vec(value).map_err(|_| invalid("the value can't be written as JSON"))?;
        // The service answers 500, each time.
        if holds_nul(&body) {
            return Err(invalid("a text holds a NUL, which the service's database can't take"));
        }
        self.headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        self.body = RequestBody::Json(body.into());
        Ok(self)
    }

    /// Sets a payload as the body.
    #[must_use]
    pub fn payload(mut self, payload: Payload) -> Self {
        self.body = RequestBody::Payload(payload);
        self
    }

    /// Says whether sending it twice has the same effect as once, where the method misleads.
    #[must_use]
    pub fn repeatable(mut self, repeatable: bool) -> Self {
        self.repeatable = repeatable;
        self
    }

    /// Says which scope the caller's token must have, where the method misleads. A refusal is held against it.
    #[must_use]
    pub fn scope(mut self, scope: &'static str) -> Self {
        self.scope = scope;
        self
    }

    /// Sets how the operation reads its failures: gets the status and the service's words.
    #[must_use]
    pub fn judge(mut self, judge: fn(StatusCode, Option<&str>) -> Verdict) -> Self {
        self.judge = judge;
        self
    }

    /// Sets after which failures it is sent again once at most, because the caller has something better to try then:
    /// gets the kind, and the status where an answer came.
    #[must_use]
    pub fn hasty(mut self, hasty: fn(ErrorKind, Option<StatusCode>) -> bool) -> Self {
        self.hasty = hasty;
        self
    }

    /// The address below `base`.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] when a segment is empty, `.` or `..`: such a one would name another resource; and when
    /// something in the query holds a NUL.
    pub fn url(&self, base: &Url) -> Result<Url, Error> {
        let invalid = |detail| Error::new(ErrorKind::InvalidInput, self.operation).with_detail(detail);
        if self.segments.iter().any(|s| matches!(s.as_ref(), "" | "." | "..")) {
            return Err(invalid("a part of the path is empty or a dot"));
        }
        // The service answers 500, each time: after it has stored a content, if there is one.
        if self.query.iter().any(|(name, value)| name.contains('\0') || value.contains('\0')) {
            return Err(invalid("a value in the query holds a NUL, which the service's database can't take"));
        }
        let mut url = base.clone();
        url.path_segments_mut()
            .map_err(|()| invalid("the base address can't have a path"))?
            .pop_if_empty()
            .extend(self.segments.iter().map(Cow::as_ref));
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(self.query.iter());
        }
        Ok(url)
    }
}

/// Whether a text in this JSON holds the character NUL, which is always written as an escape.
fn holds_nul(json: &[u8]) -> bool {
    let mut rest = json;
    while let Some(escape) = rest.iter().position(|byte| *byte == b'\\') {
        rest = &rest[escape + 1..];
        if rest.starts_with(b"u0000") {
            return true;
        }
        // What is escaped may be a backslash, which escapes nothing itself.
        rest = rest.get(1..).unwrap_or_default();
    }
    false
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::operation;

    const X: Operation = operation!("x");

    fn base() -> Url {
        Url::parse("https://platform.tt02.altinn.no/storage/api/v1/").unwrap()
    }

    #[test]
    fn a_url_is_built_from_segments_and_pairs() {
        let spec = RequestSpec::new(operation!("instances.list"), Method::GET)
            .path(["instances"])
            .segment(501_337)
            .query("lastChanged", "gt:2024-05-01T12:00:00+02:00")
            .query("searchString", "blåbær & sånt");
        assert_eq!(
            spec.url(&base()).unwrap().as_str(),
            "https://platform.tt02.altinn.no/storage/api/v1/instances/501337\
             ?lastChanged=gt%3A2024-05-01T12%3A00%3A00%2B02%3A00&searchString=bl%C3%A5b%C3%A6r+%26+s%C3%A5nt"
        );
    }

    #[test]
    fn a_body_does_not_print() {
        let json = RequestSpec::new(X, Method::PUT).json(&json!({"navn": "Kari"})).unwrap();
        let payload = RequestSpec::new(X, Method::PUT).payload("<navn>Kari</navn>".into());
        let shown = format!("{json:?} {payload:?}");
        assert!(!shown.contains("Kari") && shown.contains("15 bytes"), "{shown}");
    }

    #[test]
    fn a_nul_anywhere_in_a_body_is_refused() {
        let json = |value: serde_json::Value| RequestSpec::new(X, Method::PUT).json(&value);
        for value in [json!("\0"), json!({"a": [{"b": "c\0d"}]}), json!({"\0": 1}), json!("\\\0"), json!("\\\\\0")] {
            let error = json(value.clone()).unwrap_err();
            assert_eq!((error.kind(), error.operation()), (ErrorKind::InvalidInput, "x"), "{value}");
            assert!(error.to_string().contains("NUL"), "{error}");
        }
        for value in [json!("\\u0000"), json!("\\\\u0000"), json!("\u{1}\n\"\\"), json!("u0000"), json!("blåbær")] {
            assert!(json(value.clone()).is_ok(), "{value}");
        }
    }

    #[test]
    fn only_methods_that_create_are_not_repeatable() {
        assert!(RequestSpec::new(X, Method::GET).repeatable);
        assert!(RequestSpec::new(X, Method::PUT).repeatable);
        assert!(RequestSpec::new(X, Method::DELETE).repeatable);
        assert!(!RequestSpec::new(X, Method::POST).repeatable);
        assert!(!RequestSpec::new(X, Method::PATCH).repeatable);
    }

    proptest! {
        #[test]
        fn a_nul_is_found_where_there_is_one(text in "[\\\\u0\0a\"]{0,12}") {
            let refused = RequestSpec::new(X, Method::PUT).json(&text).is_err();
            prop_assert_eq!(refused, text.contains('\0'));
        }

        #[test]
        fn a_value_never_becomes_more_than_one_segment(value in any::<String>()) {
            let spec = RequestSpec::new(X, Method::GET).path(["a"]).segment(&value).path(["b"]);
            match spec.url(&base()) {
                Ok(url) => {
                    let segments: Vec<_> = url.path_segments().unwrap().collect();
                    prop_assert_eq!(segments.len(), 6, "{}", url);
                    prop_assert_eq!(segments[5], "b");
                    prop_assert_eq!(url.query(), None);
                }
                Err(error) => prop_assert_eq!(error.kind(), ErrorKind::InvalidInput),
            }
        }

        #[test]
        fn a_query_value_arrives_as_it_was_or_is_refused(value in "(?s).{0,12}|[a\0]{0,3}") {
            let url = match RequestSpec::new(X, Method::GET).path(["a"]).query("q", &value).url(&base()) {
                Ok(url) => url,
                Err(error) => {
                    prop_assert_eq!((error.kind(), value.contains('\0')), (ErrorKind::InvalidInput, true));
                    return Ok(());
                }
            };
            prop_assert!(!value.contains('\0'));
            let pairs: Vec<_> = url.query_pairs().into_owned().collect();
            prop_assert_eq!(pairs, vec![("q".to_owned(), value)]);
        }
    }
}
