/// What went wrong, by what the caller can do about it.
///
/// The [crate's guide](crate#when-it-fails) has a table with the likely cause and the remedy of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A setting is missing or contradicts another.
    Config,
    /// The private key can't be used.
    Key,
    /// No whole answer came: unreachable host, timeout, broken connection. Or none was asked for, because the host has
    /// just failed others.
    Transport,
    /// Maskinporten does not know the client.
    ClientUnknown,
    /// Maskinporten does not accept the key or its signature.
    KeyRejected,
    /// This computer's clock is too far from the server's.
    ClockSkew,
    /// A scope that is needed was refused, or is not in the token.
    ScopeNotGranted,
    /// Maskinporten answered otherwise than with a token, for another reason than those above.
    Maskinporten,
    /// Altinn's exchange answered otherwise than with a token.
    Exchange,
    /// The Altinn token names no service owner.
    NoOrgCode,
    /// The Altinn token names another service owner than the one that is expected.
    WrongOrgCode,
    /// The request goes to a host that must not see a token of this environment.
    HostNotAllowed,
    /// The request's method goes beyond the access that the credentials were made with.
    AccessDenied,
    /// A token that was given ready-made, and can't be renewed, has expired.
    TokenExpired,
    /// A token provider of your own failed.
    Provider,
}

/// The step of the way to a token that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Leg {
    /// The grant and Maskinporten's answer to it.
    Maskinporten,
    /// The exchange of Maskinporten's token for an Altinn token.
    Exchange,
}

/// Whether and how the same step may be tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Retry {
    /// It would fail the same way.
    Never,
    /// After a pause.
    AfterPause,
    /// Once and at once, with a new grant.
    WithNewGrant,
    /// With another of the client's keys, if there is one.
    WithOtherKey,
    /// Once, with a new token from Maskinporten: the exchange says 401 for causes of its own, too.
    WithNewToken,
}
