//! Cookies as the framework reads them.

use http::HeaderMap;
use http::header::COOKIE;

use crate::dotnet::media_type::is_token;
use crate::dotnet::query::percent_decode;

/// What stands between two cookies, beside blanks.
const SEPARATORS: [char; 2] = [';', ','];
const BLANKS: [char; 2] = [' ', '\t'];

/// The cookie `name`, in any letter case, percent-decoded; of several the last. An empty one counts as none.
pub(super) fn get(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|value| std::str::from_utf8(value.as_bytes()).ok());
    let mut cookies = lines.flat_map(pairs).filter(|(known, _)| known.eq_ignore_ascii_case(name));
    cookies.next_back().map(|(_, value)| percent_decode(value)).filter(|value| !value.is_empty())
}

/// The cookies of one header. What is none, because of a space in it, say, is left out up to the next semicolon.
fn pairs(line: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut rest = line;
    loop {
        rest = rest.trim_start_matches(|c| SEPARATORS.contains(&c) || BLANKS.contains(&c));
        if rest.is_empty() {
            return found;
        }
        match pair(rest) {
            Some((name, value, after)) => {
                found.push((name, value));
                rest = after;
            }
            None => rest = rest.split_once(';').map_or("", |(_, after)| after),
        }
    }
}

/// The cookie at the start of `text`, and what follows it: the end or a separator.
fn pair(text: &str) -> Option<(&str, &str, &str)> {
    let (name, after) = text.split_once('=')?;
    let value = &after[..value_length(after)?];
    let rest = after[value.len()..].trim_start_matches(BLANKS);
    let fits = is_token(name) && (rest.is_empty() || rest.starts_with(SEPARATORS));
    fits.then_some((name, value, rest))
}

/// How far a value reaches, which may stand in double quotes and keeps them.
fn value_length(text: &str) -> Option<usize> {
    let bare = |text: &str| text.find(|c| !is_of_value(c)).unwrap_or(text.len());
    match text.strip_prefix('"') {
        None => Some(bare(text)),
        Some(inner) => {
            let length = bare(inner);
            inner[length..].starts_with('"').then_some(length + 2)
        }
    }
}

fn is_of_value(character: char) -> bool {
    character.is_ascii_graphic() && !['"', ',', ';', '\\'].contains(&character)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cookie(lines: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(COOKIE, line.parse().unwrap());
        }
        get(&headers, "Name")
    }

    #[test]
    fn the_last_one_counts_in_any_letter_case() {
        assert_eq!(cookie(&["a=b; NAME=x"]).as_deref(), Some("x"));
        assert_eq!(cookie(&["Name=x; name=y; other=z"]).as_deref(), Some("y"));
        assert_eq!(cookie(&["Name=x", "name=y"]).as_deref(), Some("y"));
        assert_eq!(cookie(&["Name=x;Name="]), None);
    }

    #[test]
    fn values_are_percent_decoded_and_keep_their_quotes() {
        assert_eq!(cookie(&["Name=x%2Ey=+"]).as_deref(), Some("x.y=+"));
        assert_eq!(cookie(&["Name=\"x\""]).as_deref(), Some("\"x\""));
    }

    #[test]
    fn what_is_no_cookie_is_passed_over() {
        for line in ["Name =x", "Name= x", "Name=x y", "Name=\"x", "Name", "=x", "Name=x\\y"] {
            assert_eq!(cookie(&[line]), None, "{line}");
            assert_eq!(cookie(&[&format!("{line}; Name=z")]).as_deref(), Some("z"), "{line}");
        }
        assert_eq!(cookie(&[" ; ,a=b,Name=x ,c=d"]).as_deref(), Some("x"));
    }

    proptest! {
        #[test]
        fn no_header_makes_it_panic(line in "[a-zæ=;,\" %\\\\]{0,40}") {
            pairs(&line);
        }
    }
}
