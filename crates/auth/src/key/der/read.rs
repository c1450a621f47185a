use super::{INTEGER, SEQUENCE};

/// Reads elements one after the other. Every step is `None` on anything malformed.
#[derive(Clone, Copy)]
pub(in super::super) struct Reader<'a>(&'a [u8]);

pub(in super::super) struct Element<'a> {
    pub(in super::super) tag: u8,
    pub(in super::super) content: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(in super::super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(in super::super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next element, of whatever kind.
    pub(in super::super) fn any(&mut self) -> Option<Element<'a>> {
        let [tag, first, rest @ ..] = self.0 else { return None };
        let (length, rest) = match *first {
            short @ ..=0x7f => (usize::from(short), rest),
            // Four bytes of length are more than any key needs; 0x80 is for lengths that DER forbids.
            long @ 0x81..=0x84 => {
                let (bytes, rest) = rest.split_at_checked(usize::from(long & 0x7f))?;
                (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(Element { tag: *tag, content })
    }

    /// The content of the next element, if it is of this kind.
    pub(in super::super) fn expect(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.any().filter(|element| element.tag == tag).map(|element| element.content)
    }

    pub(in super::super) fn sequence(&mut self) -> Option<Self> {
        self.expect(SEQUENCE).map(Self)
    }

    pub(in super::super) fn integer(&mut self) -> Option<&'a [u8]> {
        self.expect(INTEGER).map(super::significant)
    }

    /// Whether the next element is of this kind.
    pub(in super::super) fn is_next(&self, tag: u8) -> bool {
        self.0.first() == Some(&tag)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn elements_come_in_order_and_end() {
        let mut reader = Reader::new(&[2, 1, 7, 0x30, 0x81, 3, 2, 1, 9]);
        assert_eq!(reader.integer(), Some(&[7][..]));
        let mut inner = reader.sequence().unwrap();
        assert_eq!(inner.integer(), Some(&[9][..]));
        assert!(inner.is_empty() && reader.is_empty() && reader.any().is_none());
    }

    #[test]
    fn what_is_cut_off_or_of_another_kind_is_none() {
        for bytes in [&[][..], &[2], &[2, 2, 1], &[2, 0x80, 1], &[2, 0x85, 0, 0, 0, 0, 1, 1], &[0x30, 0x82, 1], &[4, 0]]
        {
            assert!(Reader::new(bytes).integer().is_none(), "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken(bytes in any::<Vec<u8>>()) {
            let mut reader = Reader::new(&bytes);
            while reader.any().is_some() {}
        }
    }
}
