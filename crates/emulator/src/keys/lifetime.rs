//! The times in a token, read and judged as the platform does.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::Malformed;

/// Clocks may differ by this much, in both directions.
pub(crate) const SKEW_SECONDS: f64 = 10.0;

/// `nbf` and `exp` of a token, in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Lifetime {
    not_before: Option<f64>,
    expires: Option<f64>,
}

/// What a token's times say about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Judgement {
    Valid,
    /// Valid, but the token never expires. Only some services accept that.
    Endless,
    Invalid,
}

impl Lifetime {
    /// Reads the times. A text of digits is as good as a number; anything else makes the whole token unreadable, even
    /// in `iat`, which nobody judges.
    pub(crate) fn read(claims: &Map<String, Value>) -> Result<Self, Malformed> {
        seconds(claims.get("iat"))?;
        Ok(Self { not_before: seconds(claims.get("nbf"))?, expires: seconds(claims.get("exp"))? })
    }

    /// The end, in whole seconds since 1970.
    pub(crate) fn expires(&self) -> Option<i64> {
        self.expires.map(|seconds| seconds as i64)
    }

    pub(crate) fn judge(&self, now: Timestamp) -> Judgement {
        let now = now.as_microsecond() as f64 / 1e6;
        let early = self.not_before.is_some_and(|nbf| nbf > now + SKEW_SECONDS);
        let late = self.expires.is_some_and(|exp| exp < now - SKEW_SECONDS);
        let reversed = matches!((self.not_before, self.expires), (Some(nbf), Some(exp)) if nbf > exp);
        match self.expires {
            _ if early || late || reversed => Judgement::Invalid,
            None => Judgement::Endless,
            Some(_) => Judgement::Valid,
        }
    }
}

fn seconds(value: Option<&Value>) -> Result<Option<f64>, Malformed> {
    let number = match value {
        None => return Ok(None),
        Some(Value::Number(number)) => number.as_f64(),
        Some(Value::String(text)) => text.parse().ok().filter(|n: &f64| n.is_finite()),
        Some(_) => None,
    };
    number.map(Some).ok_or(Malformed::Unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(claims: &str) -> Judgement {
        let claims = serde_json::from_str(claims).unwrap();
        let now = Timestamp::from_second(1_000).unwrap();
        Lifetime::read(&claims).unwrap().judge(now)
    }

    #[test]
    fn ten_seconds_are_forgiven_both_ways() {
        assert_eq!(judge(r#"{"exp": 990}"#), Judgement::Valid);
        assert_eq!(judge(r#"{"exp": 989}"#), Judgement::Invalid);
        assert_eq!(judge(r#"{"nbf": 1010, "exp": 2000}"#), Judgement::Valid);
        assert_eq!(judge(r#"{"nbf": 1011, "exp": 2000}"#), Judgement::Invalid);
    }

    #[test]
    fn an_end_before_the_beginning_is_no_lifetime() {
        assert_eq!(judge(r#"{"nbf": 1005, "exp": 1002}"#), Judgement::Invalid);
    }

    #[test]
    fn numbers_come_in_several_forms() {
        for exp in ["4102444800", "4102444800.5", "\"4102444800\"", "99999999999999"] {
            assert_eq!(judge(&format!("{{\"exp\": {exp}}}")), Judgement::Valid, "{exp}");
        }
        assert_eq!(judge("{}"), Judgement::Endless);
        assert_eq!(judge(r#"{"exp": 0}"#), Judgement::Invalid);
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
        ] {
            let map = serde_json::from_str(claims).unwrap();
            assert_eq!(Lifetime::read(&map), Err(Malformed::Unreadable), "{claims}");
        }
    }
}
