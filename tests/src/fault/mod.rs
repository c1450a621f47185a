//! A scripted server on loopback, for what a well-behaved emulator never does: late, cut, stalled and repeated answers.
//!
//! ```
//! # use altinn_watch as _;
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! use altinn_tests::fault::{Answer, FaultServer};
//!
//! let server = FaultServer::start([
//!     Answer::status(503).header("retry-after", "1"),
//!     Answer::json(200, &serde_json::json!({"count": 0, "instances": []})).cut_after(5),
//!     Answer::json(200, &serde_json::json!({"count": 0, "instances": []})).repeated(),
//! ])
//! .await?;
//! println!("{} has got {} requests", server.url(), server.requests().len());
//! # Ok(())
//! # }
//! ```

mod answer;
mod connection;
mod received;
mod server;
#[cfg(test)]
mod tests;

pub use answer::{Answer, Gate};
pub use received::Received;
pub use server::{FaultServer, unreachable_url};
