use p12_keystore::{KeyStore, Pkcs12ImportPolicy};

use super::algorithm::Algorithm;
use super::error::KeyError;
use super::parsed::Parsed;
use super::rsa::Rsa;

/// Reads a PKCS#12 file: its private key, and the chain of certificates that belongs to it.
///
/// The library does not overwrite its memory, so parts of such a key may stay in it for a while.
pub(super) fn parse(bytes: &[u8], password: &str) -> Result<Parsed, KeyError> {
    // The strict policy drops keys whose certificates don't lead up to a root in the file, as those of a leaf alone.
    let store = KeyStore::from_pkcs12(bytes, password, Pkcs12ImportPolicy::Relaxed).map_err(|_| KeyError::BadPkcs12)?;
    let (_, chain) = store.private_key_chain().ok_or(KeyError::CertificateOnly)?;
    let rsa = Rsa::from_der(chain.key().as_der())?;
    let certificates = chain.certs().iter().map(|certificate| certificate.as_der().to_vec()).collect();
    Parsed::new(rsa, Algorithm::default(), None).certified(certificates)
}

#[cfg(test)]
mod tests {
    use altinn_core::Secret;
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    use super::*;
    use crate::key::{SigningKey, pem};

    const FILE: &[u8] = include_bytes!("../../tests/keys/rsa-2048.p12");
    const NO_PASSWORD: &[u8] = include_bytes!("../../tests/keys/rsa-2048.no-password.p12");
    const OLD_CIPHERS: &[u8] = include_bytes!("../../tests/keys/rsa-2048.legacy.p12");
    const JWK: &str = include_str!("../../tests/keys/rsa-2048.json");
    const CERTIFICATE: &str = include_str!("../../tests/keys/certificate.pem");

    fn read(bytes: impl AsRef<[u8]>, password: &str) -> Result<SigningKey, KeyError> {
        SigningKey::from_pkcs12(bytes, &Secret::new(password))
    }

    #[test]
    fn it_is_the_key_with_its_certificate() {
        let base64 = pem::without_breaks(CERTIFICATE.split("-----").nth(2).unwrap());
        let signature = SigningKey::from_jwk(JWK).unwrap().signature(b"a.b");
        for key in [
            read(FILE, "secret"),
            read(STANDARD.encode(FILE), "secret"),
            read(OLD_CIPHERS, "secret"),
            read(NO_PASSWORD, ""),
            SigningKey::detect(NO_PASSWORD),
            SigningKey::detect(STANDARD.encode(NO_PASSWORD)),
        ] {
            let key = key.unwrap();
            assert_eq!(key.signature(b"a.b"), signature);
            assert_eq!(*key.certificates, [base64.as_str().to_owned()]);
        }
    }

    #[test]
    fn a_wrong_password_and_another_file_are_told() {
        assert_eq!(read(FILE, "wrong").unwrap_err(), KeyError::BadPkcs12);
        assert_eq!(SigningKey::detect(FILE).unwrap_err(), KeyError::Pkcs12);
        assert_eq!(read(JWK, "secret").unwrap_err(), KeyError::BadPkcs12);
        assert_eq!(read("", "").unwrap_err(), KeyError::BadPkcs12);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn any_damage_is_taken(bytes in any::<Vec<u8>>(), at in 0..2000_usize, length in 0..3000_usize) {
            let _ = read(&bytes, "secret");
            let mut damaged = FILE.to_vec();
            if let Some(byte) = damaged.get_mut(at) {
                *byte ^= 1;
            }
            damaged.truncate(length);
            let _ = read(&damaged, "secret");
        }
    }
}
