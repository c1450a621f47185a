//! Continuation tokens: where the next page begins.

use std::fmt;

use crate::dotnet::datetime::MAX_TICKS;
use crate::dotnet::number::{NotInt64, int64};
use crate::storage::store::Order;

/// The last row of a page: its `lastChanged` in ticks, and its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ContinuationToken {
    pub(crate) ticks: i64,
    pub(crate) number: i64,
}

impl ContinuationToken {
    /// What a page of no rows gives: the first page again.
    pub(crate) const START: Self = Self { ticks: 0, number: -1 };

    /// Reads `{ticks};{number}`. `Ok(None)` when there is no semicolon.
    ///
    /// # Errors
    ///
    /// The words of the exception that the service ends in.
    pub(crate) fn parse(text: &str) -> Result<Option<Self>, String> {
        let mut parts = text.split(';');
        let (Some(ticks), Some(number)) = (parts.next(), parts.next()) else { return Ok(None) };
        let read = |text: &str| {
            int64(text).map_err(|fault| match fault {
                NotInt64::Format => format!("The input string '{text}' was not in a correct format."),
                NotInt64::Overflow => "Value was either too large or too small for an Int64.".to_owned(),
            })
        };
        let number = read(number)?;
        let ticks = read(ticks)?;
        if !(0..=MAX_TICKS).contains(&ticks) {
            let words =
                "Ticks must be between DateTime.MinValue.Ticks and DateTime.MaxValue.Ticks. (Parameter 'ticks')";
            return Err(words.to_owned());
        }
        Ok(Some(Self { ticks, number }))
    }

    /// Whether a row comes after it. With `faulty`, rows tied with the border row are taken by the wrong side when
    /// descending, as the service does.
    pub(crate) fn admits(self, (ticks, number): (i64, i64), order: Order, faulty: bool) -> bool {
        if self.number <= 0 {
            return true;
        }
        match order {
            Order::Ascending => ticks > self.ticks || (ticks == self.ticks && number > self.number),
            Order::Descending => {
                let tied = if faulty { number < self.number } else { number > self.number };
                ticks < self.ticks || (ticks == self.ticks && tied)
            }
        }
    }
}

impl fmt::Display for ContinuationToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{};{}", self.ticks, self.number)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_text_is_too_much(text in ".{0,40}") {
            let _ = ContinuationToken::parse(&text);
        }

        #[test]
        fn its_own_form_is_read_back(ticks in 0..=MAX_TICKS, number in any::<i64>()) {
            let token = ContinuationToken { ticks, number };
            prop_assert_eq!(ContinuationToken::parse(&token.to_string()), Ok(Some(token)));
        }
    }

    #[test]
    fn the_number_is_judged_before_the_ticks() {
        assert_eq!(ContinuationToken::parse("12;3"), Ok(Some(ContinuationToken { ticks: 12, number: 3 })));
        assert_eq!(ContinuationToken::parse("12;3;4"), Ok(Some(ContinuationToken { ticks: 12, number: 3 })));
        assert_eq!(ContinuationToken::parse("abc"), Ok(None));
        for (text, words) in [
            ("abc;def", "The input string 'def' was not in a correct format."),
            ("abc;5", "The input string 'abc' was not in a correct format."),
            ("99999999999999999999;1", "Value was either too large or too small for an Int64."),
        ] {
            assert_eq!(ContinuationToken::parse(text), Err(words.to_owned()));
        }
        assert!(ContinuationToken::parse("9223372036854775807;1").is_err());
    }

    #[test]
    fn ties_at_the_border() {
        let border = ContinuationToken { ticks: 20, number: 3 };
        assert!(border.admits((20, 4), Order::Ascending, true));
        assert!(!border.admits((20, 2), Order::Ascending, true));
        assert!(border.admits((20, 2), Order::Descending, true));
        assert!(!border.admits((20, 4), Order::Descending, true));
        assert!(border.admits((20, 4), Order::Descending, false));
        assert!(border.admits((19, 9), Order::Descending, true));
        assert!(ContinuationToken::START.admits((99, 1), Order::Descending, true));
    }
}
