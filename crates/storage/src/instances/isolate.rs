use altinn_core::transport::Transport;
use altinn_core::{RetryPolicy, Timestamp};
use jiff::{SignedDuration, Timestamp as Instant};

use super::{ContinuationToken, InstanceQuery};

/// Where the instance lies on which the service fails: its last change is later than `from` and not later than
/// `through`.
pub(super) struct Isolated {
    pub(super) from: Option<Timestamp>,
    pub(super) through: Timestamp,
}

/// Altinn 3 stores nothing older.
const BEGINNING: i64 = 1_514_764_800;
/// The service keeps times in microseconds.
const FINEST: i64 = 1;

/// Finds the time of the first instance after `token`, on which the service fails, by asking for windows that end
/// earlier and earlier: one that ends before it is answered, with nothing in it. `None` if the service fails on windows
/// without it as well, so that it is not the instance's fault, or if the order does not allow it.
pub(super) async fn head(
    transport: &Transport,
    query: &InstanceQuery,
    token: Option<&ContinuationToken>,
) -> Option<Isolated> {
    if query.is_newest_first() {
        return None;
    }
    let transport = transport.clone().retry(RetryPolicy::default().max_retries(1));
    let after = token.and_then(ContinuationToken::time);
    let mut lower =
        after.or(query.window().lower()).map_or(BEGINNING * 1_000_000, |time| time.as_jiff().as_microsecond());
    let mut upper = query.window().upper().map_or_else(Instant::now, Timestamp::as_jiff).as_microsecond();
    let fails = async |through: i64| {
        let end = Instant::from_microsecond(through).ok()?;
        let part = query.clone().last_changed(query.window().through(end.into()));
        let spec = part.spec(Some(1), token.map(ContinuationToken::as_str)).ok()?;
        Some(transport.answer(&spec).await.is_err())
    };
    // It fails with the whole and not with nothing, or it is not one instance's fault.
    if !fails(upper).await? || fails(lower - SignedDuration::from_secs(1).as_micros() as i64).await? {
        return None;
    }
    while upper - lower > FINEST {
        let middle = lower + (upper - lower) / 2;
        if fails(middle).await? {
            upper = middle;
        } else {
            lower = middle;
        }
    }
    let time = |micros| Instant::from_microsecond(micros).ok().map(Timestamp::from);
    Some(Isolated { from: time(lower), through: time(upper)? })
}
