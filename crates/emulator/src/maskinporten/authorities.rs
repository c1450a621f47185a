//! Issuers of enterprise certificates, and what a grant's certificate says.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use jiff::Timestamp;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, PKCS_RSA_SHA256};
use rustls_pki_types::PrivatePkcs8KeyDer;
use serde_json::Value;
use x509_parser::oid_registry::Oid;
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::public_key::PublicKey as Subject;

use super::refusal::Refusal;
use crate::keys::{KeyError, PublicKey, Role, RsaKey, base64url, shared_key};

/// `organizationIdentifier`, whose value is `NTRNO-` and the number.
const ORGANISATION_IDENTIFIER: &[u64] = &[2, 5, 4, 97];
const IDENTIFIER_PREFIX: &str = "NTRNO-";

/// Which certificates Maskinporten's environments trust. The emulator stands for the test environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CertificateAuthority {
    /// Issues certificates for test environments: accepted.
    Test,
    /// Issues certificates for production: refused.
    Production,
}

/// An enterprise certificate with its private key.
pub struct EnterpriseCertificate {
    chain: Vec<String>,
    key: Arc<RsaKey>,
}

/// The private key stays hidden.
impl fmt::Debug for EnterpriseCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnterpriseCertificate").field("certificates", &self.chain.len()).finish_non_exhaustive()
    }
}

impl EnterpriseCertificate {
    /// The certificates as base64 of their DER, the organisation's own first: the value of the header `x5c`.
    pub fn chain(&self) -> &[String] {
        &self.chain
    }

    /// The private key in PEM (PKCS#8).
    pub fn private_key_pem(&self) -> String {
        self.key.to_pem()
    }
}

/// The authority of the test environment and that of production.
#[derive(Debug)]
pub(crate) struct Authorities {
    test: Authority,
    production: Authority,
}

struct Authority {
    issuer: Issuer<'static, KeyPair>,
    public: Vec<u8>,
    certificate: Vec<u8>,
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority").finish_non_exhaustive()
    }
}

impl Authorities {
    pub(crate) fn new() -> Result<Self, KeyError> {
        Ok(Self {
            test: Authority::new("Emulated test authority")?,
            production: Authority::new("Emulated production authority")?,
        })
    }

    /// A certificate of the organisation `org_number` for the key that all clients of the process share.
    pub(crate) fn issue(
        &self,
        authority: CertificateAuthority,
        org_number: &str,
    ) -> Result<EnterpriseCertificate, KeyError> {
        let authority = match authority {
            CertificateAuthority::Test => &self.test,
            CertificateAuthority::Production => &self.production,
        };
        let key = shared_key(Role::Client)?;
        let leaf = authority.issue(&key, org_number)?;
        let chain = [leaf, authority.certificate.clone()];
        Ok(EnterpriseCertificate { chain: chain.iter().map(|der| base64url::encode_standard(der)).collect(), key })
    }

    /// The key in a grant's `x5c` header, when it is that of an enterprise certificate of `org_number` for the test
    /// environment which is valid at `now`.
    pub(crate) fn key_of(&self, chain: &Value, org_number: &str, now: Timestamp) -> Result<PublicKey, Refusal> {
        let first = chain.as_array().and_then(|items| items.first()).and_then(Value::as_str);
        let der = first.and_then(base64url::decode_standard).ok_or(Refusal::CertificateHeader)?;
        let (_, certificate) = X509Certificate::from_der(&der).map_err(|_| Refusal::CertificateHeader)?;
        if !self.test.has_issued(&certificate) {
            return Err(Refusal::CertificateAuthority);
        }
        let validity = certificate.validity();
        let now = now.as_second();
        if now < validity.not_before.timestamp() || now > validity.not_after.timestamp() {
            return Err(Refusal::Signature);
        }
        if organisation(&certificate).as_deref() != Some(org_number) {
            return Err(Refusal::CertificateOrganisation);
        }
        match certificate.public_key().parsed() {
            Ok(Subject::RSA(key)) => {
                Ok(PublicKey::from_rsa_numbers(without_zeros(key.modulus), without_zeros(key.exponent), None))
            }
            _ => Err(Refusal::CertificateHeader),
        }
    }
}

