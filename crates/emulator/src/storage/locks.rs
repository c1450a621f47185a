//! The advisory lock of an instance.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::StatusCode;
use serde::Serialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use uuid::Uuid;

use super::context::{Answer, Context, Refusal, UNKNOWN_INSTANCE, unhandled};
use super::faults::Fault;
use super::instances::task_refuses;
use super::model::{InstanceLockRequest, InstanceLockResponse};
use super::store::LockFault;
use crate::response;

/// The header that proves who holds a lock.
pub(super) const TOKEN_HEADER: &str = "Altinn-Storage-Lock-Token";
/// The most seconds of a lock, where there is a limit.
const LONGEST: i32 = 3600;
/// How many random bytes a secret has.
const SECRET_LENGTH: usize = 20;

/// What a lock token holds.
#[derive(Serialize)]
pub(super) struct LockToken {
    id: i64,
    secret: String,
}

/// What could be read of one.
#[derive(Default)]
struct ReadToken {
    id: i64,
    secret: Vec<u8>,
}

impl LockToken {
    fn encode(&self) -> Option<String> {
        serde_json::to_vec(self).ok().map(|document| URL_SAFE_NO_PAD.encode(document))
    }

    /// The lock's id and the hash of its secret; `None` when the text is no lock token.
    pub(super) fn decode(text: &str) -> Option<(i64, Vec<u8>)> {
        let document = URL_SAFE_NO_PAD.decode(without_padding(&without_space(text))?).ok()?;
        let mut reader = serde_json::Deserializer::from_slice(&document);
        let token = reader.deserialize_map(TokenReader).ok()?;
        reader.end().ok()?;
        (token.id != 0 && !token.secret.is_empty()).then(|| (token.id, hash(&token.secret)))
    }
}

/// Reads an object alone, and lets the last of several members of one name count, as the service does.
struct TokenReader;

impl<'de> Visitor<'de> for TokenReader {
    type Value = ReadToken;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with id and secret")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<ReadToken, A::Error> {
        let mut token = ReadToken::default();
        while let Some(name) = members.next_key::<String>()? {
            match name.as_str() {
                "id" => token.id = members.next_value()?,
                "secret" => {
                    let secret: Option<String> = members.next_value()?;
                    let secret = STANDARD.decode(without_space(&secret.unwrap_or_default()));
                    token.secret = secret.map_err(|_| A::Error::custom("the secret is not base64"))?;
                }
                _ => drop(members.next_value::<IgnoredAny>()?),
            }
        }
        Ok(token)
    }
}

fn without_space(text: &str) -> String {
    text.replace([' ', '\t', '\r', '\n'], "")
}

/// Base64url without what fills it up, `=` or `%`; `None` when that is more than fits.
fn without_padding(text: &str) -> Option<&str> {
    let bare = text.trim_end_matches(['=', '%']);
    let padding = text.len() - bare.len();
    (padding == 0 || bare.len() % 4 > 1 && padding <= 4 - bare.len() % 4).then_some(bare)
}

fn hash(secret: &[u8]) -> Vec<u8> {
    digest(&SHA256, secret).as_ref().to_vec()
}

/// `POST instances/…/lock`.
pub(crate) fn acquire(context: &Context) -> Answer {
    let mut binding = context.bind();
    let body = binding.body::<InstanceLockRequest>(Some("request"));
    binding.finish()?;
    let seconds = body.unwrap_or_default().ttl_seconds;
    check_time(context, seconds)?;
    if seconds == 0 && !context.shows(Fault::LockOfNoTimeIsGranted) {
        return Err(context.problem(StatusCode::BAD_REQUEST, Some("TtlSeconds must be positive.")));
    }
    let caller = context.caller()?;
    if caller.changed_by().is_none() {
        return Err(context.problem(StatusCode::FORBIDDEN, Some("User identity could not be determined.")));
    }
    let guid = known_instance(context)?;
    let mut state = context.state();
    let row = state.rows.get(guid).ok_or_else(unhandled)?;
    if task_refuses(&context.platform, row, caller) {
        return Err(context.problem(StatusCode::FORBIDDEN, Some("Not authorized to acquire instance lock.")));
    }
    let secret: Vec<u8> =
        [Uuid::new_v4(), Uuid::new_v4()].iter().flat_map(|random| *random.as_bytes()).take(SECRET_LENGTH).collect();
    let Some(id) = state.locks.acquire(guid, hash(&secret), seconds, context.now) else {
        return Err(context.problem(StatusCode::CONFLICT, Some("Lock is already held for this instance.")));
    };
    drop(state);
    let lock_token = LockToken { id, secret: STANDARD.encode(secret) }.encode();
    Ok(response::json(StatusCode::OK, &InstanceLockResponse { lock_token }))
}

