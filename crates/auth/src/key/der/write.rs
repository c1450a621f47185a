use zeroize::Zeroizing;

use super::{BIT_STRING, INTEGER, OCTET_STRING, SEQUENCE, significant};

/// Tag, length of up to four bytes and its marker, and the zero that keeps a number positive.
const OVERHEAD: usize = 7;

type Bytes = Zeroizing<Vec<u8>>;

/// Numbers, big-endian and without a sign, one after the other.
pub(in super::super) fn integers(numbers: &[&[u8]]) -> Bytes {
    let capacity = numbers.iter().map(|number| number.len() + OVERHEAD).sum::<usize>();
    // Reserved at once, here and below: growing would leave copies of a key behind that nothing overwrites.
    let mut out = Zeroizing::new(Vec::with_capacity(capacity));
    for number in numbers {
        integer(&mut out, number);
    }
    out
}

/// A sequence of parts that are written already.
pub(in super::super) fn sequence(parts: &[&[u8]]) -> Bytes {
    element(SEQUENCE, parts)
}

pub(in super::super) fn octet_string(content: &[u8]) -> Bytes {
    element(OCTET_STRING, &[content])
}

/// A string of whole bytes.
pub(in super::super) fn bit_string(content: &[u8]) -> Bytes {
    element(BIT_STRING, &[&[0], content])
}

fn element(tag: u8, parts: &[&[u8]]) -> Bytes {
    let size = parts.iter().map(|part| part.len()).sum::<usize>();
    let mut out = Zeroizing::new(Vec::with_capacity(size + OVERHEAD));
    out.push(tag);
    length(&mut out, size);
    for part in parts {
        out.extend_from_slice(part);
    }
    out
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
        assert_eq!(integers(&[&[], &[0, 0, 1], &[0x80]]).as_slice(), [2, 1, 0, 2, 1, 1, 2, 2, 0, 0x80]);
    }

    #[test]
    fn long_lengths_take_the_long_form() {
        let mut out = Vec::new();
        length(&mut out, 0x7f);
        length(&mut out, 0x80);
        length(&mut out, 0x0123);
        assert_eq!(out, [0x7f, 0x81, 0x80, 0x82, 0x01, 0x23]);
    }

    #[test]
    fn parts_are_put_into_their_frame() {
        assert_eq!(sequence(&[&[5, 0], &[2, 1, 1]]).as_slice(), [0x30, 5, 5, 0, 2, 1, 1]);
        assert_eq!(octet_string(&[9]).as_slice(), [4, 1, 9]);
        assert_eq!(bit_string(&[9]).as_slice(), [3, 2, 0, 9]);
    }
}
