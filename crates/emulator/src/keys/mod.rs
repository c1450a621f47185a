//! Keys and signed tokens: RSA keys, certificates, JWKs, JWTs.

pub(crate) mod base64url;
mod certificate;
mod jwk;
mod jwt;
mod lifetime;
mod rsa;
mod shared;
mod signing;

pub(crate) use certificate::Certificate;
pub(crate) use jwk::PublicKey;
pub(crate) use jwt::{Jwt, Malformed};
pub(crate) use lifetime::{Judgement, Lifetime, SKEW_SECONDS};
pub use rsa::KeyError;
pub(crate) use rsa::RsaKey;
pub(crate) use shared::{Role, shared_key};
pub(crate) use signing::{Rejected, SigningKeys, read, signed_by};
