//! What can't be done, in words.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::response;

/// Longer runs of digits may be somebody's number.
const LONGEST_SHOWN_NUMBER: usize = 8;

const JSON: &[u8] = b"application/json";

#[derive(Debug)]
pub(super) struct Refused {
    status: StatusCode,
    words: String,
}

impl Refused {
    pub(super) fn bad(words: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, words: words.into() }
    }

    /// A body that is no JSON of the expected form.
    pub(super) fn unreadable(error: &serde_json::Error) -> Self {
        Self::bad(without_values(&error.to_string()))
    }

    pub(super) fn no_such_path() -> Self {
        Self { status: StatusCode::NOT_FOUND, words: "there is no such path below /_emulator/".to_owned() }
    }

    pub(super) fn other_method() -> Self {
        Self {
            status: StatusCode::METHOD_NOT_ALLOWED,
            words: "the path takes other methods, which the header Allow names".to_owned(),
        }
    }

    pub(super) fn no_such_client(client: &str) -> Self {
        Self { status: StatusCode::NOT_FOUND, words: format!("no client {client} is registered") }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        response::json(self.status, &json!({"error": self.words}))
    }
}

/// What the framework refuses before a handler sees it has no JSON.
pub(super) async fn worded(response: Response) -> Response {
    let status = response.status();
    let is_json = response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(JSON));
    if is_json || !status.is_client_error() {
        return response;
    }
    Refused { status, words: format!("the request can't be read: {status}") }.into_response()
}

/// A body as JSON of the expected form.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refused> {
    serde_json::from_slice(body).map_err(|error| Refused::unreadable(&error))
}

/// The reader's words without the text and the numbers that it repeats: a key or a person number may be among them.
fn without_values(words: &str) -> String {
    let unquoted = match (words.find('"'), words.rfind('"')) {
        (Some(first), Some(last)) if first < last => format!("{}…{}", &words[..first], &words[last + 1..]),
        _ => words.to_owned(),
    };
    let mut shown = String::new();
    let mut digits = String::new();
    for character in unquoted.chars().chain(['\0']) {
        if character.is_ascii_digit() {
            digits.push(character);
            continue;
        }
        shown.push_str(if digits.len() > LONGEST_SHOWN_NUMBER { "…" } else { &digits });
        digits.clear();
        if character != '\0' {
            shown.push(character);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_repeat_no_value() {
        let words = |body: &str| read::<Vec<bool>>(body.as_bytes()).unwrap_err().words;
        assert_eq!(words("[01839"), "invalid number at line 1 column 3");
        assert_eq!(
            words(r#"["it is \"secret\" to"]"#),
            "invalid type: string …, expected a boolean at line 1 column 22"
        );
        assert_eq!(words("[18390123450]"), "invalid type: integer `…`, expected a boolean at line 1 column 12");
    }
}
