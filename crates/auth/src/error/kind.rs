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
    /// Maskinporten, or the token sidecar that asks it, answered otherwise than with a token, for another reason than those
    /// above.
    Maskinporten,
    /// Altinn's exchange, or a source of test tokens, answered otherwise than with a token.
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
    /// The grant and Maskinporten's answer to it, or the token sidecar's.
    Maskinporten,
    /// The exchange of Maskinporten's token for an Altinn token.
    Exchange,
    /// A ready-made Altinn token from [`LocalTest`](crate::LocalTest) or the
    /// [`TestTokenGenerator`](crate::TestTokenGenerator).
    TestTokens,
}

/// Whether trying again may help, and what it takes.
///
/// What can be tried at once has been tried already, within 30 s. This is for what the caller does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Retry {
    /// It would fail the same way. Change first what the error's [advice](crate::Error::advice) names.
    Never,
    /// The same may succeed later, without a change. Wait for as long as [`retry_after`](crate::Error::retry_after) says,
    /// or else for a time that grows.
    AfterPause,
    /// Maskinporten took the grant for a used one or one that is too old, and then a new one, too. Look at the clock, and
    /// for what sends requests late or twice on the way.
    WithNewGrant,
    /// Maskinporten does not accept the key, nor any other of the client's. Give the credentials a key that is registered
    /// on the client, or register this one.
    WithOtherKey,
    /// The exchange refused two new tokens without a reason. That may be trouble of Altinn's own, so the same may succeed
    /// later; if it lasts, look at the environment and the clock.
    WithNewToken,
}
