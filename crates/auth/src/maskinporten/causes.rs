//! Why Maskinporten refuses a grant, as far as is known: what the caller can do, and whether a new grant may help.

use super::refusal::Refusal;
use crate::error::{ErrorKind, Retry};

pub(super) struct Cause {
    /// The code; empty where Maskinporten has none, or often leaves it out.
    code: &'static str,
    /// A part of the description, in small letters, for answers without a code. Empty: only the code tells.
    phrase: &'static str,
    /// The `error` member, for answers that neither code nor phrase explains. Empty: doesn't count.
    error: &'static str,
    pub(super) kind: ErrorKind,
    pub(super) retry: Retry,
    pub(super) advice: &'static str,
}

const fn cause(code: &'static str, phrase: &'static str, kind: ErrorKind, advice: &'static str) -> Cause {
    Cause { code, phrase, error: "", kind, retry: Retry::Never, advice }
}

/// A key that Maskinporten does not accept, while it may accept another of the client.
const fn key_cause(code: &'static str, phrase: &'static str, advice: &'static str) -> Cause {
    Cause { retry: Retry::WithOtherKey, ..cause(code, phrase, ErrorKind::KeyRejected, advice) }
}

const CLOCK: &str = "this computer's clock is wrong, or the request was held up on the way: set the clock by a time \
                     server (NTP)";
const KID: &str = "the key id is not registered on this client: compare kid, client id and environment in the \
                   self-service portal; a key that was just added takes up to a quarter of an hour to work";
const CERTIFICATE: &str = "the enterprise certificate does not fit: test certificates are for the test environment, \
                           production ones for production, and it must belong to the client's organisation";
const DETAILS: &str = "the details of the system user are not accepted: check the customer's organisation number and \
                       the external reference";

