//! Forms of fields, `a=b&c=d`, as far as the framework refuses them.

/// The longest name, in bytes as sent.
const MAX_NAME: usize = 2048;
/// The longest value, in bytes as sent.
const MAX_VALUE: usize = 4 * 1024 * 1024;
/// The most fields.
const MAX_COUNT: usize = 1024;

/// What the framework refuses the form for, in its words, if anything.
pub(crate) fn fields_fault(form: &[u8]) -> Option<String> {
    let form = form.strip_suffix(b"&").unwrap_or(form);
    if form.is_empty() {
        return None;
    }
    for (before, field) in form.split(|byte| *byte == b'&').enumerate() {
        // A field that doesn't end is given up before it is taken apart.
        if field.len() > MAX_NAME + MAX_VALUE {
            return Some(format!("Form key length limit {MAX_NAME} or value length limit {MAX_VALUE} exceeded."));
        }
        let name_end = field.iter().position(|byte| *byte == b'=').unwrap_or(field.len());
        if name_end > MAX_NAME {
            return Some(format!("Form key length limit {MAX_NAME} exceeded."));
        }
        if field.len().saturating_sub(name_end + 1) > MAX_VALUE {
            return Some(format!("Form value length limit {MAX_VALUE} exceeded."));
        }
        if before == MAX_COUNT {
            return Some(format!("Form value count limit {MAX_COUNT} exceeded."));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_values_and_their_number_have_limits() {
        let long = |name: usize, value: usize| format!("{}={}", "k".repeat(name), "v".repeat(value));
        let fault = |form: String| fields_fault(form.as_bytes());
        for form in ["", "&", "=", "a", "a=b&&c", &long(2048, 9), &"a=b&".repeat(1024), &long(1, MAX_VALUE)] {
            assert_eq!(fault(form.to_owned()), None);
        }
        for (form, words) in [
            ("k".repeat(2049), "Form key length limit 2048 exceeded."),
            (long(2049, 1), "Form key length limit 2048 exceeded."),
            ("a&".repeat(1025), "Form value count limit 1024 exceeded."),
            (long(1, MAX_VALUE + 1), "Form value length limit 4194304 exceeded."),
            (long(1, 5_000_000), "Form key length limit 2048 or value length limit 4194304 exceeded."),
        ] {
            assert_eq!(fault(form).as_deref(), Some(words));
        }
    }
}
