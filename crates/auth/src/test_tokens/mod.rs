//! Sources of tokens that exist in test environments only.

mod answer;
mod generator;
mod local_test;

pub use generator::TestTokenGenerator;
pub use local_test::LocalTest;
