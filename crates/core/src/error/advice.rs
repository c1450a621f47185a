use super::ErrorKind;

/// The kind in words, for errors without a status.
pub(super) fn name(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::InvalidInput => "invalid input",
        ErrorKind::Config => "wrong configuration",
        ErrorKind::Credential => "no token",
        ErrorKind::Unauthorized => "unauthorized",
        ErrorKind::Forbidden => "forbidden",
        ErrorKind::NotFound => "not found",
        ErrorKind::Conflict => "conflict",
        ErrorKind::Rejected => "rejected",
        ErrorKind::RateLimited => "too many requests",
        ErrorKind::Server => "server error",
        ErrorKind::UnexpectedStatus => "unexpected status",
        ErrorKind::Connect => "no connection",
        ErrorKind::Timeout => "no answer in time",
        ErrorKind::Transport => "the connection broke",
        ErrorKind::Layer => "a layer of the client failed",
        ErrorKind::Decode => "the answer can't be read",
        ErrorKind::Protocol => "the answer breaks the service's rules",
        ErrorKind::Integrity => "what arrived is not what was expected",
        ErrorKind::ScanRefused => "refused by its virus scan",
        ErrorKind::PayloadSource => "the source of the upload failed",
        ErrorKind::Io => "a local file failed",
        ErrorKind::Unreadable => "an instance can't be read",
    }
}

/// The likely cause by kind alone, for when the operation knows no better one.
///
/// * `may_be_done`: the service may have carried out what must not be done twice.
/// * `scope_is_known`: the error says already whether the token has the scope.
pub(super) fn general(kind: ErrorKind, may_be_done: bool, scope_is_known: bool) -> Option<&'static str> {
    Some(match kind {
        ErrorKind::Unauthorized => {
            "the token was refused twice: most often it belongs to another environment, or this computer's clock is wrong"
        }
        ErrorKind::Forbidden if scope_is_known => {
            "the token is valid but may not do this: the app's policy lacks a rule for the service owner, or the instance \
             stands in a task that does not allow it"
        }
        ErrorKind::Forbidden => {
            "the token is valid but may not do this: the app's policy lacks a rule for the service owner, the scope is \
             missing, or the instance stands in a task that does not allow it"
        }
        ErrorKind::Conflict => "the state forbids it: a locked data element must be unlocked first",
        ErrorKind::RateLimited => "the service asks for fewer requests: lower the number of parallel calls",
        ErrorKind::Connect => {
            "nothing was sent: check the environment's address, the name server, a proxy or a firewall"
        }
        ErrorKind::Server | ErrorKind::Timeout | ErrorKind::Transport | ErrorKind::Layer if may_be_done => {
            "the service may have carried the call out: look for its result before sending it again"
        }
        ErrorKind::Server => "a fault of the service, most often a passing one: try again later",
        _ => return None,
    })
}
