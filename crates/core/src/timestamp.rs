use std::fmt;
use std::str::FromStr;
use std::time::SystemTime;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// A moment in time, as the service writes them.
///
/// Storage writes UTC with up to seven digits of fraction, but repeats what apps sent in process and archive times as
/// it came: with an offset, or with none at all. All of these are read; a missing offset is taken as UTC, which is how
/// the service itself reads it. Written back it is UTC with `Z`, the only form that Storage stores without error.
///
/// ```
/// use altinn_core::Timestamp;
///
/// let from_app: Timestamp = "2024-05-01T12:00:00.1234567".parse()?;
/// assert_eq!(from_app, "2024-05-01T14:00:00.1234567+02:00".parse()?);
/// assert_eq!(from_app.to_string(), "2024-05-01T12:00:00.1234567Z");
/// # Ok::<(), altinn_core::InvalidTimestamp>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(jiff::Timestamp);

impl Timestamp {
    /// The present, by this computer's clock.
    pub fn now() -> Self {
        Self(jiff::Timestamp::now())
    }

    /// As a [`jiff::Timestamp`], to reckon with it.
    pub const fn as_jiff(self) -> jiff::Timestamp {
        self.0
    }
}

impl From<jiff::Timestamp> for Timestamp {
    fn from(at: jiff::Timestamp) -> Self {
        Self(at)
    }
}

impl TryFrom<SystemTime> for Timestamp {
    type Error = InvalidTimestamp;

    fn try_from(at: SystemTime) -> Result<Self, InvalidTimestamp> {
        at.try_into().map(Self).map_err(|_| InvalidTimestamp)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Timestamp {
    type Err = InvalidTimestamp;

    fn from_str(text: &str) -> Result<Self, InvalidTimestamp> {
        if let Ok(at) = text.parse::<jiff::Timestamp>() {
            return Ok(Self(at));
        }
        text.parse::<DateTime>().and_then(|at| TimeZone::UTC.to_timestamp(at)).map(Self).map_err(|_| InvalidTimestamp)
    }
}

super::ids::serde_as_text!(Timestamp);

/// A text that is no point in time in ISO 8601.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a time: it should read like 2024-05-01T12:00:00.123Z")]
pub struct InvalidTimestamp;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_form_of_the_service_is_read() {
        let expected: Timestamp = "2024-05-01T12:00:00.12Z".parse().unwrap();
        for text in [
            "2024-05-01T12:00:00.1200000Z",
            "2024-05-01T12:00:00.120",
            "2024-05-01T14:00:00.12+02:00",
            "2024-05-01T12:00:00.12+00:00",
        ] {
            assert_eq!(text.parse::<Timestamp>().unwrap(), expected, "{text}");
        }
        assert!("2024-05-01T12:00:00Z".parse::<Timestamp>().unwrap() < expected);
        assert!("0001-01-01T00:00:00".parse::<Timestamp>().is_ok(), "an unset .NET date");
        for bad in ["", "yesterday", "2024-13-01T00:00:00Z", "12:00:00"] {
            assert!(bad.parse::<Timestamp>().is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn a_written_time_reads_back_the_same(seconds in -62_000_000_000_i64..253_000_000_000, nanos in 0..10_000_000_i32) {
            let at = Timestamp(jiff::Timestamp::new(seconds, nanos * 100).unwrap());
            prop_assert_eq!(at.to_string().parse::<Timestamp>().unwrap(), at);
        }

        #[test]
        fn reading_never_panics(text in any::<String>()) {
            let _ = text.parse::<Timestamp>();
        }
    }
}
