//! The grant: the JWT that a client asks for a token with.

use std::fmt;

use serde_json::{Map, Value};
use url::Url;

use super::refusal::Refusal;
use crate::keys::Jwt;

const ALGORITHMS: [&str; 3] = ["RS256", "RS384", "RS512"];

/// What a grant may claim: what is documented, and `nbf` and `sub`, which many clients send and nobody objects to.
const CLAIMS: [&str; 13] = [
    "aud",
    "iss",
    "scope",
    "iat",
    "exp",
    "jti",
    "nbf",
    "sub",
    "resource",
    "pid",
    "consumer_org",
    ON_BEHALF_OF,
    "authorization_details",
];

/// An older way for a supplier to name the organisation's client that it acts for. What it does to the token is not
/// published; here it does nothing.
const ON_BEHALF_OF: &str = "iss_onbehalfof";

/// A grant whose form is right. Whether the client may use it is another question.
#[derive(Debug)]
pub(crate) struct Grant {
    pub(crate) jwt: Jwt,
}

/// What a grant asks for.
#[derive(Clone)]
pub(crate) struct TokenRequest {
    pub(crate) scopes: Vec<String>,
    pub(crate) resource: Option<Value>,
    pub(crate) pid: Option<String>,
    pub(crate) consumer_org: Option<String>,
    pub(crate) authorization_details: Option<Value>,
}

/// The person number and the details of a system user belong in no log.
impl fmt::Debug for TokenRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenRequest")
            .field("scopes", &self.scopes)
            .field("consumer_org", &self.consumer_org)
            .finish_non_exhaustive()
    }
}

impl Grant {
    /// Takes the assertion apart. In strict mode a claim that isn't known is refused.
    pub(crate) fn parse(assertion: &str, strict: bool) -> Result<Self, Refusal> {
        let malformed = Refusal::Malformed("Invalid parameter value.");
        if assertion.contains(char::is_whitespace) {
            return Err(malformed);
        }
        let jwt = Jwt::parse(assertion).map_err(|_| malformed)?;
        if !ALGORITHMS.contains(&jwt.alg()) {
            return Err(Refusal::Algorithm);
        }
        if strict && jwt.claims.keys().any(|name| !CLAIMS.contains(&name.as_str())) {
            return Err(Refusal::Malformed("Unknown claim in JWT."));
        }
        Ok(Self { jwt })
    }

    /// The client's id.
    pub(crate) fn client_id(&self) -> &str {
        text(&self.jwt.claims, "iss").unwrap_or_default()
    }

    /// Seconds since 1970.
    pub(crate) fn issued_at(&self) -> Result<i64, Refusal> {
        whole_seconds(&self.jwt.claims, "iat").ok_or(Refusal::Malformed("Missing or invalid JWT claim iat."))
    }

    /// Seconds since 1970.
    pub(crate) fn expires(&self) -> Result<i64, Refusal> {
        whole_seconds(&self.jwt.claims, "exp").ok_or(Refusal::Malformed("Missing or invalid JWT claim exp."))
    }

    /// The one audience, when there is exactly one.
    pub(crate) fn audience(&self) -> Option<&str> {
        match self.jwt.claims.get("aud")? {
            Value::String(audience) => Some(audience),
            Value::Array(items) if items.len() == 1 => items.first()?.as_str(),
            _ => None,
        }
    }

    pub(crate) fn id(&self) -> Result<Option<&str>, Refusal> {
        optional_text(&self.jwt.claims, "jti", "Invalid JWT claim jti.")
    }

    /// What the grant asks for, each claim in its proper form.
    pub(crate) fn request(&self) -> Result<TokenRequest, Refusal> {
        let claims = &self.jwt.claims;
        let on_behalf_of = optional_text(claims, ON_BEHALF_OF, "Invalid JWT claim iss_onbehalfof.")?;
        if on_behalf_of.is_some() && claims.contains_key("consumer_org") {
            return Err(Refusal::Malformed("The claims consumer_org and iss_onbehalfof exclude each other."));
        }
        let digits = |name, count, what| match optional_text(claims, name, what)? {
            Some(text) if !is_number(text, count) => Err(Refusal::Malformed(what)),
            other => Ok(other.map(str::to_owned)),
        };
        Ok(TokenRequest {
            scopes: scopes(claims)?,
            resource: resource(claims)?,
            pid: digits("pid", 11, "Invalid JWT claim pid.")?,
            consumer_org: digits("consumer_org", 9, "Invalid JWT claim consumer_org.")?,
            authorization_details: claims.get("authorization_details").cloned(),
        })
    }
}

fn scopes(claims: &Map<String, Value>) -> Result<Vec<String>, Refusal> {
    let mut scopes: Vec<String> = Vec::new();
    for scope in text(claims, "scope").unwrap_or_default().split_ascii_whitespace() {
        if !scopes.iter().any(|known| known == scope) {
            scopes.push(scope.to_owned());
        }
    }
    if scopes.is_empty() {
        return Err(Refusal::Malformed("Missing JWT claim scope."));
    }
    Ok(scopes)
}

