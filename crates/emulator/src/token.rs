//! How platform services read their caller.

mod cookies;

use std::fmt;

use http::HeaderMap;
use http::header::{AUTHORIZATION, AsHeaderName};
use serde_json::{Map, Value};

use crate::keys::{self, Malformed, Rejected};
use crate::platform::Platform;

/// Where a token is looked for after the `Authorization` header, in this order.
const COOKIES: [&str; 2] = [".ALTINNTOKEN", "AltinnStudioRuntime"];

/// Who is calling, as far as the token tells.
#[derive(Debug)]
pub(crate) enum Authentication {
    /// No token at all.
    Anonymous,
    /// A token that isn't Altinn's or isn't valid now.
    Invalid,
    /// A token that the platform's reader fails on. The answer is 500 with an empty body, on every path.
    Unreadable,
    /// A valid token's claims.
    Caller(Claims),
}

/// The claims of a verified Altinn token.
#[derive(Clone, PartialEq)]
pub(crate) struct Claims(Map<String, Value>);

/// Claims hold person numbers; only their names are shown.
impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl From<Map<String, Value>> for Claims {
    fn from(claims: Map<String, Value>) -> Self {
        Self(claims)
    }
}

impl Claims {
    pub(crate) fn as_map(&self) -> &Map<String, Value> {
        &self.0
    }

    /// The claim as text. The platform makes one claim of each element of an array and reads the first.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        let value = match self.0.get(name)? {
            Value::Array(items) => items.first()?,
            value => value,
        };
        Some(match value {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        })
    }

    fn number(&self, name: &str) -> Option<i64> {
        self.text(name)?.parse().ok()
    }

    /// The service-owner code: `urn:altinn:org`.
    pub(crate) fn org(&self) -> Option<String> {
        self.text("urn:altinn:org").filter(|org| !org.is_empty())
    }

    /// The organisation number, which older tokens hold as a number.
    pub(crate) fn org_number(&self) -> Option<String> {
        self.text("urn:altinn:orgNumber").filter(|number| !number.is_empty())
    }

    pub(crate) fn user_id(&self) -> Option<i64> {
        self.number("urn:altinn:userid")
    }

    pub(crate) fn auth_level(&self) -> Option<i64> {
        self.number("urn:altinn:authlevel")
    }

    /// The claim `scope`.
    pub(crate) fn scope(&self) -> Option<String> {
        self.text("scope")
    }

    /// The claim `urn:altinn:scope`, which tokens of the local test environment have instead.
    pub(crate) fn legacy_scope(&self) -> Option<String> {
        self.text("urn:altinn:scope")
    }

    /// The system that an `urn:altinn:app` token was made for.
    pub(crate) fn app(&self) -> Option<String> {
        self.text("urn:altinn:app")
    }

    /// The system user's details, when the token is a system user's: an object, or the text of one.
    pub(crate) fn system_user(&self) -> Option<Map<String, Value>> {
        let details = serde_json::from_str(&self.text("authorization_details")?).ok()?;
        match details {
            Value::Object(map) if map.get("type")? == "urn:altinn:systemuser" => Some(map),
            _ => None,
        }
    }
}

/// Reads the caller of a request to a service that receives Altinn tokens.
pub(crate) fn authenticate(headers: &HeaderMap, platform: &Platform) -> Authentication {
    authenticate_with(headers, platform, platform.world().platform.skew_seconds)
}

/// The same, where the clocks may differ by `skew` seconds.
pub(crate) fn authenticate_with(headers: &HeaderMap, platform: &Platform, skew: u32) -> Authentication {
    let Some(token) = token_of(headers) else {
        return Authentication::Anonymous;
    };
    match platform.keys.verify(&token, platform.clock.now(), skew) {
        Ok(claims) => Authentication::Caller(Claims(claims)),
        Err(Rejected::Invalid) => Authentication::Invalid,
        Err(Rejected::Unreadable) => Authentication::Unreadable,
    }
}

/// Whether the request carries a token that the platform's reader fails on, whoever signed it.
pub(crate) fn is_unreadable(headers: &HeaderMap) -> bool {
    token_of(headers).is_some_and(|token| keys::read(&token).err() == Some(Malformed::Unreadable))
}

