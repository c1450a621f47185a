//! What a staging environment says of an exception that nobody caught: the framework's page for developers.

use std::fmt::Write as _;

use axum::body::Body;
use axum::response::Response;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, StatusCode};

/// The exception; which one it was is not known here.
const EXCEPTION: &str = "System.NullReferenceException: Object reference not set to an instance of an object.\r\n   \
    at Microsoft.AspNetCore.Mvc.Infrastructure.ControllerActionInvoker.InvokeInnerFilterAsync()";

/// The page: text, with the headers of the request below the exception, or HTML for who asks for that.
pub(crate) fn page(headers: &HeaderMap) -> Response {
    let accepts = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let wants_html = accepts.flat_map(|list| list.split(',')).any(|kind| {
        let kind = kind.split(';').next().unwrap_or_default();
        kind.trim().eq_ignore_ascii_case("text/html")
    });
    let (kind, text) = match wants_html {
        true => ("text/html; charset=utf-8", html()),
        false => ("text/plain; charset=utf-8", text(headers)),
    };
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

fn html() -> String {
    let shown = EXCEPTION.replace("\r\n", "<br />");
    format!(
        "<!DOCTYPE html><html><head><title>Internal Server Error</title></head><body>\
         <h1>An unhandled exception occurred while processing the request.</h1><div>{shown}</div></body></html>"
    )
}

/// The page does not spare the headers that are secrets: a client that logs it logs its token.
fn text(headers: &HeaderMap) -> String {
    let mut page = format!("{EXCEPTION}\r\n\r\nHEADERS\r\n=======\r\n");
    for (name, value) in headers {
        let words: Vec<String> = name.as_str().split('-').map(capitalised).collect();
        // Writing to a string can't fail.
        write!(page, "{}: {}\r\n", words.join("-"), String::from_utf8_lossy(value.as_bytes())).ok();
    }
    page
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_repeats_the_request() {
        let mut headers = HeaderMap::new();
        headers.insert("x-api-key", HeaderValue::from_bytes("nøkkel".as_bytes()).unwrap());
        assert!(text(&headers).ends_with("\r\nHEADERS\r\n=======\r\nX-Api-Key: nøkkel\r\n"));
        headers.insert(ACCEPT, HeaderValue::from_static("application/json, Text/HTML;q=0.5"));
        assert_eq!(page(&headers).headers()[CONTENT_TYPE], "text/html; charset=utf-8");
        headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
        assert_eq!(page(&headers).headers()[CONTENT_TYPE], "text/plain; charset=utf-8");
    }
}
