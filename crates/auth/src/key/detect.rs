//! Tells the forms apart in which people have their keys.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_PAD_INDIFFERENT, URL_SAFE_PAD_INDIFFERENT};
use zeroize::Zeroizing;

use super::algorithm::Algorithm;
use super::der::SEQUENCE;
use super::error::KeyError;
use super::parsed::Parsed;
use super::rsa::Rsa;
use super::{jwk, pem};

/// Reads every form but a file with a password. There is at least one key in the result.
pub(super) fn parse(bytes: &[u8]) -> Result<Vec<Parsed>, KeyError> {
    match plain(bytes) {
        Some(result) => result,
        // Once only: base64 of base64 is no form that anyone uses, and a text could be made to nest without end.
        None => decoded(bytes).and_then(|inner| plain(&inner)).unwrap_or(Err(KeyError::Unknown)),
    }
}

/// `None` for what may be base64.
fn plain(bytes: &[u8]) -> Option<Result<Vec<Parsed>, KeyError>> {
    if bytes.first() == Some(&SEQUENCE) && std::str::from_utf8(bytes).is_err() {
        return Some(der(bytes));
    }
    // Editors on Windows put a byte order mark in front.
    let text = std::str::from_utf8(bytes).ok()?.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        Some(Err(KeyError::Empty))
    } else if text.starts_with(['{', '[']) {
        Some(jwk::parse(text))
    } else if pem::is_pem(text) {
        Some(pem::parse(text))
    } else {
        None
    }
}

fn der(bytes: &[u8]) -> Result<Vec<Parsed>, KeyError> {
    match Rsa::from_der(bytes) {
        Ok(rsa) => Ok(vec![Parsed::new(rsa, Algorithm::default(), None)]),
        // A key vault gives certificates in such files without a password.
        #[cfg(feature = "pkcs12")]
        Err(KeyError::Pkcs12) => match super::pkcs12::parse(bytes, "") {
            Err(KeyError::BadPkcs12) => Err(KeyError::Pkcs12),
            result => Ok(vec![result?]),
        },
        Err(error) => Err(error),
    }
}

/// The content of a base64 text of either alphabet, in quotes or not, on one line or many.
pub(super) fn decoded(bytes: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let text = std::str::from_utf8(bytes).ok()?.trim_start_matches('\u{feff}').trim();
    let text = pem::without_breaks(text.trim_matches(['"', '\'']));
    let engine = if text.contains(['-', '_']) { &URL_SAFE_PAD_INDIFFERENT } else { &STANDARD_PAD_INDIFFERENT };
    engine.decode(text.as_bytes()).ok().map(Zeroizing::new)
}
