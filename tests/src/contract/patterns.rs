//! The patterns of the normal form.
//!
//! Written for `regex-lite`: recordings hold patterns of their own (in `save`), so an engine is needed anyway, and
//! this one is small. It has no look-ahead; where the normal form needs one, the code around the match does it.

use regex_lite::Regex;

use super::error::ContractError;

const UUID: &str = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}";

/// Compiled once for a run.
#[derive(Debug)]
pub(super) struct Patterns {
    /// A scheme and host with the beginning of a path by which the platform and the apps are known.
    pub(super) host: Regex,
    pub(super) continuation_token: Regex,
    pub(super) subscription: Regex,
    pub(super) uuid: Regex,
    pub(super) whole_uuid: Regex,
    pub(super) time: Regex,
    pub(super) trace_id: Regex,
    pub(super) lock_token: Regex,
    pub(super) xsrf_token: Regex,
}

impl Patterns {
    pub(super) fn new() -> Result<Self, ContractError> {
        Ok(Self {
            host: Regex::new(
                r#"https?://[^/\s"'<>]+(?<path>/(?:storage|authentication|events|[a-z]+/[a-z0-9-]+/instances))"#,
            )?,
            continuation_token: Regex::new(r#"(?i)(?<name>continuationToken=)[^&"\s]+"#)?,
            subscription: Regex::new(r"/subscriptions?/(?<number>\d+)")?,
            uuid: Regex::new(UUID)?,
            whole_uuid: Regex::new(&format!("^{UUID}$"))?,
            time: Regex::new(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?")?,
            trace_id: Regex::new(r#""traceId":\s*"[^"]*""#)?,
            lock_token: Regex::new(r#""lockToken":\s*"[^"]*""#)?,
            xsrf_token: Regex::new("XSRF-TOKEN=[^;]+")?,
        })
    }
}