/// The values of a header as one text: with commas between them, and without the empty ones.
pub(crate) fn joined(headers: &HeaderMap, name: impl AsHeaderName) -> String {
    let values = headers.get_all(name).iter().filter_map(|value| std::str::from_utf8(value.as_bytes()).ok());
    values.filter(|value| !value.is_empty()).collect::<Vec<_>>().join(",")
}

/// The token in the `Authorization` header. Another scheme counts as no token; two headers make one text, and so a
/// wrong token.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<String> {
    let value = joined(headers, AUTHORIZATION);
    let (scheme, token) = value.split_at_checked("Bearer ".len())?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("Bearer ") && !token.is_empty()).then(|| token.to_owned())
}

/// The caller's token: the one in the header, else in a cookie.
pub(crate) fn token_of(headers: &HeaderMap) -> Option<String> {
    bearer(headers).or_else(|| COOKIES.iter().find_map(|name| cookies::get(headers, name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(*name, value.parse().unwrap());
        }
        map
    }

    #[test]
    fn bearer_is_a_word_in_any_case_and_a_space() {
        let token = |value| bearer(&headers(&[("authorization", value)]));
        assert_eq!(token("bearer   x "), Some("x".to_owned()));
        assert_eq!(token("BEARER x"), Some("x".to_owned()));
        assert_eq!(token("Bearer\tx"), None);
        assert_eq!(token("Bearer"), None);
        assert_eq!(token("Basic eDp5"), None);
        assert_eq!(token("æ"), None);
    }

    #[test]
    fn two_headers_make_one_wrong_token() {
        let two = headers(&[("authorization", "Bearer x"), ("authorization", "Bearer y")]);
        assert_eq!(bearer(&two), Some("x,Bearer y".to_owned()));
        let one_empty = headers(&[("authorization", ""), ("authorization", "Bearer y")]);
        assert_eq!(bearer(&one_empty), Some("y".to_owned()));
    }

    #[test]
    fn cookies_come_after_the_header_and_in_their_order() {
        let both = "AltinnStudioRuntime=b; .ALTINNTOKEN=a";
        assert_eq!(token_of(&headers(&[("cookie", both)])), Some("a".to_owned()));
        let all = headers(&[("cookie", both), ("authorization", "Bearer h")]);
        assert_eq!(token_of(&all), Some("h".to_owned()));
        let basic = headers(&[("cookie", "AltinnStudioRuntime=b"), ("authorization", "Basic eDp5")]);
        assert_eq!(token_of(&basic), Some("b".to_owned()));
        assert_eq!(token_of(&headers(&[("cookie", "other=b; AltinnStudioRuntime=")])), None);
    }

    #[test]
    fn only_the_shape_of_a_token_can_be_unreadable() {
        let unreadable = |value| is_unreadable(&headers(&[("authorization", value)]));
        assert!(unreadable("Bearer not.a.token"));
        assert!(!unreadable("Bearer abc"));
        assert!(!unreadable("Bearer e30.e30."));
        assert!(is_unreadable(&headers(&[("cookie", "AltinnStudioRuntime=not.a.token")])));
        assert!(!is_unreadable(&HeaderMap::new()));
    }

    #[test]
    fn claims_are_read_as_the_platform_does() {
        let claims: Map<String, Value> = serde_json::from_str(
            r#"{"scope": ["a b", "c"], "urn:altinn:orgNumber": 405003309, "urn:altinn:userid": "1337",
                "urn:altinn:authlevel": 3, "urn:altinn:org": "",
                "authorization_details": {"type": "urn:altinn:systemuser", "systemuser_id": ["x"]}}"#,
        )
        .unwrap();
        let claims = Claims::from(claims);
        assert_eq!(claims.scope().as_deref(), Some("a b"));
        assert_eq!(claims.org_number().as_deref(), Some("405003309"));
        assert_eq!((claims.user_id(), claims.auth_level()), (Some(1337), Some(3)));
        assert_eq!((claims.org(), claims.app()), (None, None));
        assert_eq!(claims.system_user().unwrap()["systemuser_id"][0], "x");
        assert!(!format!("{claims:?}").contains("405003309"));
    }
}
