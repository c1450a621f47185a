//! How a text result is dressed, by the request's `Accept`.

use axum::response::Response;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};

use crate::response;

/// What the formatters for text and JSON declare, in the order they are asked.
const OFFERS: [(&str, &str); 3] = [("text", "plain"), ("application", "json"), ("text", "json")];

/// `words` bare, or as a JSON string when the request prefers JSON. It is never 406: without a match it is bare.
pub(crate) fn text(headers: &HeaderMap, status: StatusCode, words: &str) -> Response {
    match choose(&accept(headers)) {
        "application/json" => response::message(status, words),
        "text/json" => {
            response::with_header(response::message(status, words), CONTENT_TYPE, "text/json; charset=utf-8")
        }
        _ => response::text(status, words),
    }
}

fn accept(headers: &HeaderMap) -> String {
    let values = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    values.collect::<Vec<_>>().join(",")
}

/// The content type for an `Accept` value. Anything with `*/*` in it is taken for a browser and gets the default.
fn choose(accept: &str) -> &'static str {
    let mut wanted: Vec<Range> = accept.split(',').filter_map(Range::parse).collect();
    if wanted.iter().any(|range| range.kind == "*") {
        return "text/plain";
    }
    wanted.retain(|range| range.quality > 0.0);
    wanted.sort_by(|a, b| b.quality.total_cmp(&a.quality));
    let chosen = wanted.iter().find_map(|range| OFFERS.iter().find(|offer| range.takes(offer)));
    match chosen {
        Some(("application", "json")) => "application/json",
        Some(("text", "json")) => "text/json",
        _ => "text/plain",
    }
}

struct Range {
    kind: String,
    subtype: String,
    quality: f64,
    /// A parameter before `q` makes the range narrower than anything that is offered. Those behind it, and one called
    /// `*`, have no part in the comparison.
    narrowed: bool,
}

impl Range {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let (kind, subtype) = parts.next()?.split_once('/')?;
        let mut range = Self {
            kind: kind.trim().to_ascii_lowercase(),
            subtype: subtype.trim().to_ascii_lowercase(),
            quality: 1.0,
            narrowed: false,
        };
        let mut compared = true;
        for parameter in parts.filter(|parameter| !parameter.is_empty()) {
            match parameter.split_once('=').map(|(name, value)| (name.trim(), value.trim())) {
                Some((name, value)) if name.eq_ignore_ascii_case("q") => {
                    range.quality = value.parse().unwrap_or(1.0);
                    compared = false;
                }
                Some(("*", _)) => {}
                _ => range.narrowed |= compared,
            }
        }
        let fits = !range.kind.is_empty() && !range.subtype.is_empty();
        fits.then_some(range)
    }

    fn takes(&self, (kind, subtype): &(&str, &str)) -> bool {
        !self.narrowed && self.kind == *kind && (self.subtype == "*" || self.subtype == *subtype)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_recorded_choices() {
        for (accept, chosen) in [
            ("", "text/plain"),
            ("*/*", "text/plain"),
            ("nonsense", "text/plain"),
            ("application/json", "application/json"),
            ("text/json", "text/json"),
            ("application/vnd.x+json", "text/plain"),
            ("application/*+json", "text/plain"),
            ("text/*", "text/plain"),
            ("application/*", "application/json"),
            ("application/xml", "text/plain"),
            ("application/json, */*;q=0.1", "text/plain"),
            ("application/json, text/plain", "application/json"),
            ("text/plain, application/json", "text/plain"),
            ("application/json;q=0.5, text/plain", "text/plain"),
            ("application/json;q=0, text/plain", "text/plain"),
            ("application/json; charset=utf-8", "text/plain"),
            ("application/json; q=0.9; x=1", "application/json"),
            ("application/json; x=1; q=0.9", "text/plain"),
            ("application/json; q=0.5; x=1, text/plain", "text/plain"),
            ("application/xml, application/json", "application/json"),
            ("APPLICATION/JSON", "application/json"),
        ] {
            assert_eq!(choose(accept), chosen, "{accept}");
        }
    }

    proptest! {
        #[test]
        fn no_header_makes_it_panic(accept in "[a-z*/;=,.+ 0-9q-]{0,60}") {
            choose(&accept);
        }
    }
}
