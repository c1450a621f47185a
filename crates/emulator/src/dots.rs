//! Segments `.` and `..` of a path, which the platform's web server resolves before anybody looks for a route.

use http::Request;
use http::uri::{PathAndQuery, Uri};

/// The request with such segments resolved, those that are percent-encoded included.
pub(crate) fn resolved<B>(mut request: Request<B>) -> Request<B> {
    if let Some(uri) = without_dots(request.uri()) {
        *request.uri_mut() = uri;
    }
    request
}

/// `None` when there is nothing to resolve.
fn without_dots(uri: &Uri) -> Option<Uri> {
    let mut path = path(uri.path())?;
    if let Some(query) = uri.query() {
        path = format!("{path}?{query}");
    }
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(path).ok()?);
    Uri::from_parts(parts).ok()
}

fn path(path: &str) -> Option<String> {
    let segments: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
    let last = dots(segments.last()?);
    if !segments.iter().any(|segment| dots(segment) > 0) {
        return None;
    }
    let mut kept = Vec::new();
    for segment in segments {
        match dots(segment) {
            0 => kept.push(segment),
            1 => {}
            _ => drop(kept.pop()),
        }
    }
    let end = if last > 0 && !kept.is_empty() { "/" } else { "" };
    Some(format!("/{}{end}", kept.join("/")))
}

/// Of how many dots a segment is made; 0 when it is no dot segment.
fn dots(segment: &str) -> usize {
    match segment.to_ascii_lowercase().replace("%2e", ".").as_str() {
        "." => 1,
        ".." => 2,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn dots_are_resolved() {
        for (sent, resolved) in [
            ("/a/b/../c", Some("/a/c")),
            ("/a/./b/.", Some("/a/b/")),
            ("/a/b/%2e%2E", Some("/a/")),
            ("/a/.%2e?b=/../c", Some("/?b=/../c")),
            ("/../../a", Some("/a")),
            ("/a//../b", Some("/a/b")),
            ("/a/.../..b/c.", None),
            ("/a/..%2fb", None),
            ("/", None),
        ] {
            let found = without_dots(&sent.parse().unwrap()).map(|uri| uri.to_string());
            assert_eq!(found.as_deref(), resolved, "{sent}");
        }
    }

    proptest! {
        #[test]
        fn no_path_is_too_much(sent in "[a-c/.%2eE]{0,20}") {
            let _ = path(&sent);
        }
    }
}
