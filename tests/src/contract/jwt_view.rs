//! A token in an answer, decoded: times as differences, ids by what they are.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Map, Value, json};

use super::normal::Normaliser;

/// Seconds by which a time may differ from now and still be now.
const ABOUT_NOW: f64 = 3.0;

/// Members that identify one token, session or client.
const IDS: [&str; 3] = ["jti", "sid", "client_id"];

/// As lenient as the reader that made the recordings.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The decoded form of `text`, when it is a token, bare or as a JSON string.
///
/// * `sent`: the claims of the token that the request was made with.
/// * `now`: in seconds since 1970.
pub(super) fn jwt_view(
    text: &str,
    normaliser: &Normaliser<'_>,
    sent: Option<&Map<String, Value>>,
    now: f64,
) -> Option<Value> {
    let (quoted, token) = unquoted(text);
    let (mut header, mut claims) = decode(&token)?;
    show_thumbprint(&mut header);
    let [exp, nbf, iat] = ["exp", "nbf", "iat"].map(|name| claims.shift_remove(name));
    for id in IDS {
        if let Some(Value::String(value)) = claims.get(id) {
            let shown = match sent.and_then(|sent| sent.get(id)?.as_str()) {
                Some(same) if same == value => "<as sent>",
                _ if normaliser.patterns().whole_uuid.is_match(value) => "<uuid>",
                _ => "<id>",
            };
            claims.insert(id.to_owned(), shown.into());
        }
    }
    let mut claims = normaliser.members(&claims);
    claims.insert("iat".to_owned(), about(iat.as_ref(), now).into());
    claims.insert("exp-iat".to_owned(), difference(exp.as_ref(), iat.as_ref()));
    let until = if nbf.is_none() { "<none>".into() } else { difference(nbf.as_ref(), iat.as_ref()) };
    claims.insert("nbf-iat".to_owned(), until);
    Some(json!({ "quoted": quoted, "header": header, "claims": claims }))
}

/// The claims of the token in the value of an `Authorization` header.
pub(super) fn sent_claims(authorization: &str) -> Option<Map<String, Value>> {
    let scheme = authorization.get(..6).filter(|scheme| scheme.eq_ignore_ascii_case("bearer"));
    let after =
        scheme.and_then(|scheme| authorization.get(scheme.len()..)).filter(|after| after.starts_with([' ', '\t']));
    decode(after.unwrap_or(authorization).trim()).map(|(_, claims)| claims)
}

fn unquoted(text: &str) -> (bool, String) {
    let trimmed = text.trim();
    let inner = trimmed.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).filter(|inner| !inner.contains('"'));
    match inner.and_then(|_| serde_json::from_str(trimmed).ok()) {
        Some(token) => (true, token),
        None => (false, trimmed.to_owned()),
    }
}

fn decode(token: &str) -> Option<(Map<String, Value>, Map<String, Value>)> {
    let parts: Vec<&str> = token.split('.').collect();
    let [header, claims, signature] = parts.as_slice() else { return None };
    let is_part =
        |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    if !is_part(signature) {
        return None;
    }
    let read = |part: &str| {
        let bytes = is_part(part).then(|| LENIENT.decode(part).ok()).flatten()?;
        serde_json::from_slice(&bytes).ok()
    };
    Some((read(header)?, read(claims)?))
}

/// A key id that is a certificate's thumbprint varies with the certificate; `x5t` must be the same in another alphabet.
fn show_thumbprint(header: &mut Map<String, Value>) {
    let kid = header.get("kid").and_then(Value::as_str).unwrap_or_default();
    let is_upper_hex = |b: u8| b.is_ascii_digit() || (b'A'..=b'F').contains(&b);
    if kid.len() != 40 || !kid.bytes().all(is_upper_hex) {
        return;
    }
    let bytes: Option<Vec<u8>> =
        (0..40).step_by(2).map(|at| u8::from_str_radix(kid.get(at..at + 2)?, 16).ok()).collect();
    let same = bytes.map(|bytes| base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(bytes));
    if header.get("x5t").is_some_and(|x5t| x5t.as_str() == same.as_deref()) {
        header.insert("x5t".to_owned(), "<kid, base64url>".into());
    }
    header.insert("kid".to_owned(), "<thumbprint>".into());
}

