use num_bigint::BigUint;
use zeroize::Zeroizing;

use super::{Factors, Number};
use crate::key::error::KeyError;

/// How many numbers are tried. Each finds the primes of a sound key with at least even odds.
const BASES: u32 = 64;
/// The signing library takes no longer public exponent.
const MAX_PUBLIC_EXPONENT_BITS: u64 = 33;

/// Computes what a key without the values for quick signing lacks.
///
/// The library for big numbers does not overwrite its memory, so parts of such a key may stay in it for a while. Keys
/// that are complete never come here.
pub(super) fn factors(
    modulus: &[u8],
    public_exponent: &[u8],
    private_exponent: &[u8],
    primes: [Option<Number>; 2],
) -> Result<Factors, KeyError> {
    let [n, e, d] = [modulus, public_exponent, private_exponent].map(BigUint::from_bytes_be);
    let one = BigUint::from(1_u8);
    let [p, q] = primes.map(|prime| prime.map(|prime| BigUint::from_bytes_be(&prime)));
    // Below two it is no prime, and zero divides nothing.
    if [&p, &q].into_iter().flatten().any(|prime| *prime <= one) {
        return Err(KeyError::Inconsistent);
    }
    let (p, q) = match (p, q) {
        (Some(p), Some(q)) => (p, q),
        (Some(p), None) => (p.clone(), &n / p),
        (None, Some(q)) => (&n / &q, q),
        (None, None) => primes_of(&n, &e, &d).ok_or(KeyError::Inconsistent)?,
    };
    if p <= one || q <= one || &p * &q != n {
        return Err(KeyError::Inconsistent);
    }
    let coefficient = q.modinv(&p).ok_or(KeyError::Inconsistent)?;
    let exponents = [&d % (&p - &one), &d % (&q - &one)];
    Ok(Factors {
        primes: [number(&p), number(&q)],
        exponents: exponents.map(|exponent| number(&exponent)),
        coefficient: number(&coefficient),
    })
}

/// The primes of `n`, larger one first: the method of RFC 8017's sources, by a root of one that is neither 1 nor −1.
fn primes_of(n: &BigUint, e: &BigUint, d: &BigUint) -> Option<(BigUint, BigUint)> {
    let [zero, one, two] = [0_u8, 1, 2].map(BigUint::from);
    let sound = e > &one && e.bits() <= MAX_PUBLIC_EXPONENT_BITS && d > &one && d < n && n.bit(0);
    // Rules out numbers that don't belong together at the price of one power instead of all.
    if !sound || two.modpow(&(e * d), n) != two {
        return None;
    }
    let exponent = e * d - &one;
    let halvings = exponent.trailing_zeros()?;
    let odd = &exponent >> halvings;
    let minus_one = n - &one;
    for base in 2..2 + BASES {
        let mut root = BigUint::from(base).modpow(&odd, n);
        for _ in 0..halvings {
            if root == one || root == minus_one || root == zero {
                break;
            }
            let square = &root * &root % n;
            if square == one {
                let p = greatest_common_divisor(&root - &one, n.clone());
                let q = n / &p;
                return Some(if p > q { (p, q) } else { (q, p) });
            }
            root = square;
        }
    }
    None
}

fn greatest_common_divisor(mut a: BigUint, mut b: BigUint) -> BigUint {
    let zero = BigUint::from(0_u8);
    while b != zero {
        (a, b) = (b.clone(), a % b);
    }
    a
}

fn number(value: &BigUint) -> Number {
    Zeroizing::new(value.to_bytes_be())
}
