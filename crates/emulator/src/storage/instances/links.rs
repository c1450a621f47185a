//! Links of a page: itself and the next one.

use crate::dotnet::query::{Query, escape};

/// The parameter that carries the token.
const TOKEN: &str = "continuationToken";

/// The link of the page that `query` asks for, and of the one that begins at `next`. Without a token the page's own
/// link repeats the query as it was sent; otherwise it is put together anew, each name with all its values where it
/// first stood, and the token last: encoded twice when `odd`, and beside one that came under another spelling.
pub(super) fn page_links(
    url: &str,
    raw_query: &str,
    query: &Query,
    own_token: Option<&str>,
    next: Option<String>,
    odd: bool,
) -> (String, Option<String>) {
    let own = match own_token {
        Some(token) => with_token(url, query, token, odd),
        None if raw_query.is_empty() => url.to_owned(),
        None => format!("{url}?{raw_query}"),
    };
    (own, next.map(|token| with_token(url, query, &token, odd)))
}

fn with_token(url: &str, query: &Query, token: &str, odd: bool) -> String {
    let mut link = String::from(url);
    let mut add = |name: &str, value: &str| {
        link.push(if link.contains('?') { '&' } else { '?' });
        link.push_str(&escape(name));
        link.push('=');
        link.push_str(&escape(value));
    };
    let mut done: Vec<&str> = Vec::new();
    for (name, _) in query.pairs() {
        let is_token = if odd { name == TOKEN } else { name.eq_ignore_ascii_case(TOKEN) };
        if is_token || done.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            continue;
        }
        done.push(name);
        for value in query.all(name) {
            add(name, value);
        }
    }
    add(TOKEN, &if odd { token.replace(';', "%3b") } else { token.to_owned() });
    link
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(raw: &str, own: Option<&str>) -> (String, Option<String>) {
        page_links("http://h/i", raw, &Query::parse(raw), own, Some("12;3".to_owned()), true)
    }

    #[test]
    fn the_first_page_repeats_what_was_sent() {
        let (own, next) = links("appId=ttd/a&order=asc:x", None);
        assert_eq!(own, "http://h/i?appId=ttd/a&order=asc:x");
        assert_eq!(next.as_deref(), Some("http://h/i?appId=ttd%2Fa&order=asc%3Ax&continuationToken=12%253b3"));
    }

    #[test]
    fn later_pages_are_put_together_anew() {
        let (own, _) = links("created=a&size=2&created=b&continuationToken=1%3b2", Some("1;2"));
        assert_eq!(own, "http://h/i?created=a&created=b&size=2&continuationToken=1%253b2");
        let (own, _) = links("ContinuationToken=1%3b2", Some("1;2"));
        assert_eq!(own, "http://h/i?ContinuationToken=1;2&continuationToken=1%253b2");
        let query = Query::parse("ContinuationToken=1%3b2");
        let (own, _) = page_links("http://h/i", "", &query, Some("1;2"), None, false);
        assert_eq!(own, "http://h/i?continuationToken=1;2");
    }
}
