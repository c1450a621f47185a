//! Base64 in the alphabets of JOSE.

use base64::Engine;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD, PAD, STANDARD, URL_SAFE_NO_PAD};

/// The platform's own decoder doesn't mind set bits beyond the last byte.
const LENIENT_URL: GeneralPurpose =
    GeneralPurpose::new(&alphabet::URL_SAFE, NO_PAD.with_decode_allow_trailing_bits(true));
const LENIENT_STANDARD: GeneralPurpose =
    GeneralPurpose::new(&alphabet::STANDARD, PAD.with_decode_allow_trailing_bits(true));

/// URL alphabet without padding, as the parts of a JWT and the members of a JWK are written.
pub(crate) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Decodes the URL alphabet without padding. None for anything else.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    LENIENT_URL.decode(text).ok()
}

/// The standard alphabet with padding, as certificates in `x5c` are written.
pub(crate) fn encode_standard(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Decodes the standard alphabet with padding. None for anything else.
pub(crate) fn decode_standard(text: &str) -> Option<Vec<u8>> {
    LENIENT_STANDARD.decode(text).ok()
}
