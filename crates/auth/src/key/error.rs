/// Why a text can't be used as a signing key. It names what was found, never the key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Nothing, or nothing but white space.
    #[error("the key is empty")]
    Empty,

    /// None of the forms that are known.
    #[error("this is no key: expected a private JWK, PEM, PKCS#12, or one of them in base64")]
    Unknown,

    /// Not JSON, or JSON that is no object, or a member of it is no text.
    #[error("the key is no JWK: expected a JSON object with kty, n, e and d")]
    NotJwk,

    /// PEM text where a JWK was asked for.
    #[error("the key is PEM: expected a JWK (a JSON object)")]
    Pem,

    /// A PEM section that no key can be read from, by its label.
    #[error("the PEM text holds {0} and no private key")]
    PemLabel(String),

    /// A PEM section that is cut off, or whose inner text is no base64.
    #[error("the PEM text is damaged: a section has no end, or is not base64")]
    DamagedPem,

    /// A private key that is encrypted with a pass phrase.
    #[error("the key is encrypted with a pass phrase: take that off (openssl pkey) or give a PKCS#12 file")]
    Encrypted,

    /// A certificate without its private key.
    #[error("this is a certificate: its private key is needed as well")]
    CertificateOnly,

    /// More private keys than the one that is asked for.
    #[error("there are {0} private RSA keys: give one")]
    SeveralKeys(usize),

    /// A set of keys, as many as said, without the one whose key id was given beside it.
    #[error("none of the {0} keys in the set (JWKS) has the key id that is given beside it")]
    NoSuchKid(usize),

    /// A key id that can't be one: it looks like a key, a token or a person number, is longer than 200 characters, or
    /// holds a control character.
    #[error("what is given as the key id (kid) can't be one: {}", crate::identifier::NO_IDENTIFIER)]
    BadKid,

    /// A set of keys (`{"keys": […]}`) with no private RSA key in it.
    #[error("this is a set of keys (JWKS) without a private RSA key")]
    KeySet,

    /// A PKCS#12 file, which needs its password.
    #[error(
        "this is PKCS#12 (a .p12 or .pfx file): read it with its password (feature pkcs12), or make PEM of it \
         (openssl pkcs12 -nodes)"
    )]
    Pkcs12,

    /// A PKCS#12 file that can't be opened.
    #[error("the PKCS#12 file can't be opened: the password is wrong, or it is damaged")]
    BadPkcs12,

    /// The settings of another Altinn client, not a key.
    #[error("these are settings (MaskinportenSettings), not a key: read them as settings")]
    Settings,

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
    #[error("this is a public key: give the private one (a JWK with the member d)")]
    PublicOnly,

    /// Members of the private key that are needed and absent: of `n`, `e` and `d`, as the others can be computed.
    #[error("the key lacks {}: the JWK needs n, e and d", .0.join(" and "))]
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

    /// A key file that group or others can read or change, where that is refused
    /// ([`strict_permissions`](crate::CredentialsBuilder::strict_permissions)).
    #[error("others than its owner can read or change the key file (mode {mode:04o})")]
    OpenToOthers {
        /// The file's permission bits.
        mode: u32,
    },

    /// A certificate that is not DER, or lacks what every certificate has.
    #[error("a certificate beside the key can't be read")]
    BadCertificate,

    /// No certificate is for this private key.
    #[error("none of the certificates belongs to the private key")]
    CertificateMismatch,

    /// The key's certificate is not valid now.
    #[error("the certificate {}", if *.expired { "has expired" } else { "is not valid yet" })]
    CertificateNotValid {
        /// Whether it was valid once, and not from some later day on.
        expired: bool,
    },
}

/// A short word of the key's text that is safe to repeat: anything else could be a secret in the wrong place.
pub(super) fn word(text: &str) -> String {
    let harmless = !text.is_empty()
        && text.len() <= 24
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'+' | b' '));
    if harmless { text.to_owned() } else { "something else".to_owned() }
}
