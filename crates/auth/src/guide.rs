//! Longer explanations, by subject.

#[doc = include_str!("../docs/set-up.md")]
pub mod set_up {}

#[doc = include_str!("../docs/keys.md")]
pub mod keys {}

#[doc = include_str!("../docs/failures.md")]
pub mod failures {}
