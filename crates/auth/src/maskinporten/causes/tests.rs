use super::*;

fn refusal(error: &str, description: &str, code: Option<&str>) -> Refusal {
    Refusal {
        error: Some(error.to_owned()),
        description: Some(description.to_owned()),
        code: code.map(str::to_owned),
        trace_id: None,
    }
}

#[test]
fn code_before_words_before_error() {
    let kind = |error, description, code| find(&refusal(error, description, code)).map(|cause| cause.kind);
    let known = "Invalid assertion. Client authentication failed. Invalid JWT signature.";
    assert_eq!(kind("invalid_grant", known, Some("MP-100")), Some(ErrorKind::ClientUnknown));
    assert_eq!(kind("invalid_grant", known, Some("MP-999")), Some(ErrorKind::KeyRejected));
    assert_eq!(kind("invalid_scope", "new words", None), Some(ErrorKind::ScopeNotGranted));
    assert_eq!(kind("invalid_grant", "new words", None), Some(ErrorKind::Maskinporten));
    assert_eq!(kind("unauthorized_client", "new words", None), Some(ErrorKind::Maskinporten));
    assert_eq!(kind("new_error", "new words", None), None);
    assert_eq!(kind("", "", None), None);
}

#[test]
fn the_published_phrases_are_told_apart() {
    let prefix = "Invalid assertion. Client authentication failed. ";
    for (phrase, kind, retry) in [
        ("Expired key.", ErrorKind::KeyRejected, Retry::WithOtherKey),
        ("Unknown key identifier (kid) for client.", ErrorKind::KeyRejected, Retry::WithOtherKey),
        (
            "Invalid JWT. The client requires pre-registered jwk and no key identifier (kid) provided",
            ErrorKind::KeyRejected,
            Retry::Never,
        ),
        ("Issue time is in the future.", ErrorKind::ClockSkew, Retry::Never),
        ("Issue time is after now", ErrorKind::ClockSkew, Retry::Never),
        ("JWT has expired.", ErrorKind::ClockSkew, Retry::WithNewGrant),
        ("Grant is used before", ErrorKind::Maskinporten, Retry::WithNewGrant),
        ("Client not found", ErrorKind::ClientUnknown, Retry::Never),
    ] {
        let cause = find(&refusal("invalid_grant", &format!("{prefix}{phrase}"), None)).unwrap();
        assert_eq!((cause.kind, cause.retry), (kind, retry), "{phrase}");
        assert!(!cause.advice.is_empty());
    }
}

/// Every code that Maskinporten's documentation has.
#[test]
fn every_code_has_a_kind_a_remedy_and_a_retry_class() {
    for (code, kind, retry) in [
        ("MP-011", ErrorKind::Maskinporten, Retry::Never),
        ("MP-012", ErrorKind::Maskinporten, Retry::WithNewGrant),
        ("MP-100", ErrorKind::ClientUnknown, Retry::Never),
        ("MP-110", ErrorKind::Maskinporten, Retry::Never),
        ("MP-120", ErrorKind::KeyRejected, Retry::Never),
        ("MP-121", ErrorKind::KeyRejected, Retry::WithOtherKey),
        ("MP-122", ErrorKind::KeyRejected, Retry::Never),
        ("MP-123", ErrorKind::KeyRejected, Retry::Never),
        ("MP-124", ErrorKind::KeyRejected, Retry::WithOtherKey),
        ("MP-130", ErrorKind::ClockSkew, Retry::WithNewGrant),
        ("MP-200", ErrorKind::ScopeNotGranted, Retry::Never),
        ("MP-201", ErrorKind::ScopeNotGranted, Retry::Never),
        ("MP-250", ErrorKind::ScopeNotGranted, Retry::Never),
        ("MP-251", ErrorKind::ScopeNotGranted, Retry::Never),
        ("MP-301", ErrorKind::Maskinporten, Retry::Never),
        ("MP-302", ErrorKind::Maskinporten, Retry::Never),
        ("MP-303", ErrorKind::Maskinporten, Retry::Never),
    ] {
        let cause = find(&refusal("new", "new words", Some(code))).unwrap_or_else(|| panic!("{code}"));
        assert_eq!((cause.kind, cause.retry), (kind, retry), "{code}");
        assert!(!cause.advice.is_empty(), "{code}");
    }
    for (error, description) in [
        ("invalid_request", "The combination consumer_org in claim and delegation scope on client is invalid"),
        ("invalid_target", "resource"),
        ("invalid_request", "Invalid assertion. Invalid parameter value"),
        ("invalid_request", "Invalid assertion. The value of a new claim can't be taken."),
        ("invalid_grant", "Invalid assertion. Something new."),
        ("unsupported_grant_type", "x"),
        ("invalid_grant", "Invalid assertion. Client authentication failed. JWT has too long lifetime."),
        ("invalid_altinn_customer_configuration", "x"),
        ("unauthorized_client", "x"),
    ] {
        let cause = find(&refusal(error, description, None)).unwrap_or_else(|| panic!("{error}"));
        assert_eq!((cause.kind, cause.retry), (ErrorKind::Maskinporten, Retry::Never), "{error}");
        assert!(!cause.advice.is_empty(), "{error}");
    }
}