fn about(time: Option<&Value>, now: f64) -> &'static str {
    match time {
        None => "<none>",
        Some(time) if time.as_f64().is_some_and(|time| (time - now).abs() <= ABOUT_NOW) => "<now>",
        Some(_) => "<another time>",
    }
}

/// Null when one of them is no number, as a recording would tell it.
fn difference(later: Option<&Value>, earlier: Option<&Value>) -> Value {
    let number = |value: Option<&Value>| value.and_then(Value::as_f64);
    match (number(later), number(earlier)) {
        (Some(later), Some(earlier)) => json!(later - earlier),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;

    use super::*;
    use crate::contract::patterns::Patterns;
    use crate::contract::variables::Variables;

    fn token(header: &Value, claims: &Value) -> String {
        let encode = |part: &Value| BASE64_URL_SAFE_NO_PAD.encode(part.to_string());
        format!("{}.{}.c2ln", encode(header), encode(claims))
    }

    fn view(text: &str, sent: Option<&Value>) -> Option<Value> {
        let patterns = Patterns::new().unwrap();
        let scenario = serde_json::from_value(json!({"name": "n", "about": "a", "steps": []})).unwrap();
        let variables = Variables::default();
        let normaliser = Normaliser::new(&patterns, &scenario, &variables);
        jwt_view(text, &normaliser, sent.map(|sent| sent.as_object().unwrap()), 1000.0)
    }

    #[test]
    fn times_are_differences_and_ids_are_told_by_kind() {
        let claims = json!({
            "jti": "a", "sid": "3d241248-9d65-4471-8b76-85b73ad99035", "client_id": "c",
            "exp": 2801, "nbf": 1001, "iat": 1001, "iss": "https://h/authentication/",
        });
        let shown =
            view(&token(&json!({"alg": "RS256"}), &claims), Some(&json!({"jti": "a", "client_id": "d"}))).unwrap();
        let expected = json!({"quoted": false, "header": {"alg": "RS256"}, "claims": {
            "jti": "<as sent>", "sid": "<uuid>", "client_id": "<id>", "iss": "<host>/authentication/",
            "iat": "<now>", "exp-iat": 1800.0, "nbf-iat": 0.0,
        }});
        assert_eq!(shown, expected);
    }

    #[test]
    fn absent_and_distant_times_are_told() {
        let shown = |claims: Value| view(&token(&json!({}), &claims), None).unwrap()["claims"].clone();
        assert_eq!(shown(json!({})), json!({"iat": "<none>", "exp-iat": null, "nbf-iat": "<none>"}));
        assert_eq!(
            shown(json!({"iat": 996, "exp": 1})),
            json!({"iat": "<another time>", "exp-iat": -995.0, "nbf-iat": "<none>"})
        );
        assert_eq!(shown(json!({"iat": "1000", "exp": 1}))["iat"], "<another time>");
    }

    #[test]
    fn a_thumbprint_and_its_other_form_are_hidden() {
        let kid = "3672227BC056F2C1510DCED79A2F05317CE3B7E4";
        let shown =
            |x5t: &str| view(&token(&json!({"kid": kid, "x5t": x5t}), &json!({})), None).unwrap()["header"].clone();
        assert_eq!(shown("NnIie8BW8sFRDc7Xmi8FMXzjt-Q"), json!({"kid": "<thumbprint>", "x5t": "<kid, base64url>"}));
        assert_eq!(shown("other"), json!({"kid": "<thumbprint>", "x5t": "other"}));
    }

    #[test]
    fn quoted_tokens_are_told_apart_and_other_texts_are_none() {
        let bare = token(&json!({}), &json!({}));
        assert_eq!(view(&format!("\"{bare}\""), None).unwrap()["quoted"], true);
        assert_eq!(view(&format!(" {bare}\n"), None).unwrap()["quoted"], false);
        for text in ["", "a.b.c", "e30.e30", "e30.e30.", "e30.W10.c2ln", "\"e30.e30.c2ln", "e30.e30.c=g"] {
            assert_eq!(view(text, None), None, "{text}");
        }
    }

    #[test]
    fn the_claims_of_the_request_are_read_from_its_header() {
        let token = token(&json!({}), &json!({"jti": "j"}));
        for header in [format!("Bearer {token}"), format!("bearer   {token} "), token.clone()] {
            assert_eq!(sent_claims(&header).unwrap()["jti"], "j");
        }
        assert_eq!(sent_claims("Basic dGVzdA=="), None);
        assert_eq!(sent_claims(""), None);
    }
}
