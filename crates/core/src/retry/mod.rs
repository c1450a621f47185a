//! When a failed call is sent again, and after how long.
//!
//! This is not left to a retry middleware because a middleware sees requests and not operations: it would repeat a
//! POST that creates an instance as gladly as a GET, can't rebuild a body that was read from a file, and does not know
//! `Retry-After`. So retries sit above the middleware, and each attempt asks for a token anew.

mod backoff;
mod budget;
mod policy;
mod retry_after;

pub use backoff::Backoff;
pub(crate) use budget::RetryBudget;
pub use policy::RetryPolicy;
pub use retry_after::{http_date, retry_after};