#[test]
fn the_scope_is_read_out_of_the_words() {
    let asked = ["altinn:a.read".to_owned(), "altinn:a.read.more".to_owned()];
    let named = |text| named_scopes(&refusal("x", text, None), &asked);
    assert_eq!(named("invalid scopes for client, altinn:a.read"), [asked[0].clone()]);
    assert_eq!(named("not granted access to the scope altinn:a.read.more."), [asked[1].clone()]);
    assert!(named("not granted altinn:other").is_empty());
}

const GUIDE: &str = include_str!("../../../docs/failures.md");

/// The rows of the guide's tables, in small letters.
fn rows() -> Vec<String> {
    GUIDE.lines().filter(|line| line.starts_with("| ")).map(str::to_ascii_lowercase).collect()
}

#[test]
fn the_guide_has_a_row_for_each_cause() {
    let rows = rows();
    let in_a_row = |part: &str| rows.iter().any(|row| row.contains(&part.to_ascii_lowercase()));
    for cause in CAUSES {
        assert!(in_a_row(cause.code), "{}", cause.code);
        assert!(cause.error.is_empty() || in_a_row(&format!("`{}`", cause.error)), "{}", cause.error);
        // Where there is a code, it tells more than the words.
        assert!(!cause.code.is_empty() || in_a_row(cause.phrase), "{}", cause.phrase);
    }
}

#[test]
fn the_guide_has_no_code_that_is_not_known() {
    let codes: Vec<&str> = GUIDE.match_indices("MP-").map(|(start, _)| &GUIDE[start..start + 6]).collect();
    assert!(codes.len() >= 17, "{codes:?}");
    for code in codes {
        assert!(CAUSES.iter().any(|cause| cause.code == code), "{code}");
    }
}

#[test]
fn the_guide_and_the_advice_name_the_same_owner_of_altinn_s_scopes() {
    let cause = find(&refusal("", "", Some("MP-250"))).unwrap();
    let set_up = include_str!("../../../docs/set-up.md").replace('\n', " ");
    for text in [cause.advice(Service::Maskinporten), GUIDE, &set_up] {
        assert!(text.contains("is Digdir, by way of Altinn's service desk"), "{text}");
    }
}

#[test]
fn the_guide_and_the_advice_name_the_same_ways_out() {
    let advice = |description, code| find(&refusal("", description, code)).unwrap().advice(Service::Maskinporten);
    for (row, description, code, words) in [
        ("| mp-250 |", "", Some("MP-250"), &["consumer_org", "on behalf of the organisation that has it"][..]),
        ("| mp-124 |", "", Some("MP-124"), &["enterprise certificate", "has expired", "for another key"]),
        (
            "unknown key identifier",
            "Unknown key identifier (kid) for client.",
            None,
            &["certificate", "no registered keys"],
        ),
    ] {
        let guide = rows().into_iter().find(|line| line.contains(row)).unwrap();
        for word in words {
            assert!(advice(description, code).contains(word) && guide.contains(word), "{row} {word}");
        }
    }
}

#[test]
fn a_sidecar_s_own_refusals_are_not_laid_at_the_client_s_door() {
    let advice = |error, code| find(&refusal(error, "new words", code)).unwrap().advice(Service::Sidecar);
    for error in ["invalid_request", "invalid_grant", "invalid_client", "unauthorized_client"] {
        assert!(advice(error, None).contains("sidecar's log"), "{error}");
    }
    assert!(advice("invalid_scope", None).contains("consumes") && advice("x", Some("MP-200")).contains("consumes"));
    // With a code it is Maskinporten's.
    assert!(advice("invalid_grant", Some("MP-121")).contains("one year"));
    assert!(unknown(Service::Sidecar).contains("sidecar's log") && unknown(Service::Maskinporten).contains("Digdir"));
}