/// One absolute URI or several, none with a fragment.
fn resource(claims: &Map<String, Value>) -> Result<Option<Value>, Refusal> {
    let Some(value) = claims.get("resource") else {
        return Ok(None);
    };
    let one = std::slice::from_ref(value);
    let items = value.as_array().map_or(one, Vec::as_slice);
    let fits = |item: &Value| {
        let url = item.as_str().and_then(|text| Url::parse(text).ok());
        url.is_some_and(|url| url.fragment().is_none())
    };
    if items.is_empty() || !items.iter().all(fits) {
        return Err(Refusal::Resource);
    }
    Ok(Some(match items {
        [single] => single.clone(),
        several => several.to_vec().into(),
    }))
}

fn text<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    claims.get(name).and_then(Value::as_str)
}

fn optional_text<'a>(
    claims: &'a Map<String, Value>,
    name: &str,
    what: &'static str,
) -> Result<Option<&'a str>, Refusal> {
    match claims.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Refusal::Malformed(what)),
    }
}

fn whole_seconds(claims: &Map<String, Value>, name: &str) -> Option<i64> {
    claims.get(name).and_then(Value::as_i64)
}

fn is_number(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::keys::base64url;

    fn any_value() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            Just("null".to_owned()),
            Just("true".to_owned()),
            any::<i64>().prop_map(|n| n.to_string()),
            "[a-z0-9:/# ]{0,12}".prop_map(|text| format!("\"{text}\"")),
        ];
        leaf.prop_recursive(3, 8, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(|items| format!("[{}]", items.join(","))),
                inner.prop_map(|value| format!("{{\"a\":{value}}}")),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_claims_make_it_panic(values in prop::collection::vec(any_value(), CLAIMS.len())) {
            let members: Vec<String> =
                CLAIMS.iter().zip(values).map(|(name, value)| format!("\"{name}\":{value}")).collect();
            let grant = parse(r#"{"alg":"RS256"}"#, &format!("{{{}}}", members.join(",")), true).unwrap();
            let _ = (grant.request(), grant.audience(), grant.id(), grant.issued_at(), grant.expires());
        }
    }

    fn parse(header: &str, claims: &str, strict: bool) -> Result<Grant, Refusal> {
        let part = |text: &str| base64url::encode(text.as_bytes());
        Grant::parse(&format!("{}.{}.c2ln", part(header), part(claims)), strict)
    }

    fn request(claims: &str) -> Result<TokenRequest, Refusal> {
        parse(r#"{"alg":"RS256"}"#, claims, false)?.request()
    }

    #[test]
    fn line_breaks_make_a_grant_malformed() {
        assert!(matches!(Grant::parse("a.b.\nc", false), Err(Refusal::Malformed(_))));
        assert!(matches!(Grant::parse("a.b", false), Err(Refusal::Malformed(_))));
    }

    #[test]
    fn only_three_algorithms_are_allowed() {
        for alg in ["ES256", "PS256", "none", "HS256", "rs256"] {
            let header = format!(r#"{{"alg":"{alg}"}}"#);
            assert!(matches!(parse(&header, "{}", false), Err(Refusal::Algorithm)), "{alg}");
        }
        assert!(matches!(parse("{}", "{}", false), Err(Refusal::Algorithm)));
    }

    #[test]
    fn unknown_claims_are_refused_in_strict_mode_only() {
        let header = r#"{"alg":"RS512"}"#;
        assert!(parse(header, r#"{"nonce":"x"}"#, false).is_ok());
        assert!(matches!(parse(header, r#"{"nonce":"x"}"#, true), Err(Refusal::Malformed(_))));
        assert!(parse(header, r#"{"sub":"x","nbf":1}"#, true).is_ok());
    }

    #[test]
    fn scopes_are_a_set_in_the_order_given() {
        assert_eq!(request(r#"{"scope":" b a  b"}"#).ok().unwrap().scopes, ["b", "a"]);
        assert!(request(r#"{"scope":"  "}"#).is_err());
        assert!(request("{}").is_err());
    }

    #[test]
    fn a_resource_is_an_absolute_uri_without_fragment() {
        let resource = |value: &str| request(&format!(r#"{{"scope":"a","resource":{value}}}"#)).map(|r| r.resource);
        assert_eq!(resource(r#""https://a.test/""#), Ok(Some("https://a.test/".into())));
        assert_eq!(resource(r#"["https://a.test/"]"#), Ok(Some("https://a.test/".into())));
        assert_eq!(
            resource(r#"["https://a.test/","urn:b"]"#),
            Ok(Some(serde_json::json!(["https://a.test/", "urn:b"])))
        );
        for bad in [r#""https://a.test/#x""#, r#""/a""#, "[]", "5", r#"[""]"#] {
            assert_eq!(resource(bad), Err(Refusal::Resource), "{bad}");
        }
    }

    #[test]
    fn numbers_have_their_digits() {
        for bad in [r#""consumer_org":"0192:310000001""#, r#""pid":"123""#, r#""consumer_org":310000001"#] {
            let claims = format!(r#"{{"scope":"a",{bad}}}"#);
            assert!(matches!(request(&claims), Err(Refusal::Malformed(_))), "{bad}");
        }
    }
}
