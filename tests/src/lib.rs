//! What the tests of the Altinn SDK crates share; nothing here is part of the SDK.
//!
//! * [`clients`]: Storage clients that give up quickly.
//! * [`contract`]: holds a service against recordings of the real one.
//! * [`fault`]: a loopback server that gives scripted answers, the broken ones included.
//! * [`redaction`]: shows that a text holds no secret.

pub mod clients;
pub mod contract;
pub mod fault;
pub mod redaction;

/// The examples of the README compile.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
