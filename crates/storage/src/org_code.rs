//! A service owner's code, by the rules by which Altinn registers them.

/// What is wrong with this text as a service owner's code. The service compares codes letter by letter, and finds
/// nothing for another one without saying so.
pub(crate) fn wrong_code(code: &str) -> Option<&'static str> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, 'æ' | 'ø' | 'å');
    match code {
        "" => Some("a service owner's code is empty"),
        code if code.chars().any(char::is_uppercase) => Some("a service owner's code is in lower case"),
        code if !code.chars().all(fits) => Some("a service owner's code holds letters and digits alone"),
        _ => None,
    }
}