static CAUSES: &[Cause] = &[
    Cause {
        retry: Retry::WithNewGrant,
        ..cause("MP-012", "grant is used before", ErrorKind::Maskinporten, "a grant is good for one request only")
    },
    Cause { retry: Retry::WithNewGrant, ..cause("MP-130", "jwt has expired", ErrorKind::ClockSkew, CLOCK) },
    cause("", "issue time is", ErrorKind::ClockSkew, CLOCK),
    Cause { retry: Retry::WithNewGrant, ..cause("", "jwt is expired", ErrorKind::ClockSkew, CLOCK) },
    cause(
        "MP-100",
        "client not found",
        ErrorKind::ClientUnknown,
        "there is no such client here: check the client id (in the self-service portal: integrasjonens identifikator), \
         and that it was made in this environment",
    ),
    cause(
        "MP-110",
        "invalid jwt claim aud",
        ErrorKind::Maskinporten,
        "the grant is addressed to another Maskinporten: check the environment's issuer, with its slash at the end",
    ),
    cause("MP-120", "invalid certificate", ErrorKind::KeyRejected, CERTIFICATE),
    key_cause(
        "MP-121",
        "expired key",
        "a key works for one year from its registration: add it to the client again in the self-service portal, or \
         a new one",
    ),
    cause("MP-122", "does not match certificate", ErrorKind::KeyRejected, CERTIFICATE),
    cause("MP-123", "invalid jwt header x5c", ErrorKind::KeyRejected, CERTIFICATE),
    key_cause(
        "MP-124",
        "invalid jwt signature",
        "the private key is not the one that is registered under its key id (kid) on the client",
    ),
    key_cause("", "unknown key identifier", KID),
    cause("", "no key identifier", ErrorKind::KeyRejected, "the client has registered keys, so the key needs its kid"),
    cause("", "too long lifetime", ErrorKind::Maskinporten, "the grant lasts longer than Maskinporten allows"),
    cause(
        "MP-200",
        "invalid scopes for client",
        ErrorKind::ScopeNotGranted,
        "the scope is not on the client: add it in the self-service portal",
    ),
    cause(
        "MP-201",
        "scopes not allowed for maskinporten",
        ErrorKind::ScopeNotGranted,
        "the client is not of the type that may have this scope: make one for Maskinporten",
    ),
    cause(
        "MP-250",
        "has not been granted access to the scope",
        ErrorKind::ScopeNotGranted,
        "the organisation may not use this scope: ask the scope's owner (Digdir, for Altinn's) to grant it",
    ),
    cause(
        "MP-251",
        "has not delegated access to the scope",
        ErrorKind::ScopeNotGranted,
        "the organisation has not delegated this scope to the supplier: it does so in Altinn, in the same environment",
    ),
    cause("MP-301", "unknown authorization details type", ErrorKind::Maskinporten, DETAILS),
    cause("MP-302", "unknown fields in authorization details", ErrorKind::Maskinporten, DETAILS),
    cause("MP-303", "invalid authorization details", ErrorKind::Maskinporten, DETAILS),
    cause(
        "",
        "combination consumer_org in claim and delegation",
        ErrorKind::Maskinporten,
        "an organisation needs no delegation from itself: leave the consumer out",
    ),
    Cause {
        error: "unsupported_grant_type",
        ..cause("", "", ErrorKind::Maskinporten, "something between this computer and Maskinporten changes the request")
    },
    Cause {
        error: "invalid_target",
        ..cause("", "", ErrorKind::Maskinporten, "the resource is not one that Maskinporten takes: check its address")
    },
    cause("MP-011", "invalid parameter value", ErrorKind::Maskinporten, "the grant is malformed: check the client id"),
    Cause {
        error: "invalid_scope",
        ..cause("", "", ErrorKind::ScopeNotGranted, "check the client's scopes in the self-service portal")
    },
    Cause {
        error: "forbidden",
        ..cause("", "", ErrorKind::ScopeNotGranted, "the organisation, or the supplier for it, lacks access to a scope")
    },
    Cause {
        error: "invalid_client",
        ..cause("", "", ErrorKind::ClientUnknown, "check the client id, and that it was made in this environment")
    },
    Cause { error: "invalid_altinn_customer_configuration", ..cause("", "", ErrorKind::Maskinporten, DETAILS) },
    // Codes may be missing, and there are more words than are known.
    Cause {
        error: "invalid_request",
        ..cause(
            "",
            "",
            ErrorKind::Maskinporten,
            "Maskinporten does not take something in the grant: check the client id, and what is asked for beside scopes",
        )
    },
    Cause {
        error: "invalid_grant",
        ..cause(
            "",
            "",
            ErrorKind::Maskinporten,
            "Maskinporten does not take the grant: check that client id, key and key id are of one client, in this \
             environment, and this computer's clock",
        )
    },
];

/// The cause of a refusal: by its code, else by its words, else by its `error`.
pub(super) fn find(refusal: &Refusal) -> Option<&'static Cause> {
    let description = refusal.description.as_deref().unwrap_or_default().to_ascii_lowercase();
    let says = |said: &Option<String>, known: &str| !known.is_empty() && said.as_deref() == Some(known);
    let by_code = |cause: &&Cause| says(&refusal.code, cause.code);
    let by_phrase = |cause: &&Cause| !cause.phrase.is_empty() && description.contains(cause.phrase);
    let by_error = |cause: &&Cause| says(&refusal.error, cause.error);
    let causes = || CAUSES.iter();
    causes().find(by_code).or_else(|| causes().find(by_phrase)).or_else(|| causes().find(by_error))
}

/// The scopes that a description names: the words in it that are among those asked for.
pub(super) fn named_scopes(refusal: &Refusal, asked: &[String]) -> Vec<String> {
    let description = refusal.description.as_deref().unwrap_or_default();
    let words = || description.split([' ', ',']).map(|word| word.trim_end_matches('.'));
    asked.iter().filter(|scope| words().any(|word| word == scope.as_str())).cloned().collect()
}

#[cfg(test)]
mod tests {
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
        assert_eq!(kind("unauthorized_client", "new words", None), None);
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
}
