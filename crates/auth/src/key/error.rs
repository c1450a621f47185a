/// Why a text can't be used as a signing key. It names what was found, never the key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Nothing, or nothing but white space.
    #[error("the key is empty")]
    Empty,

    /// Not JSON, or JSON that is no object, or a member of it is no text.
    #[error("the key is no JWK: expected a JSON object with the members kty, n, e, d, p, q, dp, dq and qi")]
    NotJwk,

    /// PEM text.
    #[error("the key is PEM: expected a JWK (a JSON object)")]
    Pem,

    /// A set of keys (`{"keys": […]}`).
    #[error("this is a set of keys (JWKS): give the one private key in it")]
    KeySet,

    /// A key for another algorithm family, by its `kty`.
    #[error("the key's type is {0}: Maskinporten takes RSA keys only")]
    NotRsa(String),

    /// An `alg` other than RS256, RS384 and RS512.
    #[error("the key is for the algorithm {0}: Maskinporten takes RS256, RS384 and RS512")]
    UnsupportedAlgorithm(String),

    /// A key that says it is for encryption, not for signatures (`use`).
    #[error("the key is for encryption (\"use\" is not \"sig\")")]
    NotForSigning,

    /// The public half.
    #[error("this is a public key (it has no member d): give the private one")]
    PublicOnly,

    /// Members of the private key that are needed and absent.
    #[error("the key lacks {}: make the JWK with all of p, q, dp, dq and qi", .0.join(", "))]
    MissingMembers(Vec<&'static str>),

    /// A member that is no base64url.
    #[error("the key's member {0} is not base64url")]
    NotBase64(&'static str),

    /// An RSA key that is too short to be accepted.
    #[error("the key has {bits} bits: Maskinporten takes 2048 or more")]
    TooShort {
        /// The length of its modulus.
        bits: usize,
    },

    /// A key with more than two primes (`oth`).
    #[error("the key has more than two primes, which is not supported")]
    MultiPrime,

    /// Numbers that don't belong together, or a key beyond what the signing library takes (8192 bits).
    #[error("the key's numbers do not belong together, or it is longer than 8192 bits")]
    Inconsistent,
}

/// A short word of the key's text that is safe to repeat: anything else could be a secret in the wrong place.
pub(super) fn word(text: &str) -> String {
    let harmless = !text.is_empty()
        && text.len() <= 16
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'+'));
    if harmless { text.to_owned() } else { "something else".to_owned() }
}