impl Authority {
    fn new(name: &str) -> Result<Self, KeyError> {
        let key = KeyPair::generate().map_err(|_| KeyError::Crypto)?;
        let public = key.public_key_raw().to_vec();
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).map_err(|_| KeyError::Crypto)?;
        Ok(Self { certificate: certificate.der().to_vec(), issuer: Issuer::new(params, key), public })
    }

    fn issue(&self, key: &RsaKey, org_number: &str) -> Result<Vec<u8>, KeyError> {
        let pair = KeyPair::from_pkcs8_der_and_sign_algo(&PrivatePkcs8KeyDer::from(key.pkcs8_der()), &PKCS_RSA_SHA256)
            .map_err(|_| KeyError::Crypto)?;
        let mut params = CertificateParams::default();
        let subject = &mut params.distinguished_name;
        subject.push(DnType::CommonName, "Emulated enterprise certificate");
        subject
            .push(DnType::CustomDnType(ORGANISATION_IDENTIFIER.to_vec()), format!("{IDENTIFIER_PREFIX}{org_number}"));
        let certificate = params.signed_by(&pair, &self.issuer).map_err(|_| KeyError::Crypto)?;
        Ok(certificate.der().to_vec())
    }

    fn has_issued(&self, certificate: &X509Certificate<'_>) -> bool {
        let signature = &certificate.signature_value.data;
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &self.public)
            .verify(certificate.tbs_certificate.as_ref(), signature)
            .is_ok()
    }
}

fn organisation(certificate: &X509Certificate<'_>) -> Option<String> {
    let oid = Oid::from(ORGANISATION_IDENTIFIER).ok()?;
    let value = certificate.subject().iter_by_oid(&oid).next()?.as_str().ok()?;
    value.strip_prefix(IDENTIFIER_PREFIX).map(str::to_owned)
}

fn without_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key_of(authorities: &Authorities, chain: &Value) -> Result<PublicKey, Refusal> {
        authorities.key_of(chain, "405003309", Timestamp::now())
    }

    fn chain(authorities: &Authorities, authority: CertificateAuthority, org: &str) -> Value {
        let certificate = authorities.issue(authority, org).unwrap();
        certificate.chain().to_vec().into()
    }

    #[test]
    fn only_the_test_authority_and_the_own_organisation_count() {
        let authorities = Authorities::new().unwrap();
        let good = chain(&authorities, CertificateAuthority::Test, "405003309");
        let key = key_of(&authorities, &good).unwrap();
        let signature = shared_key(Role::Client).unwrap().sign("RS256", b"message").unwrap();
        assert!(key.verifies("RS256", b"message", &signature));
        let production = chain(&authorities, CertificateAuthority::Production, "405003309");
        assert_eq!(key_of(&authorities, &production).unwrap_err(), Refusal::CertificateAuthority);
        let other = chain(&authorities, CertificateAuthority::Test, "310000001");
        assert_eq!(key_of(&authorities, &other).unwrap_err(), Refusal::CertificateOrganisation);
    }

    #[test]
    fn a_chain_is_an_array_of_certificates() {
        let authorities = Authorities::new().unwrap();
        let good = chain(&authorities, CertificateAuthority::Test, "405003309");
        for bad in [
            good[0].clone(),
            Value::Null,
            serde_json::json!([]),
            serde_json::json!(["AAAA"]),
            serde_json::json!(["-_"]),
        ] {
            assert_eq!(key_of(&authorities, &bad).unwrap_err(), Refusal::CertificateHeader, "{bad}");
        }
    }

    #[test]
    fn debug_shows_no_key() {
        let authorities = Authorities::new().unwrap();
        let certificate = authorities.issue(CertificateAuthority::Test, "405003309").unwrap();
        let pem = certificate.private_key_pem();
        assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----"));
        let shown = format!("{certificate:?} {authorities:?}");
        assert!(pem.lines().skip(1).all(|line| !shown.contains(line)));
    }
}
