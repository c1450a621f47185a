/// What went wrong, sorted by what the caller does next.
///
/// More kinds may come, so a `match` needs an arm for the rest. Whatever the kind, the server's status stays
/// reachable through [`Error::status`](crate::Error::status).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A value was refused before anything was sent. Correct the call.
    InvalidInput,
    /// The client can't work as it is configured. Correct the set-up.
    Config,
    /// No token could be had. [`Error::credential_error`](crate::Error::credential_error) is the authentication crate's
    /// error.
    Credential,
    /// 401: the token was refused, also after it was renewed once.
    Unauthorized,
    /// 403: the token is good, but may not do this.
    Forbidden,
    /// 404: it does not exist.
    NotFound,
    /// 409: the state forbids it, such as a locked data element.
    Conflict,
    /// 400, 405, 413, 415 or 422: the service refuses what was sent.
    Rejected,
    /// 429: too many requests.
    RateLimited,
    /// 5xx, or another status that hides a passing fault of the service.
    Server,
    /// Any other status.
    UnexpectedStatus,
    /// No connection came about; nothing reached the service.
    Connect,
    /// No answer, or no progress, in time.
    Timeout,
    /// The connection broke in the middle.
    Transport,
    /// A layer of your own in the client failed; the source is its error.
    Layer,
    /// The answer can't be read as what it should be.
    Decode,
    /// One entry of a list can't be had: the service fails on it, or sends it in a form that can't be read. The list goes
    /// on after it; the source tells why.
    Unreadable,
    /// The answer contradicts the service's own rules, such as a continuation token that comes twice.
    Protocol,
    /// What arrived is not as long as the service says it is, or has another hash than expected.
    Integrity,
    /// A file's virus scan found something, or is not done where that was demanded. Nothing was fetched.
    ScanRefused,
    /// The source of an upload failed.
    PayloadSource,
    /// A local file could not be written or read.
    Io,
}
