//! An answer in normal form: what a recording keeps of it.

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::{Map, Value, json};

use super::http::Incoming;
use super::jwt_view::jwt_view;
use super::normal::Normaliser;

/// Response headers that are always compared.
const KEPT: [&str; 8] =
    ["content-type", "content-disposition", "location", "allow", "www-authenticate", "content-length", "etag", "next"];

/// Longer texts are kept as a length and a digest.
const LONGEST_TEXT: usize = 4096;

/// `answer` as a recording has it.
///
/// * `keep`: headers to keep beside the usual ones.
/// * `sent`: the claims of the token that the request was made with.
/// * `now`: in seconds since 1970.
pub(super) fn view<'a>(
    answer: &Incoming,
    normaliser: &Normaliser<'_>,
    keep: impl Iterator<Item = &'a str>,
    sent: Option<&Map<String, Value>>,
    now: f64,
) -> Value {
    let mut headers = Map::new();
    for name in KEPT.into_iter().chain(keep) {
        if let Some(value) = answer.header(name) {
            headers.insert(name.to_owned(), header(name, &value, normaliser).into());
        }
    }
    let is_json = answer.header("content-type").is_some_and(|value| value.contains("json"));
    let text = answer.text();
    let jwt = jwt_view(&text, normaliser, sent, now);
    // JSON and tokens vary in length with what they hold.
    if is_json || jwt.is_some() || answer.body.is_empty() {
        headers.shift_remove("content-length");
    }
    let body = match (jwt, is_json.then(|| serde_json::from_str::<Value>(&text).ok()).flatten()) {
        _ if answer.body.is_empty() => Value::Null,
        (Some(jwt), _) => json!({ "jwt": jwt }),
        (None, Some(value)) => json!({ "json": normaliser.json(&value) }),
        (None, None) if is_json || is_short_text(answer, &text) => json!({ "text": normaliser.text(&text) }),
        (None, None) => json!({ "bytes": answer.body.len(), "sha256": sha256(&answer.body) }),
    };
    json!({ "status": answer.status, "headers": headers, "body": body })
}

fn header(name: &str, value: &str, normaliser: &Normaliser<'_>) -> String {
    if name == "content-length" {
        return value.to_owned();
    }
    let value = normaliser.text(value);
    if !value.contains("XSRF-TOKEN") {
        return value;
    }
    normaliser.patterns().xsrf_token.replace_all(&value, "XSRF-TOKEN=<xsrf>").into_owned()
}

fn is_short_text(answer: &Incoming, text: &str) -> bool {
    answer.body.len() <= LONGEST_TEXT && !text.contains('\u{fffd}')
}

fn sha256(bytes: &[u8]) -> String {
    digest(&SHA256, bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::patterns::Patterns;
    use crate::contract::scenario::Scenario;
    use crate::contract::variables::Variables;

    fn seen(headers: &[(&str, &str)], body: &[u8], keep: &[&str]) -> Value {
        let patterns = Patterns::new().unwrap();
        let scenario: Scenario = serde_json::from_value(json!({"name": "n", "about": "a", "steps": []})).unwrap();
        let mut variables = Variables::default();
        variables.set("id", "501337/abc".into());
        let normaliser = Normaliser::new(&patterns, &scenario, &variables);
        let answer = Incoming::for_tests(200, headers, body.to_vec());
        view(&answer, &normaliser, keep.iter().copied(), None, 1000.0)
    }

    #[test]
    fn only_kept_headers_are_told_in_normal_form() {
        let headers = [("location", "http://h/storage/501337/abc"), ("date", "today"), ("cache-control", "no-store")];
        let kept = seen(&headers, b"", &["cache-control"]);
        let expected = json!({"location": "<host>/storage/{{id}}", "cache-control": "no-store"});
        assert_eq!(kept, json!({"status": 200, "headers": expected, "body": null}));
        let cookies = seen(&[("set-cookie", "XSRF-TOKEN=a; path=/"), ("set-cookie", "b=c")], b"", &["set-cookie"]);
        assert_eq!(cookies["headers"]["set-cookie"], "XSRF-TOKEN=<xsrf>; path=/,b=c");
    }

    #[test]
    fn the_length_counts_for_texts_and_bytes_only() {
        for (kind, body, counts) in
            [("text/plain", "abc", true), ("application/json", "{}", false), ("text/plain", "", false)]
        {
            let shown = seen(&[("content-type", kind), ("content-length", "9")], body.as_bytes(), &[]);
            assert_eq!(shown["headers"].get("content-length").is_some(), counts, "{kind} {body}");
        }
        let token = seen(&[("content-type", "text/plain"), ("content-length", "12")], b"e30.e30.c2ln", &[]);
        assert_eq!((token["headers"].get("content-length"), token["body"].get("jwt").is_some()), (None, true));
    }

    #[test]
    fn bodies_are_told_by_what_they_are() {
        let body = |kind: &str, body: &[u8]| seen(&[("content-type", kind)], body, &[])["body"].clone();
        assert_eq!(body("application/problem+json", br#"{"id":"501337/abc"}"#), json!({"json": {"id": "{{id}}"}}));
        assert_eq!(body("application/json", b"not {501337/abc}"), json!({"text": "not {{{id}}}"}));
        assert_eq!(body("text/plain", "blå 501337/abc".as_bytes()), json!({"text": "blå {{id}}"}));
        let digest = "d8a928b2043db77e340b523547bf16cb4aa483f0645fe0a290ed1f20aab76257";
        assert_eq!(body("text/plain", b"\xff\x00")["bytes"], 2);
        assert_eq!(body("application/xml", &[b'a'; 4097])["bytes"], 4097);
        assert_eq!(body("application/octet-stream", &[0; 4]), json!({"text": "\0\0\0\0"}));
        assert_eq!(sha256(b"\xde\xad\xbe\xef").len(), digest.len());
    }
}
