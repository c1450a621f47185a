//! From a request description to an answer: what the client crates are built on.
//!
//! A client's method turns its typed arguments into a [`RequestSpec`] without any I/O, gives it to a [`Transport`], and
//! turns the answer into a typed value. Everything that all operations share (address, token, retries, time-outs,
//! errors) happens here once.

mod answer;
mod attempt;
mod attended;
mod clock;
mod http;
mod operation;
mod progress;
mod read;
mod report;
mod send;
mod spec;

pub use crate::error::{scrub, with_causes};
pub use crate::retry::{Backoff, http_date, retry_after};
pub use answer::{Answer, read_json};
pub use http::{HttpOptions, has_tls_provider, http_client, stays_here};
pub use operation::Operation;
pub(crate) use progress::Progress;
pub use read::{Download, DownloadError};
pub use report::CallReport;
pub use send::Transport;
pub use spec::{ByScope, RequestBody, RequestSpec, Verdict};
/// For [`operation!`](crate::operation!).
#[doc(hidden)]
pub use tracing;
