use std::time::SystemTime;

use jiff::civil::DateTime;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;

use super::der::{self, BIT_STRING, Element, GENERALIZED_TIME, Reader, UTC_TIME};
use super::error::KeyError;
use super::rsa::Rsa;

/// Certificates in DER, the key's own first.
pub(super) struct Chain {
    pub(super) certificates: Vec<Vec<u8>>,
    /// When the key's own ends.
    pub(super) expires_at: SystemTime,
}

/// Puts the certificate of `key` in front, where Maskinporten looks for it, and checks that it is valid now.
pub(super) fn chain(mut certificates: Vec<Vec<u8>>, key: &Rsa) -> Result<Chain, KeyError> {
    let mut own = None;
    for (index, certificate) in certificates.iter().enumerate() {
        let certificate = Certificate::read(certificate).ok_or(KeyError::BadCertificate)?;
        if own.is_none() && certificate.is_of(key) {
            certificate.check(SystemTime::now())?;
            own = Some((index, certificate.not_after));
        }
    }
    let (own, expires_at) = own.ok_or(KeyError::CertificateMismatch)?;
    certificates[..=own].rotate_right(1);
    Ok(Chain { certificates, expires_at })
}

/// The parts of a certificate that matter to its holder.
struct Certificate<'a> {
    modulus: &'a [u8],
    public_exponent: &'a [u8],
    not_before: SystemTime,
    not_after: SystemTime,
}

impl<'a> Certificate<'a> {
    /// Walks through X.509 down to the public key. A key that is not RSA's reads as an empty modulus.
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut body = Reader::new(bytes).sequence()?.sequence()?;
        const VERSION: u8 = 0xa0;
        if body.is_next(VERSION) {
            body.any()?;
        }
        body.integer()?;
        let (_algorithm, _issuer, mut validity, _subject) =
            (body.sequence()?, body.sequence()?, body.sequence()?, body.sequence()?);
        let (not_before, not_after) = (time(&validity.any()?)?, time(&validity.any()?)?);
        let mut public = body.sequence()?;
        public.sequence()?;
        let bits = public.expect(BIT_STRING)?.strip_prefix(&[0])?;
        let mut numbers = Reader::new(bits).sequence();
        let mut next = || numbers.as_mut().and_then(Reader::integer).unwrap_or_default();
        Some(Self { modulus: next(), public_exponent: next(), not_before, not_after })
    }

    fn is_of(&self, key: &Rsa) -> bool {
        self.modulus == der::significant(&key.modulus) && self.public_exponent == der::significant(&key.public_exponent)
    }

    fn check(&self, now: SystemTime) -> Result<(), KeyError> {
        if now < self.not_before {
            return Err(KeyError::CertificateNotValid { expired: false });
        }
        if now > self.not_after {
            return Err(KeyError::CertificateNotValid { expired: true });
        }
        Ok(())
    }
}

/// Both kinds of time, which RFC 5280 allows in one spelling each.
fn time(element: &Element<'_>) -> Option<SystemTime> {
    let text = std::str::from_utf8(element.content).ok()?;
    let full = match element.tag {
        GENERALIZED_TIME => text.to_owned(),
        // Two digits of a year: up to 49 they are of this century.
        UTC_TIME => format!("{}{text}", if text < "50" { "20" } else { "19" }),
        _ => return None,
    };
    let time: DateTime = strtime::parse("%Y%m%d%H%M%SZ", &full).ok()?.to_datetime().ok()?;
    Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp().into())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    const PEM: &str = include_str!("../../tests/keys/certificate.pem");

    fn certificate() -> Vec<u8> {
        use base64::Engine;
        let body = PEM.split("-----").nth(2).unwrap();
        let base64 = crate::key::pem::without_breaks(body);
        base64::engine::general_purpose::STANDARD.decode(base64.as_bytes()).unwrap()
    }

    #[test]
    fn its_times_and_key_are_found() {
        let bytes = certificate();
        let certificate = Certificate::read(&bytes).unwrap();
        assert_eq!(certificate.modulus.len(), 256);
        assert_eq!(certificate.public_exponent, [1, 0, 1]);
        assert_eq!(certificate.check(certificate.not_before), Ok(()));
        assert_eq!(certificate.check(certificate.not_after), Ok(()));
        let second = Duration::from_secs(1);
        let check = |now| certificate.check(now).unwrap_err();
        assert_eq!(check(certificate.not_before - second), KeyError::CertificateNotValid { expired: false });
        assert_eq!(check(certificate.not_after + second), KeyError::CertificateNotValid { expired: true });
    }

    #[test]
    fn both_kinds_of_time_are_read() {
        let read = |tag, text: &str| time(&Element { tag, content: text.as_bytes() });
        let second = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        assert_eq!(read(UTC_TIME, "700102000000Z"), Some(second(86_400)));
        assert_eq!(read(UTC_TIME, "260101000000Z"), Some(second(1_767_225_600)));
        assert_eq!(read(GENERALIZED_TIME, "20510101000000Z"), Some(second(2_556_144_000)));
        assert_eq!(read(UTC_TIME, "2601010000Z"), None);
        assert_eq!(read(4, "260101000000Z"), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken(bytes in any::<Vec<u8>>(), cut in 0..900_usize, at in 0..800_usize, byte: u8) {
            let _ = Certificate::read(&bytes);
            let mut damaged = certificate();
            damaged.truncate(cut);
            if let Some(place) = damaged.get_mut(at) {
                *place = byte;
            }
            let _ = Certificate::read(&damaged);
        }
    }
}
