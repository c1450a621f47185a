//! The times in a token, read and judged as the platform does.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::Malformed;

/// By how much clocks may differ, in both directions, in Authentication and in what is built with the newest of its
/// token readers.
pub(crate) const SKEW_SECONDS: u32 = 10;

/// `nbf` and `exp` of a token, in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lifetime {
    not_before: Option<i64>,
    expires: Option<i64>,
}

/// What a token's times say about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Judgement {
    Valid,
    /// Neither end is against it, but the token never expires, or does so before it begins. Only services that compare
    /// each end with the time, and do not ask for both, accept that.
    Loose,
    Invalid,
}

impl Lifetime {
    /// Reads the times. A text of digits is as good as a number; anything else, and what is beyond 64 bits, makes the
    /// whole token unreadable, even in `iat`, which nobody judges.
    pub(crate) fn read(claims: &Map<String, Value>) -> Result<Self, Malformed> {
        seconds(claims.get("iat"))?;
        Ok(Self { not_before: seconds(claims.get("nbf"))?, expires: seconds(claims.get("exp"))? })
    }

    /// The end, in whole seconds since 1970.
    pub(crate) fn expires(&self) -> Option<i64> {
        self.expires
    }

    /// `skew` is the number of seconds by which the clocks of issuer and judge may differ.
    pub(crate) fn judge(&self, now: Timestamp, skew: u32) -> Judgement {
        let now = now.as_microsecond() as f64 / 1e6;
        let skew = f64::from(skew);
        let early = self.not_before.is_some_and(|nbf| nbf as f64 > now + skew);
        let late = self.expires.is_some_and(|exp| (exp as f64) < now - skew);
        match (self.not_before, self.expires) {
            _ if early || late => Judgement::Invalid,
            (_, None) => Judgement::Loose,
            (Some(nbf), Some(exp)) if nbf > exp => Judgement::Loose,
            _ => Judgement::Valid,
        }
    }
}

fn seconds(value: Option<&Value>) -> Result<Option<i64>, Malformed> {
    let number = match value {
        None => return Ok(None),
        Some(Value::Number(number)) => number.as_i64().or_else(|| whole(number.as_f64()?)),
        Some(Value::String(text)) => text.parse().ok().or_else(|| whole(text.parse().ok()?)),
        Some(_) => None,
    };
    number.map(Some).ok_or(Malformed::Unreadable)
}

/// The nearest whole number, of two the even one. None beyond 64 bits.
fn whole(real: f64) -> Option<i64> {
    const BEYOND: f64 = 9_223_372_036_854_775_808.0;
    let rounded = real.round_ties_even();
    (-BEYOND..BEYOND).contains(&rounded).then_some(rounded as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(claims: &str) -> Judgement {
        judge_with(SKEW_SECONDS, claims)
    }

    fn judge_with(skew: u32, claims: &str) -> Judgement {
        let claims = serde_json::from_str(claims).unwrap();
        let now = Timestamp::from_second(1_000).unwrap();
        Lifetime::read(&claims).unwrap().judge(now, skew)
    }

    #[test]
    fn without_skew_nothing_is_forgiven() {
        assert_eq!(judge_with(0, r#"{"nbf": 1000, "exp": 1000}"#), Judgement::Valid);
        assert_eq!(judge_with(0, r#"{"exp": 999}"#), Judgement::Invalid);
        assert_eq!(judge_with(0, r#"{"nbf": 1001, "exp": 2000}"#), Judgement::Invalid);
    }

    #[test]
    fn ten_seconds_are_forgiven_both_ways() {
        assert_eq!(judge(r#"{"exp": 990}"#), Judgement::Valid);
        assert_eq!(judge(r#"{"exp": 989}"#), Judgement::Invalid);
        assert_eq!(judge(r#"{"nbf": 1010, "exp": 2000}"#), Judgement::Valid);
        assert_eq!(judge(r#"{"nbf": 1011, "exp": 2000}"#), Judgement::Invalid);
    }

    #[test]
    fn an_end_before_the_beginning_is_against_neither() {
        assert_eq!(judge(r#"{"nbf": 1005, "exp": 1002}"#), Judgement::Loose);
        assert_eq!(judge(r#"{"nbf": 1020, "exp": 1002}"#), Judgement::Invalid);
        assert_eq!(judge(r#"{"nbf": 1005, "exp": 980}"#), Judgement::Invalid);
    }

    #[test]
    fn numbers_come_in_several_forms() {
        for exp in ["4102444800", "4102444800.5", "\"4102444800\"", "99999999999999"] {
            assert_eq!(judge(&format!("{{\"exp\": {exp}}}")), Judgement::Valid, "{exp}");
        }
        assert_eq!(judge("{}"), Judgement::Loose);
        assert_eq!(judge(r#"{"exp": 0}"#), Judgement::Invalid);
        assert_eq!(judge(r#"{"exp": 989.6}"#), Judgement::Valid);
        assert_eq!(judge(r#"{"exp": 989.5}"#), Judgement::Valid);
        assert_eq!(judge(r#"{"exp": 2000, "nbf": "1010.5"}"#), Judgement::Valid);
    }

    #[test]
    fn other_kinds_make_the_token_unreadable() {
        for claims in [
            r#"{"exp": "soon"}"#,
            r#"{"exp": [1]}"#,
            r#"{"nbf": null}"#,
            r#"{"iat": "x"}"#,
            r#"{"exp": "inf"}"#,
            r#"{"exp": true}"#,
            r#"{"exp": 1e30}"#,
            r#"{"nbf": -1e30}"#,
            r#"{"iat": 9223372036854775808}"#,
            r#"{"exp": "1e30"}"#,
        ] {
            let map = serde_json::from_str(claims).unwrap();
            assert_eq!(Lifetime::read(&map), Err(Malformed::Unreadable), "{claims}");
        }
    }
}
