//! A failure on order, as JSON.

use std::collections::BTreeMap;
use std::time::Duration;

use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderName, HeaderValue};
use serde::Deserialize;

use super::refused::{self, Refused};
use crate::failures::Failure;

const STATUSES: std::ops::RangeInclusive<u16> = 200..=999;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Order {
    path: String,
    status: Option<u16>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    body: Option<String>,
    #[serde(default)]
    drop: bool,
    cut_after: Option<usize>,
    stalled_after: Option<usize>,
    #[serde(default)]
    delay_seconds: f64,
}

/// What the path begins with that the failure is ordered for, and the failure.
pub(super) fn read(body: &[u8]) -> Result<(String, Failure), Refused> {
    let order: Order = refused::read(body)?;
    if !order.path.starts_with('/') {
        return Err(Refused::bad("path begins with a slash, as /token"));
    }
    let delay = Duration::try_from_secs_f64(order.delay_seconds)
        .map_err(|_| Refused::bad("delaySeconds is a number of seconds, not below 0"))?;
    let failure = match (order.status, order.drop, order.cut_after, order.stalled_after) {
        (Some(status), false, None, None) => return Ok((order.path.clone(), answered(status, order)?.after(delay))),
        (None, true, None, None) => Failure::lost_answer(),
        (None, false, Some(bytes), None) => Failure::cut_after(bytes),
        (None, false, None, Some(bytes)) => Failure::stalled_after(bytes),
        (None, false, None, None) if !delay.is_zero() => Failure::delayed(Duration::ZERO),
        _ => return Err(Refused::bad("give one of status, drop, cutAfter and stalledAfter, or delaySeconds")),
    };
    if !order.headers.is_empty() || order.body.is_some() {
        return Err(Refused::bad("headers and body belong to a status"));
    }
    Ok((order.path, failure.after(delay)))
}

fn answered(status: u16, order: Order) -> Result<Failure, Refused> {
    if !STATUSES.contains(&status) {
        return Err(Refused::bad("status is a number from 200 to 999"));
    }
    let mut failure = Failure::status(status);
    for (name, value) in order.headers {
        // The server writes these two itself, to fit the body.
        let fits = name.parse().is_ok_and(|name: HeaderName| name != CONTENT_LENGTH && name != TRANSFER_ENCODING);
        if !fits || HeaderValue::from_str(&value).is_err() {
            return Err(Refused::bad(format!("the header {name} can't be sent")));
        }
        failure = failure.header(&name, &value);
    }
    Ok(match order.body {
        Some(body) => failure.body(body),
        None => failure,
    })
}
