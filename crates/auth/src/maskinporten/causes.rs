//! Why Maskinporten refuses a grant, as far as is known: what the caller can do, and whether a new grant may help.

use super::refusal::Refusal;
use crate::error::{ErrorKind, Retry, Service};

pub(super) struct Cause {
    /// The code; empty where Maskinporten has none, or often leaves it out.
    code: &'static str,
    /// A part of the description, in small letters, for answers without a code. Empty: only the code tells.
    phrase: &'static str,
    /// The `error` member, for answers that neither code nor phrase explains. Empty: doesn't count.
    error: &'static str,
    pub(super) kind: ErrorKind,
    pub(super) retry: Retry,
    advice: &'static str,
}

impl Cause {
    /// What to do about it where `service` answered.
    pub(super) fn advice(&self, service: Service) -> &'static str {
        match service {
            Service::Sidecar if self.code == "MP-200" || self.error == "invalid_scope" => SIDECAR_SCOPE,
            Service::Sidecar if !self.error.is_empty() => unknown(service),
            _ => self.advice,
        }
    }
}

const fn cause(code: &'static str, phrase: &'static str, kind: ErrorKind, advice: &'static str) -> Cause {
    Cause { code, phrase, error: "", kind, retry: Retry::Never, advice }
}

/// A key that Maskinporten does not accept, while it may accept another of the client.
const fn key_cause(code: &'static str, phrase: &'static str, advice: &'static str) -> Cause {
    Cause { retry: Retry::WithOtherKey, ..cause(code, phrase, ErrorKind::KeyRejected, advice) }
}

const CLOCK: &str = "set the clock of this computer by a time server (NTP); a request that was held up on the way looks the \
                     same";
const KID: &str = "the key id is not registered on this client: compare kid, client id and environment in the \
                   self-service portal; a key that was just added takes up to a quarter of an hour to work; a client that has an \
                   enterprise certificate and no registered keys takes no kid: leave it out";
const CERTIFICATE: &str = "the enterprise certificate does not fit: test certificates are for the test environment, \
                           production ones for production, and it must belong to the client's organisation";
const DETAILS: &str = "the details of the system user are not accepted: check the customer's organisation number and \
                       the external reference";

const SIDECAR_SCOPE: &str = "the sidecar's client lacks the scope: add it where that client is made (on NAIS in \
                             spec.maskinporten.scopes.consumes)";

static CAUSES: &[Cause] = &[
    Cause {
        retry: Retry::WithNewGrant,
        ..cause(
            "MP-012",
            "grant is used before",
            ErrorKind::Maskinporten,
            "a grant is good for one request only, and a new one was refused, too: look for what sends requests twice on \
             the way",
        )
    },
    Cause { retry: Retry::WithNewGrant, ..cause("MP-130", "jwt has expired", ErrorKind::ClockSkew, CLOCK) },
    cause("", "issue time is", ErrorKind::ClockSkew, CLOCK),
    Cause { retry: Retry::WithNewGrant, ..cause("", "jwt is expired", ErrorKind::ClockSkew, CLOCK) },
    cause(
        "MP-100",
        "client not found",
        ErrorKind::ClientUnknown,
        "there is no such client here: compare the client id with the one that the self-service portal shows, and check that \
         it was made in this environment",
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
        "the private key is not the one that is registered under its key id (kid) on the client; of an enterprise \
         certificate: it has expired, or is for another key",
    ),
    key_cause("", "unknown key identifier", KID),
    cause("", "no key identifier", ErrorKind::KeyRejected, "the client has registered keys, so the key needs its kid"),
    cause(
        "",
        "too long lifetime",
        ErrorKind::Maskinporten,
        "the grant lasts longer than Maskinporten allows, which those of this crate do not: report it as a fault of the \
         crate",
    ),
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
        "the organisation may not use this scope: ask the scope's owner to grant it, which for those of Altinn (altinn:…) \
         is Digdir, by way of Altinn's service desk; or ask on behalf of the organisation that has it (consumer_org)",
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
    Cause {
        error: "unauthorized_client",
        ..cause(
            "",
            "",
            ErrorKind::Maskinporten,
            "the client may not ask for tokens in this way: check in the self-service portal that it is active and of \
             the kind Maskinporten",
        )
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

/// What to do about a refusal in words that are not known.
pub(super) fn unknown(service: Service) -> &'static str {
    match service {
        Service::Sidecar => {
            "go by the words and the sidecar's log: the refusal may be the sidecar's own, such as where Maskinporten is \
             not turned on for the program"
        }
        _ => "go by Maskinporten's own words, or ask Digdir's support with the trace id",
    }
}

/// The scopes that a description names: the words in it that are among those asked for.
pub(super) fn named_scopes(refusal: &Refusal, asked: &[String]) -> Vec<String> {
    let description = refusal.description.as_deref().unwrap_or_default();
    let words = || description.split([' ', ',']).map(|word| word.trim_end_matches('.'));
    asked.iter().filter(|scope| words().any(|word| word == scope.as_str())).cloned().collect()
}

#[cfg(test)]
mod tests;
