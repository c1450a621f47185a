//! The self-signed certificate that goes with a signing key.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_RSA_SHA256};
use rustls_pki_types::PrivatePkcs8KeyDer;

use super::{KeyError, RsaKey, base64url};

/// A certificate in DER with its SHA-1 thumbprint. The platform names its keys by that thumbprint.
#[derive(Clone, Debug)]
pub(crate) struct Certificate {
    der: Vec<u8>,
    thumbprint: Vec<u8>,
}

impl Certificate {
    /// The certificate of `key`, signed by itself. The same key always gives the same certificate.
    pub(crate) fn self_signed(key: &RsaKey, name: &str) -> Result<Self, KeyError> {
        let pair = KeyPair::from_pkcs8_der_and_sign_algo(&PrivatePkcs8KeyDer::from(key.pkcs8_der()), &PKCS_RSA_SHA256)
            .map_err(|_| KeyError::Crypto)?;
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        let certificate = params.self_signed(&pair).map_err(|_| KeyError::Crypto)?;
        Ok(Self::from_der(certificate.der().to_vec()))
    }

    pub(crate) fn from_der(der: Vec<u8>) -> Self {
        let thumbprint = digest(&SHA1_FOR_LEGACY_USE_ONLY, &der).as_ref().to_vec();
        Self { der, thumbprint }
    }

    /// Upper-case hex: the form of `kid`.
    pub(crate) fn thumbprint_hex(&self) -> String {
        self.thumbprint.iter().map(|byte| format!("{byte:02X}")).collect()
    }

    /// Base64url: the form of `x5t`.
    pub(crate) fn thumbprint_base64url(&self) -> String {
        base64url::encode(&self.thumbprint)
    }

    /// Standard base64 of the DER: the form of an element of `x5c`.
    pub(crate) fn x5c(&self) -> String {
        base64url::encode_standard(&self.der)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_key_gives_the_same_thumbprint() {
        let key = RsaKey::generate().unwrap();
        let first = Certificate::self_signed(&key, "test").unwrap();
        let second = Certificate::self_signed(&key, "test").unwrap();
        assert_eq!(first.thumbprint_hex(), second.thumbprint_hex());
        assert_eq!(first.thumbprint_hex().len(), 40);
        assert_eq!(base64url::decode(&first.thumbprint_base64url()).unwrap().len(), 20);
        assert!(first.x5c().starts_with("MII"));
    }
}
