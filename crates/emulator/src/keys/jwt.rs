//! Compact JWTs: taken apart, and put together.

use std::fmt;

use serde_json::{Map, Value};

use super::{KeyError, RsaKey, base64url};

/// A token that has been taken apart. Nothing about it has been verified.
pub(crate) struct Jwt {
    pub(crate) header: Map<String, Value>,
    pub(crate) claims: Map<String, Value>,
    signing_input: String,
    signature: Vec<u8>,
}

/// Claims and signatures are as good as the token itself, so none is shown.
impl fmt::Debug for Jwt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jwt").finish_non_exhaustive()
    }
}

/// How a text fails to be a JWT. The platform answers the two quite differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Malformed {
    /// Not three base64url parts with a dot between them, of which only the last may be empty.
    Shape,
    /// The shape is right, but header or claims can't be read.
    Unreadable,
    /// An encrypted token: five parts. It can be read as far as its header, but not verified.
    Encrypted,
}

impl Jwt {
    pub(crate) fn parse(text: &str) -> Result<Self, Malformed> {
        if is_encrypted(text) {
            let header = text.split('.').next().unwrap_or_default();
            return Err(object(header).map_or(Malformed::Unreadable, |_| Malformed::Encrypted));
        }
        let (header, claims, signature) = parts(text).ok_or(Malformed::Shape)?;
        Ok(Self {
            header: object(header).ok_or(Malformed::Unreadable)?,
            claims: object(claims).ok_or(Malformed::Unreadable)?,
            signing_input: format!("{header}.{claims}"),
            signature: base64url::decode(signature).ok_or(Malformed::Unreadable)?,
        })
    }

    /// The text member `name` of the header.
    pub(crate) fn header_text(&self, name: &str) -> Option<&str> {
        self.header.get(name).and_then(Value::as_str)
    }

    pub(crate) fn kid(&self) -> Option<&str> {
        self.header_text("kid")
    }

    pub(crate) fn alg(&self) -> &str {
        self.header_text("alg").unwrap_or_default()
    }

    /// What the signature is made over.
    pub(crate) fn signing_input(&self) -> &[u8] {
        self.signing_input.as_bytes()
    }

    pub(crate) fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// Signs `claims` under the `alg` that `header` names.
    pub(crate) fn sign(
        key: &RsaKey,
        header: &Map<String, Value>,
        claims: &Map<String, Value>,
    ) -> Result<String, KeyError> {
        let alg = header.get("alg").and_then(Value::as_str).unwrap_or_default();
        let part = |map: &Map<String, Value>| {
            serde_json::to_vec(map).map(|bytes| base64url::encode(&bytes)).map_err(|_| KeyError::Crypto)
        };
        let input = format!("{}.{}", part(header)?, part(claims)?);
        let signature = key.sign(alg, input.as_bytes())?;
        Ok(format!("{input}.{}", base64url::encode(&signature)))
    }
}

/// The three parts, when the text has the shape of a signed token.
fn parts(text: &str) -> Option<(&str, &str, &str)> {
    let mut parts = text.split('.');
    let (header, claims, signature) = (parts.next()?, parts.next()?, parts.next()?);
    let fits = parts.next().is_none()
        && !header.is_empty()
        && !claims.is_empty()
        && [header, claims, signature].into_iter().all(is_base64url);
    fits.then_some((header, claims, signature))
}

/// Five parts, of which the second, the encrypted key, may be empty.
fn is_encrypted(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    let filled = |(at, part): (usize, &&str)| (at == 1 || !part.is_empty()) && is_base64url(part);
    parts.len() == 5 && parts.iter().enumerate().all(filled)
}

fn is_base64url(part: &str) -> bool {
    part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

fn object(part: &str) -> Option<Map<String, Value>> {
    serde_json::from_slice(&base64url::decode(part)?).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn failure(text: &str) -> Malformed {
        Jwt::parse(text).unwrap_err()
    }

    #[test]
    fn the_shape_is_judged_before_the_content() {
        for text in [
            "",
            "abc",
            "..",
            "a.b",
            "a.b.c.d",
            "a..c",
            ".a.c",
            "eyJhIjoxfQ.eyJhIjoxMn0=.c2ln",
            "eyJhIjoxfQ.eyJhIj+/fQ.c2ln",
            "\"eyJhIjoxfQ.eyJhIjoxfQ.c2ln\"",
        ] {
            assert_eq!(failure(text), Malformed::Shape, "{text}");
        }
        for text in [
            "not.a.token",
            "bm90anNvbg.eyJhIjoxfQ.c2ln",
            "eyJhIjoxfQ.bm90anNvbg.c2ln",
            "eyJhIjoxfQ.WzFd.c2ln",
            "eyJhIjoxfQ.eyJhI.c2ln",
        ] {
            assert_eq!(failure(text), Malformed::Unreadable, "{text}");
        }
        assert!(Jwt::parse("e30.e30.").is_ok());
        assert_eq!(failure("e30.eHh4.eHh4.eHh4.eHh4"), Malformed::Encrypted);
        assert_eq!(failure("eHh4.eHh4.eHh4.eHh4.eHh4"), Malformed::Unreadable);
    }

    #[test]
    fn what_is_signed_is_read_back() {
        let key = RsaKey::generate().unwrap();
        let header: Map<_, _> = serde_json::from_str(r#"{"alg":"RS256","kid":"k"}"#).unwrap();
        let claims: Map<_, _> = serde_json::from_str(r#"{"b":1,"a":"æ"}"#).unwrap();
        let jwt = Jwt::parse(&Jwt::sign(&key, &header, &claims).unwrap()).unwrap();
        assert_eq!((jwt.alg(), jwt.kid()), ("RS256", Some("k")));
        assert_eq!(jwt.claims.keys().collect::<Vec<_>>(), ["b", "a"]);
        assert!(!format!("{jwt:?}").contains('æ'));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[\\PC.]{0,80}") {
            let _ = Jwt::parse(&text);
        }
    }
}
