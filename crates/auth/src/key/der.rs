use zeroize::Zeroizing;

/// The numbers of an RSA private key, in the order that PKCS#1 writes them. All big-endian, without a sign.
pub(super) struct Numbers<'a> {
    pub(super) modulus: &'a [u8],
    pub(super) public_exponent: &'a [u8],
    pub(super) private_exponent: &'a [u8],
    pub(super) primes: [&'a [u8]; 2],
    pub(super) exponents: [&'a [u8]; 2],
    pub(super) coefficient: &'a [u8],
}

const INTEGER: u8 = 0x02;
const SEQUENCE: u8 = 0x30;
/// Tag, length of up to four bytes and its marker, and the zero that keeps a number positive.
const OVERHEAD: usize = 7;

/// Writes an RSA private key as PKCS#1 DER (`RSAPrivateKey` of RFC 8017, two primes), the form that the signing
/// library takes.
pub(super) fn rsa_private_key(numbers: &Numbers<'_>) -> Zeroizing<Vec<u8>> {
    let parts = [
        &[0][..],
        numbers.modulus,
        numbers.public_exponent,
        numbers.private_exponent,
        numbers.primes[0],
        numbers.primes[1],
        numbers.exponents[0],
        numbers.exponents[1],
        numbers.coefficient,
    ];
    let capacity = parts.iter().map(|part| part.len() + OVERHEAD).sum::<usize>();
    // Reserved at once: growing would leave copies of the key behind that nothing overwrites.
    let mut body = Zeroizing::new(Vec::with_capacity(capacity));
    for part in parts {
        integer(&mut body, part);
    }
    let mut der = Zeroizing::new(Vec::with_capacity(body.len() + OVERHEAD));
    der.push(SEQUENCE);
    length(&mut der, body.len());
    der.extend_from_slice(&body);
    der
}

/// Drops the zeros in front: a JWK may pad its numbers, DER must not.
pub(super) fn significant(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}

fn integer(out: &mut Vec<u8>, number: &[u8]) {
    let number = significant(number);
    let needs_zero = number.first().is_none_or(|first| first & 0x80 != 0);
    out.push(INTEGER);
    length(out, number.len() + usize::from(needs_zero));
    if needs_zero {
        out.push(0);
    }
    out.extend_from_slice(number);
}

fn length(out: &mut Vec<u8>, length: usize) {
    if length < 0x80 {
        out.push(length as u8);
        return;
    }
    let bytes = length.to_be_bytes();
    let bytes = significant(&bytes);
    out.push(0x80 | bytes.len() as u8);
    out.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_shortest_and_positive() {
        let mut out = Vec::new();
        integer(&mut out, &[]);
        integer(&mut out, &[0, 0, 1]);
        integer(&mut out, &[0x80]);
        assert_eq!(out, [2, 1, 0, 2, 1, 1, 2, 2, 0, 0x80]);
    }

    #[test]
    fn long_lengths_take_the_long_form() {
        let mut out = Vec::new();
        length(&mut out, 0x7f);
        length(&mut out, 0x80);
        length(&mut out, 0x0123);
        assert_eq!(out, [0x7f, 0x81, 0x80, 0x82, 0x01, 0x23]);
    }
}