/// `PATCH instances/…/lock`: holding the token is enough.
pub(crate) fn prolong(context: &Context) -> Answer {
    let mut binding = context.bind();
    let token = binding.required_header(TOKEN_HEADER, "lockTokenHeader");
    let body = binding.body::<InstanceLockRequest>(Some("request"));
    binding.finish()?;
    let seconds = body.unwrap_or_default().ttl_seconds;
    let Some((id, secret_hash)) = token.as_deref().and_then(LockToken::decode) else {
        return Err(context.problem(StatusCode::BAD_REQUEST, Some("Could not parse lock token.")));
    };
    check_time(context, seconds)?;
    let guid = known_instance(context)?;
    let refusal = |status, words| Err(context.problem(status, Some(words)));
    match context.state().locks.prolong(guid, id, &secret_hash, seconds, context.now) {
        Ok(()) => Ok(response::empty(StatusCode::NO_CONTENT)),
        Err(LockFault::Unknown) => refusal(StatusCode::NOT_FOUND, "Lock not found."),
        Err(LockFault::WrongSecret) => refusal(StatusCode::FORBIDDEN, "Lock token is invalid."),
        Err(LockFault::Ended) => refusal(StatusCode::UNPROCESSABLE_ENTITY, "Lock has expired."),
    }
}

fn check_time(context: &Context, seconds: i32) -> Result<(), Refusal> {
    if seconds < 0 {
        return Err(context.problem(StatusCode::BAD_REQUEST, Some("TtlSeconds cannot be negative.")));
    }
    if seconds > LONGEST && !context.shows(Fault::LockTimeIsUnlimited) {
        let words = format!("TtlSeconds cannot be more than {LONGEST}.");
        return Err(context.problem(StatusCode::BAD_REQUEST, Some(&words)));
    }
    Ok(())
}

/// The instance in the path, whose party is compared here, as a text.
fn known_instance(context: &Context) -> Result<Uuid, Refusal> {
    let guid = context.instance_guid()?;
    let party = context.party().to_string();
    if context.state().rows.get(guid).is_none_or(|row| row.party_text() != party) {
        return Err(context.problem(StatusCode::NOT_FOUND, Some(UNKNOWN_INSTANCE)));
    }
    Ok(guid)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_text_is_too_much(text in ".{0,60}") {
            let _ = LockToken::decode(&text);
        }
    }

    #[test]
    fn tokens_come_back() {
        let token = LockToken { id: 7, secret: STANDARD.encode([1, 2, 3]) }.encode().expect("a token");
        assert_eq!(LockToken::decode(&token), Some((7, hash(&[1, 2, 3]))));
    }

    #[test]
    fn what_is_no_token() {
        let zero = LockToken { id: 0, secret: "AQID".to_owned() }.encode().expect("a token");
        let empty = LockToken { id: 1, secret: String::new() }.encode().expect("a token");
        for text in ["", "x", "e30", zero.as_str(), empty.as_str(), "eyJpZCI6MX0="] {
            assert_eq!(LockToken::decode(text), None, "{text}");
        }
        for document in [
            r#"[1, "AQID"]"#,
            r#"{"id": "1", "id": 1, "secret": "AQID"}"#,
            r#"{"id": 1, "secret": "AQID", "secret": null}"#,
            r#"{"id": 1, "secret": "AQI"}"#,
            r#"{"id": 1, "secret": "AQID"} 1"#,
        ] {
            assert_eq!(LockToken::decode(&URL_SAFE_NO_PAD.encode(document)), None, "{document}");
        }
    }

    #[test]
    fn tokens_may_be_written_otherwise() {
        let read = Some((7, hash(&[1, 2, 3])));
        let document = r#"{"id": 1, "x": [], "secret": "", "secret": "AQ ID", "id": 7}"#;
        for spaces in 0..3 {
            let token = URL_SAFE_NO_PAD.encode(format!("{document}{}", " ".repeat(spaces)));
            assert_eq!(LockToken::decode(&token), read);
            let fits = (4 - token.len() % 4) % 4;
            for (padding, taken) in [("=", fits >= 1), ("%", fits >= 1), ("=%", fits == 2), ("===", false)] {
                let found = LockToken::decode(&format!("{}\t {}{padding}", &token[..5], &token[5..]));
                assert_eq!(found, read.clone().filter(|_| taken), "{spaces} {padding}");
            }
        }
    }
}
