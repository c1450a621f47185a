//! PKCS#1 and PKCS#8: the two ways in which private RSA keys are written in DER.

use super::{Factors, Number, Rsa};
use crate::key::der::{self, INTEGER, NULL, OBJECT, OCTET_STRING, Reader};
use crate::key::error::KeyError;

const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const RSA_PSS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a];
const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];

impl Rsa {
    /// Reads either form.
    pub(in super::super) fn from_der(bytes: &[u8]) -> Result<Self, KeyError> {
        let mut outer = Reader::new(bytes);
        let mut key = outer.sequence().filter(|_| outer.is_empty()).ok_or(KeyError::Unknown)?;
        let version = key.integer().ok_or(KeyError::Unknown)?;
        if key.is_next(INTEGER) {
            return Self::from_numbers(version, key);
        }
        let Some((mut algorithm, inner)) = key.sequence().zip(key.expect(OCTET_STRING)) else {
            // A PKCS#12 file begins like this, with version 3.
            return Err(if version == [3] { KeyError::Pkcs12 } else { KeyError::Unknown });
        };
        match algorithm.expect(OBJECT) {
            Some(RSA) => {}
            Some(RSA_PSS) => return Err(KeyError::UnsupportedAlgorithm("RSASSA-PSS".to_owned())),
            Some(EC) => return Err(KeyError::NotRsa("EC".to_owned())),
            Some(ED25519) => return Err(KeyError::NotRsa("Ed25519".to_owned())),
            _ => return Err(KeyError::NotRsa("something else".to_owned())),
        }
        let mut numbers = Reader::new(inner).sequence().ok_or(KeyError::Unknown)?;
        let version = numbers.integer().ok_or(KeyError::Unknown)?;
        Self::from_numbers(version, numbers)
    }

    fn from_numbers(version: &[u8], mut reader: Reader<'_>) -> Result<Self, KeyError> {
        if version == [1] {
            return Err(KeyError::MultiPrime);
        }
        let mut next = || reader.integer().map(|number| Number::new(number.to_vec())).ok_or(KeyError::Unknown);
        let numbers = [next()?, next()?, next()?];
        let factors = Factors { primes: [next()?, next()?], exponents: [next()?, next()?], coefficient: next()? };
        Self::new(numbers, factors)
    }

    /// As PKCS#1 (`RSAPrivateKey` of RFC 8017, two primes), the form that the signing library takes.
    pub(in super::super) fn pkcs1(&self) -> Number {
        let Factors { primes, exponents, coefficient } = &self.factors;
        let numbers = der::integers(&[
            &[0],
            &self.modulus,
            &self.public_exponent,
            &self.private_exponent,
            &primes[0],
            &primes[1],
            &exponents[0],
            &exponents[1],
            coefficient,
        ]);
        der::sequence(&[&numbers])
    }

    /// As PKCS#8, which newer tools write and read.
    pub(in super::super) fn pkcs8(&self) -> Number {
        der::sequence(&[&der::integers(&[&[0]]), &algorithm(), &der::octet_string(&self.pkcs1())])
    }

    /// The public half (`SubjectPublicKeyInfo` of RFC 5280).
    pub(in super::super) fn public_der(&self) -> Number {
        let numbers = der::sequence(&[&der::integers(&[&self.modulus, &self.public_exponent])]);
        der::sequence(&[&algorithm(), &der::bit_string(&numbers)])
    }
}

fn algorithm() -> Number {
    der::sequence(&[&[OBJECT, RSA.len() as u8], RSA, &[NULL, 0]])
}
