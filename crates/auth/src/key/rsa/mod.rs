//! The numbers of an RSA private key, and the forms they are written in.

mod derive;
mod pkcs;

use zeroize::Zeroizing;

use super::der;
use super::error::KeyError;

/// A big-endian number without a sign, overwritten when dropped.
pub(super) type Number = Zeroizing<Vec<u8>>;

/// Maskinporten refuses shorter keys.
const MIN_BITS: usize = 2048;
/// The signing library takes no longer ones.
const MAX_BITS: usize = 8192;

/// All that the signing library wants to know of a key.
pub(super) struct Rsa {
    pub(super) modulus: Number,
    pub(super) public_exponent: Number,
    pub(super) private_exponent: Number,
    pub(super) factors: Factors,
}

/// The values for the quick way of signing, the only one that the signing library knows.
pub(super) struct Factors {
    pub(super) primes: [Number; 2],
    pub(super) exponents: [Number; 2],
    pub(super) coefficient: Number,
}

impl Rsa {
    pub(super) fn new(
        [modulus, public_exponent, private_exponent]: [Number; 3],
        factors: Factors,
    ) -> Result<Self, KeyError> {
        check_length(&modulus)?;
        Ok(Self { modulus, public_exponent, private_exponent, factors })
    }

    /// A key without all of its factors: some tools leave them out of a JWK. They are computed, which takes a moment
    /// when there is no prime at all.
    pub(super) fn incomplete(numbers: [Number; 3], primes: [Option<Number>; 2]) -> Result<Self, KeyError> {
        let [modulus, public_exponent, private_exponent] = &numbers;
        check_length(modulus)?;
        let factors = derive::factors(modulus, public_exponent, private_exponent, primes)?;
        Self::new(numbers, factors)
    }
}

fn check_length(modulus: &[u8]) -> Result<(), KeyError> {
    match bits(modulus) {
        bits if bits < MIN_BITS => Err(KeyError::TooShort { bits }),
        bits if bits > MAX_BITS => Err(KeyError::Inconsistent),
        _ => Ok(()),
    }
}

fn bits(number: &[u8]) -> usize {
    let number = der::significant(number);
    number.first().map_or(0, |first| number.len() * 8 - first.leading_zeros() as usize)
}
